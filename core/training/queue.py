"""The queue: runs that wait for their turn, and the one rule by which the next is started.

Nobody resident is needed: whoever asks for a start, looks at the runs, or finishes a run lets the
queue go on; `core.queue_keeper` does so while anything waits. Two of them never start one run
twice, because each start is made under the workspace's start lease, with the slot's lease passed
on to the trainer in the same instant.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from core import slots
from core.disk import await_lease, lease_is_held, write_atomic
from core.errors import DuotuneError, RunError
from core.identifiers import now
from core.processes import start_detached
from core.settings import Settings
from core.slots import Holding
from core.training import launching, starting, tickets
from core.training.events import RunFailed
from core.training.plan import TrainingPlan
from core.training.program.journal import Journal
from core.training.records import Returned, Run
from core.training.tickets import Ticket
from core.training.turns import behind, runs_in, turns_of
from core.workspace import RunFolder, Workspace

KEEPER = "core.queue_keeper"
PATIENCE_S = 15.0
"""Longest wait for another process that is just starting a run."""
GLIMPSE_S = 1.0
"""The same for one who only wants to help the queue along: that other process does it."""
AGAIN_S = 30.0
"""A keeper that ended with work left is not started again sooner."""
ENGINE, RUN = "eng-", "run-"
"""How the ids of those begin who hold slots."""
LEAVING = "The trainer before it has not left yet."


@dataclass(frozen=True)
class Room:
    """What else uses this machine's memory, and how it is asked to give it back."""

    in_use: Callable[[], str] = lambda: ""
    """Why nothing may be taken away now, in a sentence; "" when nothing is in use."""
    is_taken: Callable[[], bool] = lambda: False
    """Whether a model server has memory that it would have to give back."""
    make: Callable[[], Returned] | None = None
    """Ask it to, and see how much came back; never raises. None where nobody may be kept waiting
    for that: the run stays in the queue then."""


# -- asking for a start ---------------------------------------------------------------------------


def ticket(workspace: Workspace, settings: Settings, plan: TrainingPlan, attempt: int) -> Ticket:
    """A request to start a plan, after all that wait."""
    turns = [held.turn for _, held in turns_of(workspace, runs_in(workspace))]
    return Ticket(
        attempt=attempt,
        asked=now(),
        turn=max(turns, default=0.0) + 1.0,
        offline=settings.offline,
        wants=starting.slots_wanted(plan),
        may_use=slots.here(),
    )


def move(workspace: Workspace, run_id: str, place: int) -> None:
    """Give a run that waits another place in the queue, from 1; beyond its end is last.

    Raises RunError when the run does not wait.
    """
    with alone(workspace):
        turns = turns_of(workspace, runs_in(workspace))
        moved = next((held for name, held in turns if name == run_id), None)
        if moved is None:
            raise RunError(
                "This run does not wait, so it has no place in the queue.",
                run_id,
                "`duotune queue` lists the runs that wait.",
            )
        others = [held.turn for name, held in turns if name != run_id]
        turn = _between(others, max(1, min(place, len(turns))))
        tickets.write(workspace.run(run_id), moved.model_copy(update={"turn": turn}))


def _between(turns: list[float], place: int) -> float:
    """A turn that comes at this place, from 1, among these."""
    if not turns:
        return 1.0
    if place > len(turns):
        return turns[-1] + 1.0
    if place == 1:
        return turns[0] - 1.0
    return (turns[place - 2] + turns[place - 1]) / 2


@contextmanager
def alone(workspace: Workspace) -> Iterator[None]:
    """Let nobody else start a run or change the queue meanwhile."""
    lease = await_lease(workspace.start_lease, PATIENCE_S)
    if lease is None:
        raise RunError("Another run is just being started.", fix="Try again in a moment.")
    try:
        yield
    finally:
        os.close(lease)


# -- starting what waits --------------------------------------------------------------------------


def advance(workspace: Workspace, settings: Settings, room: Room) -> tuple[str, ...]:
    """Start the runs whose turn it is, as far as there are slots; returns their ids.

    A run that can't be started any more fails with the reason, and the next one has its turn.
    """
    lease = await_lease(workspace.start_lease, GLIMPSE_S)
    if lease is None:
        return ()
    try:
        return tuple(_started(workspace, settings, room))
    finally:
        os.close(lease)


def _started(workspace: Workspace, settings: Settings, room: Room) -> list[str]:
    started: list[str] = []
    found = runs_in(workspace)
    for run_id, held in turns_of(workspace, found):
        folder = workspace.run(run_id)
        own = settings.model_copy(update={"offline": held.offline})
        turn = _Turn(workspace, own, folder, held, room)
        try:
            reason = turn.take([run for run in found if run.is_at_work])
        except DuotuneError as error:
            fail(folder, held.attempt, error)
            continue
        if reason:
            if reason != held.waits_for:
                tickets.write(folder, held.model_copy(update={"waits_for": reason}))
            break
        started.append(run_id)
        found = runs_in(workspace)
    return started


@dataclass(frozen=True)
class _Turn:
    """One run's turn."""

    workspace: Workspace
    settings: Settings
    folder: RunFolder
    ticket: Ticket
    room: Room

    def take(self, at_work: list[Run]) -> str:
        """Start the run; or say why it has to wait.

        Raises DuotuneError when it can't be started at all.
        """
        if reason := self._in_the_way(at_work):
            return reason
        model = starting.recheck(self.workspace, self.settings, self.folder, self.ticket)
        holding, returned = self._hold()
        if holding is None:
            return self._holders()
        try:
            if not self.folder.stop.exists():  # it was not cancelled meanwhile
                ticket = self.ticket.model_copy(update={"returned": returned})
                starting.launch(self.folder, model, self.settings, ticket, holding)
        finally:
            holding.release()
        return ""

    def _in_the_way(self, at_work: list[Run]) -> str:
        """Which run must end first; "" when none must."""
        if lease_is_held(self.folder.lease):
            return LEAVING
        here = [run for run in at_work if run.slots or run.plan.launcher != "ray"]
        taken = {slot for run in here for slot in run.slots}
        free = [slot for slot in self.ticket.may_use if slot not in taken]
        by_hand = [run for run in here if not run.slots]
        if self.ticket.wants and here and (len(free) < self.ticket.wants or by_hand):
            return behind((by_hand or here)[0])
        return ""

    def _hold(self) -> tuple[Holding | None, Returned | None]:
        """The slots, once a model server in the way has given its memory back.

        On a machine with no slot to spare the server always stands in the way: it holds the slot,
        or, without a GPU, only memory.
        """
        holding = self._take()
        if holding is not None and len(self.ticket.may_use) > self.ticket.wants:
            return holding, None
        if not self.room.in_use() and not self.room.is_taken():
            return holding, None
        if holding is not None:
            holding.release()
        if self.room.in_use() or self.room.make is None:
            return None, None
        returned = self.room.make()
        return self._take(), returned

    def _take(self) -> Holding | None:
        """From the last GPU on: the first one is where models are served."""
        ticket = self.ticket
        return slots.take(self.workspace, ticket.may_use[::-1], ticket.wants, self.folder.run_id)

    def _holders(self) -> str:
        """Who has the slots, in a sentence."""
        if reason := self.room.in_use():
            return reason
        names = [slots.holder(self.workspace, slot) for slot in self.ticket.may_use]
        if self.room.is_taken() or any(name and name.startswith(ENGINE) for name in names):
            return "The model server is giving its memory back."
        if any(name and name.startswith(RUN) for name in names):
            return LEAVING
        return "Another program of this workspace uses the machine."


def fail(folder: RunFolder, attempt: int, error: DuotuneError) -> None:
    """Let a run that waited end as failed, with the reason why it can't be started."""
    lease = await_lease(folder.lease)
    if lease is None:  # a trainer has it after all
        return
    try:
        said = {"problem": error.problem, "where": error.where, "fix": error.fix}
        Journal(folder, attempt).last_words(RunFailed, **said)
    finally:
        os.close(lease)


def only_leaving(workspace: Workspace, room: Room) -> bool:
    """Whether nothing is at work that a queue would wait for: at most a trainer that leaves."""
    busy = any(run.is_at_work for run in runs_in(workspace))
    return not busy and not room.in_use() and not room.is_taken()


# -- letting it go on -----------------------------------------------------------------------------


def anything_waits(workspace: Workspace) -> bool:
    """Whether any run waits for its turn; cheap when none does."""
    return any(run.status == "queued" for run in runs_in(workspace))


def wake(workspace: Workspace, environ: Mapping[str, str] = os.environ) -> bool:
    """See that somebody starts what waits, now and later; returns whether a keeper was started."""
    if not anything_waits(workspace) or lease_is_held(workspace.keeper_lease):
        return False
    if _just_started(workspace):
        return False
    write_atomic(workspace.keeper_mark, now())
    argv = [sys.executable, "-P", "-m", KEEPER, str(workspace.root)]
    env = {k: v for k, v in environ.items() if not k.startswith("DUOTUNE_")}
    env["PYTHONPATH"] = launching.environment(False, environ)["PYTHONPATH"]
    start_detached(argv, workspace.runs / "keeper.log", env)
    return True


def _just_started(workspace: Workspace) -> bool:
    """Whether a keeper is on its way, or came to grief so lately that another would too."""
    try:
        age = time.time() - workspace.keeper_mark.stat().st_mtime
    except OSError:
        return False
    return 0 <= age < AGAIN_S
