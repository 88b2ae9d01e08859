"""What a run begins with when it goes on from another run's result rather than from the base."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.errors import PlanError
from core.messages import Record
from core.training import manifests
from core.training.plan import TrainingPlan
from core.workspace import RunFolder, Workspace

SHAPE = ("rank", "alpha", "target_modules", "modules_to_save")
"""Settings that an adapter keeps when training goes on with it."""
INHERITED = "As in the run that this one begins with."


class StartFrom(Record):
    """Where the weights lie that a run begins with, beside those of its base model."""

    run_id: str
    adapter: Path | None = None
    """An adapter, to be trained on; or merged into the base where every weight is trained."""
    model: Path | None = None
    """A whole model, loaded in the place of the base."""


def find(workspace: Workspace, plan: TrainingPlan) -> StartFrom | None:
    """What a plan begins with; None for its base model alone.

    Raises PlanError when the run that it names has no result, or one that doesn't fit the plan.
    """
    if plan.start_from is None:
        return None
    folder = workspace.run(plan.start_from)
    before = _plan(folder)
    result = folder.published(before.publishes_adapter)
    if not manifests.is_whole(result):
        raise PlanError(
            f"Run '{before.name}' has no tuned model to begin with.",
            folder.run_id,
            "Let it finish (or resume it), or begin with the base model.",
        )
    _need_same_base(before, plan)
    if not before.publishes_adapter:
        _need_whole_result(before, plan, result)
        return StartFrom(run_id=folder.run_id, model=result)
    if plan.trains_adapter:
        _need_same_shape(before, plan)
    return StartFrom(run_id=folder.run_id, adapter=result)


def inherited(workspace: Workspace, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What follows for a new plan from the run that it is to begin with; {} without such a run.

    Base model and method; where its adapter is trained on, its shape, too. What `changes` say
    themselves is left to them. Raises PlanError when the run's plan can't be read.
    """
    if not changes.get("start_from"):
        return {}
    before = _plan(workspace.run(str(changes["start_from"])))
    found: dict[str, Any] = {"method": before.method}
    if not changes.get("base_model"):
        found |= {"base_model": before.base_model, "revision": before.revision}
    if changes.get("method", before.method) != "full":
        found |= {name: getattr(before, name) for name in SHAPE}
    return {name: value for name, value in found.items() if changes.get(name) is None}


def explained(plan: TrainingPlan, begun: Mapping[str, Any]) -> TrainingPlan:
    """The plan with the reason of what it inherits."""
    reasons = {name: INHERITED for name in begun if name in plan.reasons}
    return plan.model_copy(update={"reasons": {**plan.reasons, **reasons}})


def _plan(folder: RunFolder) -> TrainingPlan:
    try:
        return TrainingPlan.model_validate_json(folder.plan.read_bytes())
    except (OSError, ValidationError) as error:
        raise PlanError(
            f"The run to begin with, {folder.run_id}, is not in this workspace or can't be read.",
            str(folder.root),
            "Choose another run, or begin with the base model.",
        ) from error


def _need_same_base(before: TrainingPlan, plan: TrainingPlan) -> None:
    revisions = {before.revision, plan.revision} - {None}
    if before.base_model != plan.base_model or len(revisions) > 1:
        raise PlanError(
            f"Run '{before.name}' was trained on {_base(before)}, and this plan is for "
            f"{_base(plan)}.",
            fix=f"Set base_model to {before.base_model}, or begin with the base model.",
        )


def _base(plan: TrainingPlan) -> str:
    return f"{plan.base_model} {plan.revision[:12]}" if plan.revision else plan.base_model


def _need_whole_result(before: TrainingPlan, plan: TrainingPlan, result: Path) -> None:
    """An adapter on another run's whole model has no base that an engine could serve beside."""
    if plan.publishes_adapter:
        raise PlanError(
            f"Run '{before.name}' made a whole model, and an adapter on top of it can't be served "
            "beside the base model.",
            fix="Choose the method full or dora, or set base_model to that model's folder: "
            f"{result}",
        )


def _need_same_shape(before: TrainingPlan, plan: TrainingPlan) -> None:
    """Training goes on with an adapter as it is: its shape and scale are given."""
    scaled = {"rslora": "rslora", "dora": "dora"}
    kinds = [scaled.get(each.method, "lora") for each in (before, plan)]
    differing = [name for name in SHAPE if getattr(before, name) != getattr(plan, name)]
    if kinds[0] != kinds[1]:
        differing.insert(0, "method")
    if differing:
        wanted = ", ".join(f"{name} = {getattr(before, name) or 'empty'}" for name in differing)
        raise PlanError(
            f"This plan goes on with the adapter of run '{before.name}', which has another shape.",
            fix=f"Use that adapter's settings: {wanted}. Or begin with the base model.",
        )
