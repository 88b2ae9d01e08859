"""A dataset in short: its counts, its split, and which datasets are damaged."""

from __future__ import annotations

from collections.abc import Sequence

from core.data.records import Dataset, Split
from core.errors import DataError
from ui.markup import Html, facts, join, tag
from ui.present import numbers
from ui.present.data_split import split_bar
from ui.words import Voice


def summary(dataset: Dataset, split: Split | None, voice: Voice) -> Html:
    """What is in the file, counted; without the split while that was not made."""
    s = dataset.summary
    boxes = (
        (voice("data.usable"), s.usable, voice("data.of_rows", rows=numbers.count(s.rows))),
        (voice("data.rejected"), s.rejected, voice("data.rejected.hint")),
        (voice("data.duplicates"), s.duplicates, _near(s.near_duplicates, voice)),
        (voice("data.turns"), s.turns, voice("data.turns.hint", n=numbers.count(s.multi_turn))),
    )
    shown = join(
        tag("div", tag("dt", name), tag("dd", numbers.count(n)), tag("dd", hint, class_="dt-quiet"))
        for name, n, hint in boxes
    )
    bar = split_bar(split, voice) if split else None
    formats = ", ".join(dataset.formats) or dataset.format
    read = f"{dataset.container}, {dataset.encoding}" if dataset.encoding else dataset.container
    lines = [
        (voice("data.format"), formats),
        (voice("data.file"), dataset.source_name),
        (voice("data.read_as"), read),
    ]
    return tag(
        "section", tag("dl", shown, class_="dt-counts"), bar, facts(lines), class_="dt-summary"
    )


def _near(count: int | None, voice: Voice) -> str:
    hint = voice("data.duplicates.hint")
    if not count:
        return hint
    return f"{hint}; {voice('data.duplicates.near_too', n=numbers.count(count))}"


def damaged(errors: Sequence[DataError], voice: Voice) -> Html | None:
    """That some datasets can't be read, with where each lies and what to do."""
    if not errors:
        return None
    lines = (
        tag("li", join(tag("p", line) for line in voice.trouble(error)), class_="dt-quiet")
        for error in errors
    )
    head = tag("summary", voice("data.damaged", n=len(errors)))
    return tag("details", head, tag("ul", join(lines)), class_="dt-damaged")
