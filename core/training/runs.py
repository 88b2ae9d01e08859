"""Start, watch, stop and resume runs; how a run stands is read from its folder each time."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.data import splitting, store
from core.disk import lease_is_held, take_lease, write_atomic
from core.errors import PlanError, RunError, WorkspaceError, disk_errors
from core.identifiers import new_id, now
from core.models import catalog, folders
from core.models.catalog import ResolvedModel
from core.models.templates import chat_template_kwargs
from core.processes import end_group
from core.settings import Settings
from core.training import launching, readiness
from core.training import status as statuses
from core.training.events import AnyEvent, Evaluated, StepLogged
from core.training.job import Job, Launch
from core.training.plan import TrainingPlan
from core.training.records import Curve, Run, RunView
from core.workspace import ID, RunFolder, Workspace

CURVE_POINTS = 500
"""At most this many points a series."""
CHECKPOINTS_KEPT = 3
OTHER_BYTES = 50_000_000
"""What a run writes beside its checkpoints: tokenizer copies, log, events."""
PATIENCE_S = 15.0
STUCK_S = 60.0
"""A trainer that has not left this long after the first request is ended by a second one."""


MakeRoom = Callable[[], None]
"""Called when all checks have passed, just before the trainer starts: others give memory back."""


def start(
    workspace: Workspace, settings: Settings, plan: TrainingPlan, make_room: MakeRoom = lambda: None
) -> Run:
    """Check that a plan can be carried out, then start its trainer.

    Raises PlanError, ModelError or WorkspaceError when it can't, and RunError while another run
    is live: nothing is left behind then.
    """
    with _alone(workspace):
        _need_idle(workspace)
        _need_data(workspace, plan)
        model = catalog.resolve(plan.base_model, plan.revision, settings)
        _need_room(workspace, plan, model)
        plan = _looked_at(workspace, settings, plan, model)
        make_room()
        folder = workspace.run(new_id("run"))
        with disk_errors(folder.root, "make the run's folder"):
            folder.root.mkdir(parents=True)
        write_atomic(folder.plan, plan.model_dump_json(indent=1))
        _launch(folder, _job(model, settings, created=now(), attempt=1))
    return status(workspace, folder.run_id)


def resume(
    workspace: Workspace, settings: Settings, run_id: str, make_room: MakeRoom = lambda: None
) -> Run:
    """Go on from the newest whole checkpoint, in a new attempt of the same run.

    Raises RunError when there is nothing to go on from, or while another run is live.
    """
    with _alone(workspace):
        run, folder = status(workspace, run_id), workspace.run(run_id)
        if not run.can_resume:
            raise RunError(_why_not(run), run.id, "Start a new run with the same plan.")
        _need_idle(workspace)
        _need_data(workspace, run.plan)
        before = Job.model_validate_json(folder.job.read_bytes())
        revision = run.plan.revision or before.model.revision
        model = catalog.resolve(run.plan.base_model, revision, settings)
        _need_same(before.model, model)
        _need_room(workspace, run.plan, model)
        _wait_until_left(folder)
        make_room()
        folder.stop.unlink(missing_ok=True)
        _launch(folder, _job(model, settings, created=before.created, attempt=run.attempt + 1))
    return status(workspace, run_id)


def stop(workspace: Workspace, run_id: str) -> Run:
    """Ask a run to save a checkpoint and leave; asked again a minute later, end it.

    Raises RunError when the run is not live.
    """
    run, folder = status(workspace, run_id), workspace.run(run_id)
    if not run.is_live:
        raise RunError(f"Run '{run.plan.name}' is {run.status}: there is nothing to stop.", run.id)
    if not folder.stop.exists():
        write_atomic(folder.stop, now())
    elif time.time() - folder.stop.stat().st_mtime > STUCK_S:
        end_group(Launch.model_validate_json(folder.launch.read_bytes()).process)
    return status(workspace, run_id)


def status(workspace: Workspace, run_id: str) -> Run:
    """The run as it stands now.

    Raises RunError when there is no such run.
    """
    folder = workspace.run(run_id)
    if not folder.root.is_dir():
        raise RunError(f"There is no run {run_id} in this workspace.", str(workspace.runs))
    return statuses.derive(folder, _is_starting(workspace))


def list_runs(workspace: Workspace) -> tuple[Run, ...]:
    """All runs, newest first; one that can't be read is listed as failed, and says why."""
    found = _derived(workspace, _is_starting(workspace))
    return tuple(sorted(found, key=lambda run: (run.created, run.id), reverse=True))


def _derived(workspace: Workspace, starting: bool) -> list[Run]:
    if not workspace.runs.is_dir():
        return []
    names = [path.name for path in workspace.runs.iterdir() if path.is_dir()]
    return [statuses.derive(workspace.run(name), starting) for name in names if ID.fullmatch(name)]


def view(workspace: Workspace, run_id: str) -> RunView:
    """A run with its loss curve and all its events."""
    run = status(workspace, run_id)
    events = statuses.read_events(workspace.run(run_id))
    return RunView(run=run, curve=_curve(events), events=events)


def log_tail(workspace: Workspace, run_id: str, lines: int = 200) -> str:
    """The last lines of what a run's trainer printed."""
    status(workspace, run_id)
    return statuses.log_end(workspace.run(run_id), lines)


# -- what must hold before a trainer starts ---------------------------------------------------


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """Let one start happen at a time, over all processes of this workspace."""
    deadline = time.monotonic() + PATIENCE_S
    while (lease := take_lease(workspace.start_lease)) is None:
        if time.monotonic() > deadline:
            raise RunError("Another run is just being started.", fix="Try again in a moment.")
        time.sleep(0.05)
    try:
        yield
    finally:
        os.close(lease)


def _is_starting(workspace: Workspace) -> bool:
    return lease_is_held(workspace.start_lease)


def _need_idle(workspace: Workspace) -> None:
    live = next((run for run in _derived(workspace, starting=False) if run.is_live), None)
    if live is not None:
        raise RunError(
            f"Run '{live.plan.name}' is {live.status}, and one run at a time is trained here.",
            live.id,
            "Wait until it is done, or stop it first: it can be resumed later.",
        )


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


def _looked_at(
    workspace: Workspace, settings: Settings, plan: TrainingPlan, model: ResolvedModel
) -> TrainingPlan:
    """The plan with the hashes of what it teaches; as it was, where no tokenizer can be had yet.

    Raises what `core.training.readiness` raises of a plan that is not worth a start.
    """
    chosen = set(splitting.frozen_split(workspace, plan.dataset_id).train)
    train = [e for e in store.load_examples(workspace, plan.dataset_id) if e.id in chosen]
    seen = readiness.look_with(model, plan, train, settings.offline)
    if seen is None:
        return plan
    readiness.need_agreed(plan, seen)
    readiness.need_worth(plan, seen)
    return plan.model_copy(update=seen.hashes)


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
    wanted = CHECKPOINTS_KEPT * checkpoint_bytes(plan.rank, model) + OTHER_BYTES
    free = shutil.disk_usage(workspace.root).free
    if free < wanted:
        raise WorkspaceError(
            f"The run needs about {wanted / 1e6:,.0f} MB for its checkpoints, and "
            f"{free / 1e6:,.0f} MB are free.",
            str(workspace.root),
            "Free some space, lower the rank, or choose another workspace with DUOTUNE_HOME.",
        )


def checkpoint_bytes(rank: int, model: ResolvedModel) -> int:
    """Bytes of one checkpoint: LoRA weights and Adam's two moments, in fp32."""
    return 3 * 4 * rank * (model.shape.linear_widths if model.shape else 0)


def _need_same(before: ResolvedModel, after: ResolvedModel) -> None:
    if before.shape and after.shape and before.shape.fingerprint != after.shape.fingerprint:
        raise RunError(
            f"The base model {after.shown_name} is not the one that this run began with.",
            after.id_or_path,
            "Restore that model, or start a new run.",
        )


def _why_not(run: Run) -> str:
    if run.is_live or run.status == "succeeded":
        return f"Run '{run.plan.name}' is {run.status}: there is nothing to resume."
    return f"Run '{run.plan.name}' has no whole checkpoint to go on from."


def _wait_until_left(folder: RunFolder) -> None:
    """A trainer that has said its last word needs a moment to leave."""
    deadline = time.monotonic() + PATIENCE_S
    while lease_is_held(folder.lease):
        if time.monotonic() > deadline:
            raise RunError("The run's last trainer has not left yet.", folder.run_id, "Try again.")
        time.sleep(0.1)


# -- starting it ------------------------------------------------------------------------------


def _job(model: ResolvedModel, settings: Settings, created: str, attempt: int) -> Job:
    template = folders.chat_template(Path(model.id_or_path)) if model.local else None
    return Job(
        created=created,
        attempt=attempt,
        model=model,
        chat_template_kwargs=chat_template_kwargs(template) if template else None,
        offline=settings.offline,
        machine=machine(),
    )


def machine() -> str:
    """This machine in words, as far as training speed depends on it."""
    return catalog.gpu_name() or f"{os.cpu_count()} CPU cores"


def _launch(folder: RunFolder, job: Job) -> None:
    write_atomic(folder.job, job.model_dump_json(indent=1))
    launching.launch(folder, job.attempt, job.offline)


# -- what a page shows ------------------------------------------------------------------------


def _curve(events: tuple[AnyEvent, ...]) -> Curve:
    """Loss by step; where a resumed attempt repeated a step, the later measurement counts."""
    train = {e.step: e.loss for e in events if isinstance(e, StepLogged)}
    validation = {e.step: e.loss for e in events if isinstance(e, Evaluated)}
    return Curve(train=_thinned(train), validation=_thinned(validation))


def _thinned(points: dict[int, float]) -> tuple[tuple[int, float], ...]:
    """At most CURVE_POINTS measured points, evenly chosen, with the first and the last."""
    found = sorted(points.items())
    if len(found) <= CURVE_POINTS:
        return tuple(found)
    scale = (len(found) - 1) / (CURVE_POINTS - 1)
    return tuple(found[round(part * scale)] for part in range(CURVE_POINTS))
