"""What a large report costs: 10,000 pairs with every section, from evidence to record."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from eval.around.asked_records import AskedAnswer, TextNats
from eval.around.forgetting import assessing, items
from eval.evidence import Evidence, Facts
from eval.records import Comparison
from eval.report import reports
from eval.statistics import RESAMPLES
from tests.eval import made_up

PAIRS = 10_000
ROUNDS = 3
TEXT = (
    "your order will be sent again tomorrow and the money is on its way back please allow three "
    "working days until it arrives we are sorry for the trouble with this parcel"
)
WORDS = TEXT.split()


def measure(_: Path) -> dict[str, object]:
    """Processor seconds of `reports.build`; the first, which imports what it needs, is left out."""
    evidence = made_evidence()
    first = _cpu_s(evidence)
    return {
        "pairs": PAIRS,
        "resamples": RESAMPLES,
        "criteria": len(evidence.rubric.criteria),
        "cpu_s": round(median(_cpu_s(evidence) for _ in range(ROUNDS)), 2),
        "first_cpu_s": round(first, 2),
    }


def made_evidence(pairs: int = PAIRS) -> Evidence:
    """Made-up answers of two dozen words, some of them right, some leaked, with all sections."""
    drawn = random.Random(7)
    compared = [_comparison(i, drawn) for i in range(pairs)]
    sides = {"base": 0.0, "tuned": 0.1}
    nats = [
        TextNats.model_validate(
            {"part": "general", "id": name, "side": side, "asked": "", "tokens": 40}
            | {"nats": 40 * (3 + drawn.random() / 10 + more)}
        )
        for name in items.texts()
        for side, more in sides.items()
    ]
    return made_up.evidence(
        compared,
        facts=Facts(
            created="2026-11-21T10:30:05+00:00",
            leaked_ids=tuple(c.sample.id for c in compared[:: pairs // 100]),
            constant="[REFUND] Done.",
        ),
        answers=_asked(compared),
        nats=nats,
    )


def _asked(compared: Sequence[Comparison]) -> list[AskedAnswer]:
    again = [
        AskedAnswer(part="control", id=c.sample.id, side="base", asked="", answer=c.base)
        for c in compared[:40]
    ]
    said = made_up.said("42")
    return again + [
        AskedAnswer(part=q.part, id=q.id, side=q.side, asked="", answer=said)
        for q in assessing.questions()
    ]


def _comparison(number: int, drawn: random.Random) -> Comparison:
    reference = f"[REFUND] {' '.join(drawn.choices(WORDS, k=24))}."
    other = f"[OTHER] {' '.join(drawn.choices(WORDS, k=24))}."
    base, tuned = ((reference if drawn.random() < share else other) for share in (0.3, 0.7))
    speeds = [{"first_token_s": 0.05 * drawn.uniform(0.5, 2)} for _ in range(2)]
    return Comparison(
        sample=made_up.sample(number, reference),
        base=made_up.said(base, **speeds[0]),
        tuned=made_up.said(tuned, **speeds[1]),
    )


def _cpu_s(evidence: Evidence) -> float:
    began = time.process_time()
    reports.build(evidence)
    return time.process_time() - began
