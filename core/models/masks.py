"""Conversations as tokens, and which of them are learnt: decided here and nowhere else.

The trainer trains on this, and every view, count and check shows this, so what a person sees is
what is trained.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

from core.disk import sha256_text
from core.errors import ModelError
from core.messages import Conversation
from core.models.templates import ChatTemplate, Passage, RowMismatch

CHUNK_ROWS, CHUNK_CHARACTERS = 512, 4_000_000
"""Tokenised at once: bounds memory, keeps the tokenizer's threads busy."""
LONG_CHARACTERS = 50_000
"""Of the texts of one row, from which it pays to look at the answers within the limit only."""

Range = tuple[int, int]
"""[start, end)."""


class Masked(NamedTuple):
    """One text to train on as tokens."""

    passage: Passage
    ids: list[int]
    offsets: list[Range]
    """The characters of each token as the tokenizer tells them; see `bounds`."""
    spans: tuple[Range, ...]
    """Ranges of learnt tokens, each up to and with the token that ends the turn."""
    endless: tuple[int, ...]
    """Which of the spans hold no token that generation stops at."""
    limit: int
    """So many tokens are trained on; what comes after is cut."""

    @property
    def bounds(self) -> list[Range]:
        """The characters of each token, without gaps; tokens that share a character overlap."""
        found, reached = [], 0
        for index, (_, end) in enumerate(self.offsets):
            begin, reached = begins(self.offsets, index), max(reached, end)
            found.append((begin, max(begin, end)))
        if found and reached < len(self.passage.text):
            found[-1] = (found[-1][0], len(self.passage.text))
        return found

    @property
    def kept(self) -> int:
        """Tokens that are trained on, as context or as an answer."""
        return min(len(self.ids), self.limit)

    @property
    def learnt(self) -> int:
        """Tokens that the loss is computed on."""
        return sum(max(0, min(end, self.limit) - start) for start, end in self.spans)

    @property
    def lost(self) -> int:
        """Tokens that would be learnt, had they not been cut."""
        return sum(end - start for start, end in self.spans) - self.learnt

    @property
    def ends(self) -> int:
        """Learnt turns whose end is learnt, too, so that the model learns to stop."""
        return sum(
            end <= self.limit and number not in self.endless
            for number, (_, end) in enumerate(self.spans)
        )


class MaskedRow(NamedTuple):
    """A conversation as sequences; or why the template can't show it."""

    sequences: tuple[Masked, ...]
    """One; where answers are trained one at a time, one for each that begins within the limit, and
    the last, which holds the whole conversation."""
    beyond: tuple[list[int], ...] = ()
    """The other answers: they begin after the limit, so that nothing of them is trained on."""
    refused: RowMismatch | None = None

    @property
    def tokens(self) -> int:
        """Tokens of the whole conversation."""
        return max((len(masked.ids) for masked in self.sequences), default=0)

    @property
    def learnt(self) -> int:
        """Tokens that the loss is computed on."""
        return sum(masked.learnt for masked in self.sequences)

    @property
    def lost(self) -> int:
        """Tokens that would be learnt, had they not been cut."""
        return sum(masked.lost for masked in self.sequences) + sum(map(len, self.beyond))

    @property
    def turn_by_turn(self) -> bool:
        """Whether its answers are trained one at a time."""
        return len(self.sequences) + len(self.beyond) > 1

    @property
    def answers(self) -> list[list[int]]:
        """What would be learnt without any cut."""
        spans = [m.ids[start:end] for m in self.sequences for start, end in m.spans]
        return sorted([*spans, *self.beyond])


@dataclass(frozen=True)
class Masker:
    """How conversations become tokens for one model."""

    template: ChatTemplate
    stop_ids: frozenset[int]
    """Tokens that end a turn: generation stops at these."""
    max_length: int

    def row(self, conversation: Conversation) -> MaskedRow:
        """One conversation as sequences: one, or one per answer where the template needs that.

        Raises RowMismatch when the template can't show it, ModelError when the tokenizer can't
        tell where its tokens lie.
        """
        row = next(self.rows([conversation]))
        if row.refused:
            raise row.refused
        return row

    def rows(self, conversations: Iterable[Conversation]) -> Iterator[MaskedRow]:
        """Many conversations, in order, tokenised together; a refused one costs no other."""
        for chunk in _chunks(map(self._passages, conversations)):
            short = [shown for shown in chunk if not shown.is_long]
            ready = iter(self._mask([passage for shown in short for passage in shown.passages]))
            for shown in chunk:
                own = None if shown.is_long else [next(ready) for _ in shown.passages]
                yield self._row(shown, own)

    def _row(self, shown: _Shown, ready: Sequence[Masked] | None) -> MaskedRow:
        """One row; of answers that begin after the limit only their own tokens are kept.

        In a conversation of a hundred answers their texts would come to fifty times its length.
        """
        kept: list[Masked] = []
        beyond: list[Passage] = []
        past = len(shown.passages[-1].text) if shown.passages else 0
        for number, passage in enumerate(shown.passages):
            is_last = number == len(shown.passages) - 1
            begin = passage.spans[0][0]
            if begin < past or is_last:
                masked = ready[number] if ready else self._mask([passage])[0]
                if is_last or masked.spans[0][0] < self.max_length:
                    kept.append(masked)
                    continue
                past = begin
            beyond.append(passage)
        return MaskedRow(tuple(kept), tuple(self._answers(beyond)), shown.refused)

    def _answers(self, passages: Sequence[Passage]) -> Iterator[list[int]]:
        """The learnt tokens of passages that hold one answer each."""
        texts = [p.text[start:end] for p in passages for start, end in p.spans]
        for ids in self._encode(texts)["input_ids"] if texts else []:
            stops = [place for place, token in enumerate(ids, 1) if token in self.stop_ids]
            yield ids[: stops[-1]] if stops else ids

    def starts_alike(self, masked: Sequence[Masked]) -> list[bool]:
        """Whether each prompt alone becomes the tokens that the whole text starts with."""
        if not masked:
            return []
        prompts = self._encode([m.passage.text[: m.passage.spans[0][0]] for m in masked])
        return [
            m.ids[: len(prompt)] == prompt
            for m, prompt in zip(masked, prompts["input_ids"], strict=True)
        ]

    def mask_sha256(self, rows: Iterable[MaskedRow]) -> str:
        """A hash of what is learnt of these rows, before any cut.

        Two maskers with one hash teach the same tokens: it covers the template, its arguments, the
        stop tokens, and every learnt token. Context is left out, because some templates write
        today's date into it.
        """
        learnt = [row.answers for row in rows]
        stops = sorted(self.stop_ids)
        told = [self.template.sha256, self.template.kwargs, stops, learnt]
        return sha256_text(json.dumps(told, sort_keys=True))

    def _passages(self, conversation: Conversation) -> _Shown:
        try:
            return _Shown(self.template.passages(conversation), None)
        except RowMismatch as mismatch:
            return _Shown((), mismatch)

    def _mask(self, passages: Sequence[Passage]) -> list[Masked]:
        if not passages:
            return []
        encoded = self._encode([passage.text for passage in passages])
        found = zip(passages, encoded["input_ids"], encoded["offset_mapping"], strict=True)
        return [self._masked(passage, ids, bounds) for passage, ids, bounds in found]

    def _encode(self, texts: list[str]) -> Any:
        tokenizer = self.template.tokenizer
        if not tokenizer.is_fast:
            raise ModelError(
                "The model's tokenizer can't tell where its tokens lie in a text.",
                fix="Pick a model that comes with a tokenizer.json.",
            )
        return tokenizer(
            texts, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )

    def _masked(self, passage: Passage, ids: list[int], offsets: list[Range]) -> Masked:
        spans, endless = [], []
        for number, (begin, end) in enumerate(passage.spans):
            first, after = _at(offsets, begin), _at(offsets, end)
            last = next((i for i in range(after - 1, first - 1, -1) if ids[i] in self.stop_ids), -1)
            if last < 0:
                endless.append(number)
            spans.append((first, after if last < 0 else last + 1))
        return Masked(passage, ids, offsets, tuple(spans), tuple(endless), self.max_length)


class _Shown(NamedTuple):
    """A conversation as the template shows it."""

    passages: tuple[Passage, ...]
    refused: RowMismatch | None

    @property
    def is_long(self) -> bool:
        """Whether its texts repeat so much that it is read one text at a time."""
        return len(self.passages) > 1 and self.characters > LONG_CHARACTERS

    @property
    def characters(self) -> int:
        return sum(len(passage.text) for passage in self.passages)


def begins(offsets: Sequence[Range], index: int) -> int:
    """Where a token begins, with the characters before it that no token names.

    Some tokenizers leave white space out of the offsets they tell. It belongs to the token after
    it: else a line end before an answer would seem to stand at the answer's own start.
    """
    start = offsets[index][0]
    return min(start, offsets[index - 1][1]) if index else 0


def _at(offsets: Sequence[Range], character: int) -> int:
    """The first token that begins at a character or after it."""
    index = bisect_left(offsets, character, key=itemgetter(0))
    while index < len(offsets) and begins(offsets, index) < character:
        index += 1
    return index


def _chunks(shown: Iterable[_Shown]) -> Iterator[list[_Shown]]:
    chunk: list[_Shown] = []
    characters = 0
    for one in shown:
        chunk.append(one)
        characters += one.characters
        if len(chunk) >= CHUNK_ROWS or characters >= CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk
