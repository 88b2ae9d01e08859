"""Rows into token ids and labels, with every cut and every row left out accounted for.

Which tokens are learnt is decided in `core.models.masks`, where every view of the data asks, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.data.records import Example
from core.errors import ModelError
from core.models.masks import Masked, MaskedRow, Masker
from core.training.readiness import endless_turn

IGNORED = -100
"""The label that the loss skips, in torch and TRL alike."""
LOOKED_AT = 32
"""The prompt of every so many-th row is looked at."""


@dataclass
class Prepared:
    """Token ids and labels, and what became of the rows."""

    input_ids: list[list[int]] = field(default_factory=list)
    labels: list[list[int]] = field(default_factory=list)
    rows: set[int] = field(default_factory=set)
    """Source rows with at least one sequence."""
    cut_rows: set[int] = field(default_factory=set)
    dropped_rows: set[int] = field(default_factory=set)
    """Source rows without any supervised token."""
    refused: dict[int, str] = field(default_factory=dict)
    """Of the dropped rows, those the template could not show, with the reason."""
    turn_by_turn: set[int] = field(default_factory=set)
    """Source rows that became one sequence per assistant turn."""
    drifted_rows: set[int] = field(default_factory=set)
    """Rows whose prompt alone becomes other tokens than at the start of the whole text."""
    control_rows: set[int] = field(default_factory=set)
    """Rows whose messages contain text that the tokenizer reads as a control token."""
    ends: int = 0
    """Answers whose end is learnt, too."""

    @property
    def tokens(self) -> int:
        return sum(map(len, self.input_ids))

    @property
    def supervised(self) -> int:
        return sum(len(row) - row.count(IGNORED) for row in self.labels)


@dataclass(frozen=True)
class Preparer:
    """How rows of one model become sequences."""

    masker: Masker

    def prepare(self, examples: Sequence[Example]) -> Prepared:
        """Render, tokenise, mask and cut.

        Raises ModelError when the model's template or tokenizer can't be trained with at all.
        """
        prepared = Prepared()
        prompts: list[tuple[int, Masked]] = []
        rows = self.masker.rows(example.conversation for example in examples)
        for number, (example, row) in enumerate(zip(examples, rows, strict=True)):
            self._add(example.row, row, prepared)
            if number % LOOKED_AT == 0:
                prompts += [(example.row, masked) for masked in row.sequences]
        self._look_at_texts(examples, prepared)
        self._look_at_prompts(prompts, prepared)
        prepared.dropped_rows |= {example.row for example in examples} - prepared.rows
        if examples and len(prepared.refused) == len(examples):
            raise ModelError(
                "The model's chat template can't show any of these conversations.",
                f"row {examples[0].row}: {prepared.refused[examples[0].row]}",
                "Pick another base model, or change the rows (some templates take no system "
                "message, or insist that user and assistant alternate).",
            )
        return prepared

    def _add(self, number: int, row: MaskedRow, prepared: Prepared) -> None:
        if row.refused:
            prepared.refused[number] = row.refused.problem
        if row.turn_by_turn:
            prepared.turn_by_turn.add(number)
        for masked in row.sequences:
            if masked.endless:
                raise endless_turn(masked)
            if len(masked.ids) > masked.kept:
                prepared.cut_rows.add(number)
            if masked.learnt:
                prepared.input_ids.append(masked.ids[: masked.kept])
                prepared.labels.append(labels(masked))
                prepared.rows.add(number)
                prepared.ends += masked.ends

    def _look_at_texts(self, examples: Sequence[Example], prepared: Prepared) -> None:
        """Find text that the tokenizer takes for something else than text."""
        control = tuple(self.masker.template.tokenizer.all_special_tokens)
        prepared.control_rows |= {
            example.row
            for example in examples
            if any(token in m.content for m in example.conversation.messages for token in control)
        }

    def _look_at_prompts(self, prompts: list[tuple[int, Masked]], prepared: Prepared) -> None:
        """See that prompts alone become the tokens that the whole text starts with."""
        alike = self.masker.starts_alike([masked for _, masked in prompts])
        prepared.drifted_rows |= {
            row for (row, _), same in zip(prompts, alike, strict=True) if not same
        }


def labels(masked: Masked) -> list[int]:
    """The kept tokens with all that is not learnt ignored."""
    found = [IGNORED] * len(masked.ids)
    for start, end in masked.spans:
        found[start:end] = masked.ids[start:end]
    return found[: masked.kept]


def notes(part: str, prepared: Prepared) -> list[str]:
    """What the person should know of the preparation, in sentences."""
    found = []
    if prepared.cut_rows:
        found.append(
            f"{_rows(prepared.cut_rows)} of the {part} part are longer than max_length and were "
            "cut at the end."
        )
    silent = prepared.dropped_rows - set(prepared.refused)
    if silent:
        found.append(
            f"{_rows(silent)} of the {part} part have nothing to learn from (no trained assistant "
            "turn within max_length) and were left out."
        )
    if prepared.refused:
        row, reason = next(iter(prepared.refused.items()))
        found.append(
            f"{_rows(set(prepared.refused))} of the {part} part were left out. Row {row}: {reason}"
        )
    if prepared.turn_by_turn:
        found.append(
            f"{len(prepared.turn_by_turn)} conversations of the {part} part are trained one answer "
            "at a time, because this model's template shows earlier answers differently."
        )
    if prepared.drifted_rows:
        found.append(
            f"The tokenizer splits some prompts differently when an answer follows "
            f"({_rows(prepared.drifted_rows)} among those looked at)."
        )
    if prepared.control_rows:
        found.append(
            f"{_rows(prepared.control_rows)} of the {part} part contain text that this model reads "
            "as control tokens, such as the end of a turn; look whether that is meant."
        )
    return found


def _rows(rows: set[int]) -> str:
    shown = ", ".join(map(str, sorted(rows)[:8]))
    more = f" and {len(rows) - 8} more" if len(rows) > 8 else ""
    return f"Row{'s' if len(rows) > 1 else ''} {shown}{more}"
