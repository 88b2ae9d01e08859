"""Deterministic noise for user turns, without a model: off unless kinds are named.

Its effect on a tuned model has not been measured. Values that must survive are never touched.
Simplified and traditional characters are not exchanged: a small table would be wrong too often.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import Field

from core.data.augment.context import Context, refuse_held_out
from core.data.augment.proposals import ProposalFile
from core.data.augment.records import make_proposal
from core.data.augment.tally import AugmentProgress, Outcome, Tally
from core.data.augment.values import kept_verbatim
from core.data.records import Example
from core.messages import Record

NoiseKind = Literal["case", "punctuation", "width", "typos"]
GoOn = Callable[[AugmentProgress], bool]
KEY_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
TYPO_SHARE = 0.04
"""Of the letters; at least one in a text that has any."""
WIDE = {ord(c): ord(c) + 0xFEE0 for c in "!?,:;()"}
NARROW = {wide: narrow for narrow, wide in WIDE.items()}
FINAL_MARKS = re.compile(r"[\s.!?。！？~～]+\Z")
SPARED_MARKS = re.compile(r"(?<=[A-Za-z])['’](?=[a-z])|[,;，；、](?=\s|[\u3400-\u9fff])")


class NoiseRequest(Record):
    """Which noise, how much of it."""

    kinds: tuple[NoiseKind, ...] = ()
    """Empty: no noise at all."""
    copies: int = Field(default=1, ge=1, le=5)
    """Of each row."""
    rows: int | None = Field(default=None, ge=1)
    """Rows to copy, drawn with the seed; None takes all."""
    seed: int = 7


def noisy(
    example: Example, turns: Sequence[str], request: NoiseRequest
) -> tuple[tuple[str, ...], ...]:
    """The user turns of each noisy copy of a row; the same seed makes the same noise."""
    if not request.kinds:
        return ()
    copies = []
    for number in range(request.copies):
        dice = random.Random(f"{request.seed}:{number}:{example.id}")
        copies.append(tuple(_noisy_turn(turn, example, request.kinds, dice) for turn in turns))
    return tuple(copies)


def make_noise(
    examples: Sequence[Example],
    request: NoiseRequest,
    context: Context,
    file: ProposalFile,
    go_on: GoOn = lambda _: True,
) -> Outcome:
    """Noisy copies of rows of the train side, saved as proposals.

    `go_on` is told after each row how far it is, and ends it by saying no. Raises DataError for a
    row outside the train side, or when somebody else adds to the file.
    """
    refuse_held_out((example.id for example in examples), context.train)
    with file.filling() as before:
        tally = Tally(before, len(examples))
        for example in examples:
            found = []
            said = context.turns(example.conversation)
            for turns in noisy(example, said, request):
                conversation = context.reworded(example, turns)
                if tally.is_new(example, conversation, "noise"):
                    verdicts = context.check(example, conversation, "noise")
                    made_by = "+".join(request.kinds)
                    found.append(make_proposal(example, conversation, "noise", made_by, verdicts))
                    before.take(found[-1])
            file.append(found)
            tally.count(found)
            if not go_on(tally.progress):
                return tally.outcome(finished=tally.rows == len(examples))
        return tally.outcome(finished=True)


def _noisy_turn(
    text: str, example: Example, kinds: Sequence[NoiseKind], dice: random.Random
) -> str:
    """The text with noise everywhere but in the values that must survive."""
    kept = [re.escape(value) for value in kept_verbatim(text, example)]
    pieces = re.split(f"({'|'.join(kept)})", text) if kept else [text]
    for kind in kinds:
        pieces[::2] = [KINDS[kind](piece, dice) for piece in pieces[::2]]
    if "punctuation" in kinds and len(pieces[-1].strip()) > 1:
        pieces[-1] = FINAL_MARKS.sub("", pieces[-1])
    return "".join(pieces)


def _case(text: str, dice: random.Random) -> str:
    """All small, or all but the first letters small."""
    return text.lower() if dice.random() < 0.7 else text.capitalize()


def _punctuation(text: str, dice: random.Random) -> str:
    """Without some of its commas and apostrophes."""
    return SPARED_MARKS.sub(lambda mark: "" if dice.random() < 0.5 else mark[0], text)


def _width(text: str, dice: random.Random) -> str:
    """Punctuation in the other width: that of the other keyboard."""
    wide = any(ord(character) in NARROW for character in text)
    return text.translate(NARROW if wide else WIDE) if dice.random() < 0.9 else text


def _typos(text: str, dice: random.Random) -> str:
    """Some letters replaced by a neighbour on the keyboard."""
    places = [i for i, c in enumerate(text) if c.lower() in NEIGHBOURS]
    if not places:
        return text
    characters = list(text)
    for place in dice.sample(places, max(1, round(len(places) * TYPO_SHARE))):
        letter = characters[place]
        hit = dice.choice(NEIGHBOURS[letter.lower()])
        characters[place] = hit.upper() if letter.isupper() else hit
    return "".join(characters)


def _neighbours() -> dict[str, str]:
    """For each letter the ones beside it on a QWERTY keyboard, its row and the rows around."""
    found: dict[str, str] = {}
    for number, row in enumerate(KEY_ROWS):
        for place, letter in enumerate(row):
            beside = [row[i] for i in (place - 1, place + 1) if 0 <= i < len(row)]
            if number:
                beside += KEY_ROWS[number - 1][place : place + 2]
            if number + 1 < len(KEY_ROWS):
                below = KEY_ROWS[number + 1]
                beside += below[max(0, place - 1) : place + 1]
            found[letter] = "".join(beside)
    return found


NEIGHBOURS = _neighbours()
KINDS: dict[NoiseKind, Callable[[str, random.Random], str]] = {
    "case": _case,
    "punctuation": _punctuation,
    "width": _width,
    "typos": _typos,
}
