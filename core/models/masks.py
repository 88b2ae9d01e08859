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
    refused: RowMismatch | None = None


@dataclass(frozen=True)
class Masker:
    """How conversations become tokens for one model."""

    template: ChatTemplate
    stop_ids: frozenset[int]
    """Tokens that end a turn: generation stops at these."""
    max_length: int

    def row(self, conversation: Conversation) -> tuple[Masked, ...]:
        """One conversation as sequences: one, or one per answer where the template needs that.

        Raises RowMismatch when the template can't show it, ModelError when the tokenizer can't
        tell where its tokens lie.
        """
        return tuple(self._mask(self.template.passages(conversation)))

    def rows(self, conversations: Iterable[Conversation]) -> Iterator[MaskedRow]:
        """Many conversations, in order, tokenised together; a refused one costs no other."""
        for chunk in _chunks(map(self._passages, conversations)):
            texts = [passage for passages, _ in chunk for passage in passages]
            masked = iter(self._mask(texts))
            for passages, refused in chunk:
                yield MaskedRow(tuple(next(masked) for _ in passages), refused)

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
        learnt = [
            [[m.ids[start:end] for start, end in m.spans] for m in row.sequences] for row in rows
        ]
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
        characters += sum(len(passage.text) for passage in one.passages)
        if len(chunk) >= CHUNK_ROWS or characters >= CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk
