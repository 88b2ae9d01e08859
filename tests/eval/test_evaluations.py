"""An evaluation can be stopped and gone on with; how it stands is seen from its folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import RunError
from core.processes import ProcessId, is_alive, start_detached
from core.settings import Settings
from core.workspace import Workspace
from eval import evaluations
from eval.folder import ReportFolder
from eval.records import EvaluationRequest
from tests.eval import made_up

REPORT = "rep-20261121-104500-1a2b"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "home")


def asked_for(workspace: Workspace) -> tuple[ReportFolder, ProcessId]:
    """An evaluation whose program sleeps."""
    folder = ReportFolder.of(workspace, REPORT)
    folder.root.mkdir(parents=True)
    request = EvaluationRequest(run_id="run-20261121-103005-9f2c", rubric=made_up.RUBRIC)
    folder.request.write_text(request.model_dump_json())
    process = start_detached(["sleep", "60"], folder.log, dict(os.environ))
    launch = evaluations.Launch(created="2026-11-21T10:00:00+00:00", process=process)
    folder.launch.write_text(launch.model_dump_json())
    return folder, process


def test_a_stopped_evaluation_ends_and_can_go_on(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, process = asked_for(workspace)
    assert evaluations.status(workspace, REPORT).status == "starting"
    stopped = evaluations.stop(workspace, REPORT)
    assert stopped.status == "stopped"
    assert stopped.problem == "This evaluation was stopped on request."
    assert not is_alive(process)
    with pytest.raises(RunError, match="nothing to stop"):
        evaluations.stop(workspace, REPORT)
    monkeypatch.setattr(evaluations, "start_detached", lambda *_: process)
    assert evaluations.resume(workspace, Settings(home=workspace.root), REPORT).id == REPORT
    assert not folder.stopped.exists()
