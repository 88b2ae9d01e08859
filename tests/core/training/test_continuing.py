"""Continue says from where, what remains and how long; more epochs begin a new schedule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import PlanError, RunError
from core.settings import Settings
from core.training import launching, runs, starting, tickets
from core.training.events import DataPrepared, RunStarted, RunStopped, RunSucceeded, StepLogged
from core.training.job import Job
from core.training.plan import TrainingPlan
from core.training.records import Run
from core.workspace import RunFolder, Workspace
from tests.core.training.conftest import Data, WrittenRun

OFFLINE = Settings(offline=True)
BEGAN = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def prepared(total: int) -> DataPrepared:
    return DataPrepared(
        attempt=1,
        train_rows=48,
        validation_rows=6,
        train_tokens=480,
        supervised_tokens=90,
        cut_rows=(),
        dropped_rows=(),
        total_steps=total,
    )


def step(number: int, total: int, epochs: float) -> StepLogged:
    return StepLogged(
        attempt=1,
        at=BEGAN + timedelta(seconds=2.5 * number),
        step=number,
        total=total,
        epoch=epochs * number / total,
        loss=1.0,
        learning_rate=1e-3,
        grad_norm=0.1,
        tokens_per_s=50.0,
        eta_s=2.0,
    )


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What was launched, with nothing started."""
    found: list[tuple[str, int]] = []

    def launch(folder: RunFolder, attempt: int, *_: Any) -> None:
        found.append((folder.run_id, attempt))

    monkeypatch.setattr(launching, "launch", launch)
    monkeypatch.setattr(starting, "looked_at", lambda *given: given[2])
    return found


def run_at(data: Data, at: int, total: int = 24, **changes: Any) -> Run:
    """A run that was stopped at a step, with a checkpoint there."""
    run = runs.start(data.workspace, OFFLINE, data.plan("starter", **changes))
    written = WrittenRun.of(data.workspace.run(run.id))
    written.happened(RunStarted(attempt=1, pid=1, from_step=0), prepared(total))
    written.happened(*(step(n, total, run.plan.epochs) for n in range(1, at + 1)))
    written.checkpoint(at)
    if at < total:
        written.happened(RunStopped(attempt=1, step=at))
    else:
        written.adapter()
        written.happened(
            RunSucceeded(
                attempt=1, step=at, best_step=at, best_loss=0.5, seconds=60.0, changes_model=True
            )
        )
    return runs.status(data.workspace, run.id)


def test_what_remains_is_said_before_anything_starts(
    data: Data, launched: list[tuple[str, int]]
) -> None:
    run = run_at(data, 16)
    found = runs.continuation(data.workspace, run.id)
    assert (found.from_step, found.total_steps, found.remaining_steps) == (16, 24, 8)
    assert found.seconds == pytest.approx(8 * 2.5)
    assert found.sentences == (
        "Goes on from step 16 of 24: 8 steps remain.",
        "By its own pace so far that takes about 20 s.",
    )
    assert len(launched) == 1, "asking starts nothing"


def test_a_checkpoint_counts_and_not_the_last_step(
    data: Data, launched: list[tuple[str, int]]
) -> None:
    run = run_at(data, 16)
    (data.workspace.run(run.id).checkpoints / "checkpoint-16").rename(
        data.workspace.run(run.id).checkpoints / "checkpoint-12"
    )
    assert runs.continuation(data.workspace, run.id).remaining_steps == 12


@pytest.mark.parametrize(
    ("plan", "extend", "total", "now"),
    [
        ({"epochs": 2.0}, 1.0, 36, {"epochs": 3.0}),
        ({"epochs": 2.0}, 0.5, 30, {"epochs": 2.5}),
        ({"max_steps": 24}, 1.0, 36, {"max_steps": 36, "epochs": 2.0}),
    ],
)
def test_a_finished_run_is_extended_by_epochs(
    data: Data,
    launched: list[tuple[str, int]],
    plan: dict[str, Any],
    extend: float,
    total: int,
    now: dict[str, Any],
) -> None:
    before = run_at(data, 24, **plan)
    folder = data.workspace.run(before.id)
    agreed = folder.plan.read_bytes()
    found = runs.continuation(data.workspace, before.id, extend)
    assert (found.from_step, found.total_steps, found.remaining_steps) == (24, total, total - 24)
    assert "new schedule at step 24" in found.sentences[-1]
    runs.resume(data.workspace, OFFLINE, before.id, extend=extend)
    assert launched[-1] == (before.id, 2)
    after = TrainingPlan.model_validate_json(folder.plan.read_bytes())
    assert {name: getattr(after, name) for name in now} == now
    assert (folder.root / "plan-until-attempt-1.json").read_bytes() == agreed
    job = Job.model_validate_json(folder.job.read_bytes())
    assert (job.attempt, job.schedule_from) == (2, 24)


def test_an_extension_that_was_stopped_keeps_its_schedule(
    data: Data, launched: list[tuple[str, int]]
) -> None:
    run = run_at(data, 24)
    runs.resume(data.workspace, OFFLINE, run.id, extend=1)
    written = WrittenRun.of(data.workspace.run(run.id))
    written.happened(RunStarted(attempt=2, pid=1, from_step=24), RunStopped(attempt=2, step=30))
    written.checkpoint(30)
    runs.resume(data.workspace, OFFLINE, run.id)
    assert launched[-1] == (run.id, 3)
    job = Job.model_validate_json(written.folder.job.read_bytes())
    assert job.schedule_from == 24
    assert TrainingPlan.model_validate_json(written.folder.plan.read_bytes()).epochs == 3


def test_a_renamed_run_is_extended_under_the_plans_own_name(
    data: Data, launched: list[tuple[str, int]]
) -> None:
    run = run_at(data, 24)
    folder = data.workspace.run(run.id)
    from core.training import labels

    labels.rename(folder, "tea")
    runs.resume(data.workspace, OFFLINE, run.id, extend=1)
    ticket = tickets.read(folder)
    assert ticket is not None
    assert ticket.plan is not None
    assert ticket.plan.name == "a run"


@pytest.mark.parametrize(
    ("at", "extend", "says"),
    [
        (24, None, "'a run' has succeeded: there is nothing to resume"),
        (24, 0.0, "can't be extended by 0 epochs"),
        (24, 101.0, "can't be extended by 101 epochs"),
    ],
)
def test_what_makes_no_sense_is_refused(
    data: Data, launched: list[tuple[str, int]], at: int, extend: float | None, says: str
) -> None:
    run = run_at(data, at)
    with pytest.raises(RunError, match=says):
        runs.resume(data.workspace, OFFLINE, run.id, extend=extend)


def test_a_plan_has_a_longest_length(data: Data, launched: list[tuple[str, int]]) -> None:
    run = run_at(data, 24, epochs=60.0)
    with pytest.raises(PlanError, match="more than a plan may have"):
        runs.continuation(data.workspace, run.id, 50)


def test_without_steps_no_time_is_guessed(workspace: Workspace, written_run: WrittenRun) -> None:
    written_run.happened(RunStarted(attempt=1, pid=1, from_step=0), RunStopped(attempt=1, step=2))
    written_run.checkpoint(2)
    found = runs.continuation(workspace, written_run.folder.run_id)
    assert (found.from_step, found.total_steps, found.seconds) == (2, None, None)
    assert found.sentences == ("Goes on from step 2; how many remain is counted when it starts.",)


def test_a_run_killed_before_its_first_checkpoint_starts_from_the_beginning(
    data: Data, launched: list[tuple[str, int]]
) -> None:
    run = runs.start(data.workspace, OFFLINE, data.plan("starter"))
    written = WrittenRun.of(data.workspace.run(run.id))
    written.happened(RunStarted(attempt=1, pid=1, from_step=0), step(2, 24, 1.0))
    cut_off = runs.status(data.workspace, run.id)
    assert (cut_off.status, cut_off.can_resume, cut_off.can_extend) == ("interrupted", True, False)
    found = runs.continuation(data.workspace, run.id)
    assert found.sentences[0] == "Starts from the beginning: there is no checkpoint of it yet."
    runs.resume(data.workspace, OFFLINE, run.id)
    assert launched == [(run.id, 1), (run.id, 2)]
