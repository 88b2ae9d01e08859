"""The verdict sentence, chosen by rule from intervals, exact tests and counts; never by a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from eval import phrases, statistics, wording
from eval.judge.records import Judging
from eval.records import CriterionResult, Estimate, VerdictSentence
from eval.wording import about, interval, percent, points

FEWEST_GROUPS = 20
"""Fewer independent questions than this give no verdict."""
MOST_IDENTICAL = 0.95
"""With a larger share of byte-identical answers the adapter may change nothing."""
LEAST_SCORED = 0.5
"""With a smaller share of samples scored on both sides nothing was measured."""
SIGNIFICANT = 0.05
SMALL_GAP = 0.15
"""The gap, in shares, that a first set of examples should be able to show."""

Direction = Literal["better", "worse", "open"]


class Identical(NamedTuple):
    """How many samples got byte-identical answers from both sides."""

    same: int
    of: int
    """Samples that both sides answered."""

    @property
    def nearly_all(self) -> bool:
        return self.of > 0 and self.same > MOST_IDENTICAL * self.of


def decide(
    headline: CriterionResult,
    others: Sequence[CriterionResult],
    samples: int,
    identical: Identical,
) -> VerdictSentence:
    """The verdict on the headline criterion, with what got better or worse beside it."""
    estimate = headline.estimate
    if identical.of == 0 or samples == 0:
        return _unanswered(samples)
    open_everywhere = all(direction(result) == "open" for result in (headline, *others))
    if identical.nearly_all and identical.of >= LEAST_SCORED * samples and open_everywhere:
        return _identical(identical)
    if estimate.pairs < LEAST_SCORED * samples or estimate.difference is None:
        return _unscored(headline, samples)
    if estimate.groups < FEWEST_GROUPS:
        return _too_few(headline)
    better = [other for other in others if direction(other) == "better"]
    worse = [other for other in others if direction(other) == "worse"]
    match direction(headline):
        case "better" if worse:
            return _mixed([headline], worse, headline)
        case "worse" if better:
            return _mixed(better, [headline], headline)
        case "better":
            return _clear(headline, "better")
        case "worse":
            return _clear(headline, "worse")
        case "open":
            return _open(headline, better, worse)


def direction(result: CriterionResult) -> Direction:
    """Whether interval and exact test both show a difference, and which way is good."""
    estimate = result.estimate
    p = result.adjusted_p if result.adjusted_p is not None else estimate.p_value
    if estimate.low is None or estimate.high is None or p is None or p >= SIGNIFICANT:
        return "open"
    if estimate.groups < FEWEST_GROUPS or estimate.low <= 0 <= estimate.high:
        return "open"
    return "better" if (estimate.low > 0) == (result.points > 0) else "worse"


def _clear(result: CriterionResult, kind: Literal["better", "worse"]) -> VerdictSentence:
    e = result.estimate
    more = "more" if (e.difference or 0) > 0 else "fewer"
    gap = points(abs(e.difference or 0), signed=False)
    zh_kind = "更好" if kind == "better" else "更差"
    zh_more = "高出" if more == "more" else "低了"
    return VerdictSentence(
        kind=kind,
        sentence=(
            f"The tuned model is {kind} on “{result.name}”: {phrases.levels(result)}. "
            f"That is {gap} points {more} (95% interval: {interval(e.low, e.high)})."
        ),
        sentence_zh=(
            f"微调后的模型在“{result.name}”上{zh_kind}：{phrases.levels_zh(result)}，"
            f"{zh_more} {gap} 个百分点（95% 区间：{phrases.interval_zh(e)}）。"
        ),
        rule=f"{_rule(result)} No other criterion shows a difference the other way.",
    )


def _mixed(
    better: Sequence[CriterionResult], worse: Sequence[CriterionResult], headline: CriterionResult
) -> VerdictSentence:
    e = headline.estimate
    return VerdictSentence(
        kind="better_and_worse",
        sentence=(
            f"The tuned model is better on {phrases.listed(better)} and worse on "
            f"{phrases.listed(worse)}, over {wording.count(e.pairs, 'question')}."
        ),
        sentence_zh=(
            f"微调后的模型在{phrases.listed_zh(better)}上更好，在{phrases.listed_zh(worse)}上更差"
            f"（共 {e.pairs:,} 个问题）。"
        ),
        rule=" ".join(_rule(result) for result in [headline, *_without(headline, better, worse)]),
    )


def _open(
    headline: CriterionResult, better: Sequence[CriterionResult], worse: Sequence[CriterionResult]
) -> VerdictSentence:
    e = headline.estimate
    beside = f" The tuned model got better on {phrases.named(better)}." if better else ""
    beside += f" The tuned model got worse on {phrases.named(worse)}." if worse else ""
    beside_zh = f"微调后的模型在{phrases.named_zh(better)}上变好。" if better else ""
    beside_zh += f"微调后的模型在{phrases.named_zh(worse)}上变差。" if worse else ""
    gap, gap_zh = phrases.gap(e)
    power, power_zh = _power(e)
    return VerdictSentence(
        kind="no_difference",
        sentence=(
            f"No difference shown on “{headline.name}”: {phrases.levels(headline)}. "
            f"{gap}{power}{beside}"
        ),
        sentence_zh=(
            f"在“{headline.name}”上没有显示出差别：{phrases.levels_zh(headline)}。"
            f"{gap_zh}{power_zh}{beside_zh}"
        ),
        rule=_rule(headline) + "".join(f" {_rule(other)}" for other in [*better, *worse]),
    )


def _power(e: Estimate) -> tuple[str, str]:
    """How many more examples would show such a gap, in both languages; "" if there are enough."""
    spread = statistics.cautious_deviation(e)
    gap = max(abs(e.difference or 0), 0.05)
    more = statistics.groups_needed(gap, spread) - e.groups
    if more <= 0:
        return "", ""
    size = points(gap, signed=False)
    return (
        f" About {about(more)} more questions would be needed to show a gap of {size} points.",
        f"大约还需要 {about(more)} 个问题才能显示 {size} 个百分点的差距。",
    )


def _too_few(headline: CriterionResult) -> VerdictSentence:
    e = headline.estimate
    spread = statistics.cautious_deviation(e)
    visible = statistics.detectable_gap(e.groups, spread)
    needed = max(statistics.groups_needed(SMALL_GAP, spread), FEWEST_GROUPS) - e.groups
    small = points(SMALL_GAP, signed=False)
    shows = (
        f"with {e.groups} only gaps over about {points(visible, signed=False)} points would show"
        if visible < 1
        else f"with {e.groups} no gap can show at all"
    )
    shows_zh = (
        f"只有 {e.groups} 个时，只能显示约 {points(visible, signed=False)} 个百分点以上的差距"
        if visible < 1
        else f"只有 {e.groups} 个时，任何差距都无法显示"
    )
    return VerdictSentence(
        kind="too_few_examples",
        sentence=(
            f"Not enough examples for a verdict: {shows}; about {about(needed)} more would show "
            f"a gap of {small} points. So far, on “{headline.name}”: {phrases.levels(headline)}."
        ),
        sentence_zh=(
            f"样本太少，无法下结论：{shows_zh}；再多大约 {about(needed)} 个就能显示 {small} 个"
            f"百分点的差距。目前在“{headline.name}”上：{phrases.levels_zh(headline)}。"
        ),
        rule=(
            f"Fewer than {FEWEST_GROUPS} independent questions ({e.groups}) give no verdict. "
            f"{phrases.figures(headline)}"
        ),
    )


def _identical(identical: Identical) -> VerdictSentence:
    return VerdictSentence(
        kind="no_difference",
        sentence=(
            f"No difference shown: both models gave exactly the same answer to {identical.same:,} "
            f"of {wording.count(identical.of, 'question')}, so the adapter may change nothing."
        ),
        sentence_zh=(
            f"没有显示出差别：{identical.of:,} 个问题中，两个模型对 {identical.same:,} 个给出了完全"
            "相同的回答，这个适配器可能什么也没有改变。"
        ),
        rule=(
            f"{percent(identical.same / identical.of)} of the answers are byte-identical, more "
            f"than {percent(MOST_IDENTICAL)}; no test is needed to see no difference."
        ),
    )


def _unanswered(samples: int) -> VerdictSentence:
    return VerdictSentence(
        kind="not_measured",
        sentence=(
            f"Not measured: not one of {wording.count(samples, 'question')} was answered by both."
        ),
        sentence_zh=f"没有测得结果：{samples:,} 个问题都没有得到两个模型的回答。",
        rule="A comparison needs answers from both sides.",
    )


def _unscored(headline: CriterionResult, samples: int) -> VerdictSentence:
    e = headline.estimate
    return VerdictSentence(
        kind="not_measured",
        sentence=(
            f"Not measured: on “{headline.name}” only {e.pairs:,} of "
            f"{wording.count(samples, 'question')} could be scored for both models."
        ),
        sentence_zh=(
            f"没有测得结果：在“{headline.name}”上，{samples:,} 个问题中只有 {e.pairs:,} 个"
            "能够给两个模型都打分。"
        ),
        rule=(
            f"Fewer than {percent(LEAST_SCORED)} of the questions were scored on both sides "
            f"(unscored: base {e.unscored_base}, tuned {e.unscored_tuned}); what is left may not "
            "be typical."
        ),
    )


def unreliable(judging: Judging) -> VerdictSentence:
    """No verdict: every criterion is a judge's, and the judge is not reliable."""
    return VerdictSentence(
        kind="not_measured",
        sentence=(
            f"Not measured: all criteria need a judge, and it is not reliable. {judging.why_not}"
        ),
        sentence_zh=f"没有测得结果：所有评分项都需要评审，而评审不可靠。{judging.why_not_zh}",
        rule="A judge's verdicts carry a conclusion only when the judge passed its exam.",
    )


def _without(headline: CriterionResult, *lists: Sequence[CriterionResult]) -> list[CriterionResult]:
    return [r for results in lists for r in results if r.criterion_id != headline.criterion_id]


def _rule(result: CriterionResult) -> str:
    """The rule as it came out for one criterion."""
    said = {
        "better": "shows a gain: interval and exact test both leave out 0",
        "worse": "shows a loss: interval and exact test both leave out 0",
        "open": "shows no difference: the interval reaches 0, or the exact test gives p ≥ 0.05",
    }[direction(result)]
    return f"“{result.name}” {said}. {phrases.figures(result)}"
