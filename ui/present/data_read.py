"""What was read from a file: container, formats, languages, labels, private data, longest rows."""

from __future__ import annotations

from collections.abc import Sequence

from core.data.records import Dataset, Summary
from ui.markup import Html, facts, join, tag
from ui.present import numbers
from ui.present.data_parts import act, quiet, row_link, section, shares
from ui.words import Voice


def read(dataset: Dataset, longest: Sequence[int], voice: Voice) -> Html:
    """Everything that was counted; `longest` are row numbers, the longest first."""
    summary = dataset.summary
    return tag(
        "div",
        _not_inspected(dataset, voice),
        section(voice("data.read.file"), facts(_file(dataset, voice))),
        section(voice("data.read.rows"), facts(_rows(summary, voice))),
        _counted(voice("data.formats"), dataset.formats, voice),
        _counted(voice("data.languages"), _languages(summary, voice), voice),
        _labels(summary, voice),
        _counted(voice("data.tags"), _tags(summary), voice),
        _private(summary, voice),
        _longest(longest, voice),
        class_="dt-read",
    )


def _not_inspected(dataset: Dataset, voice: Voice) -> Html | None:
    if dataset.inspected:
        return None
    told = tag("span", voice("data.not_inspected"))
    return tag("p", told, act("inspect", voice("data.inspect")), class_="dt-note")


def _file(dataset: Dataset, voice: Voice) -> list[tuple[str, str]]:
    return [
        (voice("data.file"), dataset.source_name),
        (voice("data.container"), dataset.container),
        (voice("data.encoding"), dataset.encoding or voice("data.encoding.none")),
        (voice("data.format"), dataset.format),
    ]


def _rows(summary: Summary, voice: Voice) -> list[tuple[str, str]]:
    near = summary.near_duplicates
    several = voice("data.turns.hint", n=numbers.count(summary.multi_turn))
    counted = {
        "read": summary.rows,
        "usable": summary.usable,
        "rejected": summary.rejected,
        "duplicates.exact": summary.duplicates,
        "duplicates.near": near,
    }
    shown = [
        (voice(f"data.{name}"), voice("data.not_looked") if n is None else numbers.count(n))
        for name, n in counted.items()
    ]
    paired = [(voice("data.pairs"), numbers.count(summary.pairs))] if summary.pairs else []
    return [
        *shown,
        *paired,
        (voice("data.turns"), f"{numbers.count(summary.turns)}; {several}"),
        (voice("data.system"), numbers.count(summary.with_system)),
        (voice("data.tools"), numbers.count(summary.with_tools)),
        (voice("data.characters"), numbers.count(summary.characters)),
    ]


def language_name(code: str, voice: Voice) -> str:
    """A language by its name where we have one, else by its code."""
    return voice.known(f"data.language.{code}", code)


def _languages(summary: Summary, voice: Voice) -> dict[str, int]:
    return {language_name(code, voice): n for code, n in summary.languages.items() if n}


def _counted(title: str, counts: dict[str, int], voice: Voice) -> Html | None:
    return section(title, shares(counts, voice)) if counts else None


def _tags(summary: Summary) -> dict[str, int]:
    """Classes are tags, too; they are shown once."""
    return {name: n for name, n in summary.tags.items() if summary.labels.get(name) != n}


def _labels(summary: Summary, voice: Voice) -> Html | None:
    counts = summary.labels
    if not counts:
        return None
    told = voice(
        "data.labels.balance",
        n=len(counts),
        most=numbers.count(max(counts.values())),
        least=numbers.count(min(counts.values())),
    )
    return section(voice("data.labels"), quiet(told), shares(counts, voice))


def _private(summary: Summary, voice: Voice) -> Html:
    title = voice("data.pii")
    if summary.pii is None:
        return section(title, quiet(voice("data.not_looked")))
    if not summary.pii:
        return section(title, quiet(voice("data.pii.none")))
    named = {voice.known(f"data.pii.{kind}", kind): n for kind, n in summary.pii.items()}
    return section(title, shares(named, voice))


def _longest(rows: Sequence[int], voice: Voice) -> Html | None:
    if not rows:
        return None
    links = join(tag("li", row_link(row, voice)) for row in rows)
    return section(voice("data.longest"), tag("ol", links, class_="dt-inline"))
