"""The pre-flight: a run in miniature that measures memory and time before the real one starts.

It is a process of its own, holds what a run would hold (a GPU, or the processor), and keeps what
it measured in the workspace, under a key of all that memory and the time of a step depend on.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from core import slots
from core.disk import await_lease, lease_is_held, sha256_text, write_atomic
from core.errors import RunError, disk_errors
from core.identifiers import new_id, now
from core.models.catalog import ResolvedModel
from core.processes import end_group, start_detached
from core.settings import Settings
from core.slots import Holding
from core.training import capacity, launching, machine, preflight_folder, queue, starting, turns
from core.training.eta import Measured
from core.training.plan import TrainingPlan
from core.training.preflight_folder import (
    Preflight,
    Request,
    folder_of,
    own_file,
    process_of,
    status,
    sweep,
)
from core.training.queue import Room
from core.training.tickets import Ticket
from core.workspace import RunFolder, Workspace

PROGRAM = "core.training.program.preflight_program"
KEPT = 20
"""Newest pre-flights whose results stay."""
LEAVING_S = 10.0
MEMORY_SHARE = 0.95
"""Of the free main memory: a pre-flight that takes more ends itself before the system does."""
KEYED = (
    *("base_model", "objective", "start_from", "method", "rank", "target_modules"),
    *("modules_to_save", "optimizer", "batch_size", "gradient_accumulation"),
    *("max_length", "packing", "precision", "gradient_checkpointing", "attention", "liger"),
    *("compile", "dataset_id", "split_fingerprint", "workers"),
)
"""Settings that memory or the time of a step depend on; the rest may change freely."""
LIBRARIES = ("torch", "transformers", "trl", "peft")


def key_of(plan: TrainingPlan, model: ResolvedModel) -> str:
    """A hash of all that memory and the time of a step depend on, on this machine."""
    told: dict[str, Any] = {name: getattr(plan, name) for name in KEYED}
    if plan.train_share < 1:
        told["train_share"] = plan.train_share
    told["dropout"] = plan.dropout > 0
    told["model"] = model.shape.fingerprint if model.local and model.shape else model.revision
    told["machine"] = machine.look().words
    told["libraries"] = [_version(name) for name in LIBRARIES]
    return sha256_text(json.dumps(told, sort_keys=True))


@cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


# -- start and cancel -------------------------------------------------------------------------


def start(
    workspace: Workspace,
    settings: Settings,
    plan: TrainingPlan,
    room: Room | None = None,
    again: bool = False,
) -> Preflight:
    """Measure a plan in a process of its own, or take the measurement that is there already.

    With `again` it is measured anew. Raises what a plan that can't be started raises, and RunError
    while a run, another pre-flight or an evaluation uses the machine.
    """
    model = starting.checked(workspace, settings, plan)
    key = key_of(plan, model)
    if not again and (known := preflight_folder.newest(workspace, key)):
        return known
    lease = await_lease(workspace.start_lease, queue.PATIENCE_S)
    if lease is None:
        raise RunError("Another run is just being started.", fix="Try again in a moment.")
    try:
        return _launched(workspace, settings, plan, model, Room() if room is None else room)
    finally:
        os.close(lease)


def _launched(
    workspace: Workspace, settings: Settings, plan: TrainingPlan, model: ResolvedModel, room: Room
) -> Preflight:
    """The start lease is held."""
    _need_idle(workspace, room)
    if room.is_taken() and room.make is not None:
        room.make()
    folder = RunFolder(workspace.preflight(new_id("pre")))
    holding = _held(workspace, folder.run_id)
    try:
        with disk_errors(folder.root, "make the pre-flight's folder"):
            folder.root.mkdir(parents=True)
        _write(folder, settings, plan, model)
        # -P: a folder called `core` where the app was started must not be taken for ours
        argv = [sys.executable, "-P", "-m", PROGRAM, str(folder.root)]
        env = launching.environment(settings.offline)
        if holding.devices:
            env["CUDA_VISIBLE_DEVICES"] = ",".join(holding.devices)
        process = start_detached(argv, folder.log, env, holding.leases)
        write_atomic(own_file(folder, "process"), process.model_dump_json())
    finally:
        holding.release()
    _prune(workspace)
    return status(workspace, folder.run_id)


def _held(workspace: Workspace, holder: str) -> Holding:
    """A slot of this machine, the last first: models are served on the first one.

    A trainer that has said its last word needs a moment to leave. Raises RunError when all slots
    stay taken.
    """
    deadline = time.monotonic() + LEAVING_S
    while (holding := slots.take(workspace, slots.here()[::-1], 1, holder)) is None:
        names = [slots.holder(workspace, slot) for slot in slots.here()]
        stay = all(name and not name.startswith("run-") for name in names)
        if stay or time.monotonic() > deadline:
            raise RunError(
                "Another program of this workspace uses the machine.", fix="Wait until it is done."
            )
    return holding


def _need_idle(workspace: Workspace, room: Room) -> None:
    """Raises RunError while something uses the machine that a pre-flight would disturb."""
    live = next((run for run in turns.runs_in(workspace) if run.is_at_work), None)
    if live is not None:
        raise RunError(
            f"Run '{live.plan.name}' is being trained, and a pre-flight beside it would measure "
            "both.",
            live.id,
            "Wait until it is done, or stop it first: it can be continued later.",
        )
    if reason := room.in_use():
        raise RunError(reason, fix="Wait until it is done, then start the pre-flight.")


def _write(folder: RunFolder, settings: Settings, plan: TrainingPlan, model: ResolvedModel) -> None:
    here = capacity.look()
    room = here.available if here.device == "cpu" else capacity.main_memory()[1]
    request = Request(
        key=key_of(plan, model),
        created=now(),
        limit=round(MEMORY_SHARE * room) if room else None,
    )
    write_atomic(folder.plan, plan.model_dump_json(indent=1))
    ticket = Ticket(
        attempt=1, asked=request.created, turn=0, offline=settings.offline, wants=1, may_use=()
    )
    starting.write_job(folder, model, settings, request.created, ticket)
    write_atomic(own_file(folder, "request"), request.model_dump_json(indent=1))


def cancel(workspace: Workspace, preflight_id: str) -> Preflight:
    """End a pre-flight with all it wrote; nothing happens to one that has ended.

    Raises RunError when there is none of this name.
    """
    folder = folder_of(workspace, preflight_id)
    if status(workspace, preflight_id).status == "running":
        write_atomic(own_file(folder, "cancelled"), now())
        if (process := process_of(folder)) is not None:
            end_group(process, grace_s=2.0)
        sweep(folder)
    return status(workspace, preflight_id)


def _prune(workspace: Workspace) -> None:
    """Forget the oldest results; a folder's name begins with its time."""
    for old in sorted(workspace.preflights.glob("pre-*"))[:-KEPT]:
        if not lease_is_held(RunFolder(old).lease):
            shutil.rmtree(old, ignore_errors=True)


def measured(workspace: Workspace, plan: TrainingPlan, model: ResolvedModel) -> Measured | None:
    """What was measured of a plan like this one on this machine; None when nothing was."""
    found = preflight_folder.newest(workspace, key_of(plan, model))
    return found.measured if found else None
