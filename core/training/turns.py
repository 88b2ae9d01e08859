"""Whose turn it is: the runs that wait, their order, and what each of them waits for."""

from __future__ import annotations

from core.training import status as statuses
from core.training import tickets
from core.training.records import Run
from core.training.tickets import Ticket
from core.workspace import ID, Workspace


def runs_in(workspace: Workspace) -> list[Run]:
    """All runs, each by itself."""
    if not workspace.runs.is_dir():
        return []
    names = [path.name for path in workspace.runs.iterdir() if path.is_dir()]
    return [statuses.derive(workspace.run(name)) for name in names if ID.fullmatch(name)]


def placed(workspace: Workspace, found: list[Run]) -> list[Run]:
    """The same runs, those that wait with their place and what they wait for."""
    order = [run_id for run_id, _ in turns_of(workspace, found)]
    at_work = next((run for run in found if run.is_at_work), None)
    return [
        run.model_copy(update=_waiting(run, order.index(run.id) + 1, at_work))
        if run.id in order
        else run
        for run in found
    ]


def _waiting(run: Run, place: int, at_work: Run | None) -> dict[str, object]:
    reason = run.waits_for
    if place > 1:
        reason = "One run waits before it." if place == 2 else f"{place - 1} runs wait before it."
    elif not reason:
        reason = behind(at_work) if at_work else "It is about to be started."
    return {"place": place, "waits_for": reason}


def behind(run: Run) -> str:
    """That a run has to end first, in a sentence."""
    return f"Run '{run.plan.name}' is being trained."


def turns_of(workspace: Workspace, found: list[Run]) -> list[tuple[str, Ticket]]:
    """Runs that wait, in the order in which they are started."""
    waiting = [run.id for run in found if run.status == "queued"]
    held = [(run_id, tickets.read(workspace.run(run_id))) for run_id in waiting]
    known = [(run_id, ticket) for run_id, ticket in held if ticket is not None]
    return sorted(known, key=lambda each: (each[1].turn, each[0]))
