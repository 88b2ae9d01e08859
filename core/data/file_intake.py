"""Take a whole file in: choose its format, pass plain rows at a glance, gather, ask, count."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from core.data.checks.inspection import InspectOptions
from core.data.collecting import Problems
from core.data.collector import no_collection
from core.data.formats.detecting import UNKNOWN, choose, named
from core.data.formats.openai import OPENAI
from core.data.formats.shape import Format, Numbered
from core.data.intake import How, Intake
from core.data.keeping import Keeper
from core.data.placing import placed
from core.data.problems import file_error
from core.data.reading.locating import LineCounter
from core.data.reading.opened import Opened
from core.data.reading.opening import open_rows
from core.data.reading.rows import Row
from core.data.reading.source import shown_name
from core.data.records import Question, ReadChoices
from core.data.rejects import RejectedRows

SAMPLED_ROWS = 100
STEP_ROWS = 2_000
"""Rows between two words about progress."""

Progress = Callable[[str, int], None]
"""Told what is done now, and how many rows so far. May raise Cancelled."""


@dataclass(frozen=True)
class Taken:
    """A file that was taken in."""

    intake: Intake
    container: str
    encoding: str
    questions: tuple[Question, ...]
    """What its format leaves open, as answered for this reading."""

    def facts(self) -> dict[str, Any]:
        """What is known of the file, by the names that records have for it."""
        formats = dict(self.intake.formats.most_common())
        return {
            "container": self.container,
            "encoding": self.encoding,
            "format": next(iter(formats), UNKNOWN),
            "formats": formats,
            "problems": self.intake.problems.all(),
            "problem_counts": dict(self.intake.problems.counts),
            "questions": self.questions,
        }


def take_file(
    file: Path,
    choices: ReadChoices,
    keeper: Keeper | None,
    progress: Progress,
    rejects: RejectedRows | None = None,
) -> Taken:
    """Take every row of a file in; good conversations go to the keeper.

    Raises NoUsableRows when it can't be read as rows, or holds none.
    """
    with open_rows(file, choices.encoding) as opened, no_collection():
        lines = LineCounter(opened.source) if opened.source else None
        problems = Problems(lines, opened.delimiter)
        problems.add_all((None, finding) for finding in opened.found)
        form = named(choices.format) if choices.format else None
        intake = Intake(_how(choices, form), problems, keeper, rejects)
        questions = _Reading(opened, intake, progress).read()
    if not intake.rows:
        raise file_error("file_no_rows", file=shown_name(file))
    _compare_systems(intake)
    return Taken(intake, opened.container, opened.encoding, questions)


@dataclass
class _Reading:
    """An open file on its way in."""

    opened: Opened
    intake: Intake
    progress: Progress

    def read(self) -> tuple[Question, ...]:
        """Take every row in; returns the format's questions with the answers that were used."""
        opened, intake = self.opened, self.intake
        intake.how = replace(intake.how, parts=opened.parts)
        rows = iter(opened.rows)
        sample = list(islice(rows, SAMPLED_ROWS))
        values = [row.value for row in sample if row.value is not None]
        form = intake.how.format or choose(values, opened.container)
        all_rows = self._told(chain(sample, rows))
        if form is not None and form.gather is not None:
            return self._gather(all_rows, form, opened.context)
        questions = self._ask(form, values)
        if form is OPENAI and opened.rows_besides and intake.how.inspect is None:
            intake.formats[form.name] = 0  # the first among equals, as it was voted for
            intake.take_all(self._told(opened.rows_besides(intake.glance)))
            intake.formats[form.name] += intake.passed
        else:
            intake.take_all(all_rows)
        return questions

    def _gather(
        self, rows: Iterator[Row], form: Format, context: Mapping[str, Any]
    ) -> tuple[Question, ...]:
        """Rows whose conversations span several of them: all are read before one is made."""
        kept = self.intake.collect(rows)
        records = [Numbered(n, placed(row, form, context)) for n, row in kept.items()]
        questions = self._ask(form, [record.value for record in records])
        self.intake.gather(kept, records, form)
        return questions

    def _ask(self, form: Format | None, sample: Sequence[object]) -> tuple[Question, ...]:
        """Put the format's questions, answered by the person or as it suggests."""
        if form is None:
            return ()
        how = self.intake.how
        asked = form.ask([value for value in sample if form.fits(value)])
        questions = tuple(_answered(question, how.answers.get(question.id)) for question in asked)
        answers = {question.id: question.chosen for question in questions}
        self.intake.how = replace(how, answers={**how.answers, **answers})
        return questions

    def _told(self, rows: Iterator[Row]) -> Iterator[Row]:
        next_word = 0
        for row in rows:
            if self.intake.rows >= next_word:
                self.progress("reading", self.intake.rows)
                next_word = self.intake.rows + STEP_ROWS
            yield row


def _how(choices: ReadChoices, form: Format | None) -> How:
    tokens = choices.special_tokens
    return How(
        format=form,
        answers=choices.answers,
        inspect=None if choices.structure_only else InspectOptions(special_tokens=tokens),
        mend=frozenset(choices.repairs),
        fills=choices.fills,
    )


def _answered(question: Question, answer: str | None) -> Question:
    return question if answer is None else question.model_copy(update={"chosen": answer})


def _compare_systems(intake: Intake) -> None:
    """Say when none, or only some, of the usable conversations have a system prompt."""
    without = intake.usable - intake.with_system
    if without and intake.with_system:
        values = {"with_system": f"{intake.with_system:,}", "without": f"{without:,}"}
        first = str(intake.first_without_system)
        intake.problems.add("system_in_some", **values, first=first)
    elif without:
        intake.problems.add("system_in_none")
