"""Draws single items: real things, compound things and invented words that must be copied."""

from __future__ import annotations

from random import Random

from core.models.build_starter import lexicon_en as en
from core.models.build_starter import lexicon_zh as zh

_ONSETS = "b br c ch cl d dr f fl g gr h j k l m n p pl qu r s sh st t tr v w z".split()
_VOWELS = "a e i o u ai ea oo ou".split()
_CODAS = "b ck d g l lt m n nd p r rn s st t x".split()


def invented(rng: Random) -> str:
    """Return a pronounceable word that no dictionary has, such as `drobast`."""
    syllables = rng.choice((1, 2, 2, 3))
    body = "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(syllables))
    return body + rng.choice(_CODAS)


def english_item(rng: Random) -> str:
    """Return something an English sentence can be about, often one with several pieces."""
    draw = rng.random()
    thing = rng.choice(en.THINGS)
    if draw < 0.45:
        return thing
    if draw < 0.65:
        return f"{rng.choice(en.QUALIFIERS)} {thing}"
    if draw < 0.75:
        return f"{rng.choice(en.COLOURS)} {thing}"
    if draw < 0.8:
        return f"{invented(rng)} {thing}"
    return invented(rng)


def chinese_item(rng: Random) -> str:
    """Return something a Chinese sentence can be about, often an invented compound."""
    draw = rng.random()
    if draw < 0.5:
        return rng.choice(zh.THINGS)
    if draw < 0.6:
        return rng.choice(zh.COLOURS) + rng.choice(zh.THINGS)
    return "".join(rng.choice(zh.CHARACTERS) for _ in range(rng.choice((2, 2, 3, 3, 4))))


def article(phrase: str) -> str:
    """Return the phrase with `a` or `an` before it."""
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def sentence(text: str) -> str:
    """Return the text with its first letter in upper case."""
    return text[:1].upper() + text[1:]
