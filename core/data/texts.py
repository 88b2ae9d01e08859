"""What can be wrong with a turn's text although it is text."""

from __future__ import annotations

import re

from core.data.problems import Finding, Path, shorten

# Control tokens of common chat templates: ChatML and its relatives, DeepSeek, Gemma.
SPECIAL_TOKEN = re.compile(
    r"<\|[A-Za-z][A-Za-z0-9_]*\|>|<｜[^｜<>]{2,40}｜>|<(?:start|end)_of_turn>"
)
LOOP_CHARACTERS = 200
"""A shorter repetition (a line of dashes, a laugh) is left alone."""
LOOP_TIMES = 5
LOOP_SEED = 32
"""Characters at a text's end whose last occurrence before the end gives the loop's length."""


def check_text(text: str, path: Path, found: list[Finding]) -> None:
    """Add to `found` what is wrong with a text."""
    if ("<" in text) and (match := SPECIAL_TOKEN.search(text)):
        found.append(Finding("special_token", path, {"token": match[0]}))
    if len(text) >= LOOP_CHARACTERS:
        unit, times = final_loop(text)
        if times:
            values = {"unit": shorten(unit.strip() or unit, 40), "times": str(times)}
            found.append(Finding("repetition_loop", path, values))
    if "�" in text:
        found.append(Finding("replacement_character", path))


def final_loop(text: str) -> tuple[str, int]:
    """What a text repeats at its end, and how often in a row; 0 times when that is no loop."""
    period = len(text) - LOOP_SEED - text.rfind(text[-LOOP_SEED:], 0, -1)
    if period * LOOP_TIMES > len(text):
        return "", 0
    unit = text[-period:]
    least = max(LOOP_TIMES, -(-LOOP_CHARACTERS // period))
    if not text.endswith(unit * least):
        return "", 0
    times, end = least, len(text) - least * period
    while end >= period and text.startswith(unit, end - period):
        end -= period
        times += 1
    return _first_unit(text, end, period), times


def _first_unit(text: str, start: int, period: int) -> str:
    """The unit as it was written first: the loop may begin before its first whole repetition."""
    while start > 0 and text[start - 1] == text[start - 1 + period]:
        start -= 1
    return text[start : start + period]
