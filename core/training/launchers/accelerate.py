"""Several trainer processes on this machine, one a GPU, connected by torchrun and accelerate."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from core import slots
from core.errors import PlanError
from core.training.job import LauncherName
from core.training.launchers.environment import environment, visible_devices
from core.training.launchers.processes import ProcessLauncher
from core.training.launchers.protocol import JobSpec
from core.training.plan import TrainingPlan

LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"


class AccelerateLauncher(ProcessLauncher):
    """Starts the plan's workers here: sharded by FSDP2 for full fine-tuning on GPUs, else DDP."""

    name: LauncherName = "accelerate"

    def check(self, plan: TrainingPlan) -> None:
        need_devices(plan.workers, len(slots.devices()))

    def environment(self, spec: JobSpec, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
        env = environment(spec.offline, environ, spec.plan, ("GLOO_", "TORCH_", "TORCHELASTIC_"))
        given = environ.get("CUDA_VISIBLE_DEVICES")
        env["CUDA_VISIBLE_DEVICES"] = visible_devices(given, spec.plan.workers)
        share_cores(env, spec.plan.workers)
        # Gloo asks the name service for this machine's address, which in a container may be none.
        env.setdefault("GLOO_SOCKET_IFNAME", LOOPBACK)
        return env


def share_cores(env: dict[str, str], workers: int) -> None:
    """Give each worker its part of the cores, unless the person decided that."""
    env.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))


def need_devices(workers: int, gpus: int) -> None:
    """Raises PlanError when there are more workers than GPUs here, or than cores without a GPU."""
    cores = os.cpu_count() or 1
    if gpus and workers > gpus:
        raise PlanError(
            f"The plan asks for {workers} workers, one a GPU, and there are {gpus}.",
            fix=f"Set workers to {gpus} or less.",
        )
    if not gpus and workers > cores:
        raise PlanError(
            f"The plan asks for {workers} workers; this machine has no GPU and {cores} cores.",
            fix=f"Set workers to {cores} or less.",
        )
