"""A sweep: variants of one plan, queued, and compared without promising too much."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import PlanError, RunError
from core.training import sweep
from core.training.plan import TrainingPlan
from core.training.records import Run, RunResult, Status
from core.workspace import Workspace

PLAN = TrainingPlan(name="desk", dataset_id="ds-1", split_fingerprint="f", base_model="starter")
RATES = (1e-4, 2e-4)


def run_of(plan: TrainingPlan, number: int, status: Status = "queued") -> Run:
    return Run(
        id=f"run-000{number}", plan=plan, status=status, created="", attempt=1, phase=None, step=0,
        total_steps=None, tokens_per_s=None, loss=None, validation_loss=None, last_checkpoint=None,
    )  # fmt: skip


def started(workspace: Workspace, **varied: tuple[Any, ...]) -> tuple[sweep.Sweep, dict[str, Run]]:
    runs: dict[str, Run] = {}

    def start(plan: TrainingPlan) -> Run:
        run = run_of(plan, len(runs))
        runs[run.id] = run
        return run

    return sweep.start(workspace, PLAN, varied, start), runs


def ended(run: Run, loss: float | None) -> Run:
    kept = RunResult(best_step=5, best_loss=loss, last_step=9, seconds=3.0, changes_model=True)
    return run.model_copy(update={"status": "succeeded", "result": kept})


def test_every_combination_becomes_a_plan_that_says_its_values() -> None:
    plans = sweep.variants(PLAN, {"learning_rate": RATES, "rank": (8, 32)})

    assert [(p.learning_rate, p.rank, p.alpha) for p in plans] == [
        (1e-4, 8, 16), (1e-4, 32, 64), (2e-4, 8, 16), (2e-4, 32, 64),
    ]  # fmt: skip
    assert len({p.name for p in plans}) == 4
    assert plans[0].name == "desk: learning_rate 0.0001, rank 8"
    assert {p.epochs for p in plans} == {PLAN.epochs}


def test_a_long_name_keeps_the_values() -> None:
    long = PLAN.model_copy(update={"name": "n" * 80})
    assert all(
        len(p.name) <= 80 and p.name.endswith(f"rank {p.rank}")
        for p in sweep.variants(long, {"rank": (8, 16)})
    )


@pytest.mark.parametrize(
    ("varied", "told"),
    [
        ({"rank": (8,)}, "comes to 1 runs"),
        ({"rank": tuple(range(1, 14))}, "comes to 13 runs"),
        ({"base_model": ("a", "b")}, "'base_model' can't be varied"),
        ({"dataset_id": ("a", "b")}, "'dataset_id' can't be varied"),
        ({"rank": (8, 8)}, "stands twice"),
        ({"rank": (8, 4096)}, "rank = 4096"),
        ({"method": ("lora", "magic")}, "magic"),
    ],
)
def test_what_is_no_sweep_is_refused(varied: dict[str, Any], told: str) -> None:
    with pytest.raises(PlanError, match=told):
        sweep.variants(PLAN, varied)


def test_a_sweep_is_found_again_with_its_runs(workspace: Workspace) -> None:
    made, runs = started(workspace, learning_rate=RATES)

    assert made.run_ids == tuple(runs)
    assert sweep.all_sweeps(workspace) == (made,)
    assert sweep.load(workspace, made.id) == made


def test_a_start_that_is_refused_leaves_a_sweep_of_those_before_it(workspace: Workspace) -> None:
    def start(plan: TrainingPlan) -> Run:
        if plan.learning_rate == RATES[1]:
            raise PlanError("No.")
        return run_of(plan, 0)

    with pytest.raises(PlanError, match="No"):
        sweep.start(workspace, PLAN, {"learning_rate": RATES}, start)

    (made,) = sweep.all_sweeps(workspace)
    assert made.run_ids == ("run-0000",)


def test_the_lowest_loss_is_named_only_when_all_have_ended(workspace: Workspace) -> None:
    made, runs = started(workspace, learning_rate=RATES)
    one, two = made.run_ids
    runs[one] = ended(runs[one], 2.0)
    assert sweep.result(made, runs).best is None
    assert sweep.result(made, runs).sentence == "1 of 2 runs are done."

    runs[two] = ended(runs[two], 1.0)
    found = sweep.result(made, runs)

    assert found.best == two
    assert [trial.run_id for trial in found.trials] == [two, one]
    assert found.trials[0].values == {"learning_rate": 2e-4}
    assert "1.0000, with learning_rate 0.0002. The next is 100.0% higher" in found.sentence
    assert "before you believe it" in found.sentence


def test_without_validation_nothing_is_ranked(workspace: Workspace) -> None:
    made, runs = started(workspace, rank=(8, 16))
    found = sweep.result(made, {name: ended(run, None) for name, run in runs.items()})
    assert found.best is None
    assert "can't be ranked" in found.sentence


def test_deleted_runs_and_damaged_records_are_no_trouble(workspace: Workspace) -> None:
    made, _ = started(workspace, rank=(8, 16))
    assert sweep.result(made, {}).trials == ()
    workspace.sweep(made.id).write_text("{")
    assert sweep.all_sweeps(workspace) == ()
    with pytest.raises(RunError, match=made.id):
        sweep.load(workspace, made.id)
