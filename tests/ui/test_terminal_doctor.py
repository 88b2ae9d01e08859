"""The doctor's command on runs that ended badly, written by hand in a real workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.actions import Actions
from core.training.events import RunFailed, RunStarted, RunStopped
from core.training.plan import TrainingPlan
from core.training.records import Run as TrainingRun
from core.workspace import Workspace
from tests.core.training.conftest import WrittenRun
from tests.ui.commands import Run, commands, told

ID = "run-20261121-100000-ab12"
STARTED = RunStarted(attempt=1, pid=1, from_step=0)
OOM = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB."


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return commands(tmp_path, monkeypatch)


@pytest.fixture
def written(tmp_path: Path) -> WrittenRun:
    return WrittenRun(Workspace.open(tmp_path / "home"), ID)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was started or resumed, instead of a trainer."""
    found: list[Any] = []

    def start(actions: Actions, plan: TrainingPlan, say: object) -> TrainingRun:
        found.append(plan)
        return actions.run(ID).run

    def resume(actions: Actions, run_id: str, say: object) -> TrainingRun:
        found.append(run_id)
        return actions.run(run_id).run

    monkeypatch.setattr(Actions, "start_training", start)
    monkeypatch.setattr(Actions, "resume_run", resume)
    return found


def failed(written: WrittenRun, problem: str) -> None:
    written.happened(STARTED, RunFailed(attempt=1, problem=problem))


def test_the_cause_its_line_and_the_one_change(
    run: Run, written: WrittenRun, asked: list[Any]
) -> None:
    failed(written, OOM)
    found = told(run("doctor", ID, "--json"))["diagnosis"]
    assert (found["run_id"], found["signature"], found["evidence"]) == (ID, "gpu_oom", OOM)
    changes = {"batch_size": 4, "gradient_accumulation": 2}
    assert found["remedy"] == {"kind": "again", "changes": changes}
    shown = run("doctor", "last").stdout
    for words in (found["cause"][:40], "CUDA out of memory", "events.jsonl", "batch_size=4",
                  f"duotune doctor {ID} --apply"):  # fmt: skip
        assert words in " ".join(shown.split())
    assert asked == [], "it was only looked at"


def test_its_advice_is_done_on_request(run: Run, written: WrittenRun, asked: list[Any]) -> None:
    failed(written, OOM)
    done = run("doctor", ID, "--apply", "--json")
    assert done.exit_code == 0
    (plan,) = asked
    assert (plan.batch_size, plan.gradient_accumulation, plan.effective_batch) == (4, 2, 8)


def test_a_run_that_can_go_on_is_continued(run: Run, written: WrittenRun, asked: list[Any]) -> None:
    written.checkpoint(10)
    written.happened(STARTED)  # and then nothing: it was interrupted
    assert told(run("doctor", ID, "--json"))["diagnosis"]["remedy"]["kind"] == "continue"
    assert f"duotune resume {ID}" in run("doctor", ID).stdout
    run("doctor", ID, "--apply")
    assert asked == [ID]


def test_what_only_a_person_can_help_is_not_applied(
    run: Run, written: WrittenRun, asked: list[Any]
) -> None:
    failed(written, "jinja2.exceptions.TemplateError: System role not supported")
    assert "--apply" not in run("doctor", ID).stdout
    refused = told(run("doctor", ID, "--apply", "--json"), status=1)["error"]
    assert "no change of settings" in refused["problem"]
    assert refused["fix"] == told(run("doctor", ID, "--json"))["diagnosis"]["fix"]
    assert asked == []


def test_a_run_that_is_well_has_no_diagnosis(
    run: Run, written: WrittenRun, asked: list[Any]
) -> None:
    written.happened(STARTED, RunStopped(attempt=1, step=4))
    assert told(run("doctor", ID, "--json")) == {"diagnosis": None}
    assert "did not end badly" in run("doctor", ID).stdout
    refused = told(run("doctor", ID, "--apply", "--json"), status=1)["error"]
    assert refused["fix"] == "It did not end badly."
    assert asked == []


def test_no_such_run(run: Run, written: WrittenRun) -> None:
    error = told(run("doctor", "nobody", "--json"), status=1)["error"]
    assert error["problem"] == "No run fits 'nobody'."
