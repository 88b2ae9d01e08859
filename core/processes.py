"""Processes that outlive the app: started apart, found again, and ended with all they started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from core.messages import Record


class ProcessId(Record):
    """A process that can't be mistaken for a later one with the same number."""

    pid: int
    """Also the number of its process group and session."""
    started: float
    """Start time in seconds since the epoch, as the operating system tells it."""


def start_detached(
    argv: Sequence[str], log: Path, env: Mapping[str, str], leases: Sequence[int] = ()
) -> ProcessId:
    """Start a program in its own session, with its output in a file and nothing on its input.

    It shares these leases from its first instant, and holds them as long as it lives.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(argv),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            pass_fds=tuple(leases),
        )
    return ProcessId(pid=process.pid, started=psutil.Process(process.pid).create_time())


def is_alive(process: ProcessId) -> bool:
    """Whether exactly this process still runs (a zombie does not)."""
    try:
        found = psutil.Process(process.pid)
        return (
            abs(found.create_time() - process.started) < 1.0
            and found.status() != psutil.STATUS_ZOMBIE
        )
    except psutil.NoSuchProcess:
        return False


def group_members(process: ProcessId) -> list[int]:
    """Living processes of the group that this process leads, itself included."""
    members = []
    for candidate in psutil.process_iter(["pid", "status"]):
        try:
            in_group = os.getpgid(candidate.pid) == process.pid
        except ProcessLookupError:
            continue
        if in_group and candidate.info["status"] != psutil.STATUS_ZOMBIE:
            members.append(candidate.pid)
    return members


def end_group(process: ProcessId, grace_s: float = 10.0) -> bool:
    """End a process and everything in its group: SIGTERM, then SIGKILL after `grace_s` seconds.

    Returns True when nothing of the group is left.
    """
    for sign, patience in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            return True
        if _wait_until_gone(process, patience):
            return True
    return not group_members(process)


def _wait_until_gone(process: ProcessId, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        reap_children()
        if not group_members(process):
            return True
        time.sleep(0.05)
    return False


def reap_children() -> None:
    """Collect ended children, so that none stays behind as a zombie."""
    subprocess._cleanup()  # type: ignore[attr-defined]  # the only reaper that spares live Popens
