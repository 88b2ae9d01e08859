"""A run's panel says what is known, what is not measured, and what can be done."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from core.training.events import (
    AnyEvent,
    DataPrepared,
    EarlyStopped,
    Event,
    Heartbeat,
    RunFailed,
    RunStarted,
    StepLogged,
    TrainerReady,
)
from core.training.plan import TrainingPlan
from core.training.records import Curve, Failure, Run, RunResult, RunView
from ui.present import run as shown
from ui.present import run_events
from ui.words import WORDS, Voice

UNTOLD = {"step_logged", "heartbeat"}
EN, ZH = Voice("en"), Voice("zh")
PLAN = TrainingPlan(
    name="Desk <1>", dataset_id="ds-0001", split_fingerprint="f", base_model="starter"
)


def run(**facts: Any) -> Run:
    given: dict[str, Any] = {
        "id": "run-0001", "plan": PLAN, "status": "running", "attempt": 1, "phase": "training",
        "created": "2026-11-21T10:30:05+00:00", "step": 30, "total_steps": 120, "eta_s": 75.0,
        "tokens_per_s": 1830.4, "loss": 0.78512, "validation_loss": None, "last_checkpoint": None,
    }  # fmt: skip
    return Run.model_validate({**given, **facts})


def panel(voice: Voice = EN, **facts: Any) -> dict[str, Any]:
    curve = Curve(train=((1, 4.5), (2, 3.5)), validation=())
    return shown.panel(RunView(run=run(**facts), curve=curve, events=()), voice)


def figures(value: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in value["facts"]}


def test_a_running_run_shows_progress_and_can_be_stopped() -> None:
    value = panel()
    assert value["fraction"] == 0.25
    assert value["phase"] == "Step 30 of 120 · training"
    assert figures(value) == {
        "Time left": "1 min 15 s",
        "Training loss": "0.7851",
        "Validation loss": "not measured",
        "Tokens per second": "1,830",
        "Memory": "not measured",
    }
    assert [one["do"] for one in value["actions"]] == ["stop"]
    assert value["series"][0]["points"] == [[1, 4.5], [2, 3.5]]


def test_the_same_in_chinese() -> None:
    value = panel(ZH)
    assert value["status"] == "进行中"
    assert value["phase"] == "第 30 / 120 步 · 正在训练"
    assert figures(value)["验证损失"] == "未测量"


@pytest.mark.parametrize(
    ("facts", "actions", "notes"),
    [
        ({"status": "interrupted", "last_checkpoint": "step-20"}, ["resume"], 1),
        ({"status": "interrupted"}, ["resume"], 1),
        ({"status": "stopped", "last_checkpoint": "step-20"}, ["resume"], 0),
        ({"status": "stopping"}, ["stop"], 0),
        ({"status": "failed"}, [], 0),
    ],
)
def test_what_can_be_done(facts: dict[str, Any], actions: list[str], notes: int) -> None:
    value = panel(**facts)
    assert [one["do"] for one in value["actions"]] == actions
    assert len(value["notes"]) == notes


def test_a_finished_run_tells_its_best_and_whether_it_changed_anything() -> None:
    result = RunResult(
        best_step=96, best_loss=0.49821, last_step=120, seconds=3725, changes_model=False
    )
    value = panel(status="succeeded", phase=None, step=120, result=result)
    assert value["fraction"] == 1.0
    assert figures(value)["Best validation loss, step 96"] == "0.4982"
    assert figures(value)["Took"] == "1 h 02 min"
    assert value["notes"] == [EN("run.unchanged")]


def test_a_failure_is_told_in_full() -> None:
    failure = Failure(problem="Loss is not a number.", where="step 3", fix="Lower the rate.")
    assert panel(status="failed", failure=failure)["failure"]["fix"] == "Lower the rate."


def test_no_steps_at_all_make_no_fraction_and_no_division_by_zero() -> None:
    assert panel(step=0, total_steps=None)["fraction"] is None
    assert panel(step=0, total_steps=0)["fraction"] is None


def test_downsampling_keeps_both_ends() -> None:
    points = [(n, float(n)) for n in range(10_000)]
    few = shown.downsample(points)
    assert len(few) == shown.MOST_POINTS
    assert few[0] == points[0]
    assert few[-1] == points[-1]
    assert shown.downsample(points[:5]) == points[:5]


def test_events_are_told_newest_first_without_steps() -> None:
    step = StepLogged(
        attempt=1, step=1, total=9, epoch=0.1, loss=1, learning_rate=1e-4, grad_norm=None,
        tokens_per_s=None, eta_s=None,
    )  # fmt: skip
    prepared = DataPrepared(
        attempt=1, train_rows=600, validation_rows=60, train_tokens=41_200,
        supervised_tokens=15_300, cut_rows=(4, 9), dropped_rows=(), total_steps=9,
    )  # fmt: skip
    told = run_events.events(
        [
            RunStarted(attempt=1, pid=1, from_step=0), prepared, step,
            RunFailed(attempt=1, problem="<b>Full</b>"),
        ],
        EN,
    )  # fmt: skip
    assert told.count("<li>") == 3
    assert told.index("Failed: &lt;b&gt;Full") < told.index("600 rows prepared")
    assert "2 rows cut" in told


def test_every_kind_of_event_can_be_told() -> None:
    happened: list[AnyEvent] = [
        TrainerReady(attempt=1, settings={}, device="cpu", parameters=2_100_000, trainable=9_000),
        EarlyStopped(attempt=1, step=60, best_step=40),
        Heartbeat(attempt=1, phase="loading", seconds=20, rss_mb=900, gpu_mb=None),
    ]
    told = run_events.events(happened, EN)
    assert told.count("<li>") == 2, "a sign of life is no news"
    assert "9,000 of 2,100,000 weights" in told
    assert "best at step 40" in told
    kinds = {get_args(kind.model_fields["kind"].annotation)[0] for kind in Event.__subclasses__()}
    assert len(kinds) > 10
    assert [kind for kind in kinds - UNTOLD if f"event.{kind}" not in WORDS] == []


def test_the_list_of_runs_marks_the_chosen_one() -> None:
    value = shown.choices([run(), run(id="run-0002", status="failed")], "run-0002", EN)
    assert value["selected"] == "run-0002"
    assert [one["tone"] for one in value["items"]] == ["live", "bad"]
    assert value["items"][0]["title"] == "Desk <1>"
