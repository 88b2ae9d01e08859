"""Pairs of answers into token ids, with every row that gives no pair accounted for.

Which tokens count is decided by the same `Masker` as for answers that are imitated: the assistant's
turns that differ, up to and with the token that ends each. TRL's own tokenisation is not used: it
would count a tool's result in an answer, and knows neither our chat template's arguments nor which
token generation stops at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any, NamedTuple, overload

from datasets import Dataset

from core.data.records import Example
from core.messages import Conversation, Message
from core.models.masks import Masked, MaskedRow, Masker
from core.training.program.preparation import (
    CHUNK,
    IGNORED,
    LOOKED_AT,
    Facts,
    Prepared,
    look_at_prompts,
    look_at_texts,
    need_shown,
)
from core.training.readiness import endless_turn

SCATTERED = (
    "An answer of several turns can't be compared, because this model's template shows each of "
    "them in another text."
)


class Pair(NamedTuple):
    """Two answers to one question, as TRL's collator for preferences takes them."""

    prompt_ids: list[int]
    """What both begin with; nothing of it counts."""
    chosen_ids: list[int]
    rejected_ids: list[int]
    chosen_mask: list[int]
    """1 for each token of `chosen_ids` that counts, 0 for a tool's result and the like."""
    rejected_mask: list[int]


@dataclass(frozen=True)
class PairPreparer:
    """How pairs of one model become tokens."""

    masker: Masker

    def prepare(self, examples: Sequence[Example]) -> Prepared:
        """Render, tokenise, mask and cut, all in memory; raises as `stream` does."""
        facts = Facts()
        made = list(self.stream(examples, facts))
        columns = {name: [getattr(pair, name) for pair in made] for name in Pair._fields}
        return as_prepared(facts, Dataset.from_dict(columns))

    def stream(self, examples: Sequence[Example], facts: Facts) -> Iterator[Pair]:
        """The same a few rows at a time; `facts` is whole when the last pair has come.

        Raises ModelError when the model's template or tokenizer can't be trained with at all.
        """
        number = 0
        waiting = iter(examples)
        while chunk := list(islice(waiting, CHUNK)):
            paired = [example for example in chunk if example.rejected]
            facts.unpaired_rows |= {example.row for example in chunk if not example.rejected}
            talks = [talk for example in paired for talk in sides(example)]
            rows = list(self.masker.rows(talks))
            prompts: list[tuple[int, Masked]] = []
            for example, both in zip(paired, list(pairwise(rows))[::2], strict=True):
                if pair := _pair(example.row, both, facts):
                    yield pair
                if number % LOOKED_AT == 0:
                    prompts += [(example.row, m) for row in both for m in row.sequences]
                number += 1
            numbers = [example.row for example in paired for _ in range(2)]
            look_at_texts(self.masker, zip(numbers, talks, strict=True), facts)
            look_at_prompts(self.masker, prompts, facts)
            facts.dropped_rows |= {example.row for example in chunk} - facts.rows
        need_shown(facts, number)


def sides(example: Example) -> tuple[Conversation, Conversation]:
    """The dialogue with either answer; only the assistant's turns that differ are left to count.

    An answer can begin with the same turns on both sides, such as a call and its result.
    """
    chosen, worse = example.conversation, example.worse
    if worse is None:
        raise ValueError(f"row {example.row} has no rejected answer")
    most = min(len(chosen.messages), len(worse.messages)) - 1
    both = zip(chosen.messages[:most], worse.messages[:most], strict=True)
    shared = next((place for place, (one, other) in enumerate(both) if one != other), most)
    return _answering(chosen, shared), _answering(worse, shared)


def _answering(talk: Conversation, shared: int) -> Conversation:
    context = tuple(_as_context(message) for message in talk.messages[:shared])
    return talk.model_copy(update={"messages": context + talk.messages[shared:]})


def _as_context(message: Message) -> Message:
    return message.model_copy(update={"weight": 0}) if message.role == "assistant" else message


def _pair(number: int, both: tuple[MaskedRow, MaskedRow], facts: Facts) -> Pair | None:
    """The pair of a row; None where it is left out, with the reason among the facts."""
    for row in both:
        if row.refused:
            facts.refused[number] = row.refused.problem
            return None
        if row.turn_by_turn:
            facts.refused[number] = SCATTERED
            return None
        for masked in row.sequences:
            if masked.endless:
                raise endless_turn(masked)
    if not all(row.sequences and row.learnt for row in both):
        return None
    chosen, rejected = (row.sequences[0] for row in both)
    if chosen.ids[: chosen.kept] == rejected.ids[: rejected.kept]:
        facts.alike_rows.add(number)
        return None
    if max(len(chosen.ids), len(rejected.ids)) > chosen.limit:
        facts.cut_rows.add(number)
    facts.rows.add(number)
    facts.ends += chosen.ends
    facts.tokens += chosen.kept + rejected.kept
    facts.supervised += chosen.learnt + rejected.learnt
    return _tokens(number, chosen, rejected, facts)


def _tokens(number: int, chosen: Masked, rejected: Masked, facts: Facts) -> Pair:
    """Both as ids; where a tokenizer joins the question's end with an answer, it is told."""
    begins = min(chosen.spans[0][0], rejected.spans[0][0])
    both = zip(chosen.ids[:begins], rejected.ids[:begins], strict=True)
    start = next((place for place, (one, other) in enumerate(both) if one != other), begins)
    if start < begins:
        facts.drifted_rows.add(number)
    ids, masks = zip(*(_answer(masked, start) for masked in (chosen, rejected)), strict=True)
    return Pair(chosen.ids[:start], *ids, *masks)


def _answer(masked: Masked, start: int) -> tuple[list[int], list[int]]:
    """The tokens from `start` to the last that counts, and which of them do."""
    end = min(max(end for _, end in masked.spans), masked.limit)
    counts = [0] * end
    for first, after in masked.spans:
        counts[first:after] = [1] * (min(after, end) - min(first, end))
    return masked.ids[start:end], counts[start:end]


# -- the chosen side as a sequence -----------------------------------------------------------------


class Chosen(Sequence[list[int]]):
    """The texts with the chosen answers, or their labels, read from pairs as they are asked for."""

    def __init__(self, pairs: Dataset, labels: bool) -> None:
        self._pairs, self._labels = pairs, labels

    def __len__(self) -> int:
        return len(self._pairs)

    @overload
    def __getitem__(self, index: int) -> list[int]: ...
    @overload
    def __getitem__(self, index: slice) -> list[list[int]]: ...
    def __getitem__(self, index: int | slice) -> list[int] | list[list[int]]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        pair: dict[str, Any] = self._pairs[index]
        prompt, answer = list(pair["prompt_ids"]), list(pair["chosen_ids"])
        if not self._labels:
            return prompt + answer
        counted = zip(answer, pair["chosen_mask"], strict=True)
        return [IGNORED] * len(prompt) + [i if counts else IGNORED for i, counts in counted]


def are_pairs(stored: Dataset) -> bool:
    """Whether rows that were prepared are pairs."""
    return "chosen_ids" in stored.column_names


def as_prepared(facts: Facts, stored: Dataset) -> Prepared:
    """Pairs as a part of a run: what is looked at as text is the chosen side."""
    ids, labels = (Chosen(stored, labels=wanted) for wanted in (False, True))
    return Prepared(**vars(facts), input_ids=ids, labels=labels, stored=stored)
