"""The main job on an NVIDIA GPU; left out, with a reason, where there is none."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from core.actions import Actions
from core.data.examples import SUPPORT_DESK
from core.settings import read_settings
from core.training.plan_changes import PlanChanges
from core.workspace import Workspace
from ui.terminal_follow import follow_run
from ui.terminal_output import Terminal


def used_megabytes() -> int:
    """GPU memory in use over all GPUs, as the driver tells it."""
    query = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    told = subprocess.run(query, capture_output=True, text=True, check=True).stdout
    return sum(int(line) for line in told.split())


needs_gpu = pytest.mark.skipif(shutil.which("nvidia-smi") is None, reason="no NVIDIA GPU here")


@pytest.mark.gpu
@pytest.mark.slow
@needs_gpu
def test_train_serve_and_give_the_memory_back(tmp_path: Path) -> None:
    """bf16 training, an engine with a proven adapter, and memory as before after both."""
    before = used_megabytes()
    actions = Actions(Workspace.open(tmp_path), read_settings())
    dataset = actions.import_data(SUPPORT_DESK)
    changes = PlanChanges(base_model="starter", max_steps=60)
    plan = actions.propose_plan(dataset.id, changes).plan
    terminal = Terminal(as_json=False)
    run = follow_run(actions, actions.start_training(plan).id, terminal)
    assert run.status == "succeeded"
    assert used_megabytes() < before + 300, "training must give its memory back"
    pair = actions.open_pair(run.id)
    assert pair.check.agrees
    assert pair.check.served_change > 0
    actions.stop_engine()
    assert used_megabytes() < before + 300, "the engine must give its memory back"
