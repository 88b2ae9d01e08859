"""Start, watch, stop and continue runs; how a run stands is read from its folder each time."""

from __future__ import annotations

import time

from core.disk import write_atomic
from core.errors import RunError, disk_errors
from core.identifiers import new_id, now
from core.settings import Settings
from core.training import (
    continuing,
    launching,
    library,
    logs,
    queue,
    retention,
    starting,
    tickets,
    turns,
)
from core.training import status as statuses
from core.training.events import AnyEvent, Evaluated, StepLogged
from core.training.plan import TrainingPlan
from core.training.queue import Room
from core.training.records import Continuation, Curve, Run, RunView
from core.training.standing import stands
from core.workspace import Workspace

CURVE_POINTS = 500
"""At most this many points a series."""
LEAVING_S = 1.2
"""How long a start waits for a trainer that has said its last word, rather than for a keeper."""
STUCK_S = 60.0
"""A trainer that has not left this long after the first request is ended by a second one."""


def start(
    workspace: Workspace, settings: Settings, plan: TrainingPlan, room: Room | None = None
) -> Run:
    """Check that a plan can be carried out, then start its trainer, or let it wait for its turn.

    Raises PlanError, ModelError or WorkspaceError when it can't: nothing is left behind then.
    """
    model = starting.checked(workspace, settings, plan)
    plan = starting.looked_at(workspace, settings, plan, model)
    ticket = queue.ticket(workspace, settings, plan, attempt=1)
    folder = workspace.run(new_id("run"))
    with disk_errors(folder.root, "make the run's folder"):
        folder.root.mkdir(parents=True)
    write_atomic(folder.plan, plan.model_dump_json(indent=1))
    starting.write_job(folder, model, settings, ticket.asked, ticket)
    tickets.write(folder, ticket)
    return _started(workspace, settings, folder.run_id, room)


def resume(
    workspace: Workspace,
    settings: Settings,
    run_id: str,
    room: Room | None = None,
    extend: float | None = None,
) -> Run:
    """Go on from the newest whole checkpoint, in a new attempt of the same run.

    `extend` adds so many epochs, to a run that has succeeded too; the learning rate's schedule then
    begins anew at that checkpoint. Raises RunError when there is nothing to go on with or from.
    """
    run, folder = status(workspace, run_id), workspace.run(run_id)
    going_on = continuing.continuation(workspace, run, extend)
    before = tickets.read(folder)
    ticket = queue.ticket(workspace, settings, run.plan, statuses.newest_attempt(folder) + 1)
    if extend is not None:
        named = continuing.extended(run, extend).model_copy(
            update={"name": starting.read_plan(folder).name}
        )
        update = {"plan": named, "schedule_from": going_on.from_step}
        ticket = ticket.model_copy(update=update)
    elif before is not None:
        ticket = ticket.model_copy(update={"schedule_from": before.schedule_from})
    starting.recheck(workspace, settings, folder, ticket)
    folder.stop.unlink(missing_ok=True)
    tickets.write(folder, ticket)
    return _started(workspace, settings, run_id, room)


def _started(workspace: Workspace, settings: Settings, run_id: str, room: Room | None) -> Run:
    """The run after it was started, or left to whoever starts what waits."""
    others = room or Room()
    quick = Room(others.in_use, others.is_taken)
    deadline = time.monotonic() + LEAVING_S
    while True:
        started = queue.advance(workspace, settings, quick)
        found = status(workspace, run_id)
        if run_id in started or found.status != "queued":
            return found
        if not queue.only_leaving(workspace, quick) or time.monotonic() > deadline:
            queue.wake(workspace)
            return found
        time.sleep(0.1)


def continuation(workspace: Workspace, run_id: str, extend: float | None = None) -> Continuation:
    """What going on with a run comes to, before anything is started.

    Raises RunError when there is nothing to go on with or from.
    """
    return continuing.continuation(workspace, status(workspace, run_id), extend)


def stop(workspace: Workspace, run_id: str) -> Run:
    """Ask a run to save a checkpoint and leave; asked again a minute later, end it.

    One that waits is taken out of the queue. Raises RunError when the run is not live.
    """
    run, folder = status(workspace, run_id), workspace.run(run_id)
    if not run.is_live:
        raise RunError(
            f"Run '{run.plan.name}' {stands(run.status)}: there is nothing to stop.", run.id
        )
    if not folder.stop.exists():
        write_atomic(folder.stop, now())
    elif time.time() - folder.stop.stat().st_mtime > STUCK_S:
        launching.kill(folder)
    return status(workspace, run_id)


def status(workspace: Workspace, run_id: str) -> Run:
    """The run as it stands now.

    Raises RunError when there is no such run.
    """
    folder = workspace.run(run_id)
    if not folder.root.is_dir():
        raise RunError(f"There is no run {run_id} in this workspace.", str(workspace.runs))
    run = statuses.derive(folder)
    others = turns.runs_in(workspace) if run.status == "queued" else [run]
    found = next((each for each in _placed(workspace, others) if each.id == run_id), None)
    return found or run


def list_runs(workspace: Workspace) -> tuple[Run, ...]:
    """All runs, newest first; one that can't be read is listed as failed, and says why."""
    found = _placed(workspace, turns.runs_in(workspace))
    return tuple(sorted(found, key=lambda run: (run.created, run.id), reverse=True))


def _placed(workspace: Workspace, found: list[Run]) -> list[Run]:
    """The runs with their place in the queue, and with what becomes of them."""
    kept = library.kept_runs(workspace)
    known = [
        run.model_copy(update={"kept_as": kept[run.id]}) if run.id in kept else run for run in found
    ]
    return retention.dated(workspace, turns.placed(workspace, known))


def view(workspace: Workspace, run_id: str) -> RunView:
    """A run with its loss curve and all its events."""
    run = status(workspace, run_id)
    events = statuses.read_events(workspace.run(run_id))
    return RunView(run=run, curve=_curve(events), events=events)


def log_tail(workspace: Workspace, run_id: str, lines: int = 200) -> str:
    """The last lines of what a run's trainer printed."""
    status(workspace, run_id)
    return logs.tail(workspace.run(run_id), lines)


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
