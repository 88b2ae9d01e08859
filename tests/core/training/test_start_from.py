"""A run goes on from another one's result only where both fit together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import PlanError
from core.training import manifests, start_from
from core.training.plan import TrainingPlan
from core.workspace import Workspace

BEFORE = "run-20261121-1000-ab12"


def plan(**changes: Any) -> TrainingPlan:
    facts = {"name": "the first", "dataset_id": "ds-1", "split_fingerprint": "f"}
    return TrainingPlan.model_validate(facts | {"base_model": "starter", "rank": 8} | changes)


def finished(workspace: Workspace, **changes: Any) -> Path:
    """The result of an earlier run."""
    folder, before = workspace.run(BEFORE), plan(**changes)
    folder.root.mkdir(parents=True)
    folder.plan.write_text(before.model_dump_json())
    result = folder.published(before.publishes_adapter)
    result.mkdir()
    (result / "weights").write_text("x")
    manifests.write(result)
    return result


def test_a_plan_begins_with_its_base_model(workspace: Workspace) -> None:
    assert start_from.find(workspace, plan()) is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {}),
        ({}, {"method": "qlora"}),
        ({"method": "rslora"}, {"method": "rslora", "learning_rate": 1e-5, "dropout": 0.1}),
        ({}, {"method": "full"}),
    ],
)
def test_an_adapter_is_gone_on_with(
    workspace: Workspace, first: dict[str, Any], second: dict[str, Any]
) -> None:
    result = finished(workspace, **first)
    found = start_from.find(workspace, plan(start_from=BEFORE, **second))
    assert found is not None
    assert (found.adapter, found.model) == (result, None)


@pytest.mark.parametrize("method", ["full", "dora"])
def test_a_whole_model_is_gone_on_with(workspace: Workspace, method: str) -> None:
    result = finished(workspace, method="full")
    found = start_from.find(workspace, plan(start_from=BEFORE, method=method))
    assert found is not None
    assert (found.adapter, found.model) == (None, result)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ({}, {"rank": 16}, "rank = 8"),
        ({}, {"alpha": 8}, "alpha = 32"),
        ({}, {"target_modules": "q_proj"}, "target_modules = all-linear"),
        ({}, {"method": "rslora"}, "method = lora"),
        ({}, {"method": "dora"}, "method = lora"),
        ({}, {"modules_to_save": "lm_head"}, "modules_to_save = empty"),
        ({"base_model": "other"}, {}, "Set base_model to other"),
        ({"revision": "a" * 40}, {"revision": "b" * 40}, "Set base_model"),
        ({"method": "full"}, {}, "method full or dora"),
    ],
)
def test_what_does_not_fit_is_named(
    workspace: Workspace, first: dict[str, Any], second: dict[str, Any], told: str
) -> None:
    finished(workspace, **first)
    with pytest.raises(PlanError) as error:
        start_from.find(workspace, plan(start_from=BEFORE, **second))
    assert told in error.value.fix


def test_a_run_without_a_result_is_refused(workspace: Workspace) -> None:
    with pytest.raises(PlanError, match="not in this workspace"):
        start_from.find(workspace, plan(start_from=BEFORE))
    (finished(workspace) / "weights").unlink()
    with pytest.raises(PlanError, match="no tuned model to begin with"):
        start_from.find(workspace, plan(start_from=BEFORE))
