"""Draws single items: real things, compound things and invented words that must be copied."""

from __future__ import annotations

from random import Random

from core.models.build_starter.lexicon import CHINESE, ENGLISH


def invented(rng: Random) -> str:
    """Return a pronounceable word that no dictionary has, such as `drobast`."""
    sounds = ENGLISH.sounds
    syllables = rng.choice((1, 2, 2, 3))
    body = "".join(
        rng.choice(sounds["onsets"]) + rng.choice(sounds["vowels"]) for _ in range(syllables)
    )
    return body + rng.choice(sounds["codas"])


def english_item(rng: Random) -> str:
    """Return something an English sentence can be about, often one with several pieces."""
    draw = rng.random()
    thing = rng.choice(ENGLISH.things)
    if draw < 0.45:
        return thing
    if draw < 0.65:
        return f"{rng.choice(ENGLISH.qualifiers)} {thing}"
    if draw < 0.75:
        return f"{rng.choice(ENGLISH.colours)} {thing}"
    if draw < 0.8:
        return f"{invented(rng)} {thing}"
    return invented(rng)


def chinese_item(rng: Random) -> str:
    """Return something a Chinese sentence can be about, often an invented compound."""
    draw = rng.random()
    if draw < 0.5:
        return rng.choice(CHINESE.things)
    if draw < 0.6:
        return rng.choice(CHINESE.colours) + rng.choice(CHINESE.things)
    return "".join(rng.choice(CHINESE.characters) for _ in range(rng.choice((2, 2, 3, 3, 4))))


def article(phrase: str) -> str:
    """Return the phrase with `a` or `an` before it."""
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def sentence(text: str) -> str:
    """Return the text with its first letter in upper case."""
    return text[:1].upper() + text[1:]
