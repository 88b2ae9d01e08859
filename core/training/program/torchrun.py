"""Several workers on this machine, started and watched by torchrun's agent in this process."""

from __future__ import annotations

import os
import signal
import sys

from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from core.disk import write_atomic
from core.identifiers import now
from core.training.plan import TrainingPlan
from core.training.program import worker_failures
from core.training.program.workers import ATTEMPT
from core.workspace import RunFolder

GRACE_S = 15
"""How long workers may take to leave after one of them died."""


def supervise(folder: RunFolder, plan: TrainingPlan, attempt: int) -> None:
    """Run the trainer program in each of the plan's workers until all have left.

    Raises RunError naming the worker that was first to fail. Nothing is restarted in place:
    torchrun's own restarts did not reconnect when they were tried, and a resume starts fresh.
    """
    worker_failures.forget(folder)
    signal.signal(signal.SIGTERM, lambda *_: ask_to_stop(folder))
    os.environ[ATTEMPT] = str(attempt)  # the agent gives its own environment to the workers
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=plan.workers,
        run_id=folder.run_id,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        local_addr="localhost",
        max_restarts=0,
        logs_specs=DefaultLogsSpecs(log_dir=str(folder.workers)),
        signals_to_handle="SIGINT,SIGHUP,SIGQUIT",
        shutdown_timeout=GRACE_S,
    )
    try:
        elastic_launch(config, sys.executable)(
            "-P", "-m", "core.training.trainer", str(folder.root)
        )
    except ChildFailedError as error:
        exits = {rank: failure.exitcode for rank, failure in error.failures.items()}
        raise worker_failures.cause(folder, attempt, exits, plan.workers) from error


def ask_to_stop(folder: RunFolder) -> None:
    """Pass a signal on to workers in the way that all of them see: the run's STOP file."""
    if not folder.stop.exists():
        write_atomic(folder.stop, now())
