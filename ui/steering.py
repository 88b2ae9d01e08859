"""What the buttons of a run's panel do, in the Chat and in the Train room."""

from __future__ import annotations

from core.actions import Actions
from core.errors import RunError
from core.training.records import Run


def steer(actions: Actions, asked: str, run_id: str) -> Run:
    """Stop a run, go on with it, do what the doctor advises, or let it wait less.

    Returns the run to show then. Raises RunError, or what a start raises.
    """
    match asked:
        case "stop":
            return actions.stop_run(run_id)
        case "resume":
            return actions.resume_run(run_id)
        case "again":
            return actions.apply_remedy(run_id)
        case "up":
            place = actions.run(run_id).run.place or 1
            return actions.move_run(run_id, max(1, place - 1))
    raise RunError("This can't be done with a run.", run_id)
