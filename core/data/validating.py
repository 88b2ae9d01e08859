"""Check a file's structure and keep nothing: every row's syntax, schema, roles, order and calls.

This is the quickest look at a file: `ingest` takes the same rows in, and keeps the good ones.
"""

from __future__ import annotations

from pathlib import Path

from core.data.file_intake import Progress, take_file
from core.data.keeping import Remembered
from core.data.records import Problem, Question, ReadChoices
from core.messages import Record


class Validation(Record):
    """What looking at a file's structure has shown; texts were not read."""

    container: str
    encoding: str
    format: str
    formats: dict[str, int]
    """Rows by the format they were read as."""
    rows: int
    rejected: int
    """Rows with at least one error."""
    usable: int
    """Conversations without an error, each once where duplicates were looked for."""
    duplicates: int | None
    """Conversations that equal an earlier one; None when that was not looked for."""
    with_system: int
    """Usable conversations with a system prompt."""
    pairs: int
    """Usable conversations with a rejected answer beside the chosen one."""
    problems: tuple[Problem, ...]
    problem_counts: dict[str, int]
    questions: tuple[Question, ...]


def validate(
    file: Path,
    choices: ReadChoices | None = None,
    dedupe: bool = True,
    progress: Progress = lambda *_: None,
) -> Validation:
    """Look at every row of a file; without `dedupe`, exact duplicates are not looked for.

    Raises NoUsableRows when it can't be read as rows, or holds none.
    """
    choices = (choices or ReadChoices()).model_copy(update={"structure_only": True})
    keeper = Remembered() if dedupe else None
    taken = take_file(file, choices, keeper, progress)
    intake = taken.intake
    return Validation(
        **taken.facts(),
        rows=intake.rows,
        rejected=intake.rejected,
        usable=intake.usable,
        duplicates=keeper.duplicates if keeper else None,
        with_system=intake.with_system,
        pairs=intake.pairs,
    )
