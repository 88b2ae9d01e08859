"""Detached processes are found again, told apart from strangers, and ended whole."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from core import processes


def start(tmp_path: Path, code: str) -> processes.ProcessId:
    argv = [sys.executable, "-c", code]
    return processes.start_detached(argv, tmp_path / "log.txt", dict(os.environ))


def wait_for(path: Path, text: str) -> None:
    deadline = time.monotonic() + 10
    while text not in (path.read_text() if path.exists() else ""):
        assert time.monotonic() < deadline, f"{path} never said {text}"
        time.sleep(0.02)


def test_output_goes_to_the_file_and_the_process_is_found_again(tmp_path: Path) -> None:
    process = start(tmp_path, "import time; print('up', flush=True); time.sleep(60)")
    wait_for(tmp_path / "log.txt", "up")
    assert processes.is_alive(process)
    assert processes.end_group(process)
    assert not processes.is_alive(process)


def test_a_reused_number_is_not_the_same_process(tmp_path: Path) -> None:
    process = start(tmp_path, "import time; time.sleep(60)")
    stranger = process.model_copy(update={"started": process.started - 100})
    assert not processes.is_alive(stranger)
    processes.end_group(process)


def test_end_group_ends_children_that_ignore_sigterm(tmp_path: Path) -> None:
    code = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "os.fork()\n"
        "print('up', flush=True); time.sleep(60)\n"
    )
    process = start(tmp_path, code)
    wait_for(tmp_path / "log.txt", "up\nup")
    assert len(processes.group_members(process)) == 2
    assert processes.end_group(process, grace_s=0.3)
    assert processes.group_members(process) == []
