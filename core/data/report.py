"""What `duotune check` says of a file, as one object: nothing is kept, nothing is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field

from core.data.ingest import Checked, Progress, look_at
from core.data.leaks import LeakReport, find_leaks, leak_findings
from core.data.problems import Place, make_problem
from core.data.records import Example, Problem, Question, ReadChoices
from core.data.validating import Validation, validate
from core.messages import Record
from core.models.readers import ModelReader
from core.training import learning

MEASURED = (
    "turns", "multi_turn", "with_system", "with_tools", "pairs", "characters", "longest_row",
    "rejected", "tags", "labels",
)  # fmt: skip
"""What of a summary the report tells as `stats`."""


class Duplicates(Record):
    """Conversations that others repeat; None where that was not looked for."""

    exact: int | None
    near: int | None


class Listed(Record):
    """A problem as the report lists it."""

    code: str
    severity: str
    row: int | None
    line: int | None
    column: int | None
    path: str
    file: str
    message: str
    fix: str


class CheckReport(Record):
    """Everything about one file; None stands for what was not measured."""

    file: str
    container: str
    encoding: str
    format: str
    formats: dict[str, int]
    """Rows by the format they were read as."""
    rows: int
    """Records read."""
    usable: int
    """Conversations that can be trained on."""
    problems: tuple[Listed, ...]
    problem_counts: dict[str, int]
    duplicates: Duplicates
    leaks: dict[str, Any] = Field(default_factory=dict)
    """Overlap with the file to compare against; {} when none was given."""
    languages: dict[str, int] | None
    """Usable conversations by language; None when texts were not read."""
    pii: dict[str, int] | None
    """Places with personal data or secrets, by type."""
    stats: dict[str, Any]
    questions: tuple[Question, ...]

    @property
    def texts_read(self) -> bool:
        """Whether the texts were read, and not the structure alone."""
        return self.languages is not None

    @property
    def exit_code(self) -> int:
        """0 without errors, 1 when some were found."""
        return int(any(problem.severity == "error" for problem in self.problems))


class Beside(NamedTuple):
    """What a file is looked at together with."""

    against: Path | None = None
    """Held-out rows that it must not overlap with."""
    reader: ModelReader | None = None
    """How the model that is to learn from it reads it."""
    max_length: int = 1024
    """Tokens of a row that are trained on."""


def check_file(
    file: Path,
    choices: ReadChoices,
    beside: Beside,
    progress: Progress,
    dedupe: bool = True,
) -> CheckReport:
    """Read a file, and perhaps held-out rows that it must not overlap with.

    With `structure_only` no text is kept, and without `dedupe` not even its hash: exact duplicates
    are then not looked for. Raises NoUsableRows when a file can't be read as rows at all.
    """
    if choices.structure_only and beside.against is None and beside.reader is None:
        return structure_report(file.name, validate(file, choices, dedupe, progress))
    reader = beside.reader
    if reader is not None:
        tokens = frozenset(map(str, reader.template.tokenizer.all_special_tokens))
        choices = choices.model_copy(update={"special_tokens": tokens})
    checked = look_at(file, None, choices, progress)
    leaks, found = None, list(checked.dataset.problems)
    if beside.against is not None:
        leaks = leaks_against(checked.examples, beside.against)
        found += [
            make_problem(finding.code, Place(row=row), **finding.values)
            for row, finding in leak_findings(leaks)
        ]
    if reader is not None:
        found += learning.totals(checked.examples, reader.masker(beside.max_length)).problems
    return report_of(file.name, checked, found, leaks)


def leaks_against(examples: Sequence[Example], file: Path) -> LeakReport:
    """What of a file with held-out rows stands in these rows; its texts are not inspected."""
    held_out = look_at(file, None, ReadChoices(structure_only=True))
    return find_leaks(examples, held_out.examples)


def report_of(
    file: str, checked: Checked, problems: Sequence[Problem], leaks: LeakReport | None = None
) -> CheckReport:
    """The report on a file that was read."""
    dataset, summary = checked.dataset, checked.dataset.summary
    more = Counter(problem.code for problem in problems[len(dataset.problems) :])
    counts = {**dataset.problem_counts, **more}
    return CheckReport(
        file=file,
        container=dataset.container,
        encoding=dataset.encoding,
        format=dataset.format,
        formats=dataset.formats,
        rows=summary.rows,
        usable=summary.usable,
        problems=tuple(map(_listed, problems)),
        problem_counts=counts,
        duplicates=Duplicates(exact=summary.duplicates, near=summary.near_duplicates),
        leaks=leaks.model_dump(mode="json") if leaks else {},
        languages=summary.languages if dataset.inspected else None,
        pii=summary.pii,
        stats=summary.model_dump(include=set(MEASURED)),
        questions=dataset.questions,
    )


def structure_report(file: str, seen: Validation) -> CheckReport:
    """The report on a file of which only the structure was looked at."""
    measured = {
        "rejected": seen.rejected,
        "with_system": seen.with_system,
        "pairs": seen.pairs,
    }
    return CheckReport(
        file=file,
        container=seen.container,
        encoding=seen.encoding,
        format=seen.format,
        formats=seen.formats,
        rows=seen.rows,
        usable=seen.usable,
        problems=tuple(map(_listed, seen.problems)),
        problem_counts=seen.problem_counts,
        duplicates=Duplicates(exact=seen.duplicates, near=None),
        languages=None,
        pii=None,
        stats={**dict.fromkeys(MEASURED), **measured},
        questions=seen.questions,
    )


def _listed(problem: Problem) -> Listed:
    return Listed(
        code=problem.code,
        severity=problem.severity,
        row=problem.row,
        line=problem.line,
        column=problem.column,
        path=problem.field,
        file=problem.file,
        message=problem.message,
        fix=problem.fix,
    )
