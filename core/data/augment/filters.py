"""Filters that a rewording must pass: each a pure function with a verdict and its number.

`before` and `after` are the user turns of a row and of its rewording, turn by turn.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.data.augment.records import FilterVerdict
from core.data.augment.similarity import Neighbours, similarity
from core.data.augment.values import added, kept_verbatim, missing
from core.data.problems import shorten
from core.data.records import Example
from core.data.whole.languages import OTHER, language_of, script_of

Turns = Sequence[str]

LENGTHS = (0.5, 2.0)
"""Shortest and longest rewording of a turn, as a multiple of its characters."""
SLACK = 10
"""Characters by which a turn may always differ: "Refund!" can't be reworded in 14 characters."""
NEAR_DUPLICATE = 0.9
"""From here on a rewording says what a row says already."""
ON_TOPIC = 0.05
"""Sharing less than this, two texts have nothing in common that can be seen; on Banking77 three
of a hundred pairs of one intent share less, and a fifth of the pairs of two intents."""
LIKE_THE_ANSWER = 0.3
"""A rewording closer to the answer than to the question is the answer, if it is this close."""
IS_THE_CLASS = 0.8
"""The same where the answer is a class: its name has the words that its questions have."""
LANGUAGE_CHARACTERS = 20
"""In shorter turns only the script is compared. Of 6,600 English questions of Banking77 that are
longer, the model took five for another language."""
SHOWN_VALUES = 5


def language_kept(before: Turns, after: Turns) -> FilterVerdict:
    """Passes when every turn is still in its language; the number is the share of turns that is.

    Turns without a letter have no language and are let be.
    """
    pairs = [_languages(old, new) for old, new in zip(before, after, strict=True)]
    told = [(old, new) for old, new in pairs if old != OTHER]
    kept = sum(old == new for old, new in told)
    changed = next((f"{old} > {new}" for old, new in told if old != new), "")
    share = kept / len(told) if told else 1.0
    return FilterVerdict(name="language", passed=share == 1, number=share, detail=changed)


def length_kept(before: Turns, after: Turns) -> FilterVerdict:
    """Passes at half to double the characters, turn by turn; the number is the worst ratio."""
    low, high = LENGTHS
    pairs = [(len(old.strip()), len(new.strip())) for old, new in zip(before, after, strict=True)]
    ratios = [new / old if old else float(new == 0) for old, new in pairs]
    worst = max(ratios, key=lambda ratio: max(ratio, 1 / ratio if ratio else 1e9), default=1.0)
    passed = all(
        new > 0 and (low <= ratio <= high or abs(new - old) <= SLACK)
        for ratio, (old, new) in zip(ratios, pairs, strict=True)
        if old or new
    )
    return FilterVerdict(name="length", passed=passed, number=round(worst, 2))


def values_kept(parent: Example, before: Turns, after: Turns) -> FilterVerdict:
    """Passes when all values of each turn stand in it verbatim; the number is their share."""
    wanted, lost = 0, []
    for old, new in zip(before, after, strict=True):
        values = kept_verbatim(old, parent)
        wanted += len(values)
        lost += missing(values, new)
    share = 1 - len(lost) / wanted if wanted else 1.0
    return FilterVerdict(
        name="values", passed=not lost, number=round(share, 2), detail=_listed(lost)
    )


def nothing_added(before: Turns, after: Turns) -> FilterVerdict:
    """Passes without a new number, address, id or special token; the number is how many."""
    new = added("\n".join(before), "\n".join(after))
    return FilterVerdict(name="added", passed=not new, number=float(len(new)), detail=_listed(new))


def not_near_duplicate(after: Turns, known: Neighbours) -> FilterVerdict:
    """Passes when no known row says the same; the number is the similarity of the nearest."""
    return _far_from("near_duplicate", after, known)


def not_held_out(after: Turns, held_out: Neighbours) -> FilterVerdict:
    """Passes when no validation or test row says the same: else a test would test memory."""
    return _far_from("held_out", after, held_out)


def on_topic(before: Turns, after: Turns) -> FilterVerdict:
    """Passes when something of the wording is left; the number is the similarity to the parent.

    A bound this low only catches what has nothing to do with the row; whether the rewording still
    means the same is told by the label's filter or by a judge.
    """
    number = similarity("\n".join(before), "\n".join(after))
    return FilterVerdict(name="on_topic", passed=number >= ON_TOPIC, number=round(number, 3))


def not_the_answer(
    parent: Example, before: Turns, after: Turns, bound: float = LIKE_THE_ANSWER
) -> FilterVerdict:
    """Passes when the rewording is not the assistant's answer; the number is the similarity to it.

    Compared with every answer of the row, and with the question as the measure.
    """
    text, asked = "\n".join(after), "\n".join(before)
    answers = (t.content for t in parent.conversation.messages if t.role == "assistant")
    closest = max((similarity(text, answer) for answer in answers if answer), default=0.0)
    is_answer = closest >= bound and closest > similarity(text, asked)
    return FilterVerdict(name="answer", passed=not is_answer, number=round(closest, 3))


def _languages(old: str, new: str) -> tuple[str, str]:
    """Of two texts; of short ones only the scripts."""
    tell = language_of if min(len(old), len(new)) >= LANGUAGE_CHARACTERS else script_of
    return tell(old), tell(new)


def _far_from(name: str, after: Turns, known: Neighbours) -> FilterVerdict:
    number = known.nearest("\n".join(after))
    return FilterVerdict.model_validate(
        {"name": name, "passed": number < NEAR_DUPLICATE, "number": round(number, 3)}
    )


def _listed(values: Sequence[str]) -> str:
    shown = ", ".join(shorten(value, 40) for value in values[:SHOWN_VALUES])
    return f"{shown}, …" if len(values) > SHOWN_VALUES else shown
