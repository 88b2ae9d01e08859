"""Made-up evidence for tests: comparisons and verdicts that no model produced."""

from __future__ import annotations

import random
from collections.abc import Sequence

from pydantic import SecretStr

from core.data.records import Dataset, Summary
from core.messages import Message
from core.serving.records import AdapterCheck, Endpoint, Pair
from core.training.plan import TrainingPlan
from core.training.records import Curve, Run, RunView
from eval.checks import deciding as checks
from eval.records import Answer, Comparison, EvaluationRequest, Sample, Side, Verdict
from eval.report.reports import Evidence
from eval.rubric.rubrics import Rubric, load

RUBRIC = """
id: made-up
criteria:
  - id: exact
    name: exact answer
    text: The answer equals the reference.
    kind: check
    points: 3
    check: {type: exact}
  - id: tag
    name: category
    text: The answer begins with the category of the reference.
    kind: check
    points: 1
    check: {type: contains, reference_regex: '^[\\[【][^\\]】]+[\\]】]'}
  - id: brief
    text: The answer has at most 200 characters.
    kind: check
    points: 1
    check: {type: length, min_chars: 1, max_chars: 200}
"""
SIDES: tuple[Side, Side] = ("base", "tuned")


def sample(number: int, reference: str = "[REFUND] Done.", tags: Sequence[str] = ()) -> Sample:
    return Sample(
        id=f"s{number}",
        row=number + 1,
        group=f"g{number}",
        prompt=(Message(role="user", content=f"Question {number}?"),),
        reference=reference,
        tags=tuple(tags),
    )


def said(text: str | None, **more: object) -> Answer:
    facts = {"finish_reason": "stop", "tokens": 9, "first_token_s": 0.05, "tokens_per_s": 120.0}
    return Answer.model_validate({"text": text, **facts, **more})


def comparisons(wins: int, losses: int, both_right: int, both_wrong: int) -> list[Comparison]:
    """Comparisons in which the tuned model wins and loses exactly so often."""
    right, wrong = "[REFUND] Done.", "Something else entirely."
    sides = (
        [(wrong, right)] * wins
        + [(right, wrong)] * losses
        + [(right, right)] * both_right
        + [(wrong, f"{wrong} Really.")] * both_wrong
    )
    random.Random(3).shuffle(sides)
    return [
        Comparison(sample=sample(i), base=said(base), tuned=said(tuned))
        for i, (base, tuned) in enumerate(sides)
    ]


def verdicts_of(rubric: Rubric, compared: Sequence[Comparison]) -> list[Verdict]:
    return [
        checks.check(criterion, comparison.sample, comparison.side(side), side)
        for criterion in rubric.criteria
        for comparison in compared
        for side in SIDES
    ]


def endpoint(label: str) -> Endpoint:
    return Endpoint(
        label=label,
        base_url="http://127.0.0.1:9/v1",
        model=f"{label}-model",
        api_key=SecretStr("none"),
    )


def pair() -> Pair:
    check = AdapterCheck(
        adapter_id="ad-0123456789",
        tokens=412,
        worst_difference=0.0021,
        tolerance=0.05,
        served_change=3.2,
        trained_change=3.2,
        agrees=True,
    )
    run = "run-20261121-103005-9f2c"
    return Pair(run_id=run, base=endpoint("base"), tuned=endpoint("tuned"), check=check)


def run_view(curve: Curve | None = None, name: str = "Support desk") -> RunView:
    plan = TrainingPlan(
        name=name, dataset_id="ds-0001", split_fingerprint="f" * 64, base_model="starter"
    )
    run = Run(
        id="run-20261121-103005-9f2c", plan=plan, status="succeeded",
        created="2026-11-21T10:30:05+00:00", attempt=1, phase=None, step=100, total_steps=100,
        eta_s=None, tokens_per_s=None, loss=0.1, validation_loss=0.2, last_checkpoint=None,
        has_model=True,
    )  # fmt: skip
    return RunView(run=run, curve=curve or Curve(train=(), validation=()), events=())


def dataset(name: str = "support_desk") -> Dataset:
    summary = Summary(
        rows=1, rejected=0, duplicates=0, usable=1, turns=2, multi_turn=0, with_system=0,
        with_tools=0, characters=1, longest_row=1, languages={}, tags={},
    )  # fmt: skip
    return Dataset(
        id="ds-0001", name=name, source_name=f"{name}.jsonl", source_sha256="0" * 64,
        format="openai-jsonl", created="2026-11-21T10:00:00+00:00", summary=summary, problems=(),
    )  # fmt: skip


def evidence(
    compared: Sequence[Comparison], rubric: Rubric | None = None, **more: object
) -> Evidence:
    rubric = rubric or load(RUBRIC)
    given: dict[str, object] = {
        "report_id": "rep-20261121-104500-1a2b",
        "request": EvaluationRequest(run_id="run-20261121-103005-9f2c", rubric=rubric.as_yaml()),
        "rubric": rubric,
        "run": run_view(),
        "dataset": dataset(),
        "pair": pair(),
        "comparisons": compared,
        "verdicts": verdicts_of(rubric, compared),
        "conditions": {"Sampling": "temperature 0 (greedy)"},
    }
    return Evidence(**(given | more))  # type: ignore[arg-type]
