"""Pieces of verdict sentences: levels, lists and figures, in English and Chinese."""

from __future__ import annotations

from collections.abc import Sequence

from eval import wording
from eval.records import CriterionResult, Estimate
from eval.wording import interval, p_value, percent, points

GRADED = ("score", "scale")
"""Kinds whose values lie between met and not met."""


def levels(result: CriterionResult) -> str:
    """Both sides' levels, as a clause after a colon."""
    e = result.estimate
    what = "of the points" if result.kind in GRADED else "of answers meet it"
    return (
        f"{percent(e.tuned)} {what} when tuned, {percent(e.base)} in the base model, "
        f"over {wording.count(e.pairs, 'question')}"
    )


def levels_zh(result: CriterionResult) -> str:
    """The same in Chinese."""
    e = result.estimate
    if result.kind in GRADED:
        got = f"微调后得到总分的 {percent(e.tuned)}，基础模型 {percent(e.base)}"
    else:
        got = f"微调后 {percent(e.tuned)} 的回答达到要求，基础模型 {percent(e.base)}"
    return f"{e.pairs:,} 个问题中，{got}"


def listed(results: Sequence[CriterionResult]) -> str:
    """Criteria with their figures, as a list in a sentence."""
    parts = [
        f"“{r.name}” ({percent(r.estimate.tuned)} against {percent(r.estimate.base)})"
        for r in results
    ]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def listed_zh(results: Sequence[CriterionResult]) -> str:
    """The same in Chinese."""
    return "、".join(
        f"“{r.name}”（{percent(r.estimate.tuned)} 对 {percent(r.estimate.base)}）" for r in results
    )


def named(results: Sequence[CriterionResult]) -> str:
    """Only the names of criteria, as a list in a sentence."""
    names = [f"“{result.name}”" for result in results]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def named_zh(results: Sequence[CriterionResult]) -> str:
    """The same in Chinese."""
    return "、".join(f"“{result.name}”" for result in results)


def gap(e: Estimate) -> tuple[str, str]:
    """What the true gap could be, in both languages."""
    if e.low is None or e.high is None:
        return "How large a gap there may be could not be bounded.", "真实差距的范围无法估计。"
    if e.low > 0 or e.high < 0:
        return (
            f"The interval ({points(e.low)} to {points(e.high)} points) leaves out 0, but an exact "
            f"test does not (p {_is(e.p_value)}), so this is no proof.",
            f"区间（{interval_zh(e)} 个百分点）不含 0，"
            f"但精确检验不排除 0（p {_is(e.p_value)}），因此不算证明。",
        )
    return (
        f"The true gap could be between {points(e.low)} and {points(e.high)} points.",
        f"真实差距可能在 {interval_zh(e)} 个百分点之间。",
    )


def interval_zh(e: Estimate) -> str:
    """Both ends of an interval in points, in Chinese."""
    return "未测得" if e.low is None else f"{points(e.low)} 到 {points(e.high)}"


def figures(result: CriterionResult) -> str:
    """Everything the rule looked at, in brackets."""
    e = result.estimate
    p = f"p {_is(e.p_value)}"
    if result.corrected:
        p = f"p {_is(result.adjusted_p)} after Holm's correction"
    return (
        f"(Difference {points(e.difference)} points, 95% interval {interval(e.low, e.high)}, {p}, "
        f"{wording.count(e.groups, 'independent question')}, {sides(result)}.)"
    )


def sides(result: CriterionResult) -> str:
    """How many pairs went each way."""
    if result.kind in GRADED:
        return f"{result.wins:,} higher when tuned, {result.losses:,} in the base model"
    return f"{result.wins:,} met by tuned only, {result.losses:,} by base only"


def sides_zh(result: CriterionResult) -> str:
    """The same in Chinese."""
    if result.kind in GRADED:
        return f"微调后更高 {result.wins:,} 个，基础模型更高 {result.losses:,} 个"
    return f"仅微调后达到 {result.wins:,} 个，仅基础模型达到 {result.losses:,} 个"


def _is(p: float | None) -> str:
    text = p_value(p)
    return text if text.startswith("<") else f"= {text}"
