"""Bytes of checkpoints and results follow from the method and the model's shape."""

from __future__ import annotations

from typing import Any

import pytest

from core.models.catalog import resolve
from core.settings import Settings
from core.training import sizes
from core.training.plan import TrainingPlan

STARTER = resolve("starter", None, Settings(offline=True))
WIDTHS = 4 * ((256 + 256) + 2 * (256 + 128) + (256 + 256) + 3 * (256 + 1024))
"""Inputs + outputs of its linear layers: q, k, v, o and the three of the MLP, four times."""
ADAPTER = 8 * WIDTHS
OUTPUTS = 4 * (256 + 2 * 128 + 256 + 2 * 1024 + 256)
EMBEDDINGS = 4096 * 256


def plan(**changes: Any) -> TrainingPlan:
    facts = {"name": "x", "dataset_id": "ds-1", "split_fingerprint": "f", "base_model": "starter"}
    return TrainingPlan.model_validate(facts | {"rank": 8} | changes)


@pytest.mark.parametrize(
    ("changes", "trained", "checkpoint", "published"),
    [
        ({}, ADAPTER, 12 * ADAPTER, 4 * ADAPTER),
        ({"optimizer": "adamw_8bit"}, ADAPTER, 6 * ADAPTER, 4 * ADAPTER),
        ({"method": "qlora"}, ADAPTER, 6 * ADAPTER, 2 * ADAPTER),
        ({"method": "dora"}, ADAPTER + OUTPUTS, 12 * (ADAPTER + OUTPUTS), 9_972_040),
        ({"method": "full"}, 4_983_552, 12 * 4_983_552, 9_972_040),
        (
            {"modules_to_save": "embed_tokens"},
            ADAPTER + EMBEDDINGS,
            12 * (ADAPTER + EMBEDDINGS) + 4 * EMBEDDINGS,
            9_972_040,
        ),
        ({"target_modules": "q_proj"}, 8 * 4 * 512, 12 * 8 * 4 * 512, 4 * 8 * 4 * 512),
    ],
)
def test_bytes_follow_from_the_method(
    changes: dict[str, Any], trained: int, checkpoint: int, published: int
) -> None:
    wanted = plan(**changes)
    assert sizes.trained_parameters(wanted, STARTER) == trained
    assert sizes.checkpoint_bytes(wanted, STARTER) == checkpoint
    assert sizes.published_bytes(wanted, STARTER) == published


def test_nothing_is_claimed_of_a_model_that_is_not_here() -> None:
    unknown = STARTER.model_copy(update={"shape": None})
    for method in ("lora", "full"):
        assert sizes.checkpoint_bytes(plan(method=method), unknown) == 0
        assert sizes.published_bytes(plan(method=method), unknown) == 0
