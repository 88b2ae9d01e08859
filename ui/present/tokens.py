"""One row as the tokens that a model reads: which are learned, which are context, which are cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from core.training.token_view import Piece, TokenSequence, TokenView
from ui.markup import Html, join, tag
from ui.present import numbers
from ui.words import Voice

SHOWN = 2_000
"""Tokens on a page; it says how many more there are."""
ELEMENT = {"supervised": "mark", "context": "span", "cut": "del", "lost": "del"}
"""Colour is never the only sign: a mark is underlined, what is deleted is struck through."""
EOS = "⏹"
UNFINISHED = "▯"
"""For a token that holds only the first bytes of a character."""
SIGNS = {"\n": "↵\n", "\t": "⇥", "\r": "␍"}


def tokens(view: TokenView, voice: Voice) -> Html:
    """The row's tokens with what becomes of each, its totals, and what to mind."""
    head = tag(
        "header",
        tag("h3", voice("tokens.title", row=view.row), aria_level=2),
        tag(
            "span",
            voice(
                "tokens.total",
                n=numbers.count(view.tokens),
                learned=numbers.count(view.supervised),
            ),
            class_="dt-quiet",
        ),
    )
    warnings = join(tag("p", told, class_="dt-warning") for told in remarks(view, voice))
    shown, texts = _texts(view, voice)
    more = None
    if shown < view.tokens:
        left = numbers.count(view.tokens - shown)
        more = tag("p", voice("tokens.more", n=left), class_="dt-quiet")
    return tag("article", head, warnings, _legend(view, voice), texts, more, class_="dt-tokens")


def remarks(view: TokenView, voice: Voice) -> Iterator[str]:
    """What a person should know of the row, in sentences."""
    if len(view.sequences) > 1:
        yield voice("tokens.turn_by_turn")
    if view.cut:
        yield voice(
            "tokens.cut",
            cut=numbers.count(view.cut),
            limit=numbers.count(view.max_length),
            lost=numbers.count(view.lost + view.lost_beyond),
        )
    if not view.supervised:
        yield voice("tokens.nothing")
    elif not view.ends_in_eos:
        yield voice("tokens.endless")


def state(piece: Piece) -> str:
    """supervised, context, cut, or lost for a cut piece that would have been learned."""
    return "lost" if piece.lost else piece.kind


def visible(text: str) -> str:
    """A token's text with a sign for every character that would not be seen."""
    return "".join(_sign(character) for character in text) or UNFINISHED


def _sign(character: str) -> str:
    if character.isprintable():
        return character
    return SIGNS.get(character, f"<U+{ord(character):04X}>")


def _texts(view: TokenView, voice: Voice) -> tuple[int, Html]:
    """The texts, as far as they fit a page, and how many tokens that is."""
    shown, found = 0, []
    for number, sequence in enumerate(view.sequences, 1):
        pieces = list(_first(sequence, SHOWN - shown))
        shown += sum(len(piece.ids) for piece in pieces)
        if not pieces:
            break
        if len(view.sequences) > 1:
            found.append(tag("h4", voice("tokens.sequence", n=number, total=len(view.sequences))))
        found.append(tag("p", _runs(pieces, voice), class_="dt-token-text", tabindex="0"))
    return shown, join(found)


def _first(sequence: TokenSequence, room: int) -> Iterator[Piece]:
    for piece in sequence.pieces:
        room -= len(piece.ids)
        if room < 0:
            return
        yield piece


def _runs(pieces: Iterable[Piece], voice: Voice) -> Html:
    """Neighbours with one fate in one element, so that a reader hears it once."""
    return join(
        tag(
            ELEMENT[fate],
            tag("span", f"[{voice(f'tokens.kind.{fate}')}] ", class_="dt-unseen"),
            *(_piece(piece, voice) for piece in run),
            class_=f"dt-token-{fate}",
        )
        for fate, run in groupby(pieces, key=state)
    )


def _piece(piece: Piece, voice: Voice) -> Html:
    ids = voice("tokens.ids", ids=" ".join(map(str, piece.ids)))
    if not piece.is_eos:
        return tag("span", visible(piece.text), title=ids, class_="dt-token")
    title = f"{ids}: {voice('tokens.eos')}"
    return tag("b", f"{EOS}{visible(piece.text)}", title=title, class_="dt-token dt-token-eos")


def _legend(view: TokenView, voice: Voice) -> Html:
    """What the signs mean, with how many tokens each stands for."""
    counts = {
        "supervised": view.supervised,
        "context": view.tokens - view.supervised - view.cut,
        "cut": view.cut - view.lost,
        "lost": view.lost,
    }
    keys = [
        tag(
            "span",
            tag(ELEMENT[fate], voice(f"tokens.kind.{fate}"), class_=f"dt-token-{fate}"),
            " ",
            tag("b", numbers.count(count)),
        )
        for fate, count in counts.items()
        if count or fate in ("supervised", "context")
    ]
    stop = tag("span", tag("b", EOS, class_="dt-token-eos"), " ", voice("tokens.eos"))
    return tag("p", *keys, stop, class_="dt-token-legend")
