"""What surrounds a verdict, from evidence: one record for each section of a report."""

from __future__ import annotations

from typing import NamedTuple

from eval.around import controls, failures, fairness, leaks, length, likelihood, speed
from eval.around.forgetting import assessing
from eval.around.forgetting.assessing import Margins
from eval.around.forgetting.records import Forgetting
from eval.around.records import (
    AdapterProof,
    Baselines,
    Controls,
    Failures,
    LeakCheck,
    LengthCheck,
    Likelihood,
    Speed,
    UnequalCondition,
)
from eval.evidence import Evidence
from eval.metrics import metrics
from eval.metrics.records import Metrics
from eval.need import baselines
from eval.records import CriterionResult
from eval.scoring import Scores
from eval.verdicts import Identical


class Sections(NamedTuple):
    """As the fields of a Report are called."""

    controls: Controls | None
    forgetting: Forgetting | None
    likelihood: Likelihood | None
    baselines: Baselines | None
    leaks: LeakCheck | None
    metrics: Metrics | None
    length: LengthCheck | None
    adapter: AdapterProof | None
    unequal: tuple[UnequalCondition, ...]
    speed_ratios: Speed | None
    failures: Failures | None


class Reckoned(NamedTuple):
    """What the verdict rests on."""

    everything: Scores
    """All questions and criteria."""
    counted: Scores
    """The questions that count: without those that leaked, by all criteria."""
    scores: Scores
    """The same by the criteria that may carry a verdict."""
    headline: CriterionResult
    identical: Identical


def of(evidence: Evidence, found: Reckoned) -> Sections:
    """Every section that there is evidence for; what nobody asked for is None."""
    facts, request = evidence.facts, evidence.request
    compared = found.scores.comparisons
    groups = {c.sample.id: c.sample.group for c in compared}
    length_check = length.check(found.scores, found.headline)
    margins = Margins(request.parts.forgetting_margin, request.parts.forgetting_texts)
    return Sections(
        controls=_controls(evidence, found) if facts.constant is not None else None,
        forgetting=assessing.assess(evidence.answers, evidence.nats, margins)
        if request.parts.forgetting
        else None,
        likelihood=likelihood.summarise(evidence.nats, "reference", groups)
        if request.parts.likelihood
        else None,
        baselines=baselines.measure(compared, evidence.rubric, facts.baselines, evidence.answers)
        if facts.baselines
        else None,
        leaks=leaks.check(found.everything, found.scores, facts.leaked_ids),
        metrics=metrics.measure(compared, facts.labels, request.seed),
        length=length_check,
        adapter=fairness.adapter_proof(found.identical, evidence.pair),
        unequal=fairness.unequal(evidence, length_check.ratio),
        speed_ratios=speed.ratios(evidence.comparisons, facts.engine_memory_mib, facts.adapter_mib),
        failures=failures.group(found.scores, evidence.nearest, request.seed),
    )


def _controls(evidence: Evidence, found: Reckoned) -> Controls:
    return controls.measure(
        found.scores.comparisons,
        evidence.rubric,
        evidence.answers,
        evidence.facts.constant or "",
        evidence.request.seed,
    )
