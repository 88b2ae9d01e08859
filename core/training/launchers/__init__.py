"""What starts the trainer program: one process here, several here, or a Ray cluster."""

from __future__ import annotations

from core.training.launchers.accelerate import AccelerateLauncher
from core.training.launchers.local import LocalLauncher
from core.training.launchers.processes import ProcessLauncher
from core.training.launchers.protocol import JobSpec, Launcher, Poll
from core.training.launchers.ray import RayLauncher

__all__ = ["JobSpec", "Launcher", "Poll", "launcher_named"]

LAUNCHERS: dict[str, type[ProcessLauncher]] = {
    "local": LocalLauncher,
    "accelerate": AccelerateLauncher,
    "ray": RayLauncher,
}


def launcher_named(name: str) -> Launcher:
    """The launcher that a plan names."""
    return LAUNCHERS[name]()
