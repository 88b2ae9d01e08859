"""The sentences on forgetting, chosen by rule, in both languages."""

from __future__ import annotations

from math import ceil, log
from typing import NamedTuple

from eval.around.forgetting.records import ForgettingVerdict, SuiteResult
from eval.around.records import Likelihood
from eval.wording import MINUS, interval, percent, points

IMPROBABLE = 1_000
"""Perplexity of texts that a model knows next to nothing of; usual language models have 5 to 30."""


class Said(NamedTuple):
    """One sentence in both languages."""

    en: str
    zh: str


BEGINNINGS: dict[ForgettingVerdict, Said] = {
    "lost": Said("General ability fell.", "通用能力下降了。"),
    "kept": Said("General ability is kept within the margin.", "通用能力在允许范围内得到保持。"),
    "not_shown": Said(
        "Whether general ability is kept is not shown.", "未能确定通用能力是否保持。"
    ),
}


def conclusion(
    verdict: ForgettingVerdict,
    overall: SuiteResult,
    texts: Likelihood | None,
    texts_verdict: ForgettingVerdict | None,
) -> Said:
    """The verdict with the figures that it rests on."""
    begin, of_items, of_texts = BEGINNINGS[verdict], _of_items(overall), _of_texts(texts)
    if verdict == "lost" and overall.verdict != "lost" and texts_verdict == "lost":
        of_items, of_texts = of_texts, of_items
    parts = [part for part in (of_items, of_texts) if part.en]
    return Said(
        " ".join([begin.en, *(part.en for part in parts)]),
        "".join([begin.zh, *(part.zh for part in parts)]),
    )


def limits(overall: SuiteResult, margin: float, few: bool, texts: Likelihood | None) -> Said:
    """What the general set can and can't tell."""
    gap = overall.detectable_drop
    en, zh = [], []
    if gap is not None:
        drop = points(gap, signed=False)
        # the rule of three: with none of n changed, at most 1 - 0.05^(1/n) of all would change
        needed = ceil(log(0.05) / log(1 - margin))
        en.append(
            f"{overall.items:,} items show only drops of about {drop} points or more; to show that "
            f"less than {points(margin, signed=False)} points are lost takes {needed:,} items on "
            "which nothing changes at all."
        )
        zh.append(
            f"{overall.items:,} 道题只能显示约 {drop} 个百分点以上的下降；要证明损失不超过 "
            f"{points(margin, signed=False)} 个百分点，需要 {needed:,} 道题且结果完全没有变化。"
        )
    if few:
        base = percent(overall.estimate.base)
        en.append(f"The base model has only {base} right, so little can be lost on items.")
        zh.append(f"基础模型只答对 {base}，因此在题目上没有多少可失去的。")
    if texts is not None and (texts.perplexity_base or 0.0) > IMPROBABLE:
        en.append(
            f"The base model itself finds the general texts improbable (perplexity "
            f"{texts.perplexity_base:,.0f}), so a change there says less."
        )
        zh.append(
            f"基础模型本身就觉得这些通用文本不太可能（困惑度 {texts.perplexity_base:,.0f}），"
            "因此那里的变化说明不了太多。"
        )
    return Said(" ".join(en), "".join(zh))


def rule(margin: float, texts_margin: float) -> str:
    """The rule, with its numbers; `texts_margin` is a share of the base's nats per token."""
    return (
        "Lost: the share of right items is lower by interval and exact test, or nats per token on "
        f"general texts rise by more than {percent(texts_margin)} of the base model's, by "
        "interval. Kept: the one-sided 95% bound of items lies above "
        f"{MINUS}{points(margin, signed=False)} points, and that of texts below "
        f"{percent(texts_margin)}. Not shown: neither."
    )


def _of_items(overall: SuiteResult) -> Said:
    e = overall.estimate
    if e.base is None or e.tuned is None:
        return Said("", "")
    before, after = round(e.base * e.pairs), round(e.tuned * e.pairs)
    reach = "" if e.low is None else f" ({points(e.difference)}, 95%: {interval(e.low, e.high)})"
    return Said(
        f"The base model has {before:,} of {e.pairs:,} general items right, the tuned model "
        f"{after:,}{reach}.",
        f"{e.pairs:,} 道通用题中，基础模型答对 {before:,} 道，"
        f"微调后答对 {after:,} 道{_zh(reach)}。",
    )


def _of_texts(texts: Likelihood | None) -> Said:
    if texts is None or texts.perplexity_base is None or texts.perplexity_tuned is None:
        return Said("", "")
    e = texts.estimate
    reach = "" if e.low is None or e.high is None else f", 95%: {e.low:+.3f} to {e.high:+.3f}"
    reach_zh = (
        "" if e.low is None or e.high is None else f"，95% 区间：{e.low:+.3f} 至 {e.high:+.3f}"
    )
    base, tuned = f"{texts.perplexity_base:.1f}", f"{texts.perplexity_tuned:.1f}"
    return Said(
        f"Perplexity on general texts went from {base} to {tuned} "
        f"({e.difference or 0:+.3f} nats per token{reach}).",
        f"通用文本的困惑度从 {base} 变为 {tuned}"
        f"（每 token {e.difference or 0:+.3f} 奈特{reach_zh}）。",
    )


def _zh(reach: str) -> str:
    return (
        reach.replace(" (", "（")
        .replace(")", "）")
        .replace(", 95%: ", "，95% 区间：")
        .replace(" to ", " 至 ")
    )
