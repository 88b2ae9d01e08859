"""Check the number that an answer gives against the reference's, or against a fixed one."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from eval.checks.finding import Finding, finding
from eval.checks.kinds import NumberCheck

NUMBER = re.compile(
    r"(?P<points>\d{1,3}(?:\.\d{3})+,\d+(?![\d.,]*\d))"
    r"|(?P<plain>(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,2}(?!\w))?)"
)
"""1,234.5 has a thousands separator; 1.234,5 can only be the same the other way round."""
UNIT = re.compile(
    r" ?(?:万亿|千万|百万|十亿|[亿万億萬]|(?:thousand|million|billion|trillion)\b)", re.I
)
UNITS = {
    "万": 10**4, "萬": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8, "億": 10**8, "十亿": 10**9,
    "万亿": 10**12, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip
JOINED = re.compile(r"(?<=\d)(?:[\u00a0\u2009\u202f]|['\u2019])(?=\d{3}(?!\d))")
"""What some languages put between thousands; a plain space can stand between two numbers."""
FRACTION = re.compile(r"(\d*)([\u00bc-\u00be\u2150-\u215e])")
IN_WORDS = re.compile(
    r"[零〇一二两兩三四五六七八九十百千万萬亿億]+(?:点[零〇一二三四五六七八九]+)?"
)
DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
SMALL = {"十": 10, "百": 100, "千": 1000}
LARGE = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}


def number(check: NumberCheck, reference: str, text: str) -> Finding:
    """Whether the answer's number is the expected one, within the tolerance."""
    if check.value is not None:
        expected = Decimal(str(check.value))
    elif in_reference := numbers(reference):
        expected = in_reference[-1]
    else:
        return Finding("unscored", "The reference has no number.")
    found = numbers(text)
    if not found:
        return Finding("not_met", "The answer has no number.")
    if check.which == "only" and len(set(found)) > 1:
        return Finding("not_met", f"The answer has {len(set(found))} different numbers, not one.")
    given = found[0] if check.which == "first" else found[-1]
    reach = max(Decimal(str(check.tolerance)), abs(expected) * Decimal(str(check.relative)))
    met = abs(given - expected) <= reach
    verb = "as expected" if met else f"not {expected}"
    return finding(met, f"The answer gives {given}, {verb}{_within(reach)}.")


def numbers(text: str) -> list[Decimal]:
    """The numbers of a text in order; 1,234.5 is one number, 1,2 are two.

    A point is the decimal sign, except in 1.234,5; digits of every width and script are read, with
    a unit such as million or 万 behind them. Chinese numerals count where there are no digits:
    beside digits a 一 is mostly a word.
    """
    joined = FRACTION.sub(_with_fraction, JOINED.sub("", text))
    plain = unicodedata.normalize("NFKC", joined).replace("\u2212", "-")
    found = [_value(match, plain) for match in NUMBER.finditer(plain)]
    return found or [_in_words(match.group()) for match in IN_WORDS.finditer(plain)]


def _with_fraction(match: re.Match[str]) -> str:
    """1½ as 1.5."""
    return str(Decimal(match[1] or 0) + Decimal(str(unicodedata.numeric(match[2]))))


def _value(match: re.Match[str], text: str) -> Decimal:
    """Below 0 where a minus can be one: in "3-5" or "b-2" the line joins and does not subtract."""
    start = match.start()
    sign, before = text[max(0, start - 1) : start], text[max(0, start - 2) : max(0, start - 1)]
    negative = sign == "-" and not (before.isalnum() or before in (")", "]", "%"))
    written = match["plain"]
    if written is None:
        written = match["points"].replace(".", "").replace(",", ".")
    value = Decimal(written.replace(",", ""))
    if unit := UNIT.match(text, match.end()):
        value *= UNITS[unit.group().strip().lower()]
    return -value if negative else value


def _in_words(text: str) -> Decimal:
    """一千二百三十四 is 1234, 二〇二四 is 2024, 三点五 is 3.5."""
    whole, _, decimals = text.partition("点")
    if all(character in DIGITS for character in whole):
        value = int("".join(str(DIGITS[character]) for character in whole))
    else:
        value = _counted(whole)
    behind = "".join(str(DIGITS[character]) for character in decimals)
    return Decimal(f"{value}.{behind}" if behind else value)


def _counted(text: str) -> int:
    """A numeral with 十, 百, 千, 万 or 亿 in it."""
    total = section = digit = 0
    for character in text:
        if character in DIGITS:
            digit = DIGITS[character]
        elif character in SMALL:
            section, digit = section + (digit or 1) * SMALL[character], 0
        else:
            size = LARGE[character]
            carried = total if total < size else 0  # 一百万亿: the 亿 counts all before it
            total += (carried + section + digit or 1) * size - carried
            section = digit = 0
    return total + section + digit


def _within(reach: Decimal) -> str:
    return f" within {reach:f}" if reach else ""
