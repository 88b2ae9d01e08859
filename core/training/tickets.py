"""A run's ticket: the newest request to start it, its turn in the queue, and what came of it.

A run waits as long as its ticket is for an attempt that nobody launched yet. So a start that was
cut off at any point either has its trainer, or still waits for one.
"""

from __future__ import annotations

from pydantic import ValidationError

from core.disk import write_atomic
from core.messages import Record
from core.training.plan import TrainingPlan
from core.training.records import Returned
from core.workspace import RunFolder


class Ticket(Record):
    """One request to start a run, or to go on with it."""

    attempt: int
    """The attempt that was asked for."""
    asked: str
    """ISO time, UTC."""
    turn: float
    """Runs are started in this order; a number between two others lets one in between."""
    offline: bool
    """Never ask a model hub."""
    wants: int
    """Slots of this machine that its trainer needs; 0 where all workers are elsewhere."""
    may_use: tuple[str, ...]
    """Slots that the program which asked was allowed to use."""
    plan: TrainingPlan | None = None
    """The plan from this attempt on, when it was extended; None leaves it."""
    schedule_from: int = 0
    """The step at which the learning rate's schedule begins."""
    waits_for: str = ""
    """Why it could not be started when that was last tried; "" when nothing was in the way."""
    slots: tuple[str, ...] = ()
    """What its trainer was given."""
    returned: Returned | None = None
    """What others gave back for it."""


def read(folder: RunFolder) -> Ticket | None:
    """The run's ticket; None when it has none that can be read."""
    try:
        return Ticket.model_validate_json(folder.ticket.read_bytes())
    except (OSError, ValidationError):
        return None


def write(folder: RunFolder, ticket: Ticket) -> None:
    """Keep a ticket; raises WorkspaceError when the disk is full."""
    write_atomic(folder.ticket, ticket.model_dump_json(indent=1))


def waits(folder: RunFolder, ticket: Ticket | None, attempt: int) -> bool:
    """Whether a ticket still waits: its attempt is newer than the last, and was not cancelled."""
    return ticket is not None and ticket.attempt > attempt and not folder.stop.exists()
