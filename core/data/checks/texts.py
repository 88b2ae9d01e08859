"""Control tokens, endless repetitions and lost characters in a text."""

from __future__ import annotations

import re
from functools import lru_cache

from core.data.checks.said import Said
from core.data.problems import Finding, shorten

# Control tokens of common chat templates: ChatML and its relatives, DeepSeek, Gemma.
FAMILIES = r"<\|[A-Za-z][A-Za-z0-9_]*\|>|<｜[^｜<>]{2,40}｜>|<(?:start|end)_of_turn>"
SPECIAL_TOKEN = re.compile(FAMILIES)
LOOP_CHARACTERS = 200
"""A shorter repetition (a line of dashes, a laugh) is left alone."""
LOOP_TIMES = 5
LOOP_SEED = 32
"""Characters at a text's end whose last occurrence before the end gives the loop's length."""


@lru_cache(maxsize=8)
def token_pattern(special_tokens: frozenset[str]) -> re.Pattern[str]:
    """What matches a model's own control tokens and those of the common families."""
    own = sorted((token for token in special_tokens if token.strip()), key=len, reverse=True)
    return re.compile("|".join([*map(re.escape, own), FAMILIES])) if own else SPECIAL_TOKEN


@lru_cache(maxsize=8)
def _all_angled(special_tokens: frozenset[str]) -> bool:
    return all("<" in token for token in special_tokens if token.strip())


def check_tokens(said: Said, special_tokens: frozenset[str], found: list[Finding]) -> None:
    """Add each different control token that a text contains."""
    if "<" not in said.text and _all_angled(special_tokens):
        return
    for token in dict.fromkeys(token_pattern(special_tokens).findall(said.text)):
        found.append(Finding("special_token", said.path, {"token": token}))


def check_loop(said: Said, found: list[Finding]) -> None:
    """Add what a text repeats at its end."""
    if len(said.text) < LOOP_CHARACTERS:
        return
    unit, times = final_loop(said.text)
    if times:
        values = {"unit": shorten(unit.strip() or unit, 40), "times": str(times)}
        found.append(Finding("repetition_loop", said.path, values))


def check_lost(said: Said, found: list[Finding]) -> None:
    """Add that characters of a text were lost."""
    if "�" in said.text:
        found.append(Finding("replacement_character", said.path))


def final_loop(text: str) -> tuple[str, int]:
    """What a text repeats at its end, and how often in a row; 0 times when that is no loop."""
    start, period, times = _loop_place(text)
    return (text[start : start + period], times) if times else ("", 0)


def cut_loop(text: str) -> str:
    """The text with what it repeats at its end said once."""
    while True:
        start, period, times = _loop_place(text)
        if not times:
            return text
        text = text[: start + period]


def _loop_place(text: str) -> tuple[int, int, int]:
    """Where the loop at a text's end starts, the length of its unit, and how often it comes."""
    if len(text) < LOOP_CHARACTERS:
        return 0, 0, 0
    period = len(text) - LOOP_SEED - text.rfind(text[-LOOP_SEED:], 0, -1)
    if period * LOOP_TIMES > len(text):
        return 0, 0, 0
    unit = text[-period:]
    least = max(LOOP_TIMES, -(-LOOP_CHARACTERS // period))
    if not text.endswith(unit * least):
        return 0, 0, 0
    times, end = least, len(text) - least * period
    while end >= period and text.startswith(unit, end - period):
        end -= period
        times += 1
    return _first_start(text, end, period), period, times


def _first_start(text: str, start: int, period: int) -> int:
    """Where the loop begins, which may be before its first whole repetition."""
    while start > 0 and text[start - 1] == text[start - 1 + period]:
        start -= 1
    return start
