"""Whether the tuned weights answered, and whether both sides were asked under equal conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from core.serving.checking import SILENT
from core.serving.records import Pair
from eval import statistics
from eval.around.records import AdapterProof, UnequalCondition
from eval.evidence import Evidence
from eval.records import Comparison, Side
from eval.verdicts import Identical
from eval.wording import percent

UNEQUAL_LENGTH = 1.5
SIGNIFICANT = 0.05
Kind = Literal["template", "stop_tokens", "truncation", "failures", "engine", "length"]


def adapter_proof(identical: Identical, pair: Pair) -> AdapterProof:
    """By prompt log-probabilities against the trainer's, and by whether any answer differs."""
    check = pair.check
    silent = check.trained_change <= SILENT
    real = check.agrees and not identical.nearly_all and not silent
    figures = (
        f"{check.tokens:,} prompt tokens: at most {check.worst_difference:.2g} nats from what was "
        f"trained (tolerance {check.tolerance:.2g}), up to {check.served_change:.3g} nats from the "
        f"base; {identical.same:,} of {identical.of:,} answers are byte-identical to the base's"
    )
    figures_zh = (
        f"{check.tokens:,} 个提示 token：与训练结果最多相差 {check.worst_difference:.2g} 奈特"
        f"（容差 {check.tolerance:.2g}），与基础模型最多相差 {check.served_change:.3g} 奈特；"
        f"{identical.of:,} 个回答中有 {identical.same:,} 个与基础模型逐字节相同"
    )
    if real:
        said, said_zh = "The tuned weights answered", "回答确实来自微调后的权重"
    elif not check.agrees:
        said, said_zh = "What is served is not what was trained", "所服务的不是训练出来的模型"
    else:
        said, said_zh = "The tuned weights may change nothing", "微调后的权重可能没有任何作用"
    return AdapterProof(
        identical=identical.same,
        answered=identical.of,
        served_change=check.served_change,
        trained_change=check.trained_change,
        worst_difference=check.worst_difference,
        tolerance=check.tolerance,
        tokens=check.tokens,
        real=real,
        sentence=f"{said}: {figures}.",
        sentence_zh=f"{said_zh}：{figures_zh}。",
    )


def unequal(evidence: Evidence, length_ratio: float | None) -> tuple[UnequalCondition, ...]:
    """What differed between the sides beside the weights."""
    return (
        *_of_serving(evidence.pair, evidence.facts.engines),
        *_of_answers(evidence.comparisons),
        *_of_length(length_ratio),
    )


def _of_serving(pair: Pair, engines: Sequence[str]) -> Iterator[UnequalCondition]:
    base, tuned = pair.base, pair.tuned
    if base.template_kwargs != tuned.template_kwargs:
        yield _found(
            "template", (str(base.template_kwargs), str(tuned.template_kwargs)),
            "The chat template was given other arguments on each side.", "两边的对话模板参数不同。",
        )  # fmt: skip
    if base.stop_token_ids != tuned.stop_token_ids:
        yield _found(
            "stop_tokens", (str(base.stop_token_ids), str(tuned.stop_token_ids)),
            "Other tokens ended an answer on each side.", "两边结束回答的 token 不同。",
        )  # fmt: skip
    if len(engines) > 1 and engines[0] != engines[1]:
        yield _found(
            "engine", (engines[0], engines[1]),
            "Both sides were served by engines of other versions or arithmetic.",
            "两边所用引擎的版本或计算精度不同。",
        )  # fmt: skip


def _of_answers(comparisons: Sequence[Comparison]) -> Iterator[UnequalCondition]:
    cut = {side: [c.side(side).finish_reason == "length" for c in comparisons] for side in SIDES}
    rates = (_rate(cut["base"]), _rate(cut["tuned"]))
    if _differ(comparisons, cut):
        yield _found(
            "truncation", rates,
            f"Other shares of answers were cut at the token limit: base {rates[0]}, tuned "
            f"{rates[1]}. A larger limit would tell whether the difference comes from it.",
            f"因长度上限被截断的回答比例不同：基础模型 {rates[0]}，微调后 {rates[1]}。"
            "提高上限可以看出差别是否由此而来。",
        )  # fmt: skip
    failed = {side: [c.side(side).error is not None for c in comparisons] for side in SIDES}
    rates = (_rate(failed["base"]), _rate(failed["tuned"]))
    if _differ(comparisons, failed):
        yield _found(
            "failures", rates,
            f"Other shares of questions got no answer: base {rates[0]}, tuned {rates[1]}.",
            f"没有得到回答的问题比例不同：基础模型 {rates[0]}，微调后 {rates[1]}。",
        )  # fmt: skip


def _of_length(ratio: float | None) -> Iterator[UnequalCondition]:
    if ratio is not None and not 1 / UNEQUAL_LENGTH <= ratio <= UNEQUAL_LENGTH:
        yield _found(
            "length", ("1", f"{ratio:.2f}"),
            f"Tuned answers are {ratio:.2f} times as long as the base's on average: criteria that "
            "favour a length would show a difference for that reason alone.",
            f"微调后的回答平均长度是基础模型的 {ratio:.2f} 倍："
            "偏好某种长度的标准仅因此就会显示差别。",
        )  # fmt: skip


SIDES: tuple[Side, Side] = ("base", "tuned")


def _differ(comparisons: Sequence[Comparison], seen: dict[Side, list[bool]]) -> bool:
    """Whether it happens to one side more often, by an exact test."""
    if not comparisons:
        return False
    groups = [c.sample.group for c in comparisons]
    p = statistics.mcnemar(seen["base"], seen["tuned"], groups).p_value
    return p is not None and p < SIGNIFICANT


def _rate(seen: Sequence[bool]) -> str:
    return percent(sum(seen) / len(seen)) if seen else ""


def _found(kind: Kind, sides: tuple[str, str], sentence: str, sentence_zh: str) -> UnequalCondition:
    return UnequalCondition(
        kind=kind, base=sides[0], tuned=sides[1], sentence=sentence, sentence_zh=sentence_zh
    )
