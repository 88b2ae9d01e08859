"""`duotune curve`: queues what is missing, says what to do next, and shows the curve."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from core.data.examples import SUPPORT_DESK
from core.errors import RunError
from core.training.plan_changes import PlanChanges
from eval.records import EvaluationRequest
from tests.ui.commands import Run, commands, told
from tests.ui.fake_parts import FakeActions
from ui import terminal, terminal_curve, terminal_follow

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def run(actions: FakeActions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(terminal_curve, "open_actions", lambda: actions)
    monkeypatch.setattr(terminal, "open_actions", lambda: actions)
    monkeypatch.setattr(terminal_follow, "POLL_S", 0.01)
    return commands(tmp_path, monkeypatch)


@pytest.mark.slow
def test_a_curve_is_queued_then_said_what_it_lacks_then_shown(
    actions: FakeActions, run: Run, wait: Wait
) -> None:
    def trained() -> bool:
        actions.advance_queue()
        return all(one.status == "succeeded" for one in actions.runs())

    plan = actions.propose_plan(actions.import_data(SUPPORT_DESK).id).plan
    whole = actions.start_training(plan)
    wait(trained)
    queued = told(run("curve", whole.id, "--json"))
    assert [one["share"] for one in queued["runs"]] == [0.25, 0.5, 1.0]
    plans = [actions.run(one["run_id"]).run.plan for one in queued["runs"]]
    assert [one.train_share for one in plans] == [0.25, 0.5, 1.0]
    assert len({one.name for one in plans}) == 3
    assert queued["curve"] is None
    wait(trained)

    rubric = actions.rubric_for(whole.id).as_yaml()
    asked = EvaluationRequest(run_id=whole.id, rubric=rubric, limit=30)
    started = actions.start_evaluation(asked)
    wait(lambda: actions.evaluation(started.id).status == "succeeded")
    lacking = told(run("curve", whole.id, "--json"))
    assert len(actions.runs()) == 3, "nothing is queued twice"
    assert lacking["sentence"] == "No curve yet: 3 of 3 runs are trained, 1 evaluated alike."
    commands = [shlex.split(one["missing"]) for one in lacking["runs"] if one["missing"]]
    assert [one[:2] for one in commands] == [["duotune", "evaluate"]] * 2
    assert "duotune evaluate" in run("curve", whole.id).stdout
    for one in commands:
        told(run(*one[1:], "--json"))

    shown = told(run("curve", whole.id, "--json"))
    rows = [point["rows"] for point in shown["curve"]["points"]]
    assert rows == sorted(rows)
    assert shown["curve"]["points"][0]["low"] < shown["curve"]["points"][0]["tuned"]
    assert shown["curve"]["still_rising"] is not True, "the fake answers each run alike"
    assert "95% interval" in run("curve", whole.id).stdout
    with pytest.raises(RunError, match="only a share"):
        actions.learning_curve(queued["runs"][0]["run_id"])


def test_a_share_is_proposed_with_fewer_rows(actions: FakeActions, small: Path) -> None:
    dataset = actions.import_data(small).id
    half = actions.propose_plan(dataset, PlanChanges(base_model="starter", train_share=0.5))
    assert (half.train_rows, half.validation_rows, half.test_rows) == (14, 6, 6)
    whole = actions.propose_plan(dataset, PlanChanges(base_model="starter"))
    assert whole.train_rows == 28
    assert half.plan.mask_sha256 != whole.plan.mask_sha256
