"""How a dataset is divided, and what of the held-out rows training has seen."""

from __future__ import annotations

from core.data.leaks import LeakPair, LeakReport
from core.data.records import Split
from ui.markup import Html, badge, facts, join, table, tag
from ui.present import numbers
from ui.present.data_parts import act, cut_page, pages, quiet, row_link, section
from ui.words import Voice

PAGE = 50
PARTS = ("train", "validation", "test")


def split_bar(split: Split, voice: Voice) -> Html:
    """How the rows are divided, to scale, with what the person should know of it."""
    parts = [(name, len(getattr(split, name))) for name in PARTS]
    bar = join(
        tag("i", style=f"flex-grow:{count}", class_=f"dt-part-{name}")
        for name, count in parts
        if count
    )
    key = join(
        tag(
            "span",
            f"{voice(f'part.{name}')} ",
            tag("b", numbers.count(count)),
            class_=f"dt-part-{name}",
        )
        for name, count in parts
    )
    origin = voice("data.split.given") if split.given else voice("data.split.made", seed=split.seed)
    notes = join(tag("p", voice.said(note), class_="dt-note") for note in split.notes)
    head = tag("h4", voice("data.split"), " ", tag("small", origin), aria_level=2)
    return tag(
        "div",
        head,
        tag("div", bar, class_="dt-parts", aria_hidden="true"),
        tag("p", key, class_="dt-legend"),
        notes,
        class_="dt-split",
    )


def ask_for_split(voice: Voice) -> Html:
    """A button instead of the split, where making it takes a while."""
    return tag(
        "p", quiet(voice("data.split.ask.hint")), act("split", voice("data.split.ask")),
        class_="dt-ask",
    )  # fmt: skip


def split(found: Split, leaks: LeakReport | None, page: int, voice: Voice) -> Html:
    """Part sizes, how they were drawn, and the leak gate."""
    by = ", ".join(voice(f"data.stratified.{name}") for name in found.stratified_by)
    lines = [
        (voice("data.stratified"), by or voice("none")),
        (voice("data.groups"), numbers.count(found.groups)),
        (voice("data.kept_together"), voice("data.yes" if found.near_duplicates else "data.no")),
        (voice("data.fingerprint"), found.fingerprint[:16]),
    ]
    return tag(
        "div",
        split_bar(found, voice),
        facts(lines),
        _leaks(found, leaks, page, voice),
        class_="dt-split-view",
    )


def _leaks(found: Split, leaks: LeakReport | None, page: int, voice: Voice) -> Html:
    title = voice("data.leaks")
    if not (found.validation or found.test):
        return section(title, quiet(voice("data.leaks.nothing_held_out")))
    if leaks is None:
        ask = tag("p", act("leaks", voice("data.leaks.ask")), class_="dt-ask")
        return section(title, quiet(voice("data.leaks.hint")), ask)
    told = voice(
        "data.leaks.counts",
        clean=numbers.count(leaks.clean_rows),
        leaked=numbers.count(len(leaks.leaked_ids)),
        n=numbers.count(leaks.held_out_rows),
    )
    tone = "warn" if leaks.leaked_ids else "good"
    verdict = voice("data.leaks.some" if leaks.leaked_ids else "data.leaks.clean")
    head = tag("p", badge(verdict, tone), " ", told)
    kinds = [
        tag("li", voice(f"data.leak.{kind}"), ": ", tag("b", numbers.count(n)))
        for kind, n in leaks.counts.items()
    ]
    listed = tag("ul", *kinds, class_="dt-inline") if kinds else None
    return section(title, quiet(voice("data.leaks.hint")), head, listed, _pairs(leaks, page, voice))


def _pairs(leaks: LeakReport, page: int, voice: Voice) -> Html | None:
    if not leaks.pairs:
        return None
    page, total = cut_page(page, len(leaks.pairs), PAGE)
    head = [voice(f"data.leak.column.{name}") for name in ("kind", "held_out", "train", "like")]
    rows = (_pair(pair, voice) for pair in leaks.pairs[(page - 1) * PAGE : page * PAGE])
    notes = []
    if left := len(leaks.leaked_ids) - len(leaks.pairs):
        notes.append(quiet(voice("data.leaks.more", n=numbers.count(left))))
    if leaks.not_compared:
        notes.append(quiet(voice("data.leaks.not_compared", n=numbers.count(leaks.not_compared))))
    shown = table(head, rows, numbers=1)
    return tag("div", shown, *notes, pages(page, total, voice), class_="dt-leaks")


def _pair(pair: LeakPair, voice: Voice) -> tuple[Html | str, ...]:
    return (
        voice(f"data.leak.{pair.kind}"),
        _side(pair.held_out_row, pair.held_out_text, pair.held_out_label, voice),
        _side(pair.train_row, pair.train_text, pair.train_label, voice),
        f"{pair.similarity:.0%}",
    )


def _side(row: int, text: str, label: str, voice: Voice) -> Html:
    named = badge(label) if label else None
    return tag("div", row_link(row, voice), " ", named, tag("p", text))
