"""Trainer processes on a Ray cluster: the one that RAY_ADDRESS names, or one of our own here."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from importlib.util import find_spec

from core import slots
from core.errors import PlanError
from core.training.job import LauncherName
from core.training.launchers.accelerate import LOOPBACK, need_devices, share_cores
from core.training.launchers.environment import environment
from core.training.launchers.processes import ProcessLauncher
from core.training.launchers.protocol import JobSpec
from core.training.plan import TrainingPlan

ADDRESS = "RAY_ADDRESS"
"""Ray's own variable: `auto` for the cluster that this machine belongs to, or HOST:PORT."""
INSTALL = "DUOTUNE_EXTRAS=cluster ./duotune"
"""Sets Duotune up with its `cluster` extra, then opens the app."""
TOLD = {
    "RAY_DEDUP_LOGS": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_TRAIN_METRICS_ENABLED": "0",
    "RAY_TRAIN_ENABLE_PRINT_PATCH": "0",
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "1",
    # a worker imports torch before it answers
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "300",
    # workers stay where they were started: paths of the run are whole ones
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
}
"""Ray's settings for every run; Ray reads most of them when it is imported."""


class RayLauncher(ProcessLauncher):
    """Starts the plan's workers with Ray Train, which replaces a worker group that was lost."""

    name: LauncherName = "ray"

    def check(self, plan: TrainingPlan) -> None:
        if find_spec("ray") is None:
            raise PlanError(
                "The launcher ray needs the package ray, which is not installed.",
                fix=f"Install it with `{INSTALL}`, or set launcher to local.",
            )
        address = os.environ.get(ADDRESS, "")
        if "://" in address:
            raise PlanError(
                f"RAY_ADDRESS is {address}, but a cluster is joined from one of its machines.",
                fix="Run Duotune on a machine of the cluster, and use auto or HOST:PORT.",
            )
        if not address:
            need_devices(plan.workers, len(slots.devices()))

    def environment(self, spec: JobSpec, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
        env = environment(spec.offline, environ, spec.plan, ("RAY_", "GLOO_", "TORCH_"))
        given = environ.get("CUDA_VISIBLE_DEVICES")
        if given is None:  # Ray hands out all GPUs of its machines by itself
            del env["CUDA_VISIBLE_DEVICES"]
        else:
            env["CUDA_VISIBLE_DEVICES"] = given
        if not environ.get(ADDRESS):
            env |= _own_cluster()
            share_cores(env, spec.plan.workers)
            env.setdefault("GLOO_SOCKET_IFNAME", LOOPBACK)
        return env | TOLD


def _own_cluster() -> dict[str, str]:
    """For a cluster of our own: nobody else may use it, and others' memory is not its business."""
    return {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        # Ray would end a worker when any program of the machine fills its memory
        "RAY_memory_monitor_refresh_ms": "0",
    }
