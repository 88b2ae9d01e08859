"""Writes are whole or not at all, and a lease lives exactly as long as its holder."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core import disk
from core.errors import WorkspaceError


def test_write_atomic_replaces_whole_content(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "file.json"
    disk.write_atomic(file, "one")
    disk.write_atomic(file, b"two")
    assert file.read_text() == "two"
    assert [f.name for f in file.parent.iterdir()] == ["file.json"]


def test_a_full_disk_says_so_and_keeps_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file.json"
    disk.write_atomic(file, "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WorkspaceError, match="No space left on device") as caught:
        disk.write_atomic(file, "new")
    assert str(file) in caught.value.where
    assert "Free some space" in caught.value.fix
    assert file.read_text() == "old"
    assert [f.name for f in tmp_path.iterdir()] == ["file.json"]


def test_a_lease_is_freed_by_kill_9(tmp_path: Path) -> None:
    lease = tmp_path / "lease"
    code = (
        "import sys,time; from pathlib import Path; from core.disk import take_lease;"
        "take_lease(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(lease)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == "held"
    assert disk.lease_is_held(lease)
    assert disk.take_lease(lease) is None
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert not disk.lease_is_held(lease)


def test_somebody_else_who_looks_at_a_lease_does_not_make_it_look_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.lease").touch()
    take, looking = disk.take_lease, iter([True])
    monkeypatch.setattr(disk, "take_lease", lambda p: None if next(looking, False) else take(p))
    assert not disk.lease_is_held(tmp_path / "x.lease")


def test_a_lease_is_waited_for_but_not_for_ever(tmp_path: Path) -> None:
    lease = tmp_path / "x.lease"
    held = disk.take_lease(lease)
    assert held is not None
    assert disk.await_lease(lease, patience_s=0.0) is None
    threading.Timer(0.05, os.close, [held]).start()
    taken = disk.await_lease(lease)
    assert taken is not None
    os.close(taken)


def test_asking_for_a_lease_nobody_took_makes_no_file(tmp_path: Path) -> None:
    assert not disk.lease_is_held(tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []


def test_a_really_full_file_system_types_the_error(tmp_path: Path) -> None:
    """A child with a file size limit meets a real refusal of the operating system."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    code = (
        "import sys; from pathlib import Path; from core.disk import write_atomic\n"
        "from core.errors import WorkspaceError\n"
        "try: write_atomic(Path(sys.argv[1]), 'x' * 1000)\n"
        "except WorkspaceError as error: print(error.problem)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "big")],
        preexec_fn=limit,
        capture_output=True,
        text=True,
    )
    assert "Could not write a file: File too large." in done.stdout
    assert list(tmp_path.iterdir()) == []
