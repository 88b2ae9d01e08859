"""What deleting a dataset takes with it and what stays, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.data.deletion_records import DatasetDeletion, Version

TOLD_NAMES = 5


def goes(going: DatasetDeletion) -> tuple[str, ...]:
    """What goes, a sentence each."""
    return tuple(_goes(going))


def stays(going: DatasetDeletion) -> tuple[str, ...]:
    """What stays and quotes its rows, a sentence each; empty where nothing does."""
    return tuple(_stays(going))


def _goes(going: DatasetDeletion) -> Iterator[str]:
    rows = going.versions[0].rows
    yield "All files of it." if rows is None else f"Its {rows:,} usable rows, with their split."
    if going.also:
        yield f"Versions that were made from it ({len(going.also)}): {_titles(going.versions[1:])}."
    if going.source:
        yield f"The file as it was read, {going.source}."
    if going.rejected:
        yield f"Rejected rows: {going.rejected:,}."
    if going.uploads:
        yield f"Copies of these files that a browser brought or may fetch: {going.uploads}."
    if going.keys:
        yield "The key of its masks: masked values can't be put back any more."
    if going.jobs:
        yield f"Work on it, with the rows that it proposed: {going.jobs}."
    if going.worked_out:
        yield f"What was worked out of its rows, such as tokens and trials: {going.worked_out}."
    yield f"Disk space that is free then: {going.bytes / 1e6:,.1f} MB."


def _stays(going: DatasetDeletion) -> Iterator[str]:
    found = going.stays
    if going.holders:
        titles = _titles(going.holders)
        yield f"Of the same file stay: {titles}. They hold it, and may hold the same rows."
    if found.runs:
        told = f"Runs that were trained on it stay ({len(found.runs)}): {_names(found.runs)}."
        yield f"{told} Each keeps a few rows to check its model by."
    if found.kept:
        yield f"Models of the library that learned from it stay: {_names(found.kept)}."
    counted = (
        (found.reports, "Reports that quote its held-out rows stay"),
        (found.exports, "Exports of models that learned from it stay"),
        (found.comparisons, "Comparisons that quote its rows stay"),
        (found.batches, "Batches that ask its held-out rows stay"),
        (found.chats, "Conversations with the assistant about it stay"),
    )
    for count, told in counted:
        if count:
            yield f"{told}: {count:,}."


def _titles(versions: Sequence[Version]) -> str:
    """Such as `desk (120)`: a name and how many rows."""
    shown = (v.name if v.rows is None else f"{v.name} ({v.rows:,})" for v in versions)
    return _names(tuple(shown))


def _names(found: Sequence[str]) -> str:
    return ", ".join([*found[:TOLD_NAMES], *(["…"] if len(found) > TOLD_NAMES else [])])
