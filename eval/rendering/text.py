"""Texts of a report in both languages, and figures that say so when they were not measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from core.wording import said
from eval import wording
from eval.records import Estimate

Language = Literal["en", "zh"]
Tone = Literal["good", "warn", "bad", "plain"]


class Both(NamedTuple):
    """A text in English and Chinese; equal where it has no language."""

    en: str
    zh: str

    def in_(self, language: Language) -> str:
        return self.en if language == "en" else self.zh

    def __bool__(self) -> bool:
        return bool(self.en or self.zh)


class Table(NamedTuple):
    """Figures with their headings; the first column names the row."""

    head: tuple[Both, ...]
    rows: tuple[tuple[Both, ...], ...]
    caption: Both = Both("", "")
    """Also the summary of a table that is folded up."""
    folded: bool = False
    words: bool = False
    """Its cells are texts rather than figures."""


class Section(NamedTuple):
    """One part of a report beside the verdict, ready to be set as HTML, Markdown or a card."""

    id: str
    title: Both
    line: Both
    """What it came to, in one sentence."""
    tone: Tone = "plain"
    lede: Both = Both("", "")
    """What it is and how to read it."""
    tables: tuple[Table, ...] = ()
    notes: tuple[Both, ...] = ()


NOT_MEASURED = Both(wording.NOT_MEASURED, "未测量")
NOTHING = Both("", "")


def plain(text: object) -> Both:
    """A text that is the same in both languages, such as a name or a figure."""
    return Both(str(text), str(text))


def told(text: str, chinese: str = "") -> Both:
    """A sentence of a record: with the Chinese beside it, or what the program's own words have."""
    return Both(text, chinese or said(text, "zh"))


def both(english: str, chinese: str, **values: object) -> Both:
    """A sentence with values put in; a value that is in both languages goes in as each has it."""
    return Both(
        english.format(**{k: v.en if isinstance(v, Both) else v for k, v in values.items()}),
        chinese.format(**{k: v.zh if isinstance(v, Both) else v for k, v in values.items()}),
    )


def joined(parts: Sequence[Both], english: str = " ", chinese: str = "") -> Both:
    """Texts one after another; empty ones are left out."""
    kept = [part for part in parts if part]
    return Both(english.join(p.en for p in kept), chinese.join(p.zh for p in kept))


def listed(parts: Sequence[str]) -> Both:
    """Names with commas between them, as each language sets them."""
    return Both(", ".join(parts), "、".join(parts))


def count(amount: int, one: str, chinese: str) -> Both:
    """`5 questions`, `5 个问题`."""
    return Both(wording.count(amount, one), f"{amount:,} {chinese}")


def percent(share: float | None) -> Both:
    return NOT_MEASURED if share is None else plain(wording.percent(share))


def points(share: float | None) -> Both:
    return NOT_MEASURED if share is None else plain(wording.points(share))


def number(value: float | None, digits: int = 2, signed: bool = False) -> Both:
    """A figure with so many decimals and a real minus."""
    if value is None:
        return NOT_MEASURED
    return plain(f"{value:{'+' if signed else ''},.{digits}f}".replace("-", wording.MINUS))


def seconds(value: float | None) -> Both:
    return NOT_MEASURED if value is None else plain(wording.seconds(value))


def p_value(p: float | None) -> Both:
    return NOT_MEASURED if p is None else plain(wording.p_value(p))


def span(low: Both, high: Both) -> Both:
    """Both ends of an interval; not measured when one of them is."""
    if NOT_MEASURED in (low, high):
        return NOT_MEASURED
    return Both(f"{low.en} to {high.en}", f"{low.zh} 到 {high.zh}")


def interval(low: float | None, high: float | None) -> Both:
    """An interval of a difference in points of 100."""
    return span(points(low), points(high))


def share(value: float | None, low: float | None, high: float | None) -> Both:
    """A share with its 95% interval in brackets."""
    if value is None or low is None or high is None:
        return percent(value)
    ends = span(percent(low), percent(high))
    return Both(f"{wording.percent(value)} ({ends.en})", f"{wording.percent(value)}（{ends.zh}）")


def change(e: Estimate) -> Both:
    """A difference in points with its interval in brackets."""
    if e.difference is None or e.low is None or e.high is None:
        return points(e.difference)
    ends = interval(e.low, e.high)
    return Both(
        f"{wording.points(e.difference)} ({ends.en})",
        f"{wording.points(e.difference)}（{ends.zh}）",
    )


def paired(english: Mapping[str, str], chinese: Mapping[str, str]) -> list[tuple[Both, Both]]:
    """Names and values of a report's conditions; the Chinese ones stand in the same order."""
    if len(english) != len(chinese):
        return [(told(name), told(value)) for name, value in english.items()]
    return [
        (told(name, "" if name_zh == name else name_zh), told(value, value_zh))
        for (name, value), (name_zh, value_zh) in zip(english.items(), chinese.items(), strict=True)
    ]
