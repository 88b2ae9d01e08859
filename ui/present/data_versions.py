"""Versions of a dataset: what one was made from, and row by row how it differs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from core.data.records import Change, Dataset
from core.data.versions import PlaceChange, RowChange
from ui.markup import Html, badge, join, tag
from ui.present import numbers
from ui.present.data_parts import act, cut_page, pages, quiet, row_link
from ui.words import Voice

PAGE = 20
CONTEXT = 80
"""Characters that are shown around what changed."""
COMPARED = 4_000
"""Characters that are compared word by word; longer texts are shown one after the other."""
CUT = 1_200
WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|\w+|\s+|.", re.DOTALL)
"""A word, a Han character, white space, or a sign."""
TONE = {"changed": "warn", "added": "good", "removed": "bad"}


def banner(dataset: Dataset, parent: Dataset | None, voice: Voice) -> Html | str:
    """That this is a version, what was done, how many rows differ, and the way back."""
    change = dataset.change
    if dataset.parent is None or change is None:
        return ""
    origin = parent.name if parent else dataset.parent
    usable = voice("data.version.rows", n=numbers.count(parent.summary.usable)) if parent else ""
    told = voice(f"data.made.{change.kind.replace(' ', '_')}", name=origin)
    counts = (
        tag("b", voice(f"data.rows.{name}", n=numbers.count(getattr(change, name))))
        for name in ("changed", "added", "removed")
    )
    return tag(
        "div",
        tag("p", told, " ", tag("span", usable, class_="dt-quiet")),
        tag("p", *counts, class_="dt-version-counts"),
        _codes(change, voice),
        tag("div", act("undo", voice("data.undo")), class_="dt-actions"),
        class_="dt-version",
    )


def _codes(change: Change, voice: Voice) -> Html | None:
    if not change.codes:
        return None
    codes = join(join([tag("code", code), " "]) for code in change.codes)
    return tag("p", voice("data.mended"), " ", codes, class_="dt-quiet")


def changes(found: Sequence[RowChange], page: int, voice: Voice) -> Html:
    """A page of the rows that differ, before and after, with the changed words marked."""
    if not found:
        return quiet(voice("data.changes.none"))
    page, total = cut_page(page, len(found), PAGE)
    shown = join(_change(one, voice) for one in found[(page - 1) * PAGE : page * PAGE])
    told = quiet(voice("data.changes.count", n=numbers.count(len(found))))
    return tag("div", told, shown, pages(page, total, voice), class_="dt-changes")


def ask_for_changes(dataset: Dataset, voice: Voice) -> Html | str:
    """A button instead of the comparison, where it takes a while."""
    if dataset.parent is None:
        return ""
    return tag("p", act("changes", voice("data.changes.show")), class_="dt-ask")


def _change(change: RowChange, voice: Voice) -> Html:
    known = change.kind != "removed"
    title = voice("data.row.title", row=change.row)
    head = tag(
        "header",
        row_link(change.row, voice) if known else tag("b", title),
        badge(voice(f"data.change.{change.kind}"), TONE[change.kind]),
    )
    places = join(_place(place, voice) for place in change.places)
    return tag("article", head, places, class_="dt-change")


def _place(place: PlaceChange, voice: Voice) -> Html:
    before, after = marked(place.before or "", place.after or "")
    sides = (("before", place.before, before), ("after", place.after, after))
    cells = (
        tag(
            "div",
            tag("dt", voice(f"data.change.{name}")),
            tag("dd", shown if given is not None else tag("i", voice("data.change.nothing"))),
        )
        for name, given, shown in sides
    )
    return tag("div", tag("code", place.path), tag("dl", *cells), class_="dt-difference")


# -- marks -----------------------------------------------------------------------------------------


class Span(NamedTuple):
    """Texts that differ between equal beginnings and equal ends."""

    start: int
    before_end: int
    after_end: int


def marked(before: str, after: str) -> tuple[Html, Html]:
    """Both texts around what differs; what went is in `del`, what came in `ins`."""
    span = _span(before, after)
    head = _head(before[: span.start])
    steps = list(_steps(before[span.start : span.before_end], after[span.start : span.after_end]))
    old = join(_piece(step.before, step.kept, "del") for step in steps)
    new = join(_piece(step.after, step.kept, "ins") for step in steps)
    tails = _tail(before[span.before_end :]), _tail(after[span.after_end :])
    return join([head, old, tails[0]]), join([head, new, tails[1]])


def _piece(text: str, kept: bool, name: str) -> Html | str:
    shown = _clip(text)
    return shown if kept or not shown else tag(name, visible(shown))


def visible(text: str) -> str:
    """A text with a sign for each character that would not be seen."""
    if text.strip() and text.isprintable() and text == text.strip():
        return text
    return "".join(_sign(character) for character in text)


def _sign(character: str) -> str:
    if character == " ":
        return "·"
    if character == "\n":
        return "↵\n"
    return character if character.isprintable() else f"<U+{ord(character):04X}>"


class Step(NamedTuple):
    """A piece of both texts."""

    before: str
    after: str
    kept: bool


def _span(before: str, after: str) -> Span:
    """The shortest parts that differ, without cutting a word in two."""
    most = min(len(before), len(after))
    start = next((n for n in range(most) if before[n] != after[n]), most)
    while start and before[start - 1].isalnum() and before[start - 1].isascii():
        start -= 1
    end = 0
    while end < most - start and before[-1 - end] == after[-1 - end]:
        end += 1
    while end and before[len(before) - end].isalnum() and before[len(before) - end].isascii():
        end -= 1
    return Span(start, len(before) - end, len(after) - end)


def _steps(before: str, after: str) -> Iterator[Step]:
    """Pieces of both texts in order."""
    if max(len(before), len(after)) > COMPARED:
        yield Step(before, after, kept=False)
        return
    old, new = WORD.findall(before), WORD.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for step, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        pieces = "".join(old[old_start:old_end]), "".join(new[new_start:new_end])
        yield Step(*pieces, kept=step == "equal")


def _head(text: str) -> str:
    return text if len(text) <= CONTEXT else f"…{text[-CONTEXT:]}"


def _tail(text: str) -> str:
    return text if len(text) <= CONTEXT else f"{text[:CONTEXT]}…"


def _clip(text: str) -> str:
    return text if len(text) <= CUT else f"{text[: CUT // 2]} … {text[-CUT // 2 :]}"
