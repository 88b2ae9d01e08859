"""What happened during a run, and what its trainer printed, as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from core.training.events import (
    AnyEvent,
    DataPrepared,
    Heartbeat,
    RunSucceeded,
    StepLogged,
)
from core.training.logs import LogSearch
from ui.markup import Html, join, tag
from ui.present import numbers
from ui.words import Voice

SHOWN = 200
"""Events in the list; a run tells this many in days."""


def events(happened: Sequence[AnyEvent], voice: Voice) -> Html:
    """What happened, newest first, without the many logged steps and signs of life."""
    told = [event for event in happened if not isinstance(event, StepLogged | Heartbeat)]
    lines = [
        tag(
            "li",
            tag("time", f"{event.at.astimezone():%H:%M:%S}"),
            tag("span", told_as(event, voice)),
        )
        for event in reversed(told[-SHOWN:])
    ]
    if len(told) > SHOWN:
        lines.append(tag("li", voice("train.events.more", n=numbers.count(len(told) - SHOWN))))
    return tag("ol", join(lines), class_="dt-events")


def told_as(event: AnyEvent, voice: Voice) -> str:
    """One event in words."""
    values: dict[str, Any] = event.model_dump()
    if event.kind == "run_started":
        values["step"] = event.from_step
    elif event.kind == "phase_changed":
        values["phase"] = voice(f"run.phase.{event.phase}")
    elif event.kind == "trainer_ready":
        values |= {name: numbers.count(values[name]) for name in ("parameters", "trainable")}
    elif event.kind == "evaluated":
        values["loss"] = numbers.loss(event.loss, voice)
    elif event.kind == "run_succeeded":
        values["time"] = numbers.duration(event.seconds, voice)
    elif event.kind == "warning_raised":
        values["message"] = voice.said(event.message)
    elif event.kind == "run_failed":
        values["problem"] = voice.said(event.problem)
    elif isinstance(event, DataPrepared):
        return _data_prepared(event, voice)
    return voice(f"event.{event.kind}", **values)


def _data_prepared(event: DataPrepared, voice: Voice) -> str:
    words = voice(
        "event.data_prepared",
        rows=numbers.count(event.train_rows),
        tokens=numbers.count(event.train_tokens),
        supervised=numbers.count(event.supervised_tokens),
    )
    cut, dropped = len(event.cut_rows), len(event.dropped_rows)
    if cut or dropped:
        words += voice("event.data_prepared.cut", cut=cut, dropped=dropped)
    return words


def checked(happened: Sequence[AnyEvent], voice: Voice) -> list[str]:
    """What was measured of a finished model as it was read back; nothing when it was not."""
    end = happened[-1] if happened else None
    if not isinstance(end, RunSucceeded) or end.aftercare is None:
        return []
    care = end.aftercare
    told = [voice("run.checked.loads", n=numbers.count(care.tensors))]
    if care.prompts:
        told.append(voice("run.checked.differs", changed=care.changed, n=care.prompts))
    if care.asked:
        told.append(
            voice("run.checked.stops", stopped=care.stopped, n=care.asked, tokens=care.limit_tokens)
        )
    return [voice.sentences([voice("run.checked"), *told])]


def log(text: str, voice: Voice) -> Html:
    """The last lines of a log."""
    return tag("pre", text or voice("train.log.empty"), class_="dt-log", tabindex="0")


def found(search: LogSearch, voice: Voice) -> Html:
    """The lines of a log that hold a text, with their numbers, the text marked."""
    counted = voice(
        "train.log.found", n=numbers.count(search.found), lines=numbers.count(search.searched)
    )
    left = search.found - len(search.lines)
    if left:
        counted += " " + voice("train.log.left_out", n=numbers.count(left))
    told = tag("p", counted, class_="dt-quiet", role="status")
    if not search.lines:
        return told
    lines = join(
        tag(
            "div",
            tag("span", str(line.number), class_="dt-line-number"),
            tag("code", _marked(line.text, search.text), "…" if line.is_cut else None),
        )
        for line in search.lines
    )
    return join([told, tag("div", lines, class_="dt-log dt-log-found", tabindex="0")])


def _marked(line: str, text: str) -> Html:
    pieces = re.split(f"({re.escape(text)})", line, flags=re.IGNORECASE)
    return join(tag("mark", one) if n % 2 else one for n, one in enumerate(pieces))
