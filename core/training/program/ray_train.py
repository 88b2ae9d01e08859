"""Several workers on a Ray cluster, started again by Ray Train when one of them is lost."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray
import ray.train
from ray.train import FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchConfig, TorchTrainer

from core.errors import PlanError, RunError
from core.training.plan import TrainingPlan
from core.training.program import worker_failures
from core.training.program.torchrun import ask_to_stop
from core.training.program.workers import Workers
from core.training.program.working import work_supervised
from core.workspace import RunFolder

RESTARTS = 3
"""How often a lost worker group is started again."""
STORE_BYTES = 100_000_000
"""Ray's object store in a cluster of our own: nothing large goes through it."""
TOLD = ("PYTHONPATH", "PYTHONUNBUFFERED", "HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY")
"""What workers on other machines are told of the environment; never a token."""


def supervise(folder: RunFolder, plan: TrainingPlan, attempt: int) -> None:
    """Train with the plan's workers on a Ray cluster until all have left.

    Raises RunError naming the worker that was first to fail, after Ray has given up.
    """
    worker_failures.forget(folder)
    with _cluster(folder, plan) as gpus:
        # after ray.init, which sets a handler that leaves at once
        signal.signal(signal.SIGTERM, lambda *_: ask_to_stop(folder))
        trainer = TorchTrainer(
            train_worker,
            train_loop_config={"folder": str(folder.root), "attempt": attempt},
            torch_config=TorchConfig(backend="nccl" if gpus else "gloo"),
            scaling_config=ScalingConfig(num_workers=plan.workers, use_gpu=gpus),
            run_config=RunConfig(
                name=f"attempt-{attempt}",
                storage_path=str(folder.workers),
                failure_config=FailureConfig(max_failures=RESTARTS),
                callbacks=[NoteLost(folder.root, attempt)],
            ),
        )
        try:
            trainer.fit()
        except ray.train.WorkerGroupError as error:
            exits = dict.fromkeys(error.worker_failures, 1)
            raise worker_failures.cause(folder, attempt, exits, plan.workers) from error
        except ray.train.ControllerError as error:
            raise RunError(
                "Ray could not connect the workers.",
                str(error.controller_failure).strip().splitlines()[-1][:300],
                "On several machines, name the network between them with GLOO_SOCKET_IFNAME and "
                "NCCL_SOCKET_IFNAME in the cluster's environment, then resume the run.",
            ) from error
    if said := worker_failures.own_failure(folder, attempt):
        raise said.as_error()


def train_worker(config: dict[str, Any]) -> None:
    """What Ray calls in each worker, in a thread that is not the process's main one."""
    folder, attempt = RunFolder(Path(config["folder"])), int(config["attempt"])
    context = ray.train.get_context()
    workers = Workers(context.get_world_rank(), context.get_world_size(), attempt)
    if worker_failures.own_failure(folder, attempt):
        return  # it would fail again in the same way: leave, so that the supervisor can say why
    if error := work_supervised(folder, workers, attempt):
        raise RuntimeError(str(error))


class NoteLost(ray.train.UserCallback):
    """Runs in Ray's controller: notes which workers were lost before it starts new ones."""

    def __init__(self, folder: Path, attempt: int) -> None:
        self.folder, self.attempt = folder, attempt

    def after_exception(
        self,
        run_context: Any,  # noqa: ARG002  given by name
        worker_exceptions: dict[int, Exception],
    ) -> None:
        worker_failures.note_lost(RunFolder(self.folder), self.attempt, worker_exceptions)


@contextmanager
def _cluster(folder: RunFolder, plan: TrainingPlan) -> Iterator[bool]:
    """Join the cluster that RAY_ADDRESS names, or start one here; yields whether it has GPUs.

    Only a cluster that was started here is stopped.
    """
    address, own = os.environ.get("RAY_ADDRESS"), _own_folder(folder)
    try:
        if address:
            told = {name: os.environ[name] for name in TOLD if name in os.environ}
            ray.init(address=address, runtime_env={"env_vars": told})
        else:
            _start_here(plan, own)
        yield _need_resources(plan)
    finally:
        ray.shutdown()
        shutil.rmtree(own, ignore_errors=True)


def _start_here(plan: TrainingPlan, own: Path) -> None:
    """Start a cluster of this machine alone, for this run alone, in a folder of its own."""
    own.mkdir(mode=0o700)
    ray.init(
        address="local",
        num_cpus=plan.workers,
        object_store_memory=STORE_BYTES,
        include_dashboard=False,
        logging_config=ray.LoggingConfig(log_level="ERROR"),
        _node_ip_address="127.0.0.1",
        _temp_dir=str(own),
    )


def _own_folder(folder: RunFolder) -> Path:
    """A folder for the cluster's sockets, whose paths may have 107 bytes: so not the run's.

    It is of this run, so that what an attempt left that was killed goes with the next one.
    """
    name = hashlib.sha256(str(folder.root).encode()).hexdigest()[:8]
    own = Path(tempfile.gettempdir()) / f"ray-{name}"
    shutil.rmtree(own, ignore_errors=True)
    return own


def _need_resources(plan: TrainingPlan) -> bool:
    """Whether workers get a GPU each; raises PlanError when the cluster is too small for them."""
    total = ray.cluster_resources()
    gpus = int(total.get("GPU", 0))
    slots = gpus or int(total.get("CPU", 0))
    if slots < plan.workers:
        raise PlanError(
            f"The plan asks for {plan.workers} workers; the Ray cluster has room for {slots}.",
            fix=f"Set workers to {slots} or less, or add machines to the cluster.",
        )
    return gpus > 0
