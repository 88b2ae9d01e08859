"""Whether a plan fits this machine: memory by part as a bar, what would help, and measuring it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from core.training.batching import Batching
from core.training.fit import Fit
from core.training.preflight_folder import Preflight
from ui.markup import Html, join, table, tag
from ui.present import numbers
from ui.present.data_parts import act, quiet
from ui.words import Voice

KINDS = {
    "model": ("weights", "lora"),
    "state": ("gradients", "optimizer"),
    "work": ("activations", "logits", "evaluation"),
    "program": ("overhead",),
}
"""Parts of memory that the bar shows as one."""
TONE = {"fits": "good", "tight": "warn", "does_not_fit": "bad", "unknown": "plain"}


class Room(NamedTuple):
    """What is known of a plan's memory and time."""

    fit: Fit | None = None
    batching: Batching | None = None
    """How its batch can be made to fit; None where it fits."""
    preflight: Preflight | None = None
    """The measurement that goes on, or ended badly."""
    can_measure: bool = False
    """Whether this page can start a measurement."""


def room(found: Room, voice: Voice) -> Html | str:
    """The part of a plan card about memory; "" while nothing is known."""
    if found.fit is None:
        return ""
    parts = [
        _verdict(found.fit, voice),
        _bar(found.fit, voice) if found.fit.peak else None,
        _by_part(found.fit, voice) if found.fit.parts else None,
        _offers(found.batching, voice) if found.batching else None,
        _measuring(found, voice),
    ]
    return tag("section", tag("h4", voice("fit.title"), aria_level=3), *parts, class_="dt-fit")


SAID_ELSEWHERE = ("The largest part is", "At ")
"""How sentences begin that the bar and the card's facts say, too."""


def _verdict(fit: Fit, voice: Voice) -> Html:
    known = (one for one in fit.sentences if not one.startswith(SAID_ELSEWHERE))
    told = voice.sentences(voice.said(one) for one in known)
    tone = f"dt-tone-{TONE[fit.verdict]}"
    head = tag("b", voice(f"fit.verdict.{fit.verdict}"), class_=tone)
    return tag("p", head, " ", told, class_="dt-fit-verdict")


def _bar(fit: Fit, voice: Voice) -> Html:
    peak = fit.peak or 0
    scale = max(peak, fit.capacity.available or 0) or 1
    shown = _measured_part(fit, voice) if fit.measured else _parts(fit, voice)
    bars = [
        tag("i", style=f"width:{100 * size / scale:.2f}%", class_=f"dt-mem-{kind}", title=words)
        for kind, (words, size) in shown.items()
        if size
    ]
    limit = fit.capacity.available
    mark = None
    if limit and limit < peak:
        mark = tag("u", style=f"left:{100 * limit / scale:.2f}%", title=voice("fit.free"))
    told = ", ".join(f"{words} {numbers.gigabytes(size)}" for words, size in shown.values())
    legend = join(
        tag("span", words, " ", tag("b", numbers.gigabytes(size)), class_=f"dt-mem-{kind}")
        for kind, (words, size) in shown.items()
        if size
    )
    bar = tag("div", *bars, mark, class_="dt-memory", role="img", aria_label=told)
    return join([bar, tag("p", legend, class_="dt-mem-legend")])


def _parts(fit: Fit, voice: Voice) -> Mapping[str, tuple[str, int]]:
    sizes: dict[str, int] = {part.name: part.bytes for part in fit.parts}
    return {
        kind: (voice(f"fit.kind.{kind}"), sum(sizes.get(name, 0) for name in names))
        for kind, names in KINDS.items()
    }


def _measured_part(fit: Fit, voice: Voice) -> Mapping[str, tuple[str, int]]:
    return {"model": (voice("fit.measured"), fit.peak or 0)}


def _by_part(fit: Fit, voice: Voice) -> Html:
    """Every part with how it was counted, for whoever wants to check it."""
    rows = [
        (voice(f"fit.part.{part.name}"), tag("code", part.formula), numbers.gigabytes(part.bytes))
        for part in fit.parts
    ]
    head = (voice("fit.part"), voice("fit.formula"), voice("fit.size"))
    summary = tag("summary", voice("fit.by_part"))
    return tag("details", summary, table(head, rows, numbers=1), class_="dt-more")


# -- what would make it fit -----------------------------------------------------------------------


def _offers(found: Batching, voice: Voice) -> Html:
    rows = [tag("p", voice.said(found.sentence))]
    if found.changes:
        rows.append(apply(found.changes, voice("fit.apply")))
    options = [
        tag("li", tag("span", voice.said(one.sentence)), apply(one.changes, voice("fit.use")))
        for one in found.options
    ]
    listed = tag("ul", *options) if options else None
    title = tag("p", voice("fit.options"), class_="dt-quiet") if options else None
    return tag("div", *rows, title, listed, class_="dt-offers")


def apply(changes: Mapping[str, Any], words: str) -> Html:
    """A button that puts other values into the card."""
    given = json.dumps(dict(changes))
    return tag("button", words, type="button", class_="dt-button", data_apply=given)


# -- measuring ------------------------------------------------------------------------------------


def _measuring(found: Room, voice: Voice) -> Html | None:
    now = found.preflight
    if now is not None and now.status == "running":
        return _running(now, voice)
    told = [_ended(now, voice)] if now is not None else []
    if not found.can_measure:
        return tag("div", *told) if any(told) else None
    again = found.fit is not None and found.fit.measured
    words = voice("measure.again") if again else voice("measure.start")
    button = act("remeasure" if again else "measure", words)
    hint = tag("span", voice("measure.hint"), class_="dt-why")
    return tag("div", *told, tag("div", button, hint, class_="dt-measure-ask"), class_="dt-measure")


def _running(now: Preflight, voice: Voice) -> Html:
    phase = voice.known(f"run.phase.{now.phase}", voice("measure.starting"))
    if now.total_steps:
        step = voice("run.step_of", step=now.step, total=now.total_steps)
        phase = voice("run.phase", step=step, phase=phase)
    told = tag("p", tag("b", voice("measure.running")), " ", phase, role="status")
    bar = None
    if now.total_steps:
        width = f"width:{100 * now.step / now.total_steps:.0f}%"
        bar = tag("div", tag("div", style=width), class_="dt-progress")
    cancel = act("cancel-measure", voice("measure.cancel"), id=now.id)
    return tag("div", told, bar, cancel, class_="dt-measure")


def _ended(now: Preflight, voice: Voice) -> Html | None:
    if now.status == "cancelled":
        return quiet(voice("measure.cancelled"))
    if now.failure is None:
        return None
    parts = (now.failure.problem, now.failure.where, now.failure.fix)
    lines = (tag("p", voice.said(line)) for line in parts if line)
    return tag("div", *lines, class_="dt-trouble", role="alert")
