"""Turn a file of dialogues, whatever its format, into a Dataset and its usable Examples."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from core.data.checks.inspection import InspectOptions, inspect_conversation
from core.data.checks.privacy import pii_counts
from core.data.collecting import Problems
from core.data.collector import no_collection
from core.data.example_file import ExampleFile, ExampleWriter
from core.data.fast import FastLane
from core.data.formats.detecting import UNKNOWN, choose, named
from core.data.formats.shape import Format, Numbered
from core.data.intake import MAX_ROWS, How, Intake
from core.data.placing import placed
from core.data.problems import file_error, no_usable_rows, shorten
from core.data.reading.locating import LineCounter
from core.data.reading.opened import Opened
from core.data.reading.opening import open_rows
from core.data.reading.rows import Row
from core.data.records import Dataset, Question, ReadChoices, Summary
from core.data.summary import Counting
from core.data.tasks.templates import check as check_task
from core.data.whole.report import WholeReport
from core.data.whole.report import look_at as look_at_whole
from core.data.whole.watching import Watch
from core.disk import sha256_file
from core.identifiers import now

SAMPLED_ROWS = 100
NAME_CHARACTERS = 120
STEP_ROWS = 2_000
"""Rows between two words about progress."""

Progress = Callable[[str, int], None]
"""Told what is done now, and how many rows so far. May raise Cancelled."""


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
    reading = _Reading(file, choices or ReadChoices(), progress)
    with open_rows(file, reading.choices.encoding) as opened, no_collection():
        reading.read(opened)
    return reading.result(name, source_name or file.name)


@dataclass
class _Reading:
    """One file on its way in."""

    file: Path
    choices: ReadChoices
    progress: Progress
    rejects: BinaryIO = field(default_factory=tempfile.TemporaryFile)
    questions: tuple[Question, ...] = ()
    container: str = ""
    encoding: str = ""

    def read(self, opened: Opened) -> None:
        """Take every row in."""
        self.container, self.encoding = opened.container, opened.encoding
        rows = iter(opened.rows)
        sample = list(islice(rows, SAMPLED_ROWS))
        values = [row.value for row in sample if row.value is not None]
        form = named(self.choices.format) if self.choices.format else None
        chosen = form or choose(values, opened.container)
        lines = LineCounter(opened.source) if opened.source else None
        problems, writer = Problems(lines, opened.delimiter), ExampleWriter.unnamed()
        self.intake = Intake(self._how(form), problems, writer, self.rejects)
        problems.add_all((None, finding) for finding in opened.found)
        all_rows = self._told(chain(sample, rows))
        if chosen is not None and chosen.gather is not None:
            self._gather(all_rows, chosen, opened.context)
        elif opened.rows_besides is not None and chosen is not None and chosen.name == "openai":
            intake, lane = self.intake, FastLane()
            self.intake.take_all(self._told(opened.rows_besides(partial(_take, intake, lane))))
        else:
            self._ask(chosen, values)
            self.intake.take_all(all_rows)

    def _gather(self, rows: Iterator[Row], form: Format, context: Mapping[str, Any]) -> None:
        """Rows whose conversations span several of them: all are read before one is made."""
        kept = self.intake.collect(rows)
        records = [Numbered(n, placed(row, form, context)) for n, row in kept.items()]
        self._ask(form, [record.value for record in records])
        self.intake.gather(kept, records, form)

    def _ask(self, form: Format | None, values: Sequence[object]) -> None:
        """Put the format's questions, answered by the person or as it suggests."""
        self.questions = _asked(form, values, self.choices.answers)
        answers = {question.id: question.chosen for question in self.questions}
        self.intake.how = replace(self.intake.how, answers={**self.choices.answers, **answers})

    def _told(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            if self.intake.rows % STEP_ROWS == 0:
                self.progress("reading", self.intake.rows)
            yield row

    def _how(self, form: Format | None) -> How:
        choices = self.choices
        tokens = choices.special_tokens
        return How(
            format=form,
            answers=self.choices.answers,
            inspect=None if choices.structure_only else InspectOptions(special_tokens=tokens),
            mend=frozenset(choices.repairs),
            fills=choices.fills,
        )

    def result(self, name: str | None, source_name: str) -> Checked:
        """Everything that was taken in; NoUsableRows when there was not one row."""
        intake, file_name = self.intake, shorten(source_name, NAME_CHARACTERS)
        if not intake.rows:
            raise file_error("file_no_rows", file=file_name)
        examples = intake.writer.finish()
        _compare_systems(intake)
        whole = None
        if examples and not self.choices.structure_only:
            whole = look_at_whole(examples, Watch(lambda done, _: self.progress("comparing", done)))
            intake.problems.add_all((found.row, found.finding) for found in whole.found)
            intake.problems.add_all(check_task(examples))
        problems = intake.problems.all()
        read = Read(intake.rows, intake.rejected, intake.duplicates, len(examples))
        dataset = Dataset(
            id=examples.dataset_id,
            name=shorten((name or "").strip() or Path(source_name).stem, NAME_CHARACTERS),
            source_name=file_name,
            source_sha256=sha256_file(self.file),
            format=next((name for name, _ in intake.formats.most_common(1)), UNKNOWN),
            formats=dict(intake.formats.most_common()),
            container=self.container,
            encoding=self.encoding,
            created=now(),
            summary=_summary(read, intake.counting, intake.problems, whole),
            problems=problems,
            problem_counts=dict(intake.problems.counts),
            questions=self.questions,
            choices=self.choices,
            inspected=not self.choices.structure_only,
        )
        return Checked(dataset, examples, self.rejects, intake.masks, whole)


def _take(intake: Intake, lane: FastLane, number: int, offset: int, line: bytes) -> bool:
    """Take a row in that needs no second look; False leaves it to the exact way."""
    if intake.how.inspect is not None or intake.rows >= MAX_ROWS:
        return False
    talk = lane.talk(line)
    if talk is None:
        return False
    duplicate = intake.take_passed(number, talk)
    if duplicate is not None:
        intake.problems.add_row(Row(number, offset, line, None), (duplicate,))
    return True


def _asked(
    form: Format | None, sample: Sequence[object], answers: Mapping[str, str]
) -> tuple[Question, ...]:
    """The format's questions, with the person's answers put in."""
    if form is None:
        return ()
    questions = form.ask([value for value in sample if form.fits(value)])
    return tuple(_answered(question, answers.get(question.id)) for question in questions)


def _answered(question: Question, answer: str | None) -> Question:
    return question if answer is None else question.model_copy(update={"chosen": answer})


def _compare_systems(intake: Intake) -> None:
    counts = intake.counting
    if counts.without_system and counts.with_system:
        values = {
            "with_system": f"{counts.with_system:,}",
            "without": f"{counts.without_system:,}",
        }
        intake.problems.add("system_in_some", **values, first=str(counts.first_without_system))
    elif counts.without_system:
        intake.problems.add("system_in_none")


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
