"""How a run stands, derived from its events, its lease, its process and its files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from core.disk import lease_is_held
from core.training import checkpoints, events, labels, launching, logs, manifests, tickets
from core.training.events import (
    AnyEvent,
    DataPrepared,
    Evaluated,
    Event,
    Heartbeat,
    PhaseChanged,
    RunFailed,
    RunStarted,
    RunStopped,
    RunSucceeded,
    StepLogged,
)
from core.training.job import Job, Launch
from core.training.plan import TrainingPlan
from core.training.records import AT_WORK, Failure, Run, RunResult, Status
from core.training.tickets import Ticket
from core.workspace import RunFolder

E = TypeVar("E", bound=Event)


def derive(folder: RunFolder) -> Run:
    """The run as it stands now; its place in the queue and what becomes of it are for `runs`.

    A damaged plan or job makes a failed run that says so, never an error.
    """
    plan, job = _read(folder.plan, TrainingPlan), _read(folder.job, Job)
    if plan is None or job is None:
        return _damaged(folder, plan)
    found = _look(folder, plan)
    status, failure = _status(folder, found)
    if status == "interrupted" and read_events(folder) != found.events:
        return derive(folder)  # it said its last word, and left, between the two looks
    whole = checkpoints.complete(folder.checkpoints)
    label, ticket = labels.read(folder), found.ticket
    at_work = status in AT_WORK
    return Run(
        id=folder.run_id,
        plan=plan.model_copy(update={"name": label.name or plan.name}),
        status=status,
        created=job.created,
        attempt=found.attempt or job.attempt,
        phase=_phase(found.now, status),
        last_checkpoint=whole[-1].path.name if whole else None,
        result=_result(found.events),
        failure=failure,
        waits_for=ticket.waits_for if ticket and status == "queued" else "",
        began=found.launch is not None or _last(found.events, RunStarted) is not None,
        last_sign_s=max(time.time() - _last_sign(folder), 0.0) if at_work else None,
        slots=ticket.slots if ticket and at_work else (),
        returned=ticket.returned if ticket and at_work else None,
        has_model=_has_model(folder, plan, found.events),
        note=label.note,
        ended=None if at_work or status == "queued" else _ended(folder, found.events),
        **_figures(found),
        **(_now(found) if at_work else {}),
    )


class _Look(NamedTuple):
    """What lies in a run's folder, read once."""

    plan: TrainingPlan
    events: tuple[AnyEvent, ...]
    now: list[AnyEvent]
    """Those of the newest attempt."""
    attempt: int
    """The newest one that was launched; 0 when none was."""
    launch: Launch | None
    ticket: Ticket | None


def _look(folder: RunFolder, plan: TrainingPlan) -> _Look:
    found, launch = read_events(folder), _read(folder.launch, Launch)
    attempt = newest_attempt(folder)
    now = [event for event in found if event.attempt == attempt]
    return _Look(plan, found, now, attempt, launch, tickets.read(folder))


def newest_attempt(folder: RunFolder) -> int:
    """The last attempt that was launched, or refused when its turn came; 0 when there was none."""
    launch = _read(folder.launch, Launch)
    found = [event.attempt for event in read_events(folder)]
    return max([*found, launch.attempt if launch else 0])


def _figures(found: _Look) -> dict[str, Any]:
    """How far the run has come, over all attempts."""
    step, logged = _last(found.now, StepLogged), _last(found.events, StepLogged)
    prepared, validated = _last(found.events, DataPrepared), _last(found.events, Evaluated)
    started = _last(found.events, RunStarted)
    return {
        "step": _step(found.now, found.events),
        "total_steps": prepared.total_steps if prepared else step.total if step else None,
        "tokens_per_s": step.tokens_per_s if step else None,
        "loss": logged.loss if logged else None,
        "epoch": logged.epoch if logged else None,
        "validation_loss": validated.loss if validated else None,
        "start_step": started.from_step if started else 0,
    }


def _now(found: _Look) -> dict[str, Any]:
    """What only a trainer at work has: time left, memory."""
    step = _last(found.now, StepLogged)
    signs = (e for e in reversed(found.now) if isinstance(e, StepLogged | Heartbeat))
    sign = next(signs, None)
    return {
        "eta_s": step.eta_s if step else None,
        "rss_mb": sign.rss_mb if sign else None,
        "gpu_mb": sign.gpu_mb if sign else None,
    }


def _phase(now: list[AnyEvent], status: Status) -> str | None:
    """What the trainer does; it loads its libraries before it can say so."""
    if status not in AT_WORK:
        return None
    phase = _last(now, PhaseChanged)
    return phase.phase if phase else "launching"


def _step(now: list[AnyEvent], all_events: tuple[AnyEvent, ...]) -> int:
    step, started = _last(now, StepLogged), _last(now, RunStarted)
    if step or started:
        return step.step if step else started.from_step if started else 0
    earlier = _last(all_events, StepLogged)
    return earlier.step if earlier else 0


def _last_sign(folder: RunFolder) -> float:
    """When the trainer last wrote anything, or was launched: seconds since the epoch."""
    signs = [_changed(path) for path in (folder.events, folder.log, folder.launch)]
    return max(signs) or _changed(folder.root)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _ended(folder: RunFolder, found: tuple[AnyEvent, ...]) -> str:
    moment = found[-1].at if found else datetime.fromtimestamp(_last_sign(folder), UTC)
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _has_model(folder: RunFolder, plan: TrainingPlan, found: tuple[AnyEvent, ...]) -> bool:
    if _last(found, RunSucceeded) is None or folder.cleared.exists():
        return False
    return manifests.is_whole(folder.published(plan.publishes_adapter))


def read_events(folder: RunFolder) -> tuple[AnyEvent, ...]:
    """All events of a run, parsed once for each state of the file."""
    try:
        facts = folder.events.stat()
    except OSError:
        return ()
    return _parsed(folder.events, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=256)
def _parsed(path: Path, _size: int, _changed: int) -> tuple[AnyEvent, ...]:
    return tuple(events.read(path).events)


def read_job(folder: RunFolder) -> Job | None:
    """What the run's trainer was told; None when that can't be read."""
    return _read(folder.job, Job)


def _status(folder: RunFolder, found: _Look) -> tuple[Status, Failure | None]:
    """The rule: the last word counts; without one, a living trainer; without that, its remains."""
    if folder.cleared.exists():
        return "cleared", None
    has_trainer, end = lease_is_held(folder.lease), found.now[-1] if found.now else None
    is_over = isinstance(end, RunSucceeded | RunStopped | RunFailed)
    # A trainer that has said its last word still needs a moment to leave.
    if (is_over or not has_trainer) and tickets.waits(folder, found.ticket, found.attempt):
        return "queued", None
    match end:
        case RunSucceeded():
            return _succeeded(folder, found.plan)
        case RunStopped():
            return "stopped", None
        case RunFailed():
            return "failed", Failure(problem=end.problem, where=end.where, fix=end.fix)
    if has_trainer:
        if folder.stop.exists():
            return "stopping", None
        return ("running" if found.now else "starting"), None
    return _without_trainer(folder, found)


def _without_trainer(folder: RunFolder, found: _Look) -> tuple[Status, Failure | None]:
    """How a run stands that nobody works on, and that has no last word."""
    if found.now:
        return "interrupted", None
    if found.launch and launching.is_alive(found.launch):
        return "starting", None
    if not found.attempt and found.ticket:
        return "stopped", None  # it was taken out of the queue
    return "failed", _never_began(folder)


def _succeeded(folder: RunFolder, plan: TrainingPlan) -> tuple[Status, Failure | None]:
    published = folder.published(plan.publishes_adapter)
    if manifests.is_whole(published):
        return "succeeded", None
    return "failed", Failure(
        problem="The run finished, but its tuned model is missing or damaged on disk.",
        where=str(published),
        fix="Resume the run: it makes the model again from its last checkpoint.",
    )


def _never_began(folder: RunFolder) -> Failure:
    said = logs.tail(folder, 1).strip()
    return Failure(
        problem="The trainer ended before it could begin" + (f": {said}" if said else "."),
        where=f"run {folder.run_id}",
        fix="The log has the details. Check that the installation is complete, then start again.",
    )


def _damaged(folder: RunFolder, plan: TrainingPlan | None) -> Run:
    missing = folder.job.name if plan else folder.plan.name
    unknown = TrainingPlan(name=folder.run_id, dataset_id="", split_fingerprint="", base_model="")
    return Run(
        id=folder.run_id,
        plan=plan or unknown,
        status="failed",
        created=_made(folder),
        attempt=0,
        phase=None,
        step=0,
        total_steps=None,
        eta_s=None,
        tokens_per_s=None,
        loss=None,
        validation_loss=None,
        last_checkpoint=None,
        failure=Failure(
            problem=f"The run's {missing} is missing or damaged, so it can't be read.",
            where=str(folder.root),
            fix="Restore that file from a copy, or remove the folder.",
        ),
    )


def _made(folder: RunFolder) -> str:
    moment = datetime.fromtimestamp(folder.root.stat().st_mtime, UTC)
    return moment.isoformat(timespec="seconds")


def _result(found: tuple[AnyEvent, ...]) -> RunResult | None:
    end = _last(found, RunSucceeded)
    if end is None:
        return None
    return RunResult(
        best_step=end.best_step,
        best_loss=end.best_loss,
        last_step=end.step,
        seconds=end.seconds,
        changes_model=end.changes_model,
    )


def _last(found: Sequence[AnyEvent], kind: type[E]) -> E | None:
    return next((event for event in reversed(found) if isinstance(event, kind)), None)


R = TypeVar("R", TrainingPlan, Job, Launch)


def _read(path: Path, kind: type[R]) -> R | None:
    try:
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
