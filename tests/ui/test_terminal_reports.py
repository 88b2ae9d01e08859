"""Reports from the terminal: listed, read, compared, stopped, and votes as preference pairs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.data.examples import SUPPORT_DESK
from core.errors import SettingError
from eval.records import EvaluationRequest
from tests.ui.fake_parts import FakeActions
from ui import terminal_reports, terminal_runs
from ui.terminal import cli
from ui.terminal_reports import judged_by

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def reports(actions: FakeActions, wait: Wait, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two finished evaluations, newest first."""
    for module in (terminal_reports, terminal_runs):
        monkeypatch.setattr(module, "open_actions", lambda: actions)
    plan = actions.propose_plan(actions.import_data(SUPPORT_DESK).id).plan
    run = actions.start_training(plan)
    wait(lambda: actions.run(run.id).run.status == "succeeded")
    rubric = actions.rubric_for(run.id).as_yaml()
    for _ in range(2):
        asked = EvaluationRequest(run_id=run.id, rubric=rubric, limit=30)
        started = actions.start_evaluation(asked)
        wait(lambda one=started: actions.evaluation(one.id).status == "succeeded")  # type: ignore[misc]
    return [one.id for one in actions.evaluations()]


def said(*arguments: str) -> dict[str, object]:
    done = CliRunner().invoke(cli, [*arguments, "--json"])
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_reports_are_listed_read_compared_and_their_votes_saved(
    actions: FakeActions, reports: list[str], tmp_path: Path
) -> None:
    newest, older = reports
    listed = said("report")["evaluations"]
    assert [one["id"] for one in listed] == reports  # type: ignore[attr-defined]
    assert said("report", "last")["id"] == newest
    person = CliRunner().invoke(cli, ["report", older])
    assert "The tuned model is better" in person.stdout
    compared = said("report", older, "--with", newest)
    assert (compared["common"], compared["direction"]) == (30, "open")
    assert "nothing to stop" in str(said("stop", newest))
    file = tmp_path / "pairs.jsonl"
    assert "No vote has decided" in str(said("report", newest, "--preferences", str(file)))
    item = actions.vote_pairs(newest)[0]
    actions.vote_on_pair(newest, item.sample_id, "first")
    assert said("report", newest, "--preferences", str(file))["pairs"] == 1
    assert set(json.loads(file.read_text())) == {"prompt", "chosen", "rejected", "tags"}
    assert "no single evaluation" in str(said("report", "nonsense"))


def test_a_judge_is_given_whole(actions: FakeActions) -> None:
    assert judged_by(actions, None, None) is actions
    with pytest.raises(SettingError, match="only one of them"):
        judged_by(actions, "http://127.0.0.1:9/v1", None)
    judge = judged_by(actions, "http://127.0.0.1:9/v1", "m").settings.judge
    assert judge is not None
    assert (judge.base_url, judge.model) == ("http://127.0.0.1:9/v1", "m")
