"""`train --preflight` and `plan --preflight` measure first, and start nothing that does not fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import DuotuneError, RunError
from core.training import plan_files
from core.training.preflight_folder import Preflight
from core.training.records import Failure
from tests.ui.commands import Run, commands, told
from tests.ui.fake_terminal import GB, HALF, PLAN, MeasuringActions, done, measuring, preflight

Start = Callable[..., tuple[MeasuringActions, Run, Path]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """The verbs, the command line and a plan's file."""
    monkeypatch.setattr("ui.terminal_preflight.POLL_S", 0.0)

    def begin(*states: Preflight, **facts: object) -> tuple[MeasuringActions, Run, Path]:
        made = measuring(monkeypatch.setattr, tmp_path / "home", *states, **facts)
        file = tmp_path / "plan.toml"
        file.write_text(plan_files.dump(PLAN))
        return made, commands(tmp_path, monkeypatch), file

    return begin


def test_a_plan_that_fits_is_measured_shown_and_started(start: Start) -> None:
    actions, run, file = start(
        preflight("running"), done(), settings={"gpu_price": 36.0, "gpu_currency": "EUR"}
    )
    shown = run("train", "--plan", file, "--preflight")
    assert shown.exit_code == 0, shown.stderr
    for words in ("1.0 GB of 2.0 GB free", "Seconds per step", "Whole run", "EUR", "Validation"):
        assert words in shown.stdout
    assert "measuring: training" in shown.stderr
    assert actions.world.newest().plan == PLAN


def test_json_is_the_run_with_its_measurement(start: Start) -> None:
    actions, run, file = start(done())
    found = told(run("train", "--plan", file, "--preflight", "--json"))
    assert found["id"] == actions.world.newest().id
    measured = found["preflight"]
    assert (measured["peak_bytes"], measured["free_bytes"]) == (GB, 2 * GB)
    assert measured["seconds"] == pytest.approx(sum(measured["phases"].values()))
    assert measured["step_seconds"] == pytest.approx(1.6)
    assert measured["cost"] is None, "no price was set"
    assert measured["verdict"] == "fits"


def test_without_the_option_nothing_is_measured(start: Start) -> None:
    _, run, file = start()
    assert "preflight" not in told(run("train", "--plan", file, "--json"))


@pytest.mark.parametrize(
    "ended",
    [
        done(peak=3 * GB),
        preflight(
            "failed", failure=Failure(problem="No memory."), out_of_memory=True, batching=HALF
        ),
    ],
    ids=["measured above what is free", "out of memory"],
)
def test_a_plan_that_does_not_fit_is_not_started(start: Start, ended: Preflight) -> None:
    actions, run, file = start(preflight("running"), ended)
    refused = run("train", "--plan", file, "--preflight")
    assert refused.exit_code == 1
    assert "does not fit" in refused.stderr
    assert "--set batch_size=4 --set gradient_accumulation=2" in refused.stderr
    found = told(run("train", "--plan", file, "--preflight", "--json"), status=1)
    assert "--set batch_size=4" in found["error"]["fix"]
    assert found["preflight"]["batching"]["changes"] == HALF.changes
    assert actions.world.runs == {}


@pytest.mark.parametrize(
    ("ended", "problem"),
    [
        (preflight("failed", failure=Failure(problem="The disk is full.")), "The disk is full."),
        (preflight("cancelled"), "cancelled, so nothing was started"),
    ],
)
def test_a_measurement_that_fails_starts_nothing(
    start: Start, ended: Preflight, problem: str
) -> None:
    actions, run, file = start(ended)
    found = told(run("train", "--plan", file, "--preflight", "--json"), status=1)
    assert problem in found["error"]["problem"]
    assert actions.world.runs == {}


def test_a_machine_in_use_says_so(start: Start) -> None:
    actions, run, file = start(done())
    actions.world.errors["start_preflight"] = RunError("Run 'a' is being trained.", fix="Wait.")
    found = told(run("train", "--plan", file, "--preflight", "--json"), status=1)
    assert found["error"]["problem"] == "Run 'a' is being trained."


def test_ctrl_c_cancels_the_measurement_and_starts_nothing(start: Start) -> None:
    actions, run, file = start(preflight("running"))

    class Pressed(dict[str, DuotuneError]):
        def get(self, verb: str, default: object = None) -> None:  # type: ignore[override]
            if verb == "preflight":
                raise KeyboardInterrupt

    actions.world.errors = Pressed()
    left = run("train", "--plan", file, "--preflight")
    assert left.exit_code == 130
    assert actions.cancelled == ["pre-20261121-1"]
    assert "cancelled, and nothing was started" in left.stderr
    assert actions.world.runs == {}


def test_a_plan_can_be_measured_without_being_started(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.training.recommend import Proposal

    actions, run, _ = start(done())
    proposal = Proposal(plan=PLAN, warnings=(), train_rows=9, validation_rows=1, test_rows=1,
                        steps=3, seconds=None, basis=None)  # fmt: skip
    monkeypatch.setattr(MeasuringActions, "propose_plan", lambda *_: proposal)
    monkeypatch.setattr("ui.terminal_plan.dataset_of", lambda *_: type("D", (), {"id": "ds-1"}))
    found = told(run("plan", "desk", "--preflight", "--json"))
    assert (found["plan"]["name"], found["preflight"]["peak_bytes"]) == ("desk", GB)
    assert "Peak memory" in run("plan", "desk", "--preflight").stdout
    assert actions.world.runs == {}
