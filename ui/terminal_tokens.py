"""One row as tokens in a terminal: in colour, or with brackets where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from core.training.token_view import Piece, TokenSequence, TokenView
from ui.present.tokens import EOS, remarks, state, visible
from ui.words import Voice

STYLES = {
    "supervised": "bold green",
    "context": "dim",
    "cut": "dim strike",
    "lost": "red strike",
}
LEARNED, CUT = ("[[", "]]"), ("~~", "~~")
"""Brackets for a terminal without colours; what is cut and would have been learned has both."""
VOICE = Voice("en")


@dataclass(frozen=True)
class TokensInTerminal:
    """What rich prints; it sees itself whether the terminal has colours."""

    view: TokenView

    def __rich_console__(self, console: Console, _options: ConsoleOptions) -> RenderResult:
        coloured = console.color_system is not None and not console.no_color
        yield from _lines(self.view, coloured)


def token_view(view: TokenView) -> TokensInTerminal:
    """A row's tokens with totals, what to mind, and a legend."""
    return TokensInTerminal(view)


def _lines(view: TokenView, coloured: bool) -> Iterator[Text]:
    total = VOICE("tokens.total", n=f"{view.tokens:,}", learned=f"{view.supervised:,}")
    yield Text(f"{VOICE('tokens.title', row=view.row)}: {total}", style="bold")
    yield from (Text(remark, style="yellow") for remark in remarks(view, VOICE))
    yield _legend(coloured)
    for number, sequence in enumerate(view.sequences, 1):
        if len(view.sequences) > 1:
            yield Text(VOICE("tokens.sequence", n=number, total=len(view.sequences)))
        yield _sequence(sequence, coloured)
    if view.hidden:
        yield Text(VOICE("tokens.more", n=f"{view.hidden:,}"), style="dim")


def _legend(coloured: bool) -> Text:
    keys = [
        Text(told, style=style) if coloured else Text(_bracketed(told, fate))
        for fate, style in STYLES.items()
        for told in [VOICE(f"tokens.kind.{fate}")]
    ]
    return Text("  ").join([*keys, Text(f"{EOS} {VOICE('tokens.eos')}")])


def _bracketed(text: str, fate: str) -> str:
    if fate in ("supervised", "lost"):
        text = _between(LEARNED, text)
    return _between(CUT, text) if fate in ("cut", "lost") else text


def _between(brackets: tuple[str, str], text: str) -> str:
    return f"{brackets[0]}{text}{brackets[1]}"


def _sequence(sequence: TokenSequence, coloured: bool) -> Text:
    if not coloured:
        return Text("".join(_plain(kind, run) for kind, run in _runs(sequence.pieces)))
    styled = groupby(sequence.pieces, key=state)
    return Text("").join(Text(_text(run), style=STYLES[fate]) for fate, run in styled)


def _runs(pieces: Iterable[Piece]) -> Iterable[tuple[str, Iterable[Piece]]]:
    return groupby(pieces, key=lambda piece: piece.kind)


def _plain(kind: str, run: Iterable[Piece]) -> str:
    """Neighbours of one kind in one pair of brackets, with what is lost of them in its own."""
    if kind != "cut":
        return _bracketed(_text(run), kind)
    parts = groupby(run, key=lambda piece: piece.lost)
    told = (_between(LEARNED, _text(p)) if lost else _text(p) for lost, p in parts)
    return _between(CUT, "".join(told))


def _text(pieces: Iterable[Piece]) -> str:
    return "".join(f"{EOS if piece.is_eos else ''}{visible(piece.text)}" for piece in pieces)
