"""How fast both sides answered: medians by side, and paired ratios with an interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, median

import numpy as np

from eval import statistics
from eval.around.records import Speed, SpeedRatio
from eval.records import Answer, Comparison, Side

NAMES = ("first_token_s", "token_s", "tokens_per_s", "tokens")
SIDES: tuple[Side, Side] = ("base", "tuned")
BEYOND = 50.0
"""ln of a ratio never leaves +- this: e^50."""


def figures(
    comparisons: Sequence[Comparison], length_ratio: float | None
) -> dict[str, float | None]:
    """Medians by side, and how many answers each comes from; None where nothing was measured."""
    found: dict[str, float | None] = {}
    for side in SIDES:
        answers = [comparison.side(side) for comparison in comparisons]
        for name in ("first_token_s", "tokens_per_s", "tokens"):
            values = [v for a in answers if (v := _figure(a, name)) is not None]
            found[f"{side}_{name}"] = median(values) if values else None
            found[f"{side}_{name}_n"] = float(len(values))
    found["length_ratio"] = length_ratio
    return found


def ratios(
    comparisons: Sequence[Comparison],
    engine_memory_mib: int | None = None,
    adapter_mib: float | None = None,
) -> Speed:
    """tuned / base, question by question; both were asked with others under way alike."""
    return Speed(
        ratios=tuple(_ratio(name, comparisons) for name in NAMES),
        engine_memory_mib=engine_memory_mib,
        adapter_mib=adapter_mib,
        note=(
            "Measured during the comparison with several questions under way at once: good for "
            "comparing the two sides, not for what one person alone would see."
        ),
        note_zh="在对比过程中、多个问题同时进行时测得：适合比较两边，不代表单人使用时的速度。",
    )


def _ratio(name: str, comparisons: Sequence[Comparison]) -> SpeedRatio:
    """By the geometric mean, which is the same whichever side is divided by the other."""
    found = [
        (math.log(b), math.log(t), c.sample.group)
        for c in comparisons
        if (b := _figure(c.base, name)) and (t := _figure(c.tuned, name))
    ]
    if not found:
        return SpeedRatio.model_validate({
            "name": name, "base": None, "tuned": None, "ratio": None, "low": None, "high": None,
            "pairs": 0, "note": "No question has this figure from both sides.",
            "note_zh": "没有任何问题在两边都测得这个数字。",
        })  # fmt: skip
    logs = np.array([t - b for b, t, _ in found])
    grouped = statistics.group(logs, [name for _, _, name in found])
    interval = statistics.difference_interval(grouped, BEYOND)
    too_few = "" if interval.low is not None else interval.note
    return SpeedRatio.model_validate({
        "name": name,
        "base": math.exp(fmean(b for b, _, _ in found)),
        "tuned": math.exp(fmean(t for _, t, _ in found)),
        "ratio": math.exp(grouped.mean),
        "low": None if interval.low is None or not _spread(logs) else math.exp(interval.low),
        "high": None if interval.high is None or not _spread(logs) else math.exp(interval.high),
        "pairs": len(found),
        "note": too_few or ("" if _spread(logs) else "Every question gave the same ratio."),
        "note_zh": (
            "独立问题太少，无法给出区间。"
            if too_few
            else "" if _spread(logs) else "每个问题的比值都相同。"
        ),
    })  # fmt: skip


def _spread(logs: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bool:
    """Whether ratios differ: an exact bound over a span of e^50 would say nothing."""
    return float(np.ptp(logs)) > 1e-12


def _figure(answer: Answer, name: str) -> float | None:
    """One figure of an answer; TPOT is the inverse of tokens a second after the first."""
    if name == "token_s":
        return 1 / answer.tokens_per_s if answer.tokens_per_s else None
    value = getattr(answer, name)
    return None if value is None else float(value)
