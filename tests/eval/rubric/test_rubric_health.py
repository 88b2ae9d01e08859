"""Criteria that tell nothing are found, and sound ones are left in peace."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from eval.records import Verdict
from eval.rubric.health import correlations, health
from eval.rubric.rubrics import Rubric

IDS = ("always", "never", "twin", "other_twin", "opposite", "sound", "gone", "flat")


def rubric() -> Rubric:
    criteria: list[dict[str, Any]] = [{"id": i, "text": i, "kind": "judge"} for i in IDS[:-1]]
    anchors = {1: "a", 3: "b", 5: "c"}
    criteria.append({"id": "flat", "text": "flat", "kind": "scale", "anchors": anchors})
    return Rubric.model_validate({"id": "r", "criteria": criteria})


def verdicts(samples: int) -> list[Verdict]:
    rng, found = random.Random(4), []
    for n in range(samples):
        for side in ("base", "tuned"):
            twin = rng.random() < 0.5
            said = {
                "always": True, "never": False, "twin": twin, "other_twin": twin,
                "opposite": not twin, "sound": rng.random() < 0.5,
                "gone": None if rng.random() < 0.5 else rng.random() < 0.5, "flat": 3,
            }  # fmt: skip
            for name, value in said.items():
                outcome = "unscored" if value is None else "met" if value else "not_met"
                plain = {
                    "sample_id": f"s{n}", "criterion_id": name, "side": side, "reason": "r",
                    "outcome": outcome, "level": value if name == "flat" else None,
                }  # fmt: skip
                found.append(Verdict.model_validate(plain))
    return found


def test_what_tells_nothing_is_found_and_nothing_else() -> None:
    found = health(rubric(), verdicts(60), {"sound": (40, 6), "twin": (40, 2), "never": (5, 5)})
    by_kind = {kind: [f.criteria for f in found.findings if f.kind == kind]
               for kind in ("never_varies", "redundant", "flips", "unscored")}  # fmt: skip
    assert by_kind == {
        "never_varies": [("always",), ("never",), ("flat",)],
        "redundant": [("twin", "other_twin"), ("twin", "opposite"), ("other_twin", "opposite")],
        "flips": [("sound",)],
        "unscored": [("gone",)],
    }
    shares = {f.criteria: f.share for f in found.findings}
    assert shares["always",] == 1
    assert shares["flat",] == 0.5
    assert shares["twin", "opposite"] == 0
    assert shares["sound",] == pytest.approx(0.15)
    assert "opposite verdicts" in found.findings[4].sentence
    assert all(f.sentence_zh and f.sentence_zh != f.sentence for f in found.findings)
    assert found.looked_at == len(IDS)


def test_few_verdicts_tell_nothing() -> None:
    found = health(rubric(), verdicts(4))
    assert found.findings == ()
    assert set(found.too_few) == set(IDS)
    assert health(rubric(), []).looked_at == 0


def test_correlations_are_numpys_where_both_are_known() -> None:
    rng = np.random.default_rng(2)
    table = rng.normal(size=(80, 4))
    table[rng.random(table.shape) < 0.3] = np.nan
    found = correlations(table)
    for i in range(4):
        for j in range(4):
            both = ~np.isnan(table[:, i]) & ~np.isnan(table[:, j])
            expected = np.corrcoef(table[both, i], table[both, j])[0, 1]
            assert found[i, j] == pytest.approx(expected)
