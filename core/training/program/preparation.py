"""Rows into token ids and loss masks, with every cut and every row left out accounted for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from core.data.records import Example
from core.errors import ModelError, PlanError
from core.models.templates import ChatTemplate, Passage, RowMismatch

IGNORED = -100
"""The label that the loss skips, in torch and TRL alike."""
CHUNK = 512
"""Texts tokenised at once: bounds memory, keeps the tokenizer's threads busy."""


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

    @property
    def tokens(self) -> int:
        return sum(map(len, self.input_ids))

    @property
    def supervised(self) -> int:
        return sum(len(row) - row.count(IGNORED) for row in self.labels)


@dataclass(frozen=True)
class Preparer:
    """How rows of one model become sequences."""

    template: ChatTemplate
    stop_ids: frozenset[int]
    """Tokens that end a turn: generation stops at these."""
    max_length: int

    def prepare(self, examples: Sequence[Example]) -> Prepared:
        """Render, tokenise, mask and cut.

        Raises ModelError when the model's template or tokenizer can't be trained with at all.
        """
        prepared = Prepared()
        passages = self._rendered(examples, prepared)
        while chunk := list(islice(passages, CHUNK)):
            self._tokenise(chunk, prepared)
        prepared.dropped_rows |= {example.row for example in examples} - prepared.rows
        if examples and len(prepared.refused) == len(examples):
            raise ModelError(
                "The model's chat template can't show any of these conversations.",
                f"row {examples[0].row}: {prepared.refused[examples[0].row]}",
                "Pick another base model, or change the rows (some templates take no system "
                "message, or insist that user and assistant alternate).",
            )
        return prepared

    def _rendered(
        self, examples: Sequence[Example], prepared: Prepared
    ) -> Iterable[tuple[int, Passage]]:
        control = tuple(self.template.tokenizer.all_special_tokens)
        for example in examples:
            if any(token in m.content for m in example.conversation.messages for token in control):
                prepared.control_rows.add(example.row)
            try:
                passages = self.template.passages(example.conversation)
            except RowMismatch as mismatch:
                prepared.refused[example.row] = mismatch.problem
                continue
            if len(passages) > 1:
                prepared.turn_by_turn.add(example.row)
            yield from ((example.row, passage) for passage in passages)

    def _tokenise(self, chunk: list[tuple[int, Passage]], prepared: Prepared) -> None:
        encoded = self._encode([passage.text for _, passage in chunk])
        for (row, passage), ids, offsets in zip(
            chunk, encoded["input_ids"], encoded["offset_mapping"], strict=True
        ):
            labels = self._labels(ids, offsets, passage)
            if len(ids) > self.max_length:
                prepared.cut_rows.add(row)
                ids, labels = ids[: self.max_length], labels[: self.max_length]
            if any(label != IGNORED for label in labels):
                prepared.input_ids.append(ids)
                prepared.labels.append(labels)
                prepared.rows.add(row)
        self._look_at_prompts(chunk, encoded["input_ids"], prepared)

    def _encode(self, texts: list[str]) -> Any:
        tokenizer = self.template.tokenizer
        if not tokenizer.is_fast:
            raise ModelError(
                "The model's tokenizer can't tell where its tokens lie in a text.",
                fix="Pick a model that comes with a tokenizer.json.",
            )
        return tokenizer(texts, add_special_tokens=False, return_offsets_mapping=True)

    def _labels(
        self, ids: list[int], offsets: list[tuple[int, int]], passage: Passage
    ) -> list[int]:
        """The ids of every learnt turn up to the token that ends it; the rest ignored."""
        labels = [IGNORED] * len(ids)
        starts = [start for start, _ in offsets]
        for begin, end in passage.spans:
            first, after = bisect_left(starts, begin), bisect_left(starts, end)
            last = next((i for i in range(after - 1, first - 1, -1) if ids[i] in self.stop_ids), -1)
            if last < 0:
                raise ModelError(
                    "The chat template does not end the assistant's turn with a token that "
                    "generation stops at, so the tuned model would never stop.",
                    f"the turn ends with {passage.text[begin:end][-40:]!r}",
                    "Pick an instruct or chat model whose tokenizer's eos_token ends a turn.",
                )
            labels[first : last + 1] = ids[first : last + 1]
        return labels

    def _look_at_prompts(
        self, chunk: list[tuple[int, Passage]], encoded: list[list[int]], prepared: Prepared
    ) -> None:
        """See that prompts alone become the tokens that the whole text starts with."""
        sample = [(row, p, ids) for (row, p), ids in zip(chunk, encoded, strict=True)][:16]
        prompts = self._encode([p.text[: p.spans[0][0]] for _, p, _ in sample])["input_ids"]
        for (row, _, ids), prompt in zip(sample, prompts, strict=True):
            if ids[: len(prompt)] != prompt:
                prepared.drifted_rows.add(row)


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


def need_rows(prepared: Prepared, max_length: int) -> None:
    """Raises PlanError when there is nothing to train on."""
    if not prepared.input_ids:
        raise PlanError(
            f"No row of the training part has anything to learn within {max_length} tokens.",
            fix="Raise max_length, or look at the data's assistant turns.",
        )
