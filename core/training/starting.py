"""What must hold before a trainer starts, what it is told, and the one place that starts it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from core import slots
from core.data import splitting, store
from core.disk import write_atomic
from core.errors import PlanError, RunError, WorkspaceError
from core.models import catalog, folders
from core.models.catalog import ResolvedModel
from core.models.templates import chat_template_kwargs
from core.settings import Settings
from core.slots import Holding
from core.training import (
    launching,
    machine,
    pairs,
    readiness,
    refusals,
    reproducing,
    share,
    sizes,
    start_from,
    tickets,
)
from core.training import status as statuses
from core.training.job import Job
from core.training.launchers.ray import ADDRESS as RAY_ADDRESS
from core.training.plan import TrainingPlan
from core.training.tickets import Ticket
from core.workspace import RunFolder, Workspace

CHECKPOINTS_KEPT = 3
OTHER_BYTES = 50_000_000
"""What a run writes beside its checkpoints: tokenizer copies, log, events."""


def checked(workspace: Workspace, settings: Settings, plan: TrainingPlan) -> ResolvedModel:
    """The base model of a plan that can be carried out now.

    Raises PlanError, ModelError, DataError or WorkspaceError when it can't.
    """
    launching.check(plan)
    refusals.need_possible(plan, machine.look())
    _need_data(workspace, plan)
    model = catalog.resolve(plan.base_model, plan.revision, settings)
    refusals.need_licence(plan, settings)
    start_from.find(workspace, plan)
    _need_room(workspace, plan, model)
    return model


def looked_at(
    workspace: Workspace, settings: Settings, plan: TrainingPlan, model: ResolvedModel
) -> TrainingPlan:
    """The plan with the hashes of what it teaches; as it was, where no tokenizer can be had yet.

    Raises what `core.training.readiness` raises of a plan that is not worth a start.
    """
    split = splitting.frozen_split(workspace, plan.dataset_id)
    examples = store.load_examples(workspace, plan.dataset_id)
    chosen = set(share.taken(plan, split, examples).train)
    train = [example for example in examples if example.id in chosen]
    pairs.need_pairs(plan, train)
    seen = readiness.look_with(model, plan, train, settings.offline)
    if seen is None:
        return plan
    readiness.need_agreed(plan, seen)
    readiness.need_worth(plan, seen)
    return plan.model_copy(update=seen.hashes)


def _need_data(workspace: Workspace, plan: TrainingPlan) -> None:
    store.load(workspace, plan.dataset_id)
    split = splitting.frozen_split(workspace, plan.dataset_id)
    if split.fingerprint != plan.split_fingerprint:
        raise PlanError(
            "The data's split is not the one that this plan was made for.",
            plan.dataset_id,
            "Ask for a new plan for this data and start that.",
        )
    if not split.train:
        raise PlanError(
            "The training part of this data is empty, so there is nothing to learn.",
            plan.dataset_id,
            "Add rows, or mark some with split: train.",
        )


def _need_room(workspace: Workspace, plan: TrainingPlan, model: ResolvedModel) -> None:
    """Raises when rows may not fit the model, or checkpoints the disk."""
    if model.shape is None:
        return
    context = model.shape.context
    if context is not None and plan.max_length > context:
        raise PlanError(
            f"max_length is {plan.max_length}, but {model.shown_name} reads {context} tokens.",
            fix=f"Set max_length to {context} or less.",
        )
    kept = CHECKPOINTS_KEPT * sizes.checkpoint_bytes(plan, model)
    wanted = kept + sizes.published_bytes(plan, model) + OTHER_BYTES
    free = shutil.disk_usage(workspace.root).free
    if free < wanted:
        raise WorkspaceError(
            f"The run needs about {wanted / 1e6:,.0f} MB for its checkpoints and its model, and "
            f"{free / 1e6:,.0f} MB are free.",
            str(workspace.root),
            "Free some space, lower the rank, or choose another workspace with DUOTUNE_HOME.",
        )


def slots_wanted(plan: TrainingPlan, environ: Mapping[str, str] = os.environ) -> int:
    """GPUs of this machine that a plan's workers need: a cluster elsewhere brings its own."""
    if plan.launcher == "ray" and environ.get(RAY_ADDRESS):
        return 0
    gpus = len(slots.here(environ))
    return min(plan.workers, gpus) if plan.launcher != "local" else 1


def need_same(before: ResolvedModel, after: ResolvedModel) -> None:
    """Raises RunError when a base model is not the one that a run began with."""
    if before.shape and after.shape and before.shape.fingerprint != after.shape.fingerprint:
        raise RunError(
            f"The base model {after.shown_name} is not the one that this run began with.",
            after.id_or_path,
            "Restore that model, or start a new run.",
        )


def write_job(
    folder: RunFolder, model: ResolvedModel, settings: Settings, created: str, ticket: Ticket
) -> Job:
    """Write what the trainer is told beside the plan."""
    template = folders.chat_template(Path(model.id_or_path)) if model.local else None
    job = Job(
        created=created,
        attempt=ticket.attempt,
        model=model,
        chat_template_kwargs=chat_template_kwargs(template) if template else None,
        offline=settings.offline,
        machine=machine.look().words,
        schedule_from=ticket.schedule_from,
    )
    write_atomic(folder.job, job.model_dump_json(indent=1))
    return job


def read_plan(folder: RunFolder) -> TrainingPlan:
    """The plan that a run's next attempt follows, unless its ticket brings another."""
    return TrainingPlan.model_validate_json(folder.plan.read_bytes())


def recheck(
    workspace: Workspace, settings: Settings, folder: RunFolder, ticket: Ticket
) -> ResolvedModel:
    """The base model of a run that waited, seen once more to be fit for a start.

    Raises what `checked` raises, and RunError when the base model was exchanged meanwhile.
    """
    plan = ticket.plan or read_plan(folder)
    before = statuses.read_job(folder)
    revision = plan.revision or (before.model.revision if before else None)
    model = checked(workspace, settings, plan.model_copy(update={"revision": revision}))
    if before is not None:
        need_same(before.model, model)
    if ticket.attempt == 1:
        looked_at(workspace, settings, plan, model)
    return model


def launch(
    folder: RunFolder,
    model: ResolvedModel,
    settings: Settings,
    ticket: Ticket,
    holding: Holding,
) -> None:
    """Start a run's trainer with the slots it was given.

    Whatever moment this is cut off at, either the trainer runs or the ticket still waits.
    """
    before = statuses.read_job(folder)
    if ticket.plan is not None:
        _exchange_plan(folder, ticket.plan, ticket.attempt - 1)
    job = write_job(folder, model, settings, before.created if before else ticket.asked, ticket)
    workspace = Workspace(folder.root.parent.parent)
    reproducing.write(workspace, folder, read_plan(folder), job)
    tickets.write(folder, ticket.model_copy(update={"slots": holding.slots, "waits_for": ""}))
    launching.launch(folder, ticket.attempt, settings.offline, holding)


def _exchange_plan(folder: RunFolder, plan: TrainingPlan, before: int) -> None:
    """Put an extended plan in place; the one that attempts up to `before` followed is kept."""
    earlier = folder.plan.with_name(f"plan-until-attempt-{before}.json")
    if not earlier.exists():
        write_atomic(earlier, folder.plan.read_bytes())
    write_atomic(folder.plan, plan.model_dump_json(indent=1))
