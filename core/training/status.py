"""How a run stands, derived from its events, its lease, its process and its files."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from core.disk import lease_is_held
from core.processes import is_alive
from core.training import checkpoints, events, manifests
from core.training.events import (
    AnyEvent,
    DataPrepared,
    Evaluated,
    Event,
    PhaseChanged,
    RunFailed,
    RunStarted,
    RunStopped,
    RunSucceeded,
    StepLogged,
)
from core.training.job import Job, Launch
from core.training.plan import TrainingPlan
from core.training.records import Failure, Run, RunResult, Status
from core.workspace import RunFolder

E = TypeVar("E", bound=Event)
LOG_END = 64 * 1024
"""Bytes of a log that are looked at from its end."""


def derive(folder: RunFolder, starting: bool = False) -> Run:
    """The run as it stands now; `starting` says that the app is about to launch a trainer.

    A damaged plan or job makes a failed run that says so, never an error.
    """
    plan, job = _read(folder.plan, TrainingPlan), _read(folder.job, Job)
    if plan is None or job is None:
        return _damaged(folder, plan)
    all_events = read_events(folder)
    launch = _read(folder.launch, Launch)
    attempt = max([e.attempt for e in all_events] + [launch.attempt if launch else job.attempt])
    now = [event for event in all_events if event.attempt == attempt]
    status, failure = _status(folder, now, launch, starting)
    if status == "interrupted" and read_events(folder) != all_events:
        return derive(folder, starting)  # it said its last word, and left, between the two looks
    step = _last(now, StepLogged)
    prepared, validated = _last(all_events, DataPrepared), _last(all_events, Evaluated)
    phase = _last(now, PhaseChanged)
    live = status in ("running", "stopping")
    whole = checkpoints.complete(folder.checkpoints)
    last_loss = _last(all_events, StepLogged)
    return Run(
        id=folder.run_id,
        plan=plan,
        status=status,
        created=job.created,
        attempt=attempt,
        phase=phase.phase if phase and live else None,
        step=_step(now, all_events),
        total_steps=prepared.total_steps if prepared else step.total if step else None,
        eta_s=step.eta_s if step and live else None,
        tokens_per_s=step.tokens_per_s if step else None,
        loss=last_loss.loss if last_loss else None,
        validation_loss=validated.loss if validated else None,
        last_checkpoint=whole[-1].path.name if whole else None,
        result=_result(now) if status == "succeeded" else None,
        failure=failure,
    )


def _step(now: list[AnyEvent], all_events: tuple[AnyEvent, ...]) -> int:
    step, started = _last(now, StepLogged), _last(now, RunStarted)
    if step or started:
        return step.step if step else started.from_step if started else 0
    earlier = _last(all_events, StepLogged)
    return earlier.step if earlier else 0


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


def log_end(folder: RunFolder, lines: int) -> str:
    """The last lines of what the trainer printed; "" when it printed nothing."""
    try:
        with folder.log.open("rb") as file:
            file.seek(max(0, folder.log.stat().st_size - LOG_END))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def _status(
    folder: RunFolder, now: list[AnyEvent], launch: Launch | None, starting: bool
) -> tuple[Status, Failure | None]:
    """The rule: the last word counts; without one, a living trainer; without that, its remains."""
    end = now[-1] if now else None
    if isinstance(end, RunSucceeded):
        return _succeeded(folder)
    if isinstance(end, RunStopped):
        return "stopped", None
    if isinstance(end, RunFailed):
        return "failed", Failure(problem=end.problem, where=end.where, fix=end.fix)
    if lease_is_held(folder.lease):
        if folder.stop.exists():
            return "stopping", None
        return ("running" if now else "starting"), None
    if now:
        return "interrupted", None
    if is_alive(launch.process) if launch else starting:
        return "starting", None
    return "failed", _never_began(folder)


def _succeeded(folder: RunFolder) -> tuple[Status, Failure | None]:
    if manifests.is_whole(folder.adapter):
        return "succeeded", None
    return "failed", Failure(
        problem="The run finished, but its adapter is missing or damaged on disk.",
        where=str(folder.adapter),
        fix="Resume the run: it makes the adapter again from its last checkpoint.",
    )


def _never_began(folder: RunFolder) -> Failure:
    said = log_end(folder, 1).strip()
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


def _result(now: list[AnyEvent]) -> RunResult | None:
    end = _last(now, RunSucceeded)
    if end is None:
        return None
    return RunResult(
        best_step=end.best_step,
        best_loss=end.best_loss,
        last_step=end.step,
        seconds=end.seconds,
        changes_model=end.changes_model,
    )


def _last(found: list[AnyEvent] | tuple[AnyEvent, ...], kind: type[E]) -> E | None:
    return next((event for event in reversed(found) if isinstance(event, kind)), None)


R = TypeVar("R", TrainingPlan, Job, Launch)


def _read(path: Path, kind: type[R]) -> R | None:
    try:
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
