"""What all launchers share: the head of an attempt is a process of this machine."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

import psutil
from pydantic import ValidationError

from core.disk import lease_is_held, write_atomic
from core.identifiers import now
from core.processes import end_group, is_alive, start_detached
from core.training import events
from core.training.events import RunFailed, RunStopped, RunSucceeded
from core.training.job import Launch, LauncherName
from core.training.launchers.environment import environment
from core.training.launchers.protocol import JobSpec, Poll
from core.training.plan import TrainingPlan
from core.workspace import RunFolder

SWEEP_S = 5.0
"""How long what a killed head leaves behind may take to go."""


class ProcessLauncher:
    """Starts `core.training.trainer` in a session of its own, output to the run's log.

    The same program is the only worker of a local run, and the supervisor of several workers.
    """

    name: LauncherName = "local"

    def check(self, plan: TrainingPlan) -> None:
        """Raises PlanError when the plan's workers can't be started from this machine."""

    def environment(self, spec: JobSpec, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
        """What of this process's environment the trainer gets to see."""
        return environment(spec.offline, environ, spec.plan)

    def submit(self, spec: JobSpec) -> Launch:
        """Start the attempt; the same attempt again while it is alive starts nothing."""
        folder = RunFolder(spec.folder)
        before = read_handle(folder)
        if before and before.attempt == spec.attempt and is_here(before):
            return before
        # -P: a folder called `core` where the app was started must not be taken for ours
        argv = [sys.executable, "-P", "-m", "core.training.trainer", str(spec.folder)]
        env = self.environment(spec)
        if spec.devices:
            env["CUDA_VISIBLE_DEVICES"] = ",".join(spec.devices)
        handle = Launch(
            attempt=spec.attempt,
            process=start_detached(argv, folder.log, env, spec.leases),
            launcher=self.name,
            workers=spec.plan.workers,
            host=socket.gethostname(),
        )
        write_atomic(folder.launch, handle.model_dump_json())
        return handle

    def poll(self, handle: Launch, folder: RunFolder) -> Poll:
        """How the attempt stands, by its process, its lease and its last word."""
        found = [e for e in events.read(folder.events).events if e.attempt == handle.attempt]
        if is_here(handle) or lease_is_held(folder.lease):
            return Poll(state="running" if found else "pending")
        last = found[-1] if found else None
        if isinstance(last, RunSucceeded | RunStopped):
            return Poll(state="exited", exit_code=0)
        if isinstance(last, RunFailed):
            return Poll(state="exited", exit_code=1)
        return Poll(state="lost")

    def stop(self, handle: Launch, folder: RunFolder, grace_s: float) -> bool:
        """Ask for a checkpoint, wait so many seconds, then end it; True when nothing is left."""
        if not folder.stop.exists():
            write_atomic(folder.stop, now())
        family = _family(handle)
        _gone(family, grace_s)
        return self.kill(handle, grace_s=1.0)

    def kill(self, handle: Launch, grace_s: float = 10.0) -> bool:
        """End it: SIGTERM, then SIGKILL after the grace; True when nothing is left.

        Workers of several have sessions of their own, so that each is looked for.
        """
        family = _family(handle)
        if is_here(handle):
            end_group(handle.process, grace_s)
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        return _gone(family, SWEEP_S)


def is_here(handle: Launch) -> bool:
    """Whether the head of an attempt lives on this machine."""
    return handle.host in ("", socket.gethostname()) and is_alive(handle.process)


def read_handle(folder: RunFolder) -> Launch | None:
    """The handle of the newest attempt; None when there is none that can be read."""
    try:
        return Launch.model_validate_json(folder.launch.read_bytes())
    except (OSError, ValidationError):
        return None


def _family(handle: Launch) -> list[psutil.Process]:
    """The head of an attempt and all that it started, as long as the head lives."""
    if not is_here(handle):
        return []
    try:
        head = psutil.Process(handle.process.pid)
        return [head, *head.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _gone(processes: list[psutil.Process], patience_s: float) -> bool:
    """Whether all have ended, in so many seconds; one that nobody collects has."""
    deadline = time.monotonic() + patience_s
    while left := any(_runs(process) for process in processes):
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    return not left


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
