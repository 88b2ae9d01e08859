"""Write beside each run what it was done with, so that it can be done again, here or elsewhere."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path

from core.data import store
from core.disk import write_atomic
from core.training import plan_files
from core.training.job import Job
from core.training.plan import TrainingPlan
from core.training.plan_files import Facts
from core.workspace import RunFolder, Workspace

NAME = "reproduce.toml"
PACKAGES = (
    "duotune", "torch", "transformers", "tokenizers", "trl", "peft", "accelerate", "datasets",
    "safetensors", "numpy", "bitsandbytes", "liger-kernel", "flash-attn", "kernels", "ray",
)  # fmt: skip
"""What takes part in training; those that are not installed are left out."""


def write(workspace: Workspace, folder: RunFolder, plan: TrainingPlan, job: Job) -> Path:
    """Write the run's reproduce file: its plan, which `train --plan` takes, and what it met.

    Raises DataError when the dataset is not in the workspace, WorkspaceError when it can't be
    written.
    """
    dataset = store.load(workspace, plan.dataset_id)
    facts = Facts(
        run_id=folder.run_id,
        created=job.created,
        machine=job.machine,
        dataset_name=dataset.name,
        dataset_source=dataset.source_name,
        dataset_source_sha256=dataset.source_sha256,
        model_fingerprint=job.model.shape.fingerprint if job.model.shape else None,
        python=platform.python_version(),
        packages=versions(PACKAGES),
        command=f"duotune train --plan {NAME}",
    )
    path = folder.root / NAME
    write_atomic(path, plan_files.dump(plan, facts))
    return path


def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """The installed version of each package, without those that are not installed."""
    found = {}
    for name in packages:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
