"""Turn a file of dialogues, whatever its format, into a Dataset and its usable Examples."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from core.data.checks.inspection import inspect_conversation
from core.data.checks.privacy import pii_counts
from core.data.checks.rejected import inspect_rejected
from core.data.collecting import Problems
from core.data.example_file import ExampleFile
from core.data.file_intake import Progress as Progress
from core.data.file_intake import take_file
from core.data.keeping import Stored
from core.data.problems import no_usable_rows, shorten
from core.data.records import Dataset, ReadChoices, Summary
from core.data.rejects import RejectedRows
from core.data.summary import Counting
from core.data.tasks.templates import check as check_task
from core.data.whole.report import WholeReport
from core.data.whole.report import look_at as look_at_whole
from core.data.whole.watching import Watch
from core.disk import sha256_file
from core.identifiers import now

NAME_CHARACTERS = 120


@dataclass(frozen=True)
class Checked:
    """A file as it was read."""

    dataset: Dataset
    examples: ExampleFile
    """Usable conversations in file order: no error, exact duplicates removed."""
    rejects: BinaryIO
    """Rejected rows, one JSON object a line, with `_row` and `_problems`."""
    masks: dict[str, dict[str, str]] = field(default_factory=dict)
    """What masking hid, by example id."""
    whole: WholeReport | None = None
    """What looking at all rows together has shown; None when only the structure was read."""


def read_file(
    file: Path,
    name: str | None = None,
    choices: ReadChoices | None = None,
    progress: Progress = lambda *_: None,
    source_name: str | None = None,
) -> Checked:
    """Read a file, list everything wrong with it, and keep its good rows.

    `source_name` is what people call the file, where that is not its own name. Raises NoUsableRows
    (a DataError that carries all problems) when nothing can be kept.
    """
    checked = look_at(file, name, choices, progress, source_name)
    dataset = checked.dataset
    if not checked.examples:
        raise no_usable_rows(dataset.source_name, dataset.summary.rows, dataset.problems)
    return checked


def look_at(
    file: Path,
    name: str | None = None,
    choices: ReadChoices | None = None,
    progress: Progress = lambda *_: None,
    source_name: str | None = None,
) -> Checked:
    """As `read_file`, for a file of which perhaps nothing can be kept.

    Raises NoUsableRows when it holds no rows at all.
    """
    choices = choices or ReadChoices()
    stored, rejects = Stored(), RejectedRows()
    taken = take_file(file, choices, stored, progress, rejects)
    examples, intake = stored.writer.finish(), taken.intake
    whole = None
    if examples and not choices.structure_only:
        whole = look_at_whole(examples, Watch(lambda done, _: progress("comparing", done)))
        intake.problems.add_all((found.row, found.finding) for found in whole.found)
        intake.problems.add_all(check_task(examples))
    read = Read(intake.rows, intake.rejected, stored.duplicates, len(examples))
    source_name = source_name or file.name
    dataset = Dataset(
        id=examples.dataset_id,
        name=shorten((name or "").strip() or Path(source_name).stem, NAME_CHARACTERS),
        source_name=shorten(source_name, NAME_CHARACTERS),
        source_sha256=sha256_file(file),
        **taken.facts(),
        created=now(),
        summary=_summary(read, stored.counting, intake.problems, whole),
        choices=choices,
        inspected=not choices.structure_only,
    )
    return Checked(dataset, examples, rejects.file, intake.masks, whole)


class Read(NamedTuple):
    """How many rows came in, and what became of them."""

    rows: int
    rejected: int
    duplicates: int
    usable: int


def _summary(
    read: Read, counts: Counting, problems: Problems, whole: WholeReport | None
) -> Summary:
    return Summary(
        **read._asdict(),
        turns=counts.turns,
        multi_turn=counts.multi_turn,
        with_system=counts.with_system,
        with_tools=counts.with_tools,
        pairs=counts.pairs,
        characters=counts.characters,
        longest_row=counts.longest_row,
        languages=whole.languages if whole else {},
        tags=dict(counts.tags.most_common()),
        labels=dict(counts.labels.most_common()),
        near_duplicates=whole.near_duplicates if whole else None,
        pii=pii_counts(problems.counts) if whole else None,
    )


def describe(examples: ExampleFile, rejected: int = 0) -> dict[str, Any]:
    """What a Dataset says of its rows, for rows that no file was read for: counts and findings."""
    problems, counts = Problems(), Counting()
    for example in examples:
        talk = example.conversation
        counts.add(example.row, talk.messages, bool(talk.tools))
        counts.add_labels(example.tags, example.label)
        problems.add_all((example.row, finding) for finding in inspect_conversation(talk))
        if example.rejected:
            counts.pairs += 1
            worse = inspect_rejected(talk, example.rejected)
            problems.add_all((example.row, finding) for finding in worse)
    whole = look_at_whole(examples)
    problems.add_all((found.row, found.finding) for found in whole.found)
    problems.add_all(check_task(examples))
    total = len(examples)
    read = Read(rows=total + rejected, rejected=rejected, duplicates=0, usable=total)
    return {
        "summary": _summary(read, counts, problems, whole),
        "problems": problems.all(),
        "problem_counts": dict(problems.counts),
        "inspected": True,
    }
