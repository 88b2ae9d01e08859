"""Check the number that an answer gives against the reference's, or against a fixed one."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from eval.checks.finding import Finding, finding
from eval.checks.kinds import NumberCheck

NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,2}(?!\w))?")
"""1,234.5 has a thousands separator."""


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
    """The numbers written in digits, in order; 1,234.5 is one number, 1,2 are two.

    A point is the decimal sign; digits of every width and script are read.
    """
    plain = unicodedata.normalize("NFKC", text).replace("\u2212", "-")
    return [_value(match, plain) for match in NUMBER.finditer(plain)]


def _value(match: re.Match[str], text: str) -> Decimal:
    """Below 0 where a minus can be one: in "3-5" or "b-2" the line joins and does not subtract."""
    start = match.start()
    sign, before = text[max(0, start - 1) : start], text[max(0, start - 2) : max(0, start - 1)]
    negative = sign == "-" and not (before.isalnum() or before in (")", "]", "%"))
    value = Decimal(match.group().replace(",", ""))
    return -value if negative else value


def _within(reach: Decimal) -> str:
    return f" within {reach:f}" if reach else ""
