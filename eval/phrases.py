"""Pieces of verdict sentences: levels, lists and figures, in English and Chinese."""

from __future__ import annotations

from collections.abc import Sequence

from eval import wording
from eval.records import CriterionResult, Estimate
from eval.wording import interval, p_value, percent, points


def levels(result: CriterionResult) -> str:
    """Both sides' levels, as the end of a sentence about the tuned model."""
    e = result.estimate
    questions = wording.count(e.pairs, "question")
    if result.kind == "score":
        return (
            f"it scores {percent(e.tuned)} of the points over {questions}, "
            f"the base model {percent(e.base)}"
        )
    return (
        f"{percent(e.tuned)} of its answers to {questions} meet it, against {percent(e.base)} of "
        "the base model's"
    )


def levels_zh(result: CriterionResult) -> str:
    """The same in Chinese."""
    e = result.estimate
    if result.kind == "score":
        got = f"它得到总分的 {percent(e.tuned)}，基础模型得到 {percent(e.base)}"
    else:
        got = f"它有 {percent(e.tuned)} 的回答达到要求，基础模型有 {percent(e.base)}"
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


def interval_zh(e: Estimate) -> str:
    """Both ends of an interval in points, in Chinese."""
    return "未测得" if e.low is None else f"{points(e.low)} 到 {points(e.high)}"


def figures(result: CriterionResult) -> str:
    """Everything the rule looked at, in brackets."""
    e = result.estimate
    p = f"p {_is(e.p_value)}"
    if result.adjusted_p is not None:
        p = f"p {_is(result.adjusted_p)} after Holm's correction"
    return (
        f"(Difference {points(e.difference)} points, 95% interval {interval(e.low, e.high)}, {p}, "
        f"{wording.count(e.groups, 'independent question')}, {result.wins} met by tuned only, "
        f"{result.losses} by base only.)"
    )


def _is(p: float | None) -> str:
    text = p_value(p)
    return text if text.startswith("<") else f"= {text}"
