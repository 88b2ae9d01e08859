"""From how a run ended to a diagnosis: what it said last counts most."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from core.messages import Record
from core.training import logs
from core.training.doctor.catalogue import Signature, of_state, signatures
from core.training.doctor.remedies import Remedy, remedy
from core.training.records import Run
from core.workspace import RunFolder

LINES = 400
"""Of the log's end that are looked at."""
SHOWN = 300
"""Characters of a line of evidence."""
TRACEBACK = "Traceback (most recent call last)"


class Diagnosis(Record):
    """Why a run ended badly, in plain words."""

    run_id: str
    signature: str
    """The known cause's stable name; `unknown` when none fits."""
    cause: str
    evidence: str
    """The line that shows it; "" when only the run's state does."""
    where: str
    """Which file and line the evidence stands in."""
    fix: str
    remedy: Remedy | None
    """The one change that can be made with one click; None when only a person can help."""


class _Said(NamedTuple):
    """A piece of what a trainer said."""

    text: str
    place: str
    first_line: int | None
    """Of the text in its file; None for an event."""


def diagnose(folder: RunFolder, run: Run) -> Diagnosis | None:
    """Why a run ended badly or hangs; None for a run that is well."""
    if run.status == "failed":
        found = next(filter(None, map(_recognised, _said(folder, run))), None)
        return found(run) if found else _by_state(folder, run, of_state("failed"))
    if run.status == "interrupted":
        return _by_state(folder, run, of_state("interrupted"))
    return _by_state(folder, run, of_state("silent")) if run.is_silent else None


def _said(folder: RunFolder, run: Run) -> Iterator[_Said]:
    """What the trainer said, the most telling first: its failure, its last traceback, its log."""
    if run.failure is not None:
        yield _Said(f"{run.failure.problem}\n{run.failure.where}", "events.jsonl", None)
    lines, first = logs.tail(folder, LINES).splitlines(), 1
    start = max((n for n, line in enumerate(lines) if TRACEBACK in line), default=None)
    if start is not None:
        yield _Said("\n".join(lines[start:]), folder.log.name, first + start)
    yield _Said("\n".join(lines), folder.log.name, first)


class _Recognised(NamedTuple):
    signature: Signature
    said: _Said
    at: int

    def __call__(self, run: Run) -> Diagnosis:
        before = self.said.text[: self.at].count("\n")
        line = self.said.text.splitlines()[before]
        place = self.said.place
        if self.said.first_line is not None:
            place += f", line {self.said.first_line + before} of its last {LINES}"
        return _diagnosis(run, self.signature, line.strip()[:SHOWN], place)


def _recognised(said: _Said) -> _Recognised | None:
    for signature in signatures():
        if found := signature.found_in(said.text):
            # a pattern over several lines is shown by its last one: the error itself
            last = found.start() if "\n" not in found[0] else found.end() - 1
            return _Recognised(signature, said, last)
    return None


def _by_state(folder: RunFolder, run: Run, signature: Signature) -> Diagnosis:
    lines = [line for line in logs.tail(folder, LINES).splitlines() if line.strip()]
    evidence = re.sub(r"\s+", " ", lines[-1])[:SHOWN] if lines else ""
    return _diagnosis(run, signature, evidence, folder.log.name if lines else "")


def _diagnosis(run: Run, signature: Signature, evidence: str, where: str) -> Diagnosis:
    return Diagnosis(
        run_id=run.id,
        signature=signature.id,
        cause=signature.cause,
        evidence=evidence,
        where=where,
        fix=signature.fix,
        remedy=remedy(signature.remedy, run.plan, run.can_resume),
    )
