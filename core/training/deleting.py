"""Delete a run with all its files, when nothing needs them any more."""

from __future__ import annotations

from collections.abc import Callable

from core.errors import RunError
from core.training import queue, runs, turns
from core.training.records import Run
from core.training.standing import stands
from core.trash import discard
from core.workspace import Workspace


def delete(workspace: Workspace, run_id: str, is_served: Callable[[Run], bool]) -> Run:
    """Remove a run's folder in one step; what was kept in the library stays.

    Returns the run as it was. Raises RunError while it is live, served, or another live run begins
    with its model.
    """
    with queue.alone(workspace):
        run = runs.status(workspace, run_id)
        _need_unused(workspace, run, is_served)
        discard(workspace, workspace.run(run_id).root)
    return run


def _need_unused(workspace: Workspace, run: Run, is_served: Callable[[Run], bool]) -> None:
    if run.is_live:
        raise RunError(
            f"Run '{run.plan.name}' {stands(run.status)}, so it can't be deleted.",
            run.id,
            "Stop it first.",
        )
    if is_served(run):
        raise RunError(
            f"The model of run '{run.plan.name}' is being served, so it can't be deleted.",
            run.id,
            "Stop the model server, then delete it.",
        )
    for other in turns.runs_in(workspace):
        if other.is_live and other.plan.start_from == run.id:
            raise RunError(
                f"Run '{other.plan.name}' begins with the model of run '{run.plan.name}'.",
                other.id,
                "Wait until that one has ended, or stop it.",
            )
