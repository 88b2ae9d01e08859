"""One row of a dataset as the tokens that a model reads, with which of them it learns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from core.data.records import Example
from core.messages import Record
from core.models.masks import Masked, Masker

Kind = Literal["supervised", "context", "cut"]
"""supervised: the loss is computed on it; context: read only; cut: after max_length, not read."""
SHOWN = 20_000
"""A view lists at most so many tokens; its totals count all of them."""


class Piece(Record):
    """Tokens that are seen together: mostly one; several where they share a character."""

    ids: tuple[int, ...]
    text: str
    """"" where the character is only complete with the next piece's tokens."""
    kind: Kind
    lost: bool = False
    """A cut piece that would have been learnt."""
    is_eos: bool = False
    """Generation stops at this token."""


class TokenSequence(Record):
    """One text that the model is trained on."""

    pieces: tuple[Piece, ...]
    tokens: int
    supervised: int
    cut: int
    lost: int
    """Of the cut tokens, those that would have been learnt."""


class TokenView(Record):
    """A row as its tokens."""

    row: int
    max_length: int
    template_sha256: str
    sequences: tuple[TokenSequence, ...]
    """One; several where the template has to be trained one answer at a time, of which the last is
    the whole conversation."""
    tokens: int
    supervised: int
    cut: int
    lost: int
    lost_beyond: int
    """Learnt tokens of further answers, which begin after the limit and have no text of their own
    here."""
    hidden: int
    """Tokens that are counted, but not listed because the row is so long."""
    ends_in_eos: bool
    """Whether the end of every learnt answer is learnt, so that the model learns to stop."""


def show_row(example: Example, masker: Masker, shown: int = SHOWN) -> TokenView:
    """The row exactly as the trainer would take it; at most `shown` tokens are listed.

    Raises RowMismatch (a PlanError) with the template's own words when it can't show the row.
    """
    row = masker.row(example.conversation)
    sequences, left = [], shown
    for one in row.sequences:
        sequences.append(_sequence(one, masker.stop_ids, left))
        left = max(0, left - len(one.ids))
    return TokenView(
        row=example.row,
        max_length=masker.max_length,
        template_sha256=masker.template.sha256,
        sequences=tuple(sequences),
        tokens=sum(s.tokens for s in sequences),
        supervised=sum(s.supervised for s in sequences),
        cut=sum(s.cut for s in sequences),
        lost=sum(s.lost for s in sequences),
        lost_beyond=row.lost - sum(s.lost for s in sequences),
        hidden=max(0, sum(s.tokens for s in sequences) - shown),
        ends_in_eos=bool(row.learnt)
        and not row.beyond
        and all(one.ends == len(one.spans) for one in row.sequences),
    )


def _sequence(masked: Masked, stop_ids: frozenset[int], shown: int) -> TokenSequence:
    return TokenSequence(
        pieces=tuple(_pieces(masked, stop_ids, min(shown, len(masked.ids)))),
        tokens=len(masked.ids),
        supervised=masked.learnt,
        cut=len(masked.ids) - masked.kept,
        lost=masked.lost,
    )


class _State(NamedTuple):
    """What becomes of a token."""

    kind: Kind
    lost: bool


CONTEXT = _State("context", lost=False)


def _states(masked: Masked) -> list[_State]:
    found = [CONTEXT] * len(masked.ids)
    for start, end in masked.spans:
        found[start:end] = [_State("supervised", lost=False)] * (end - start)
    for index in range(masked.kept, len(found)):
        found[index] = _State("cut", lost=found[index].kind == "supervised")
    return found


def _pieces(masked: Masked, stop_ids: frozenset[int], shown: int) -> Iterator[Piece]:
    states, bounds = _states(masked), masked.bounds[:shown]
    for start, end in _groups(bounds):
        reach = max(after for _, after in bounds[start:end])
        text = masked.passage.text[bounds[start][0] : reach]
        for first, after in _runs(states, start, end):
            ids = tuple(masked.ids[first:after])
            yield Piece(
                ids=ids,
                text=text if after == end else "",
                kind=states[first].kind,
                lost=states[first].lost,
                is_eos=not stop_ids.isdisjoint(ids),
            )


def _groups(bounds: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Ranges of tokens that share no character with each other."""
    start, reached = 0, 0
    for index, (begin, end) in enumerate(bounds):
        if index > start and begin >= reached:
            yield start, index
            start = index
        reached = max(reached, end)
    if bounds:
        yield start, len(bounds)


def _runs(states: list[_State], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Ranges of one state inside a range."""
    first = start
    for index in range(start + 1, end + 1):
        if index == end or states[index] != states[first]:
            yield first, index
            first = index
