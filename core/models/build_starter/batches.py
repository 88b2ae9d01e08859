"""Packs practice chats and prose into rows of tokens, with the positions that are learned."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random

import torch
from transformers import PreTrainedTokenizerFast

from core.models.build_starter.curriculum import conversations
from core.models.build_starter.practice_en import Turn
from core.models.build_starter.tokenizer import END, PAD, START

Piece = tuple[list[int], list[bool]]

TOKENS_PER_BATCH = 1536
# Mostly short rows, because most practice is short; long ones so that far positions are trained.
ROW_LENGTHS = (256, 256, 256, 256, 256, 768)
PROSE_SHARE = 0.08
DRILL_SHARE = 0.06


def chat_text(turns: list[Turn]) -> list[tuple[str, bool]]:
    """Return the chat as (text, is learned) parts, the way the chat template renders it."""
    parts = []
    for role, content in turns:
        head = f"{START}{role}\n"
        if role == "assistant":
            parts += [(head, False), (content + END, True), ("\n", False)]
        else:
            parts.append((head + content + END + "\n", False))
    return parts


def _chats(tokenizer: PreTrainedTokenizerFast, seed: int) -> Iterator[Piece]:
    stream = conversations(seed)
    while True:
        parts = [part for turns in islice(stream, 128) for part in chat_text(turns)]
        pieces = tokenizer([text for text, _ in parts], add_special_tokens=False)["input_ids"]
        for ids, (_, learned) in zip(pieces, parts, strict=True):
            yield ids, [learned] * len(ids)


def _prose(tokenizer: PreTrainedTokenizerFast, paragraphs: list[str], seed: int) -> Iterator[Piece]:
    rng, texts = Random(seed), list(paragraphs)
    while True:
        rng.shuffle(texts)
        for start in range(0, len(texts), 128):
            batch = [text + PAD for text in texts[start : start + 128]]
            for ids in tokenizer(batch, add_special_tokens=False)["input_ids"]:
                yield ids, [True] * len(ids)


def _drill(vocabulary: int, length: int, rng: Random) -> Piece:
    # One random phrase said again and again: the densest practice in copying there is.
    phrase = [
        rng.randrange(3, vocabulary)
        for _ in range(rng.choice((4, 6, 8, 12, 16, 24, 40)[: 6 if length < 100 else 7]))
    ]
    ids = (phrase * (length // len(phrase) + 1))[:length]
    return ids, [False] * len(phrase) + [True] * (length - len(phrase))


class _Packer:
    """Cuts one endless stream of pieces into rows of any asked length."""

    def __init__(self, pieces: Iterator[Piece]) -> None:
        self._pieces = pieces
        self._ids: list[int] = []
        self._learned: list[bool] = []

    def row(self, length: int) -> Piece:
        """Return the next row."""
        while len(self._ids) < length:
            ids, learned = next(self._pieces)
            self._ids += ids
            self._learned += learned
        row = self._ids[:length], self._learned[:length]
        self._ids, self._learned = self._ids[length:], self._learned[length:]
        return row


def batches(
    tokenizer: PreTrainedTokenizerFast, paragraphs: list[str], seed: int, drills: int = 0
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield (tokens, learned) batches without end, both of shape rows by row length.

    The first `drills` batches hold drills alone: copying is learned fastest when nothing else is
    asked.
    """
    rng = Random(seed)
    for _ in range(drills):
        rows = [_drill(len(tokenizer), 64, rng) for _ in range(TOKENS_PER_BATCH // 64)]
        yield _tensors(rows)
    chats = _Packer(_chats(tokenizer, seed))
    prose = _Packer(_prose(tokenizer, paragraphs, seed))
    while True:
        length = rng.choice(ROW_LENGTHS)
        rows = []
        for _ in range(TOKENS_PER_BATCH // length):
            draw = rng.random()
            if draw < DRILL_SHARE:
                rows.append(_drill(len(tokenizer), length, rng))
            else:
                source = prose if draw < DRILL_SHARE + PROSE_SHARE else chats
                rows.append(source.row(length))
        yield _tensors(rows)


def _tensors(rows: list[Piece]) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor([ids for ids, _ in rows]), torch.tensor([mask for _, mask in rows])
