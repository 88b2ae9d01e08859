"""The verbs refuse what would harm what runs already, and name runs without guessing."""

from __future__ import annotations

import os

import pytest

from core.actions import Actions
from core.disk import take_lease
from core.errors import RunError
from core.models import catalog
from core.settings import Settings
from core.training.events import RunStarted, RunSucceeded
from core.workspace import Workspace
from eval.records import EvaluationRequest
from tests.core.training.conftest import WrittenRun

SUCCEEDED = RunSucceeded(
    attempt=1, step=9, best_step=6, best_loss=0.5, seconds=3.0, changes_model=True
)


def test_nothing_is_served_while_the_gpu_trains(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions = Actions(workspace, Settings())
    finished = WrittenRun(workspace)
    finished.happened(SUCCEEDED)
    finished.adapter()
    training = WrittenRun(workspace, "run-20261121-110000-cd34")
    training.happened(RunStarted(attempt=1, pid=1, from_step=0))
    lease = take_lease(training.folder.lease)
    assert lease is not None
    monkeypatch.setattr(catalog, "gpu_name", lambda: "NVIDIA H100")
    request = EvaluationRequest(run_id=finished.folder.run_id, rubric="")
    for verb in (
        lambda: actions.open_pair(finished.folder.run_id),
        lambda: actions.start_evaluation(request),
        lambda: actions.resume_evaluation("rep-20261121-110000-cd34"),
    ):
        with pytest.raises(RunError, match="is training on the GPU"):
            verb()
    os.close(lease)


def test_a_run_is_found_by_what_it_is_called_and_never_by_nothing(workspace: Workspace) -> None:
    actions = Actions(workspace, Settings())
    run_id = WrittenRun(workspace).folder.run_id
    for text in ("last", run_id, "run-20261121", "by hand"):
        assert actions.find_run(text).id == run_id
    for text in ("", "nobody"):
        with pytest.raises(RunError, match="No run fits"):
            actions.find_run(text)
