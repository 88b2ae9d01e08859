"""A pre-flight's folder: what was asked, how it stands, and what it measured.

It is laid out as a run's, because the program writes it as one, with a few files of its own.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from core.disk import lease_is_held
from core.errors import RunError
from core.messages import Record
from core.processes import ProcessId, is_alive
from core.training import starting
from core.training import status as statuses
from core.training.batching import Batching
from core.training.eta import Measured
from core.training.events import PhaseChanged, StepLogged
from core.training.plan import TrainingPlan
from core.training.records import Failure
from core.workspace import RunFolder, Workspace

Status = Literal["running", "done", "failed", "cancelled"]


class Request(Record):
    """What was to be measured."""

    key: str
    created: str
    limit: int | None
    """Bytes of main memory that it may take; None for no limit of ours."""


class Outcome(Record):
    """How it ended: with what it measured, or with why it could not."""

    measured: Measured | None = None
    failure: Failure | None = None
    out_of_memory: bool = False


class Preflight(Record):
    """One pre-flight, as it stands now."""

    id: str
    plan: TrainingPlan
    created: str
    """ISO time, UTC."""
    status: Status
    phase: str
    """What it does now, or did last."""
    step: int
    """Optimizer steps done."""
    total_steps: int | None
    measured: Measured | None
    failure: Failure | None
    out_of_memory: bool
    """It failed because memory ran out; a smaller batch may fit."""
    batching: Batching | None = None
    """Then, how the batch can be made to fit; None where nobody has worked it out."""


def status(workspace: Workspace, preflight_id: str) -> Preflight:
    """A pre-flight as it stands now.

    Raises RunError when there is none of this name.
    """
    folder = folder_of(workspace, preflight_id)
    try:
        plan = starting.read_plan(folder)
        request = Request.model_validate_json(own_file(folder, "request").read_bytes())
    except (OSError, ValidationError) as error:
        raise RunError("There is no such pre-flight.", preflight_id, "Start it again.") from error
    state, outcome = _state(folder, lease_is_held(workspace.start_lease))
    events = statuses.read_events(folder)
    phase = next((e.phase for e in reversed(events) if isinstance(e, PhaseChanged)), "starting")
    step = next((e for e in reversed(events) if isinstance(e, StepLogged)), None)
    return Preflight(
        id=preflight_id,
        plan=plan,
        created=request.created,
        status=state,
        phase=phase,
        step=step.step if step else 0,
        total_steps=step.total if step else None,
        measured=outcome.measured,
        failure=outcome.failure,
        out_of_memory=outcome.out_of_memory,
    )


def _state(folder: RunFolder, starting_now: bool) -> tuple[Status, Outcome]:
    process = process_of(folder)
    alive = lease_is_held(folder.lease) or (process is not None and is_alive(process))
    if not alive and (outcome := _outcome(folder)):  # what it used is free again by then
        return ("done" if outcome.measured else "failed"), outcome
    if own_file(folder, "cancelled").exists():
        return "cancelled", Outcome()
    if alive or (process is None and starting_now):
        return "running", Outcome()
    if _outcome(folder):  # it finished between these looks
        return _state(folder, starting_now)
    return "failed", Outcome(failure=_silent_end(folder), out_of_memory=True)


def _outcome(folder: RunFolder) -> Outcome | None:
    try:
        return Outcome.model_validate_json(own_file(folder, "outcome").read_bytes())
    except (OSError, ValidationError):
        return None


def _silent_end(folder: RunFolder) -> Failure:
    """A process that the system ends to free memory says nothing."""
    return Failure(
        problem="The pre-flight ended without a word, as a program does that the system ends to "
        "free memory.",
        where=str(folder.log),
        fix="Free some memory or make the batch smaller, then start it again.",
    )


def live(workspace: Workspace) -> Preflight | None:
    """The pre-flight that runs now, if any."""
    return next((one for one in list_preflights(workspace) if one.status == "running"), None)


def list_preflights(workspace: Workspace) -> tuple[Preflight, ...]:
    """All that can be read, newest first."""
    found = []
    for path in sorted(workspace.preflights.glob("pre-*"), reverse=True):
        with suppress(RunError):
            found.append(status(workspace, path.name))
    return tuple(found)


def newest(workspace: Workspace, key: str) -> Preflight | None:
    """The newest finished one of this key."""
    for path in sorted(workspace.preflights.glob("pre-*"), reverse=True):
        with suppress(RunError, OSError, ValidationError):
            request = Request.model_validate_json(own_file(RunFolder(path), "request").read_bytes())
            if request.key == key and (found := status(workspace, path.name)).measured:
                return found
    return None


def folder_of(workspace: Workspace, preflight_id: str) -> RunFolder:
    return RunFolder(workspace.preflight(preflight_id))


def own_file(folder: RunFolder, name: str) -> Path:
    """`request`, `process`, `outcome` or `cancelled`."""
    return folder.root / f"{name}.json"


def outcome_file(folder: RunFolder) -> Path:
    """Where the program writes how it ended."""
    return own_file(folder, "outcome")


def request_of(folder: RunFolder) -> Request:
    """What is to be measured. Raises OSError or ValidationError when it can't be read."""
    return Request.model_validate_json(own_file(folder, "request").read_bytes())


def process_of(folder: RunFolder) -> ProcessId | None:
    try:
        return ProcessId.model_validate_json(own_file(folder, "process").read_bytes())
    except (OSError, ValidationError):
        return None


def sweep(folder: RunFolder) -> None:
    """Remove what a pre-flight trained: only what it measured is of use."""
    leavings = (folder.checkpoints, folder.adapter, folder.model)
    for place in (*leavings, *folder.root.glob("*.partial")):
        shutil.rmtree(place, ignore_errors=True)
    folder.reserve.unlink(missing_ok=True)
