"""Do you need this: the whole trial of a served base model, and the sentence that says it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from core.data.records import Example, Split
from core.errors import DataError, RubricError
from core.serving.records import Endpoint
from core.training.plan import TrainingPlan
from eval import comparison
from eval.around.asking import Done
from eval.around.controls import check_criteria
from eval.around.records import Baseline, Baselines
from eval.need.baselines import NAMES
from eval.need.before_training import Trial, before_training
from eval.need.prompts import Wanted
from eval.need.records import NeedForTraining, NeedRequest
from eval.records import Sample
from eval.rubric.rubrics import Rubric, load
from eval.wording import count, percent, points

TOLD_EVERY = 10


class Material(NamedTuple):
    """What a base model is tried with, found before an engine is started for it."""

    plan: TrainingPlan
    train: tuple[Example, ...]
    samples: tuple[Sample, ...]
    """All questions of the validation part."""
    rubric: Rubric
    """Checks only."""
    request: NeedRequest


def material(
    plan: TrainingPlan, split: Split, examples: Sequence[Example], request: NeedRequest
) -> Material:
    """What a trial needs; the test part is not touched.

    Raises DataError without validation rows, RubricError without a check to score by.
    """
    samples = comparison.samples(examples, split, "validation")
    if not samples:
        raise DataError(
            "This data has no validation part to ask questions from.",
            plan.dataset_id,
            "Add data, or mark rows with split: validation.",
        )
    rubric = check_criteria(load(request.rubric))
    if rubric is None:
        raise RubricError(
            "This rubric has no check, and a trial before training asks no judge.",
            fix="Give a rubric with a check that earns points, such as `exact`.",
        )
    wanted = set(split.train)
    train = tuple(example for example in examples if example.id in wanted)
    return Material(plan, train, samples, rubric, request)


def tried(base: Endpoint, found: Material, path: Path, done: Done) -> NeedForTraining:
    """Ask a served base model all its questions, and conclude; answers are kept at `path`."""
    wanted = Wanted(
        system_prompt=found.request.system_prompt,
        purpose=found.plan.description,
        most=found.request.limit,
        seed=found.plan.seed,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    trial = Trial(found.train, found.samples, found.rubric, wanted)
    reached = before_training(base, trial, path, done)
    headline = found.rubric.headline
    en, zh = sentence(reached, found)
    return NeedForTraining(
        dataset_id=found.plan.dataset_id,
        base_model=found.plan.base_model,
        rubric_hash=load(found.request.rubric).hash,
        checks=tuple(criterion.label for criterion in found.rubric.criteria),
        headline=headline.label if headline else "",
        available=len(found.samples),
        baselines=reached,
        sentence=en,
        sentence_zh=zh,
    )


def counted(found: Material, say: Callable[[str], None]) -> Done:
    """Says now and then how many answers there are; those kept from before are not counted."""
    total = len(NAMES) * min(found.request.limit, len(found.samples))
    numbers = itertools.count(1)

    def done(_: bool) -> None:
        number = next(numbers)
        if number % TOLD_EVERY == 0:
            say(f"{number} of {total} answers")

    return done


def sentence(reached: Baselines, found: Material) -> tuple[str, str]:
    """What each way without training reaches, by what, on how many, and what is left to gain."""
    headline = found.rubric.headline
    names = [c.label for c in ([headline] if headline else found.rubric.criteria)]
    told = "; ".join(f"{NAMES[r.kind][0]} {_level(r)[0]}" for r in reached.results)
    told_zh = "；".join(f"{NAMES[r.kind][1]}{_level(r)[1]}" for r in reached.results)
    left, left_zh = _left(reached)
    of = f"{reached.samples:,} of {count(len(found.samples), 'validation question')}"
    return (
        f"Without training, by {', '.join(names)}, on {of}: {told}.{left}",
        f"不训练时，按{'、'.join(names)}评分，在 {len(found.samples):,} 个验证问题中的 "
        f"{reached.samples:,} 个上：{told_zh}。{left_zh}",
    )


def _level(r: Baseline) -> tuple[str, str]:
    level = r.headline.base
    if level is None:
        return "was not measured", "未能测得"
    if r.low is None or r.high is None:
        return f"reaches {percent(level)} (no interval)", f"达到 {percent(level)}（无区间）"
    ends = f"{percent(r.low)} to {percent(r.high)}"
    ends_zh = f"{percent(r.low)} 至 {percent(r.high)}"
    return (
        f"reaches {percent(level)} (95% interval {ends})",
        f"达到 {percent(level)}（95% 区间 {ends_zh}）",
    )


def _left(reached: Baselines) -> tuple[str, str]:
    levels = [r.headline.base for r in reached.results if r.headline.base is not None]
    if not levels:
        return "", ""
    left = 1 - max(levels)
    if left <= 0:
        return (
            " Training has nothing left to gain on these.",
            "在这些问题上训练已没有可提升的余地。",
        )
    return (
        f" Training can gain {points(left, signed=False)} points at most over the best of them.",
        f"与其中最好的相比，训练最多还能提升 {points(left, signed=False)} 个百分点。",
    )
