"""How many tokens the rows of a dataset have: at once from a sample, exactly in the background."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from core.data.records import Example
from core.disk import append_line
from core.errors import disk_errors
from core.messages import Record
from core.models.masks import MaskedRow, Masker
from core.models.readers import ModelReader
from core.training.readiness import evenly

SAMPLED_ROWS = 4_000
SAMPLED_BYTES = 1_000_000
"""About half a second for a tokenizer, whatever the rows are like."""
BYTES_PER_CHARACTER = 3
"""Of UTF-8, outside ASCII; a tokenizer's work goes by bytes."""
LOOKED_AT = 200
"""Characters of a row's first question."""
WHOLE = 0
"""With no token to train on, a row is read once as a whole, and its answers alone."""
CHUNK = 512
"""Rows between two savings of what was counted."""
BINS = 20
"""At most about so many bars."""
STEPS = (1, 2, 5)
WIDTHS = tuple(step * 10**power for power in range(9) for step in STEPS)


class RowTokens(NamedTuple):
    """What one row comes to."""

    tokens: int
    supervised: int


class Bin(Record):
    """One bar of a histogram."""

    start: int
    end: int
    """Tokens from `start` to one less than `end`."""
    rows: int


class Histogram(Record):
    """How long the rows of a dataset are in tokens."""

    rows: int
    """Rows of the dataset."""
    counted: int
    """Rows that were tokenised; the other numbers are estimates while it is less than `rows`."""
    bins: tuple[Bin, ...]
    tokens: int
    """Tokens of all rows, each read once."""
    supervised: int
    median: int
    p95: int
    longest: int
    longest_row: int | None
    """Row number of the longest row that was counted."""
    over: int
    """Rows longer than max_length."""
    max_length: int

    @property
    def exact(self) -> bool:
        """Whether every row was counted, rather than a sample."""
        return self.counted == self.rows


class Progress(NamedTuple):
    """How far counting has come."""

    done: int
    total: int


def sample_histogram(
    examples: Sequence[Example], reader: ModelReader, max_length: int
) -> Histogram:
    """Count a sample of the rows, stratified by script and length, and scale it up."""
    chosen = _stratified(examples)
    masker = reader.masker(WHOLE)
    rows = masker.rows(example.conversation for example in chosen)
    counts = [(e.row, _row_tokens(row)) for e, row in zip(chosen, rows, strict=True)]
    return histogram(counts, len(examples), max_length)


def exact_counts(
    examples: Sequence[Example], reader: ModelReader, cache: Path
) -> Iterator[Progress]:
    """Count every row that `cache` does not hold yet, and say how far it is after each chunk.

    Whoever stops asking stops the counting; what was counted is kept and not counted again.
    Raises WorkspaceError when the cache can't be written.
    """
    known = _read_cache(cache, reader)
    left = [example for example in examples if example.id not in known]
    done = len(examples) - len(left)
    yield Progress(done, len(examples))
    masker, rest = reader.masker(WHOLE), iter(left)
    with disk_errors(cache, "keep the token counts"):
        cache.parent.mkdir(parents=True, exist_ok=True)
    while chunk := list(islice(rest, CHUNK)):
        _count_chunk(chunk, masker, reader.sha256, cache)
        done += len(chunk)
        yield Progress(done, len(examples))


def counted(
    examples: Sequence[Example], reader: ModelReader, cache: Path, max_length: int
) -> Histogram:
    """What was counted so far; exact once `exact_counts` has come to its end."""
    known = _read_cache(cache, reader)
    counts = [(e.row, known[e.id]) for e in examples if e.id in known]
    return histogram(counts, len(examples), max_length)


def histogram(counts: Sequence[tuple[int, RowTokens]], rows: int, max_length: int) -> Histogram:
    """Counts by row number, scaled up to `rows` rows."""
    lengths = sorted(count.tokens for _, count in counts)
    scale = rows / len(counts) if counts else 0.0
    longest = max(counts, key=lambda item: item[1].tokens, default=None)
    return Histogram(
        rows=rows,
        counted=len(counts),
        bins=_bins(lengths, scale),
        tokens=round(scale * sum(count.tokens for _, count in counts)),
        supervised=round(scale * sum(count.supervised for _, count in counts)),
        median=_quantile(lengths, 0.5),
        p95=_quantile(lengths, 0.95),
        longest=longest[1].tokens if longest else 0,
        longest_row=longest[0] if longest else None,
        over=round(scale * sum(length > max_length for length in lengths)),
        max_length=max_length,
    )


def _quantile(ordered: Sequence[int], share: float) -> int:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0


def _bins(ordered: Sequence[int], scale: float) -> tuple[Bin, ...]:
    """Equal bars of a round width; the last holds everything beyond the 99th of 100 rows."""
    if not ordered:
        return ()
    reach = _quantile(ordered, 0.99) + 1
    width = next(width for width in WIDTHS if width * BINS >= reach)
    places = [min(length, reach - 1) // width for length in ordered]
    end = places[-1]
    found = [0] * (end + 1)
    for place in places:
        found[place] += 1
    return tuple(
        Bin(
            start=place * width,
            end=max((place + 1) * width, ordered[-1] + 1) if place == end else (place + 1) * width,
            rows=round(scale * number),
        )
        for place, number in enumerate(found)
    )


def _stratified(examples: Sequence[Example]) -> list[Example]:
    """Every so-many-th row in the order of script and length, so that all kinds are in it.

    Whether the first question is ASCII is script enough: what matters is characters per token.
    """
    sizes = [sum(_bytes(m.content) for m in e.conversation.messages) for e in examples]
    plain = [e.conversation.first_user[:LOOKED_AT].isascii() for e in examples]
    keys = list(zip(plain, sizes, strict=True))
    order = sorted(range(len(examples)), key=keys.__getitem__)
    mean = sum(sizes) / max(1, len(sizes))
    rows = min(SAMPLED_ROWS, int(SAMPLED_BYTES / max(1.0, mean)))
    return evenly([examples[place] for place in order], min(len(order), max(1, rows)))


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else BYTES_PER_CHARACTER * len(text)


def _row_tokens(row: MaskedRow) -> RowTokens:
    """The row's counts; nothing for a row that the template refuses, as it is not trained on."""
    return RowTokens(row.tokens, row.learnt + row.lost)


# -- the cache: one line a row, appended, so that a half-written line costs only itself -----------


def _count_chunk(chunk: Sequence[Example], masker: Masker, reader_sha: str, cache: Path) -> None:
    rows = masker.rows(example.conversation for example in chunk)
    lines = (
        " ".join(map(str, (reader_sha[:16], example.id, *_row_tokens(row))))
        for example, row in zip(chunk, rows, strict=True)
    )
    append_line(cache, "\n" + "\n".join(lines))


def _read_cache(cache: Path, reader: ModelReader) -> dict[str, RowTokens]:
    if not cache.exists():
        return {}
    with disk_errors(cache, "read the token counts"), cache.open(encoding="utf-8") as file:
        return dict(_cached(file, reader.sha256[:16]))


def _cached(lines: Iterable[str], reader_sha: str) -> Iterator[tuple[str, RowTokens]]:
    for line in lines:
        words = line.split()
        whole = len(words) == 4 and line.endswith("\n") and words[0] == reader_sha
        if whole and all(word.isdecimal() for word in words[2:]):
            yield words[1], RowTokens(*map(int, words[2:]))
