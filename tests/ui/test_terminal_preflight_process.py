"""Ctrl-C during a measurement that really runs: the process is gone, and nothing was started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.data.examples import SUPPORT_DESK

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
DUOTUNE = [sys.executable, "-P", "-c", "from ui.terminal import cli; cli()"]


def measuring(home: Path) -> list[int]:
    """Processes that measure a plan of this workspace."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if any("preflight_program" in word for word in words) and str(home) in " ".join(words):
            found.append(process.pid)
    return found


def test_ctrl_c_leaves_no_process_and_starts_no_run(tmp_path: Path) -> None:
    home = tmp_path / "home"
    env = {**os.environ, "DUOTUNE_HOME": str(home), "HF_HUB_OFFLINE": "1"}
    command = [*DUOTUNE, "train", str(SUPPORT_DESK), "--set", "max_steps=2", "--preflight"]
    with subprocess.Popen(
        command, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        cwd=Path(__file__).parent.parent.parent,
    ) as terminal:  # fmt: skip
        deadline = time.monotonic() + 60
        while not measuring(home) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert measuring(home), "it never began"
        terminal.send_signal(signal.SIGINT)
        _, told = terminal.communicate(timeout=30)
    assert terminal.returncode == 130
    assert "cancelled, and nothing was started" in told
    assert measuring(home) == []
    assert not list((home / "runs").glob("run-*"))
