"""The commands about sweeps, as a shell sees them; runs are started by a fake."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import RunError
from core.training.plan_changes import PlanChanges
from core.training.recommend import Proposal
from tests.ui.commands import Run, commands, told
from tests.ui.fake_terminal import PLAN, MeasuringActions, measuring


@pytest.fixture
def actions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MeasuringActions:
    def propose(_: MeasuringActions, _id: str, changes: PlanChanges) -> Proposal:
        plan = PLAN.edited(changes.model_dump(exclude_none=True))
        return Proposal(plan=plan, warnings=(), train_rows=9, validation_rows=1, test_rows=1,
                        steps=3, seconds=None, basis=None)  # fmt: skip

    monkeypatch.setattr(MeasuringActions, "propose_plan", propose)
    monkeypatch.setattr("ui.terminal_sweep.dataset_of", lambda *_: type("D", (), {"id": "ds-1"}))
    return measuring(monkeypatch.setattr, tmp_path / "home")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, actions: MeasuringActions) -> Run:
    return commands(tmp_path, monkeypatch)


def test_every_combination_is_queued_listed_and_compared(
    run: Run, actions: MeasuringActions
) -> None:
    made = told(
        run("sweep", "desk", "--vary", "learning_rate=1e-4,2e-4", "--vary", "rank=8,32",
            "--set", "epochs=3", "--json")
    )  # fmt: skip
    assert made["varied"] == {"learning_rate": ["1e-4", "2e-4"], "rank": ["8", "32"]}
    plans = [each.plan for each in actions.world.runs.values()]
    assert [(p.learning_rate, p.rank, p.epochs) for p in plans] == [
        (1e-4, 8, 3), (1e-4, 32, 3), (2e-4, 8, 3), (2e-4, 32, 3),
    ]  # fmt: skip
    assert made["run_ids"] == list(actions.world.runs)
    assert [one["id"] for one in told(run("sweeps", "--json"))["sweeps"]] == [made["id"]]
    assert "learning_rate 1e-4, 2e-4; rank 8, 32 (4 runs)" in run("sweeps").stdout

    for number, run_id in enumerate(made["run_ids"]):
        actions.world.runs[run_id] = actions.world.runs.pop(run_id)  # the newest, to be changed
        actions.world.succeed(best_loss=0.5 - 0.1 * (number == 2))
    found = told(run("sweeps", made["id"], "--json"))
    assert found["best"] == made["run_ids"][2]
    assert found["trials"][0]["values"] == {"learning_rate": 2e-4, "rank": 8}
    shown = run("sweeps", made["id"]).stdout
    assert shown.index("0.4000") < shown.index("0.5000")
    assert "The lowest validation loss is 0.4000" in shown


def test_a_sweep_is_told_with_the_command_that_compares_it(run: Run) -> None:
    shown = run("sweep", "desk", "--vary", "epochs=1,2")
    assert shown.exit_code == 0
    assert "2 runs are queued" in shown.stdout
    sweep_id = shown.stdout.partition(":")[0]
    assert f"`duotune sweeps {sweep_id}` compares them" in shown.stderr
    assert "0 of 2 runs are done." in run("sweeps", sweep_id).stdout


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (["rank"], "'rank' gives no values to try."),
        (["rank="], "'rank=' gives no values to try."),
        (["rank=8,16", "rank=32,64"], "'rank=32,64' gives no values to try."),
        (["rank=8"], "This sweep comes to 1 runs"),
        (["rank=8,8"], "A value of rank stands twice."),
        (["rnak=8,16"], "The setting 'rnak' can't be varied."),
        (["base_model=a,b"], "The setting 'base_model' can't be varied."),
        (["rank=8,many"], "rank = 'many'"),
        (["epochs=1,2,3,4", "rank=4,8,16,32"], "This sweep comes to 16 runs"),
    ],
)
def test_what_is_no_sweep_is_refused_before_anything_starts(
    run: Run, actions: MeasuringActions, given: list[str], problem: str
) -> None:
    options = [part for one in given for part in ("--vary", one)]
    error = told(run("sweep", "desk", *options, "--json"), 1)["error"]
    assert problem in error["problem"]
    assert error["fix"]
    assert actions.world.runs == {}


def test_a_start_that_is_refused_is_told(run: Run, actions: MeasuringActions) -> None:
    actions.world.errors["start_training"] = RunError("The disk is full.", fix="Free some space.")
    refused = run("sweep", "desk", "--vary", "epochs=1,2")
    assert refused.exit_code == 1
    assert "The disk is full." in refused.stderr


def test_an_unknown_sweep_is_refused(run: Run) -> None:
    error = told(run("sweeps", "swp-20261121-000000-0000", "--json"), 1)["error"]
    assert "There is no sweep swp-20261121-000000-0000" in error["problem"]
    assert told(run("sweeps", "--json")) == {"sweeps": []}
