"""Numbers as people read them; what was not measured says so and never becomes 0."""

from __future__ import annotations

from datetime import datetime

from ui.words import Voice


def count(number: int) -> str:
    """12,480."""
    return f"{number:,}"


def duration(seconds: float | None, voice: Voice) -> str:
    """42 s, 3 min 05 s, 2 h 10 min."""
    if seconds is None:
        return voice("not_measured")
    whole = round(seconds)
    if whole < 60:
        return voice("time.s", s=whole)
    if whole < 3600:
        return voice("time.min", m=whole // 60, s=whole % 60)
    return voice("time.h", h=whole // 3600, m=whole % 3600 // 60)


def loss(value: float | None, voice: Voice) -> str:
    """Four significant digits are all that a loss can carry."""
    return voice("not_measured") if value is None else f"{value:.4g}"


def points(share: float | None, voice: Voice) -> str:
    """A share from 0 to 1 as points of 100."""
    return voice("not_measured") if share is None else f"{100 * share:.1f}"


def difference(low_to_high: float | None, voice: Voice) -> str:
    """A difference of shares as signed points, with a real minus sign."""
    if low_to_high is None:
        return voice("not_measured")
    return f"{100 * low_to_high:+.1f}".replace("-", "−")


def parameters(number: int | None, voice: Voice) -> str:
    """Model size: 2.5 M, 1.7 B."""
    if number is None:
        return voice("unknown")
    if number >= 1_000_000_000:
        return f"{number / 1e9:.1f} B"
    return f"{number / 1e6:.1f} M"


def rate(tokens_per_s: float | None, voice: Voice) -> str:
    """Speed in tokens per second, without false digits."""
    if tokens_per_s is None:
        return voice("not_measured")
    return f"{tokens_per_s:,.0f}" if tokens_per_s >= 10 else f"{tokens_per_s:.1f}"


def mebibytes(size: float | None, voice: Voice) -> str:
    """Memory in use: 912 MiB, 12.4 GiB."""
    if size is None:
        return voice("not_measured")
    return f"{size / 1024:,.1f} GiB" if size >= 10_240 else f"{size:,.0f} MiB"


def gigabytes(size: float) -> str:
    """1.5 GB, 480 MB; powers of 1,000, as disks are sold."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"


def money(amount: float, currency: str) -> str:
    """0.12 USD, and never 0 for a little."""
    if 0 < amount < 0.01:
        return f"< 0.01 {currency}"
    return f"{amount:,.2f} {currency}"


def day(moment: str) -> str:
    """The date of an ISO time, in the machine's own time."""
    return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d}"
