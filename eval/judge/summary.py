"""What is told of a judge after its work."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from core.settings import Settings
from eval.judge.client import host_of, is_local
from eval.judge.estimate import cost_of
from eval.judge.identity import Kinship
from eval.judge.judging import Judge
from eval.judge.prompt import VERSION
from eval.judge.records import ExamResult, JudgeOptions, Judging, Soft, Trouble
from eval.judge.trust import judged_reliable
from eval.records import Side, Verdict

CONFIG = "config.json"


def summarised(
    judge: Judge,
    settings: Settings,
    options: JudgeOptions,
    verdicts: Sequence[Verdict],
    kin: Kinship,
    parts: dict[str, Any],
) -> Judging:
    """The record of one judging; `parts` are its exam, flips, pairwise, calibration, seconds."""
    exam: ExamResult | None = parts["exam"]
    given = sum(v.outcome != "unscored" for v in verdicts)
    why, why_zh = judged_reliable(exam, options.exam, given, len(verdicts))
    traffic, price = judge.asker.traffic, settings.judge_price
    return Judging(
        model=judge.endpoint.model,
        host=host_of(judge.endpoint),
        leaves_machine=not is_local(judge.endpoint),
        version=VERSION,
        calls=traffic.calls,
        cached=judge.counts.cached,
        verdicts=len(verdicts),
        unscored=len(verdicts) - given,
        troubles=tuple(
            Trouble(reason=reason, count=count)
            for reason, count in judge.counts.troubles.most_common()
        ),
        misquoted=judge.counts.misquoted,
        addressed=len(judge.counts.addressed),
        swayed=judge.counts.swayed,
        tokens_in=traffic.tokens_in,
        tokens_out=traffic.tokens_out,
        cost=cost_of(price, traffic.tokens_in, traffic.tokens_out),
        currency=price.currency if price else "USD",
        most_at_once=judge.asker.pace.highest,
        slowed=judge.asker.pace.slowed,
        soft=soft_means(verdicts) if options.soft else (),
        same_family=kin.text,
        same_family_zh=kin.text_zh,
        reliable=not why,
        why_not=why,
        why_not_zh=why_zh,
        **parts,
    )


def soft_means(verdicts: Sequence[Verdict]) -> tuple[Soft, ...]:
    """Mean soft value of each side and criterion, over samples where both sides have one."""
    values: dict[str, dict[str, dict[Side, float]]] = {}
    missing: dict[str, int] = {}
    for verdict in verdicts:
        found = values.setdefault(verdict.criterion_id, {})
        missing.setdefault(verdict.criterion_id, 0)
        if verdict.judge is None or not verdict.judge.replied:
            continue
        if verdict.judge.soft is None:
            missing[verdict.criterion_id] += verdict.outcome != "unscored"
        else:
            found.setdefault(verdict.sample_id, {})[verdict.side] = verdict.judge.soft
    told = []
    for criterion_id, by_sample in values.items():
        both = [(v["base"], v["tuned"]) for v in by_sample.values() if len(v) == 2]
        told.append(
            Soft(
                criterion_id=criterion_id,
                base=mean(b for b, _ in both) if both else None,
                tuned=mean(t for _, t in both) if both else None,
                pairs=len(both),
                missing=missing[criterion_id],
            )
        )
    return tuple(told)


def architecture_of(model: str) -> str:
    """What a local folder's config calls its architecture; "" for a model that is no folder."""
    try:
        config = json.loads((Path(model) / CONFIG).read_bytes())
        return str(config.get("model_type", ""))
    except (OSError, ValueError, AttributeError):
        return ""
