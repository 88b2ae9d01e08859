"""A run's status follows from its folder alone: events, lease, process, files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from core.disk import take_lease
from core.errors import RunError
from core.processes import ProcessId, is_alive, start_detached
from core.training import runs, tickets
from core.training import status as statuses
from core.training.events import (
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
from core.training.job import Launch
from core.training.notices import notices
from core.training.records import Returned
from core.training.tickets import Ticket
from core.workspace import Workspace
from tests.core.training.conftest import WrittenRun

STARTED = RunStarted(attempt=1, pid=1, from_step=0)
TRAINING = PhaseChanged(attempt=1, phase="training")
STOPPED = RunStopped(attempt=1, step=4)
FAILED = RunFailed(attempt=1, problem="The disk is full.", where="here", fix="Free some space.")
SUCCEEDED = RunSucceeded(
    attempt=1, step=9, best_step=6, best_loss=0.5, seconds=3.0, changes_model=True
)
NOBODY = ProcessId(pid=2**22 - 1, started=1.0)


def step(number: int, attempt: int = 1, loss: float = 1.0) -> StepLogged:
    return StepLogged(
        attempt=attempt,
        step=number,
        total=9,
        epoch=1.0,
        loss=loss,
        learning_rate=1e-3,
        grad_norm=0.1,
        tokens_per_s=50.0,
        eta_s=2.0,
    )


@contextmanager
def trainer_lives(run: WrittenRun) -> Iterator[None]:
    lease = take_lease(run.folder.lease)
    assert lease is not None
    yield
    os.close(lease)


def launched(run: WrittenRun, process: ProcessId, attempt: int = 1) -> None:
    run.folder.launch.write_text(Launch(attempt=attempt, process=process).model_dump_json())


def this_process() -> ProcessId:
    return ProcessId(pid=os.getpid(), started=psutil.Process().create_time())


@pytest.mark.parametrize(
    ("events", "alive", "stop", "adapter", "status"),
    [
        ((), True, False, False, "starting"),
        ((), True, True, False, "stopping"),
        ((STARTED, TRAINING, step(3)), True, False, False, "running"),
        ((STARTED, TRAINING, step(3)), True, True, False, "stopping"),
        ((STARTED, TRAINING, step(3)), False, False, False, "interrupted"),
        ((STARTED, TRAINING, step(3)), False, True, False, "interrupted"),
        ((STARTED, STOPPED), True, True, False, "stopped"),
        ((STARTED, STOPPED), False, True, False, "stopped"),
        ((STARTED, FAILED), False, False, False, "failed"),
        ((STARTED, SUCCEEDED), False, False, True, "succeeded"),
        ((STARTED, SUCCEEDED), True, True, True, "succeeded"),
        ((STARTED, SUCCEEDED), False, False, False, "failed"),
        ((), False, False, False, "failed"),
    ],
)
def test_status_is_derived(
    workspace: Workspace,
    written_run: WrittenRun,
    events: tuple[Event, ...],
    alive: bool,
    stop: bool,
    adapter: bool,
    status: str,
) -> None:
    launched(written_run, NOBODY)
    written_run.happened(*events)
    if stop:
        written_run.folder.stop.touch()
    if adapter:
        written_run.adapter()
    if alive:
        with trainer_lives(written_run):
            run = runs.status(workspace, written_run.folder.run_id)
    else:
        run = runs.status(workspace, written_run.folder.run_id)
    assert run.status == status
    assert (run.failure is not None) == (status == "failed")


def test_a_launched_process_is_starting_until_it_dies(
    workspace: Workspace, written_run: WrittenRun
) -> None:
    launched(written_run, this_process())
    assert runs.status(workspace, written_run.folder.run_id).status == "starting"
    launched(written_run, NOBODY)
    written_run.folder.log.write_text("Traceback\nModuleNotFoundError: No module named 'torch'\n")
    run = runs.status(workspace, written_run.folder.run_id)
    assert run.status == "failed"
    assert run.failure is not None
    assert "No module named 'torch'" in run.failure.problem


def test_a_resumed_attempt_hides_the_end_of_the_one_before(
    workspace: Workspace, written_run: WrittenRun
) -> None:
    written_run.happened(STARTED, TRAINING, step(4), STOPPED)
    launched(written_run, this_process(), attempt=2)
    assert runs.status(workspace, written_run.folder.run_id).status == "starting"
    assert runs.status(workspace, written_run.folder.run_id).step == 4
    written_run.happened(RunStarted(attempt=2, pid=1, from_step=4))
    with trainer_lives(written_run):
        run = runs.status(workspace, written_run.folder.run_id)
    assert (run.status, run.attempt, run.step) == ("running", 2, 4)


def test_a_trainer_that_leaves_between_two_looks_is_not_told_dead(
    workspace: Workspace, written_run: WrittenRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    written_run.happened(STARTED, TRAINING, step(3))

    def left(_: Path) -> bool:
        written_run.happened(STOPPED)
        return False

    monkeypatch.setattr(statuses, "lease_is_held", left)
    assert runs.status(workspace, written_run.folder.run_id).status == "stopped"


def test_figures_come_from_the_last_events(workspace: Workspace, written_run: WrittenRun) -> None:
    prepared = DataPrepared(
        attempt=1,
        train_rows=3,
        validation_rows=1,
        train_tokens=30,
        supervised_tokens=9,
        cut_rows=(2,),
        dropped_rows=(),
        total_steps=9,
    )
    written_run.happened(STARTED, prepared, TRAINING, step(1), step(2, loss=0.7))
    written_run.happened(Evaluated(attempt=1, step=2, loss=0.9))
    written_run.checkpoint(2)
    with trainer_lives(written_run):
        run = runs.status(workspace, written_run.folder.run_id)
    assert (run.step, run.total_steps, run.phase) == (2, 9, "training")
    assert (run.loss, run.validation_loss, run.eta_s) == (0.7, 0.9, 2.0)
    assert run.last_checkpoint == "checkpoint-2"


def damage_events(run: WrittenRun) -> None:
    run.happened(STARTED)
    with run.folder.events.open("ab") as file:
        file.write(b'{"kind": "step_lo')


@pytest.mark.parametrize(
    "spoil",
    [
        lambda run: run.folder.plan.write_text("{"),
        lambda run: run.folder.plan.unlink(),
        lambda run: run.folder.job.unlink(),
        lambda run: run.folder.events.write_bytes(b"\x00\xff\n{}\n"),
        lambda run: run.folder.launch.write_text("no"),
        lambda run: run.folder.checkpoints.write_text("a file, not a folder"),
        damage_events,
    ],
)
def test_a_damaged_run_hides_no_other(
    workspace: Workspace, written_run: WrittenRun, spoil: Callable[[WrittenRun], object]
) -> None:
    whole = WrittenRun(workspace, "run-20261121-090000-cd34")
    whole.happened(STARTED, STOPPED)
    spoil(written_run)
    (workspace.runs / "not-a-run.txt").write_text("")
    (workspace.runs / "Stray Folder").mkdir()
    found = {run.id: run for run in runs.list_runs(workspace)}
    assert set(found) == {whole.folder.run_id, written_run.folder.run_id}
    assert found[whole.folder.run_id].status == "stopped"
    assert found[written_run.folder.run_id].status in ("failed", "interrupted")


def test_the_curve_is_thinned_and_later_attempts_win(
    workspace: Workspace, written_run: WrittenRun
) -> None:
    written_run.happened(STARTED, *(step(n) for n in range(1, 1201)))
    written_run.happened(RunStarted(attempt=2, pid=1, from_step=1199))
    written_run.happened(step(1200, attempt=2, loss=0.25))
    curve = runs.view(workspace, written_run.folder.run_id).curve
    assert len(curve.train) == runs.CURVE_POINTS
    assert curve.train[0] == (1, 1.0)
    assert curve.train[-1] == (1200, 0.25)


def test_a_run_that_does_not_exist_says_so(workspace: Workspace) -> None:
    with pytest.raises(RunError, match="no run"):
        runs.status(workspace, "run-20261121-000000-0000")
    assert runs.list_runs(workspace) == ()


def test_the_log_is_read_from_its_end(workspace: Workspace, written_run: WrittenRun) -> None:
    assert runs.log_tail(workspace, written_run.folder.run_id) == ""
    written_run.folder.log.write_bytes(b"\xff broken\n" + b"line\n" * 50_000 + b"last\n")
    assert runs.log_tail(workspace, written_run.folder.run_id, 2) == "line\nlast"


def test_stopping_asks_by_file_and_only_a_live_run(
    workspace: Workspace, written_run: WrittenRun
) -> None:
    written_run.happened(STARTED, TRAINING)
    with trainer_lives(written_run):
        assert runs.stop(workspace, written_run.folder.run_id).status == "stopping"
        assert written_run.folder.stop.exists()
    written_run.happened(STOPPED)
    with pytest.raises(RunError, match="nothing to stop"):
        runs.stop(workspace, written_run.folder.run_id)


def test_a_trainer_that_does_not_leave_is_ended_when_asked_again(
    workspace: Workspace, written_run: WrittenRun
) -> None:
    written_run.happened(STARTED, TRAINING, step(1))
    deaf = start_detached(["sleep", "60"], written_run.folder.log, dict(os.environ))
    launched(written_run, deaf)
    with trainer_lives(written_run):
        runs.stop(workspace, written_run.folder.run_id)
        runs.stop(workspace, written_run.folder.run_id)
        assert is_alive(deaf), "asking twice in a hurry ends nothing"
        os.utime(written_run.folder.stop, (1, 1))
        runs.stop(workspace, written_run.folder.run_id)
        assert not is_alive(deaf)


# -- the queue, silence, and what stays of a run --------------------------------------------------


def ticket_of(run: WrittenRun, attempt: int = 1) -> None:
    ticket = Ticket(
        attempt=attempt, asked="2026-11-21T10:00:00+00:00", turn=1.0, offline=True, wants=1,
        may_use=("cpu",), slots=("cpu",),
    )  # fmt: skip
    tickets.write(run.folder, ticket)


@pytest.mark.parametrize(
    ("events", "attempt", "launch", "alive", "stop", "status", "began"),
    [
        ((), 1, None, False, False, "queued", False),
        ((), 1, None, False, True, "stopped", False),
        ((), 1, None, True, False, "starting", False),
        ((), 1, 1, False, False, "failed", True),
        ((FAILED,), 1, None, False, False, "failed", False),
        ((STARTED, STOPPED), 2, 1, False, False, "queued", True),
        ((STARTED, STOPPED), 2, 1, False, True, "stopped", True),
        ((STARTED, TRAINING), 2, 1, False, True, "interrupted", True),
        ((STARTED, STOPPED), 2, 1, True, False, "queued", True),
        ((STARTED, STOPPED), 2, 2, False, False, "failed", True),
    ],
)
def test_a_run_waits_until_its_attempt_was_launched_or_cancelled(
    workspace: Workspace,
    written_run: WrittenRun,
    events: tuple[Event, ...],
    attempt: int,
    launch: int | None,
    alive: bool,
    stop: bool,
    status: str,
    began: bool,
) -> None:
    ticket_of(written_run, attempt)
    written_run.happened(*events)
    if launch is not None:
        launched(written_run, NOBODY, launch)
    if stop:
        written_run.folder.stop.touch()
    if alive:
        with trainer_lives(written_run):
            run = runs.status(workspace, written_run.folder.run_id)
    else:
        run = runs.status(workspace, written_run.folder.run_id)
    assert (run.status, run.began) == (status, began)
    assert run.is_live == (status in ("queued", "starting"))
    assert (run.place is not None) == (status == "queued")


def test_a_cleared_run_keeps_its_figures(workspace: Workspace, written_run: WrittenRun) -> None:
    written_run.happened(STARTED, step(9), SUCCEEDED)
    written_run.folder.cleared.write_text("{}")
    run = runs.status(workspace, written_run.folder.run_id)
    assert (run.status, run.step, run.has_model, run.can_resume) == ("cleared", 9, False, False)
    assert run.result is not None
    assert run.result.best_loss == 0.5


def test_a_trainer_that_gives_no_sign_is_not_responding(
    workspace: Workspace, written_run: WrittenRun
) -> None:
    written_run.happened(STARTED, TRAINING, step(3))
    with trainer_lives(written_run):
        run = runs.status(workspace, written_run.folder.run_id)
        assert run.last_sign_s is not None
        assert run.last_sign_s < 60
        assert not run.is_silent
        assert notices(run) == ()
        os.utime(written_run.folder.events, (1, 1))
        silent = runs.status(workspace, written_run.folder.run_id)
        assert silent.is_silent
        assert "not responding" in notices(silent)[0]
        written_run.folder.log.write_text("a sign")
        assert not runs.status(workspace, written_run.folder.run_id).is_silent
    ended = runs.status(workspace, written_run.folder.run_id)
    assert (ended.last_sign_s, ended.is_silent) == (None, False)
    assert ended.ended is not None


def test_a_clock_that_went_back_makes_no_trainer_silent(
    workspace: Workspace, written_run: WrittenRun
) -> None:
    written_run.happened(STARTED, TRAINING)
    os.utime(written_run.folder.events, (2**33, 2**33))
    with trainer_lives(written_run):
        run = runs.status(workspace, written_run.folder.run_id)
    assert (run.last_sign_s, run.is_silent) == (0.0, False)


def test_memory_epoch_and_start_are_those_of_the_trainer_at_work(
    workspace: Workspace, written_run: WrittenRun
) -> None:
    again = RunStarted(attempt=2, pid=1, from_step=4)
    beat = Heartbeat(attempt=2, phase="training", seconds=9.0, rss_mb=800.0, gpu_mb=None)
    written_run.happened(STARTED, step(4), STOPPED, again, step(5, attempt=2), beat)
    ticket_of(written_run, attempt=2)
    launched(written_run, NOBODY, attempt=2)
    with trainer_lives(written_run):
        run = runs.status(workspace, written_run.folder.run_id)
    assert (run.start_step, run.epoch, run.rss_mb, run.gpu_mb) == (4, 1.0, 800.0, None)
    assert run.slots == ("cpu",)
    ended = runs.status(workspace, written_run.folder.run_id)
    assert (ended.rss_mb, ended.slots, ended.eta_s) == (None, (), None)


def test_memory_that_came_back_or_did_not_is_told(written_run: WrittenRun) -> None:
    run = statuses.derive(written_run.folder)
    back = run.model_copy(update={"returned": Returned(before_mb=12_000, after_mb=1_500)})
    assert notices(back) == ("The model server gave 10,500 MiB of GPU memory back for this run.",)
    kept = Returned(before_mb=None, after_mb=None, warning="It is still there.")
    assert (
        "did not come back: It is still there."
        in notices(run.model_copy(update={"returned": kept}))[0]
    )
    assert (
        notices(run.model_copy(update={"returned": Returned(before_mb=None, after_mb=None)})) == ()
    )
