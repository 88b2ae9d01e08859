"""Rows into token ids and labels, with every cut and every row left out accounted for.

Which tokens are learnt is decided in `core.models.masks`, where every view of the data asks, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from datasets import Dataset

from core.data.identity import SharedAnswers
from core.data.records import Example
from core.errors import ModelError
from core.messages import Conversation
from core.models.masks import Masked, MaskedRow, Masker
from core.training.readiness import endless_turn

IGNORED = -100
"""The label that the loss skips, in torch and TRL alike."""
LOOKED_AT = 32
"""The prompt of every so many-th row is looked at."""
CHUNK = 1024
"""Rows that are in memory at a time."""


class Text(NamedTuple):
    """One text to train on."""

    input_ids: list[int]
    labels: list[int]


@dataclass
class Facts:
    """What became of the rows of one part."""

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
    repeated_rows: set[int] = field(default_factory=set)
    """Rows of pairs whose chosen answer an earlier pair has, so that it is not learnt again."""
    unpaired_rows: set[int] = field(default_factory=set)
    """Of the dropped rows, those without a rejected answer, where pairs are trained on."""
    alike_rows: set[int] = field(default_factory=set)
    """Of the dropped rows, those whose two answers are the same tokens within max_length."""
    ends: int = 0
    """Answers whose end is learnt, too."""
    tokens: int = 0
    supervised: int = 0
    """Tokens that the loss is computed on."""


@dataclass
class Prepared(Facts):
    """Token ids and labels, and what became of the rows."""

    input_ids: Sequence[list[int]] = field(default_factory=list)
    labels: Sequence[list[int]] = field(default_factory=list)
    stored: Dataset | None = None
    """The same on disk, read as it is asked for; None while it is only in memory."""
    packed: Dataset | None = None
    """Several sequences in each, with their lengths; None where each is trained by itself."""

    @property
    def dataset(self) -> Dataset:
        """One sequence after the other."""
        if self.stored is not None:
            return self.stored
        return Dataset.from_dict({"input_ids": self.input_ids, "labels": self.labels})

    @property
    def trained(self) -> Dataset:
        """What a batch is made of: sequences, or packs of them."""
        return self.dataset if self.packed is None else self.packed


class Parts(NamedTuple):
    """The rows of a run as sequences."""

    train: Prepared
    validation: Prepared


@dataclass(frozen=True)
class Preparer:
    """How rows of one model become sequences."""

    masker: Masker

    def prepare(self, examples: Sequence[Example]) -> Prepared:
        """Render, tokenise, mask and cut, all in memory.

        Raises ModelError when the model's template or tokenizer can't be trained with at all.
        """
        prepared = Prepared()
        made = list(self.stream(examples, prepared))
        prepared.input_ids = [sequence.input_ids for sequence in made]
        prepared.labels = [sequence.labels for sequence in made]
        return prepared

    def stream(self, examples: Sequence[Example], facts: Facts) -> Iterator[Text]:
        """The same a few rows at a time; `facts` is whole when the last sequence has come."""
        number = 0
        waiting = _once(examples, facts)
        while chunk := list(islice(waiting, CHUNK)):
            prompts: list[tuple[int, Masked]] = []
            rows = self.masker.rows(example.conversation for example in chunk)
            for example, row in zip(chunk, rows, strict=True):
                yield from self._sequences(example.row, row, facts)
                if number % LOOKED_AT == 0:
                    prompts += [(example.row, masked) for masked in row.sequences]
                number += 1
            said = ((example.row, example.conversation) for example in chunk)
            look_at_texts(self.masker, said, facts)
            look_at_prompts(self.masker, prompts, facts)
            facts.dropped_rows |= {example.row for example in chunk} - facts.rows
        need_shown(facts, number)

    def _sequences(self, number: int, row: MaskedRow, facts: Facts) -> Iterator[Text]:
        if row.refused:
            facts.refused[number] = row.refused.problem
        if row.turn_by_turn:
            facts.turn_by_turn.add(number)
        for masked in row.sequences:
            if masked.endless:
                raise endless_turn(masked)
            if len(masked.ids) > masked.kept:
                facts.cut_rows.add(number)
            if masked.learnt:
                facts.rows.add(number)
                facts.ends += masked.ends
                facts.tokens += masked.kept
                facts.supervised += masked.learnt
                yield Text(masked.ids[: masked.kept], labels(masked))


def _once(examples: Sequence[Example], facts: Facts) -> Iterator[Example]:
    """Each dialogue once: pairs can share the chosen answer."""
    shared = SharedAnswers()
    for example in examples:
        if shared.repeats(example):
            facts.repeated_rows.add(example.row)
        else:
            yield example


def look_at_texts(masker: Masker, said: Iterable[tuple[int, Conversation]], facts: Facts) -> None:
    """Find text that the tokenizer takes for something else than text, by row number."""
    control = tuple(masker.template.tokenizer.all_special_tokens)
    facts.control_rows |= {
        row
        for row, talk in said
        if any(token in m.content for m in talk.messages for token in control)
    }


def look_at_prompts(masker: Masker, prompts: list[tuple[int, Masked]], facts: Facts) -> None:
    """See that prompts alone become the tokens that the whole text starts with."""
    alike = masker.starts_alike([masked for _, masked in prompts])
    facts.drifted_rows |= {row for (row, _), same in zip(prompts, alike, strict=True) if not same}


def need_shown(facts: Facts, rows: int) -> None:
    """Raises ModelError when the template could show none of so many rows."""
    if rows and len(facts.refused) == rows:
        first, reason = next(iter(facts.refused.items()))
        raise ModelError(
            "The model's chat template can't show any of these conversations.",
            f"row {first}: {reason}",
            "Pick another base model, or change the rows (some templates take no system "
            "message, or insist that user and assistant alternate).",
        )


def labels(masked: Masked) -> list[int]:
    """The kept tokens with all that is not learnt ignored."""
    found = [IGNORED] * len(masked.ids)
    for start, end in masked.spans:
        found[start:end] = masked.ids[start:end]
    return found[: masked.kept]


def notes(part: str, prepared: Facts) -> list[str]:
    """What the person should know of the preparation, in sentences."""
    found = []
    if prepared.cut_rows:
        found.append(
            f"{_rows(prepared.cut_rows)} of the {part} part are longer than max_length and were "
            "cut at the end."
        )
    silent = prepared.dropped_rows - set(prepared.refused) - prepared.unpaired_rows
    silent -= prepared.alike_rows
    found += _notes_on_pairs(part, prepared)
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


def _notes_on_pairs(part: str, prepared: Facts) -> list[str]:
    found = []
    if prepared.unpaired_rows:
        found.append(
            f"{_rows(prepared.unpaired_rows)} of the {part} part have no rejected answer and were "
            "left out."
        )
    if prepared.alike_rows:
        found.append(
            f"{_rows(prepared.alike_rows)} of the {part} part have the same chosen and rejected "
            "answer within max_length and were left out."
        )
    if prepared.repeated_rows:
        found.append(
            f"{_rows(prepared.repeated_rows)} of the {part} part have the chosen answer of an "
            "earlier pair, which is learnt once."
        )
    return found


def _rows(rows: set[int]) -> str:
    shown = ", ".join(map(str, sorted(rows)[:8]))
    more = f" and {len(rows) - 8} more" if len(rows) > 8 else ""
    return f"Row{'s' if len(rows) > 1 else ''} {shown}{more}"
