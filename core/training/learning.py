"""What a model will learn of a dataset: totals, and what is lost of which row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from core.data.problems import Finding, Place, make_problem, shorten
from core.data.records import Example, Problem
from core.messages import Record
from core.models.masks import Masked, MaskedRow, Masker, begins
from core.training.hidden import Hidden


class Totals(Record):
    """What would be learnt of some rows."""

    rows: int
    sequences: int
    """One a row; more where the template has to be trained one answer at a time."""
    tokens: int
    supervised: int
    cut: int
    """Tokens after max_length, which are not trained on."""
    lost: int
    """Of the cut tokens, those that would have been learnt."""
    cut_rows: tuple[int, ...]
    silent_rows: tuple[int, ...]
    """Rows without any supervised token."""
    turn_by_turn: int
    """Rows that become one sequence per answer."""
    ends: int
    """Answers whose end is learnt, so that the model learns to stop."""
    max_length: int
    problems: tuple[Problem, ...]
    """Every row that is cut, teaches nothing or can't be shown, in order; then the whole."""


def totals(examples: Sequence[Example], masker: Masker) -> Totals:
    """What would be learnt of these rows, exactly as the trainer takes them."""
    rows = masker.rows(example.conversation for example in examples)
    return count_rows(examples, rows, masker.max_length)


def count_rows(examples: Sequence[Example], rows: Iterable[MaskedRow], max_length: int) -> Totals:
    """The same for rows that have their masks already, in the order of the examples."""
    count = _Count(max_length)
    for example, row in zip(examples, rows, strict=True):
        count.add(example.row, row)
        count.hidden.add(example.row, example.conversation, row)
    return count.result()


def row_findings(row: MaskedRow) -> list[Finding]:
    """What a person should know before a row is trained on."""
    if row.refused:
        if row.refused.reason:
            return [Finding("template_refuses", (), {"said": row.refused.reason})]
        return [Finding("turn_shown_differently")]
    if endless := [masked for masked in row.sequences if masked.endless]:
        return [Finding("turn_without_stop", (), {"end": ending(endless[0])})]
    found = []
    cut = [masked for masked in row.sequences if len(masked.ids) > masked.kept]
    if cut:
        longest = max(cut, key=lambda masked: len(masked.ids))
        found.append(Finding("row_over_length", (), _cut_values(longest, row.lost)))
    if not row.sequences:
        found.append(Finding("row_all_context"))
    elif not row.learnt:
        found.append(Finding("row_nothing_learnt", (), {"limit": f"{row.sequences[0].limit:,}"}))
    return found


def _cut_values(longest: Masked, lost: int) -> dict[str, str]:
    """What is cut of the whole conversation, and how many learnt tokens are lost."""
    start = begins(longest.offsets, longest.kept)
    return {
        "tokens": f"{len(longest.ids):,}",
        "limit": f"{longest.limit:,}",
        "cut": f"{len(longest.ids) - longest.kept:,}",
        "lost": f"{lost:,}",
        "beginning": shorten(longest.passage.text[start:]),
    }


def ending(masked: Masked) -> str:
    """How an answer ends that generation does not stop after."""
    start, end = masked.passage.spans[masked.endless[0]]
    return shorten(masked.passage.text[max(start, end - 40) : end].strip())


@dataclass
class _Count:
    """Totals while rows come in."""

    max_length: int
    rows: int = 0
    sequences: int = 0
    tokens: int = 0
    supervised: int = 0
    cut: int = 0
    lost: int = 0
    turn_by_turn: int = 0
    ends: int = 0
    cut_rows: list[int] = field(default_factory=list)
    silent_rows: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    hidden: Hidden = field(default_factory=Hidden)

    def add(self, number: int, row: MaskedRow) -> None:
        """Count one row."""
        self.rows += 1
        self.sequences += len(row.sequences)
        self.turn_by_turn += row.turn_by_turn
        cut = sum(len(masked.ids) - masked.kept for masked in row.sequences)
        self.tokens += sum(len(masked.ids) for masked in row.sequences)
        self.supervised += row.learnt
        self.cut += cut
        self.lost += row.lost
        self.ends += sum(masked.ends for masked in row.sequences)
        if cut:
            self.cut_rows.append(number)
        if not row.learnt:
            self.silent_rows.append(number)
        for code, _, values in row_findings(row):
            self.problems.append(make_problem(code, Place(row=number), **values))

    def result(self) -> Totals:
        """Everything counted, with what it means for the whole."""
        limit = f"{self.max_length:,}"
        self.problems += self.hidden.problems()
        if self.rows and not self.supervised:
            self.problems.append(make_problem("nothing_learnt", limit=limit))
        elif self.rows and not self.ends:
            self.problems.append(make_problem("stop_never_learnt", limit=limit))
        facts = vars(self)
        return Totals.model_validate({name: facts[name] for name in Totals.model_fields})
