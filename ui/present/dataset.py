"""A dataset as the Data room shows it: counts, split, findings, and findings as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from core.data.records import Dataset, Problem, Split
from core.data.wording import problem_parts
from core.errors import DataError
from ui.markup import Html, badge, facts, join, table, tag
from ui.present import numbers
from ui.words import Voice

SHOWN_PROBLEMS = 200
"""Findings on one page; all of them are in the download."""
SEVERITIES = ("error", "warning", "note")
TONE = {"error": "bad", "warning": "warn", "note": "plain"}
TEXTS = ("message", "fix")
COLUMNS = ("row", "line", "column", "field", "severity", "message", "fix")


def summary(dataset: Dataset, split: Split, voice: Voice) -> Html:
    """What is in the file, counted."""
    s = dataset.summary
    boxes = (
        (voice("data.usable"), s.usable, voice("data.of_rows", rows=numbers.count(s.rows))),
        (voice("data.rejected"), s.rejected, voice("data.rejected.hint")),
        (voice("data.duplicates"), s.duplicates, voice("data.duplicates.hint")),
        (voice("data.turns"), s.turns, voice("data.turns.hint", n=numbers.count(s.multi_turn))),
    )
    shown = join(
        tag("div", tag("dt", name), tag("dd", numbers.count(n)), tag("dd", hint, class_="dt-quiet"))
        for name, n, hint in boxes
    )
    return tag(
        "section",
        tag("dl", shown, class_="dt-counts"),
        split_bar(split, voice),
        facts(_details(dataset, voice)),
        class_="dt-summary",
    )


def split_bar(split: Split, voice: Voice) -> Html:
    """How the rows are divided, to scale, with what the person should know of it."""
    parts = (("train", split.train), ("validation", split.validation), ("test", split.test))
    bar = join(
        tag("i", style=f"flex-grow:{len(ids)}", class_=f"dt-part-{name}")
        for name, ids in parts
        if ids
    )
    key = join(
        tag(
            "span",
            f"{voice(f'part.{name}')} ",
            tag("b", numbers.count(len(ids))),
            class_=f"dt-part-{name}",
        )
        for name, ids in parts
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


def _details(dataset: Dataset, voice: Voice) -> list[tuple[str, str]]:
    s = dataset.summary
    languages = ", ".join(
        voice.known(f"data.language.{name}", name + " {n}").format(n=numbers.count(n))
        for name, n in s.languages.items()
        if n
    )
    longest = voice("none")
    if s.longest_row is not None:
        longest = voice("data.longest.row", row=s.longest_row)
    shown = [
        (voice("data.format"), dataset.format),
        (voice("data.languages"), languages or voice("none")),
        (voice("data.system"), numbers.count(s.with_system)),
        (voice("data.tools"), numbers.count(s.with_tools)),
        (voice("data.characters"), numbers.count(s.characters)),
        (voice("data.longest"), longest),
    ]
    if s.tags:
        tags = ", ".join(f"{name} {numbers.count(n)}" for name, n in s.tags.items())
        shown.append((voice("data.tags"), tags))
    return shown


def card(dataset: Dataset, split: Split, voice: Voice) -> Html:
    """The dataset inside the conversation: the counts that decide what happens next."""
    s = dataset.summary
    found = _problem_counts(dataset, voice) or voice("data.problems.none")
    rows = voice("data.of_rows", rows=numbers.count(s.rows))
    return tag(
        "div",
        tag("header", tag("b", dataset.name), badge(dataset.format)),
        facts(
            [
                (voice("data.usable"), f"{numbers.count(s.usable)} {rows}"),
                (voice("data.duplicates"), numbers.count(s.duplicates)),
                (voice("data.problems"), found),
            ]
        ),
        split_bar(split, voice),
        class_="dt-card",
    )


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


def _problem_counts(dataset: Dataset, voice: Voice) -> str:
    counts = {name: sum(p.severity == name for p in dataset.problems) for name in SEVERITIES}
    return ", ".join(
        voice(f"severity.count.{name}", n=numbers.count(n)) for name, n in counts.items() if n
    )


def problems(found: Sequence[Problem], voice: Voice) -> Html:
    """Findings as a table, in file order."""
    if not found:
        return tag("p", voice("data.problems.none"), class_="dt-quiet")
    shown = found[:SHOWN_PROBLEMS]
    note = voice("data.problems.count", n=numbers.count(len(found)))
    if len(shown) < len(found):
        note = voice("data.problems.page", n=numbers.count(len(found)), shown=len(shown))
    head = [voice(f"data.column.{name}") for name in COLUMNS]
    rows = ([_cell(problem, name, voice) for name in COLUMNS] for problem in shown)
    return tag("div", tag("p", note, class_="dt-quiet"), table(head, rows), class_="dt-problems")


def _cell(problem: Problem, name: str, voice: Voice) -> Html | str:
    if name == "severity":
        return badge(voice(f"severity.{problem.severity}"), TONE[problem.severity])
    value = getattr(problem, name)
    if name == "field":
        return tag("code", value)
    if name in TEXTS:
        return _text(problem, name, voice)
    return "" if value is None else str(value)


def _text(problem: Problem, name: str, voice: Voice) -> str:
    return problem_parts(problem, voice.language)[TEXTS.index(name)]


def of_severity(found: Sequence[Problem], severity: str | None) -> list[Problem]:
    """The findings of one severity, or all."""
    return [problem for problem in found if severity in (None, "all", problem.severity)]


def as_csv(found: Sequence[Problem], voice: Voice) -> str:
    """Findings as CSV with a heading, for a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*COLUMNS, "code"])
    for problem in found:
        values = {name: getattr(problem, name) for name in (*COLUMNS, "code")}
        values |= {name: _text(problem, name, voice) for name in TEXTS}
        writer.writerow(map(_plain, values.values()))
    return text.getvalue()


def _plain(value: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")):
        return f"'{value}"
    return value


def as_jsonl(found: Sequence[Problem]) -> str:
    """Findings as JSON lines."""
    return "".join(f"{problem.model_dump_json()}\n" for problem in found)
