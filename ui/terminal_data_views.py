"""Pure: what is known about data, as tables and lines for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from core.data.leaks import LeakReport
from core.data.records import Dataset, Example, Question, Split
from core.data.report import CheckReport
from core.data.versions import RowChange
from core.messages import Message

SEVERITY_STYLE = {"error": "red", "warning": "yellow", "note": "dim"}
SHOWN_PROBLEMS, SHOWN_LEAKS, SHOWN_CHANGES = 40, 10, 20
CUT = 160


class Told(Protocol):
    """A problem, as a dataset or a report holds it."""

    @property
    def code(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def fix(self) -> str: ...


def report_view(report: CheckReport) -> Group:
    """Everything about a file that was only checked."""
    facts = _grid()
    facts.add_row("File", f"{report.file}  ({_read_as(report.container, report.encoding)})")
    facts.add_row("Format", _counts(report.formats) or report.format)
    facts.add_row("Rows", f"{report.usable:,} usable conversations from {report.rows:,} rows")
    facts.add_row("Duplicates", _duplicates(report))
    if report.stats["pairs"]:
        facts.add_row("Pairs", _pairs(report.stats["pairs"]))
    for name, told in _texts(report):
        facts.add_row(name, told)
    if report.leaks:
        leaked, rows = len(report.leaks["leaked_ids"]), report.leaks["held_out_rows"]
        facts.add_row("Leaks", f"{leaked:,} of {rows:,} held-out rows stand in this file")
    places = [(p, _place(p.file, p.row, p.line, p.column, p.path)) for p in report.problems]
    asked = [_question(question) for question in report.questions]
    if not places and not report.texts_read:
        return Group(facts, *asked, Text("No problems found in the structure.", style="green"))
    return Group(facts, *asked, *_problems(places, report.problem_counts))


def _pairs(count: int) -> str:
    return f"{count:,} with a rejected answer beside the chosen one"


def _duplicates(report: CheckReport) -> str:
    exact, near = report.duplicates.exact, report.duplicates.near
    if exact is None:
        return "not looked for"
    if near is None:
        return f"{exact:,} exact; near ones not looked for"
    return f"{exact:,} exact, {near:,} near"


def _texts(report: CheckReport) -> list[tuple[str, str]]:
    """What is known of the texts, or that they were not read."""
    if report.languages is None:
        compared = ", except to compare them with the held-out rows" if report.leaks else ""
        return [("Texts", f"not read{compared}: --quick looks at the structure only")]
    pii = "not looked for" if report.pii is None else _counts(report.pii) or "nothing found"
    return [("Languages", _counts(report.languages) or "none"), ("Private", pii)]


def dataset_view(dataset: Dataset, split: Split | None = None) -> Group:
    """What is in a dataset: counts, then every problem with its place and its fix."""
    summary = dataset.summary
    facts = _grid()
    facts.add_row("Dataset", f"{dataset.id}  ({dataset.source_name}, {_counts(dataset.formats)})")
    rows = f"{summary.usable:,} usable conversations from {summary.rows:,} rows"
    facts.add_row(
        "Rows", f"{rows}; {summary.rejected:,} with errors, {summary.duplicates:,} duplicates"
    )
    facts.add_row(
        "Dialogues", f"{summary.turns:,} turns; {summary.multi_turn:,} with several questions"
    )
    if summary.pairs:
        facts.add_row("Pairs", _pairs(summary.pairs))
    facts.add_row("Languages", _counts(summary.languages) or "not looked at yet")
    if split is not None:
        sizes = f"{len(split.train):,} / {len(split.validation):,} / {len(split.test):,}"
        facts.add_row("Split", f"train / validation / test = {sizes}")
    if dataset.parent:
        facts.add_row("Made from", dataset.parent)
    notes = [Text(note, style="dim") for note in (split.notes if split else ())]
    asked = [_question(question) for question in dataset.questions]
    places = [(problem, problem.where) for problem in dataset.problems]
    return Group(facts, *notes, *asked, *_problems(places, dataset.problem_counts))


def datasets_view(datasets: Sequence[Dataset]) -> Table | Text:
    """All dataset versions, newest first."""
    if not datasets:
        return Text("No datasets yet. `duotune import FILE` makes one.")
    table = Table(Column("Dataset", no_wrap=True), "Name", "Format", "Usable", "Made from")
    for one in datasets:
        made = f"{one.parent} ({one.change.kind})" if one.parent and one.change else "a file"
        table.add_row(one.id, one.name, one.format, f"{one.summary.usable:,}", made)
    return table


def split_view(dataset: Dataset, split: Split, leaks: LeakReport) -> Group:
    """The parts of a dataset, and what of the held-out ones training has seen."""
    facts = _grid()
    facts.add_row("Dataset", f"{dataset.id}  ({dataset.name})")
    sizes = f"{len(split.train):,} / {len(split.validation):,} / {len(split.test):,}"
    facts.add_row("Rows", f"train / validation / test = {sizes}")
    facts.add_row("Parts", "as the file names them" if split.given else f"drawn, seed {split.seed}")
    facts.add_row("Fingerprint", split.fingerprint[:16])
    clean = leaks.clean_rows
    facts.add_row("Held out", f"{clean:,} clean, {len(leaks.leaked_ids):,} leaked")
    notes = [Text(note, style="dim") for note in split.notes]
    if not leaks.pairs:
        return Group(facts, *notes)
    table = Table("Kind", "Likeness", "Held-out row", "Training row", "What both say")
    for pair in leaks.pairs[:SHOWN_LEAKS]:
        rows = str(pair.held_out_row), str(pair.train_row)
        table.add_row(pair.kind, f"{pair.similarity:.0%}", *rows, _cut(pair.held_out_text))
    return Group(facts, *notes, table, *_more(len(leaks.pairs) - SHOWN_LEAKS))


def changes_view(dataset: Dataset, changes: Sequence[RowChange]) -> Group:
    """How a version differs from its parent, row by row."""
    kinds = [change.kind for change in changes]
    told = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    head = Text(f"{dataset.id}, made from {dataset.parent}: rows {told or 'unchanged'}.")
    table = Table("Row", "Where", "Before", "After")
    for change in changes[:SHOWN_CHANGES]:
        for place in change.places or ():
            row = str(change.row), place.path, _cut(place.before or ""), _cut(place.after or "")
            table.add_row(*row)
        if not change.places:
            table.add_row(str(change.row), change.kind, "", "")
    return Group(head, table, *_more(len(changes) - SHOWN_CHANGES))


def example_view(example: Example) -> Group:
    """A row as a dialogue."""
    said: list[tuple[str, Message]] = [(turn.role, turn) for turn in example.conversation.messages]
    said += [(f"{turn.role}, rejected", turn) for turn in example.rejected or ()]
    turns = [
        Group(Text(role, style="bold"), Text(turn.content or _calls(turn.tool_calls)))
        for role, turn in said
    ]
    return Group(Text(f"Row {example.row}, {example.id}", style="dim"), *turns)


def _calls(calls: Iterable[object]) -> str:
    return "\n".join(str(call) for call in calls)


def _problems(found: Sequence[tuple[Told, str]], counts: Mapping[str, int]) -> list[RenderableType]:
    if not found:
        return [Text("No problems found.", style="green")]
    table = Table("Where", "What", "What to do", expand=True)
    ranks = list(SEVERITY_STYLE)
    ordered = sorted(found, key=lambda item: ranks.index(item[0].severity))
    for problem, place in ordered[:SHOWN_PROBLEMS]:
        style = SEVERITY_STYLE[problem.severity]
        what = Text(f"{problem.message} [{problem.code}]")
        table.add_row(Text(place or "file", style=style), what, Text(problem.fix))
    return [table, *_more(len(found) - SHOWN_PROBLEMS), Text(f"In all: {_counts(counts)}.")]


def _more(left: int) -> list[Text]:
    return [Text(f"... and {left:,} more; --json lists all.")] if left > 0 else []


def _question(question: Question) -> Text:
    options = ", ".join(question.options[:8])
    told = f"{question.en} {question.chosen} (of {options}; --answer {question.id}=...)"
    return Text(told, style="cyan")


def _grid() -> Table:
    return Table.grid(padding=(0, 2))


def _read_as(container: str, encoding: str) -> str:
    return ", ".join(filter(None, (container, encoding)))


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _place(file: str, row: int | None, line: int | None, column: int | None, path: str) -> str:
    numbers = (("row", row), ("line", line), ("column", column))
    parts = [file, *(f"{name} {n}" for name, n in numbers if n is not None), path]
    return ", ".join(filter(None, parts))


def _cut(text: str) -> str:
    return text if len(text) <= CUT else text[:CUT] + "…"
