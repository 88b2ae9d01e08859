"""Which format records are of: each by itself, and a whole file by a vote of its first records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from core.data.formats.catalog import FORMATS
from core.data.formats.openai import OPENAI, is_plain
from core.data.formats.shape import Answers, Format, Talk
from core.data.problems import Finding
from core.data.records import Question
from core.errors import DataError

SAMPLED = 100
"""Records that vote."""
UNKNOWN = "unknown"
FEWEST_PAIRS, DIFFERENT = 5, 0.8
"""So many pairs tell, by the share of their second texts that differ, whether those are classes."""


class Detection(NamedTuple):
    """What a file's first records are."""

    format: Format | None
    """The format of most of them; None when no format fits any."""
    votes: dict[str, int]
    """Records by name of their format, most first; `unknown` for those of none."""
    questions: tuple[Question, ...] = ()
    """What the winner leaves to the person."""


def format_of(record: object) -> Format | None:
    """The format of one record; None when none fits."""
    if is_plain(record):
        return OPENAI
    return next((entry for entry in FORMATS if entry.fits(record)), None)


def detect(records: Sequence[object]) -> Detection:
    """The format that most of the first records are of, and what it asks."""
    sample = records[:SAMPLED]
    formats = [format_of(record) for record in sample]
    votes = Counter(UNKNOWN if entry is None else entry.name for entry in formats)
    known = Counter(entry.name for entry in formats if entry is not None)
    if not known:
        return Detection(None, dict(votes))
    winner = named(known.most_common(1)[0][0])
    own = [record for record, entry in zip(sample, formats, strict=True) if entry is winner]
    return Detection(winner, dict(votes.most_common()), winner.ask(own))


def named(name: str) -> Format:
    """The format with a name.

    Raises DataError when there is none.
    """
    wanted = _folded(name)
    for entry in FORMATS:
        if _folded(entry.name) == wanted:
            return entry
    names = ", ".join(entry.name for entry in FORMATS)
    raise DataError(f"There is no format {name}.", fix=f"Use one of these: {names}.")


def _folded(name: str) -> str:
    return name.strip().casefold().replace("_", "-")


def talks_of(record: object, entry: Format, answers: Answers) -> tuple[Talk, ...]:
    """The conversations of a record, read as a format that may have been asked for."""
    if entry.convert is None or not entry.fits(record):
        return (Talk({}, found=(Finding("format_misfit", (), {"format": entry.name}),)),)
    return tuple(entry.convert(record, answers))


def choose(records: Sequence[object], container: str) -> Format | None:
    """The format that a whole file is read as; None when none fits any record.

    Lines of a text are votes for an export even where most only go on with a message; and a list
    of pairs whose second texts nearly all differ holds answers, not classes.
    """
    if container.rpartition("+")[2] == "text":
        lines = [entry for entry in map(format_of, records) if entry is not None]
        exports = Counter(entry.name for entry in lines if entry.gather is not None)
        if exports:
            return named(exports.most_common(1)[0][0])
    found = detect(records).format
    if found is not None and found.name == "intent_list" and _are_answers(records):
        return named("pair-list")
    return found


def _are_answers(records: Sequence[object]) -> bool:
    seconds = [str(r[1]) for r in records if isinstance(r, list) and len(r) == 2]
    return len(seconds) >= FEWEST_PAIRS and len(set(seconds)) > len(seconds) * DIFFERENT
