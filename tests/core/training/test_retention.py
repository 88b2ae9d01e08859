"""Ended runs are cleared away after their days, warned of before, and never by a clock's jump."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from core import trash
from core.disk import take_lease
from core.training import library, retention, runs
from core.training.events import RunStarted, RunStopped, RunSucceeded
from core.training.plan import TrainingPlan
from core.training.records import DAY_S, Run
from core.workspace import Workspace
from tests.core.training.conftest import WrittenRun

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()


def ended(workspace: Workspace, days: int | None = 15) -> WrittenRun:
    """A run that succeeded, with everything that such a run leaves behind."""
    run = WrittenRun(workspace)
    plan = TrainingPlan.model_validate_json(run.folder.plan.read_bytes())
    kept = plan.model_copy(update={"retention_days": days})
    run.folder.plan.write_text(kept.model_dump_json())
    run.happened(RunStarted(attempt=1, pid=1, from_step=0))
    run.happened(
        RunSucceeded(attempt=1, step=9, best_step=6, best_loss=0.5, seconds=3.0, changes_model=True)
    )
    run.checkpoint(6)
    run.adapter()
    run.folder.log.write_text("many lines")
    return run


def sweep(workspace: Workspace, day: float, in_use: bool = False) -> tuple[str, ...]:
    """A look at noon of a day, from 0."""
    found = runs.list_runs(workspace)
    return retention.sweep(workspace, found, lambda _: in_use, NOON + day * DAY_S)


def the_run(workspace: Workspace) -> Run:
    (run,) = runs.list_runs(workspace)
    return run


def test_a_run_is_warned_of_for_three_days_and_then_cleared(workspace: Workspace) -> None:
    run = ended(workspace)
    for day in range(15):
        assert sweep(workspace, day) == ()
        clears_at = the_run(workspace).clears_at
        assert clears_at is not None
        assert clears_at.startswith("2026-12-06T12:00")
    assert sweep(workspace, 15) == (run.folder.run_id,)
    cleared = the_run(workspace)
    assert cleared.status == "cleared"
    assert cleared.result is not None
    assert (cleared.result.best_loss, cleared.has_model) == (0.5, False)
    assert cleared.plan.name == "by hand"
    assert not cleared.can_resume
    assert not cleared.can_extend
    left = {path.name for path in run.folder.root.iterdir()}
    assert left == {"plan.json", "job.json", "events.jsonl", "ended.json", "cleared.json"}
    assert list(workspace.trash.iterdir()) == []
    record = retention.Cleared.model_validate_json(run.folder.cleared.read_bytes())
    assert record.bytes > 0
    assert sweep(workspace, 16) == ()


def test_the_warning_names_the_day_and_the_remedy(workspace: Workspace) -> None:
    ended(workspace)
    run = the_run(workspace)
    assert retention.warning(run) == ""
    soon = datetime.fromtimestamp(datetime.now(UTC).timestamp() + 2.9 * DAY_S, UTC)
    due = run.model_copy(update={"clears_at": soon.isoformat(timespec="seconds")})
    assert soon.date().isoformat() in retention.warning(due)
    assert "Keep it" in retention.warning(due)


def test_a_clock_that_jumps_forward_clears_nothing_early(workspace: Workspace) -> None:
    ended(workspace)
    sweep(workspace, 0)
    assert sweep(workspace, 400) == ()
    assert sweep(workspace, 401) == ()
    clears_at = the_run(workspace).clears_at
    assert clears_at is not None
    left = datetime.fromisoformat(clears_at).timestamp() - (NOON + 401 * DAY_S)
    assert left == pytest.approx(13 * DAY_S), "the jump counted as one day"


def test_a_clock_that_jumps_back_takes_no_time_away(workspace: Workspace) -> None:
    run = ended(workspace, days=2)
    sweep(workspace, 0)
    sweep(workspace, 1)
    assert sweep(workspace, -3000) == ()
    assert sweep(workspace, -2999) == (run.folder.run_id,)


@pytest.mark.parametrize("why", ["kept", "no days", "served", "live", "queued again"])
def test_what_is_needed_stays(workspace: Workspace, why: str) -> None:
    run = ended(workspace, days=None if why == "no days" else 1)
    if why == "kept":
        library.keep(workspace, the_run(workspace))
    lease = None
    if why == "live":
        run.happened(RunStarted(attempt=2, pid=1, from_step=6))
        lease = take_lease(run.folder.lease)
    if why == "queued again":
        sweep(workspace, 0)
        run.happened(RunStarted(attempt=2, pid=1, from_step=6), RunStopped(attempt=2, step=7))
    assert sweep(workspace, 1, in_use=why == "served") == ()
    assert sweep(workspace, 1.9, in_use=why == "served") == ()
    assert run.folder.adapter.is_dir()
    if lease is not None:
        os.close(lease)


def test_a_clearing_that_was_cut_off_is_finished_at_the_next_look(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ended(workspace, days=1)
    sweep(workspace, 0)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(trash, "discard", killed)
        with pytest.raises(KeyboardInterrupt):
            sweep(workspace, 1)
    assert the_run(workspace).status == "cleared", "it said so before it removed anything"
    assert run.folder.adapter.is_dir()
    sweep(workspace, 1.1)
    assert not run.folder.adapter.exists()


def test_rubbish_of_a_removal_that_was_cut_off_is_swept(workspace: Workspace) -> None:
    left = workspace.trash / "run-x-1"
    (left / "deep").mkdir(parents=True)
    (workspace.trash / "file-2").write_text("x")
    sweep(workspace, 0)
    assert list(workspace.trash.iterdir()) == []


def test_only_one_process_sweeps(workspace: Workspace) -> None:
    ended(workspace, days=1)
    sweep(workspace, 0)
    lease = take_lease(workspace.locks / "retention.lease")
    assert lease is not None
    assert sweep(workspace, 1) == ()
    os.close(lease)
    assert len(sweep(workspace, 1)) == 1
