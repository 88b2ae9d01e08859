"""Models side by side: how the engine stands for them, and what each answer took."""

from __future__ import annotations

from collections.abc import Sequence

from core.comparing.records import Source
from core.errors import DuotuneError
from core.serving.contenders import Contender
from core.serving.records import Generation
from ui.markup import Html, tag
from ui.opening import Opening
from ui.present import numbers
from ui.words import Voice


def figures(
    generation: Generation | None,
    voice: Voice,
    same_as: Generation | None = None,
    element_id: str | None = None,
) -> Html:
    """Time to first token, speed and length under an answer; what is unknown says so.

    Two whole answers that are letter by letter the same are pointed out.
    """
    if generation is None:
        return tag("p", voice("compare.waits"), class_="dt-figures-line dt-quiet")
    told = figures_text(generation, voice)
    if generation.done and same_as and same_as.done and same_as.text == generation.text:
        told += f" · {voice('compare.same')}"
    return tag("p", told, class_="dt-figures-line", id=element_id)


def figures_text(generation: Generation, voice: Voice) -> str:
    """The same as words."""
    if not generation.done:
        return voice("compare.writing")
    told = voice(
        "compare.figures",
        first=_first(generation.first_token_s, voice),
        rate=numbers.rate(generation.tokens_per_s, voice),
        tokens=generation.tokens if generation.tokens is not None else voice("not_measured"),
    )
    if generation.finish_reason == "length":
        told += f" · {voice('compare.cut')}"
    elif generation.finish_reason == "abort":
        told += f" · {voice('compare.stopped')}"
    return told


def ready(standing: Opening, who: Sequence[tuple[Contender, str]], voice: Voice) -> Html:
    """Who answers and on what proof, and who does not and why."""
    able = [lane for lane in standing.lanes if lane is not None]
    titles = ("、" if voice.language == "zh" else ", ").join(lane.title for lane in able)
    lines = [tag("p", voice("compare.ready", titles=titles))]
    for lane in able:
        if lane.check is not None:
            words = voice("compare.proven", title=lane.title, tokens=lane.check.tokens)
            lines.append(tag("p", words))
        elif lane.contender.kind in ("run", "checkpoint", "library"):
            lines.append(tag("p", voice("compare.unproven", title=lane.title)))
        if lane.note or (lane.check is not None and lane.check.trained_change == 0):
            words = voice.said(lane.note) if lane.note else voice("compare.identical")
            lines.append(tag("p", f"{lane.title}: {words}", class_="dt-warning"))
    for (_, title), error in zip(who, standing.errors, strict=False):
        if error is not None:
            lines.append(_trouble(error, voice, title))
    return tag("div", *lines, class_="dt-engine dt-good")


def reference(source: Source | None, voice: Voice) -> Html | str:
    """What the data answers to the question that was taken from it: told when it is asked for."""
    if source is None:
        return ""
    return tag(
        "details",
        tag("summary", voice("compare.reference", row=source.row)),
        tag("p", source.reference),
        class_="dt-reference",
    )


def _first(seconds: float | None, voice: Voice) -> str:
    if seconds is None:
        return voice("not_measured")
    if seconds < 1:
        return voice("compare.milliseconds", ms=round(1000 * seconds))
    return voice("compare.seconds", s=f"{seconds:.1f}")


def engine(standing: Opening | None, who: Sequence[tuple[Contender, str]], voice: Voice) -> Html:
    """The engine's card: off, on its way, ready, or why it can't be."""
    if standing is None:
        return closed(voice("compare.closed"))
    if standing.error is not None:
        return _trouble(standing.error, voice)
    if standing.done:
        return ready(standing, who, voice)
    doing = voice.said(standing.doing) or voice("compare.opening.first")
    words = tag("p", voice("compare.opening", doing=doing), role="status")
    return tag("div", words, class_="dt-engine dt-live")


def closed(why: str) -> Html:
    """Nothing is served, and why."""
    return tag("div", tag("p", why), class_="dt-engine")


def _trouble(error: DuotuneError, voice: Voice, title: str = "") -> Html:
    lines = voice.trouble(error)
    if title:
        lines = [f"{title}: {lines[0]}", *lines[1:]]
    return tag("div", *(tag("p", line) for line in lines), class_="dt-trouble", role="alert")
