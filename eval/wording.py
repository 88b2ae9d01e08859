"""How figures are written in sentences and tables; a figure that is missing says so."""

from __future__ import annotations

from math import floor, log10

NOT_MEASURED = "not measured"
MINUS = "−"
NOTHING = 1e-9
"""Percent or points that are only what rounding left."""


def percent(share: float | None) -> str:
    """A share as a percentage: 0.875 is `88%`; never 0% or 100% for what is only close to it."""
    if share is None:
        return NOT_MEASURED
    value = share * 100
    away = min(abs(value), abs(100 - abs(value)))
    if NOTHING < away < 0.95:
        text = f"{abs(value):.{_decimals(away)}f}".rstrip("0")
        return f"{MINUS if value < 0 else ''}{text}%"
    return f"{_whole(value)}%".replace("-", MINUS)


def points(share: float | None, signed: bool = True) -> str:
    """A difference of shares in points of 100: 0.86 is `+86`, -0.034 is `−3.4`.

    One that is not 0 is never shown as 0: -0.0003 is `−0.03`.
    """
    if share is None:
        return NOT_MEASURED
    value = share * 100
    if abs(value) < NOTHING:
        return "0"
    text = f"{abs(value):.{0 if abs(value) >= 9.95 else _decimals(abs(value))}f}"
    text = text.removesuffix(".0")
    if not signed and value > 0:
        return text
    return f"{'+' if value > 0 else MINUS}{text}"


def interval(low: float | None, high: float | None) -> str:
    """Both ends in points: `+79 to +92`."""
    return NOT_MEASURED if low is None or high is None else f"{points(low)} to {points(high)}"


def p_value(p: float | None) -> str:
    """A p-value as people print it: `0.031`, `< 0.001`; never 0.050 for what lies below it."""
    if p is None:
        return NOT_MEASURED
    if 0.0495 <= p < 0.05:
        return "< 0.05"
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def about(count: int) -> str:
    """A count rounded up to two digits: 237 is `240`; for numbers that are estimates themselves."""
    step = 10 ** max(floor(log10(count)) - 1, 0) if count > 0 else 1
    return f"{-(-count // step) * step:,}"


def seconds(value: float | None) -> str:
    """A duration: `0.12 s`, `85 ms`."""
    if value is None:
        return NOT_MEASURED
    return f"{value * 1000:.0f} ms" if value < 0.1 else f"{value:.2f} s"


def number(value: float | None, digits: int = 0) -> str:
    """A plain number with thousands separated."""
    return NOT_MEASURED if value is None else f"{value:,.{digits}f}"


def count(amount: int, one: str, many: str | None = None) -> str:
    """`1 question`, `5 questions`."""
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"


def _decimals(away: float) -> int:
    """How many decimals show that a figure is so far away from 0 or 100."""
    return 1 if away >= 0.05 else -floor(log10(away))


def _whole(value: float) -> int:
    return floor(abs(value) + 0.5) * (-1 if value < 0 else 1)
