"""Was training needed: what the base model reaches with a prompt alone, scored alike."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Literal

from eval import statistics, verdicts
from eval.around import controls
from eval.around.asked_records import AskedAnswer, BaselinePrompts
from eval.around.controls import check_criteria
from eval.around.records import Baseline, Baselines
from eval.records import Answer, Comparison, CriterionResult, Estimate
from eval.rubric.rubrics import Rubric
from eval.scoring import Paired, Scores
from eval.wording import percent

Kind = Literal["base", "system_prompt", "few_shot"]
NAMES: dict[Kind, tuple[str, str]] = {
    "base": ("the base model as it is", "未经改动的基础模型"),
    "system_prompt": ("the base model with a system prompt", "带系统提示词的基础模型"),
    "few_shot": ("the base model with three examples", "带三个示例的基础模型"),
}
UNANSWERED = Answer(text=None, error="it was not asked")


def measure(
    comparisons: Sequence[Comparison],
    rubric: Rubric,
    given: BaselinePrompts,
    answers: Sequence[AskedAnswer],
) -> Baselines:
    """Each baseline against the tuned model on the questions that were asked."""
    checked = check_criteria(rubric)
    if checked is None:
        return _unscored(len(given.sample_ids))
    asked = set(given.sample_ids)
    chosen = [c for c in comparisons if c.sample.id in asked]
    by_kind: dict[str, dict[str, Answer]] = {"system_prompt": {}, "few_shot": {}}
    for row in answers:
        if row.part in by_kind:
            by_kind[row.part][row.id] = row.answer
    sides: dict[Kind, list[Answer]] = {
        "base": [c.base for c in chosen],
        "system_prompt": [by_kind["system_prompt"].get(c.sample.id, UNANSWERED) for c in chosen],
        "few_shot": [by_kind["few_shot"].get(c.sample.id, UNANSWERED) for c in chosen],
    }
    results = [
        _baseline(kind, checked, [
            Comparison(sample=c.sample, base=answer, tuned=c.tuned)
            for c, answer in zip(chosen, found, strict=True)
        ], given)
        for kind, found in sides.items()
    ]  # fmt: skip
    return _concluded(results, len(chosen), tuple(c.id for c in checked.criteria))


def _baseline(
    kind: Kind, checked: Rubric, compared: Sequence[Comparison], given: BaselinePrompts
) -> Baseline:
    scores = controls.check_scores(compared, checked)
    low, high, _ = _level(scores, scores.headline)
    missing = sum(c.base.text is None or c.base.error is not None for c in compared)
    error = next((c.base.error for c in compared if c.base.error), "")
    return Baseline(
        kind=kind,
        headline=_estimate(scores, scores.headline),
        score=_estimate(scores, scores.score()),
        low=low,
        high=high,
        added=given.system_prompt if kind == "system_prompt" else "",
        shown_rows=given.shown_rows if kind == "few_shot" else (),
        left_out=missing,
        note=f"{missing:,} questions got no answer, such as: {error}" if missing else "",
        note_zh=f"有 {missing:,} 个问题没有得到回答，例如：{error}" if missing else "",
    )


def _level(scores: Scores, values: Paired) -> statistics.Interval:
    known = [
        (value, c.sample.group)
        for c, value in zip(scores.comparisons, values.base, strict=True)
        if value is not None
    ]
    levels, names = [v for v, _ in known], [name for _, name in known]
    return statistics.level_interval(levels, names, values.span)


def _estimate(scores: Scores, values: Paired) -> Estimate:
    """Against tuned; before there is a tuned model, the baseline's own level alone."""
    if any(value is not None for value in values.tuned):
        return scores.estimate(values)
    known = [value for value in values.base if value is not None]
    groups = {
        c.sample.group
        for c, v in zip(scores.comparisons, values.base, strict=True)
        if v is not None
    }
    return Estimate(
        base=fmean(known) if known else None, tuned=None, difference=None, low=None, high=None,
        p_value=None, pairs=len(known), groups=len(groups),
        unscored_base=len(values.base) - len(known), unscored_tuned=len(values.tuned),
        note="There is no tuned model yet.",
    )  # fmt: skip


def _concluded(results: list[Baseline], samples: int, scored_by: tuple[str, ...]) -> Baselines:
    levels = {r.kind: r.headline.base for r in results if r.headline.base is not None}
    best = max(levels, key=lambda kind: levels[kind] or 0.0, default=None)
    needed = _needed(results)
    en, zh = _sentence(best, percent(levels[best]), needed) if best else ("", "")
    return Baselines(
        results=tuple(results),
        samples=samples,
        scored_by=scored_by,
        best=best or "",
        needed=needed,
        sentence=en,
        sentence_zh=zh,
    )


def _sentence(best: Kind, level: str, needed: bool | None) -> tuple[str, str]:
    en, zh = NAMES[best]
    if needed is None:
        return f"Without training, {en} reaches {level}.", f"不训练时，{zh}达到 {level}。"
    if needed:
        return (
            f"The tuned model beats every way without training; the best, {en}, reaches {level}.",
            f"微调后的模型胜过所有不训练的做法；其中最好的是{zh}，达到 {level}。",
        )
    return (
        f"Training may not be needed: {en} reaches {level}, and the tuned model is not shown to "
        "beat every way without training.",
        f"可能不需要训练：{zh}达到 {level}，微调后的模型没有显示出胜过所有不训练的做法。",
    )


def _needed(results: Sequence[Baseline]) -> bool | None:
    """Whether tuned is better than each, p corrected after Holm; None without a tuned model."""
    told = [r.headline for r in results if r.headline.p_value is not None]
    if len(told) < len(results):
        return None
    adjusted = statistics.holm([e.p_value or 0.0 for e in told])
    return all(
        verdicts.direction(_as_result(e, p)) == "better"
        for e, p in zip(told, adjusted, strict=True)
    )


def _as_result(estimate: Estimate, p: float) -> CriterionResult:
    return CriterionResult(
        criterion_id="baseline", text="", kind="check", points=1, estimate=estimate, wins=0,
        losses=0, adjusted_p=p,
    )  # fmt: skip


def _unscored(samples: int) -> Baselines:
    return Baselines(
        results=(), samples=samples, scored_by=(),
        note="The rubric has no check to score baselines by, and no judge is asked for them.",
        note_zh="评分标准中没有可由代码执行的检查，基线不交给评审模型打分。",
    )  # fmt: skip
