"""A run packed into a folder, with a script that carries it out elsewhere: on Slurm, or in a cloud.

The script runs the same trainer program on the packed workspace; the run folder that comes back is
an ordinary run of this workspace.
"""

from __future__ import annotations

import re
import shutil
from importlib import metadata
from pathlib import Path
from string import Template
from typing import Literal

from core.data import splitting, store
from core.disk import write_atomic
from core.errors import PlanError, RunError, disk_errors
from core.identifiers import new_id, now
from core.messages import Record
from core.models import catalog, folders
from core.models.catalog import ResolvedModel
from core.models.templates import chat_template_kwargs
from core.settings import Settings
from core.training import checkpoints, manifests, reproducing, start_from
from core.training.job import Job
from core.training.launchers.environment import ROOT
from core.training.launchers.local import LocalLauncher
from core.training.plan import TrainingPlan
from core.training.status import derive, newest_attempt
from core.workspace import RunFolder, Workspace

Target = Literal["slurm", "hf-jobs"]
TEMPLATES: dict[Target, str] = {"slurm": "job_files_slurm.sh.txt", "hf-jobs": "job_files_hf.py.txt"}
SCRIPTS: dict[Target, str] = {"slurm": "job.sbatch", "hf-jobs": "job.py"}
NAME = re.compile(r"[A-Za-z0-9._-]+")
APP_ONLY = ("gradio", "matplotlib", "openai", "pydantic-ai-slim", "typer")
"""Packages of Duotune that the trainer program never imports."""
FASTER = ("bitsandbytes", "liger-kernel", "kernels")
"""What training takes when it is there."""
FLAVORS = {1: "l4x1", 4: "l4x4", 8: "h200x8"}
"""Hardware of Hugging Face Jobs by the most GPUs that it gives."""

ON_ONE = """# It starts the plan's workers by itself.
srun "$PYTHON" -P -m core.training.trainer "$RUN\""""
ON_SEVERAL = """# How long the workers may take to save after they were asked to leave.
export TORCH_ELASTIC_SHUTDOWN_TIMEOUT=280
FIRST=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
srun "$PYTHON" -P -m torch.distributed.run \\
  --nnodes={nodes} --nproc-per-node={each} --max-restarts=0 \\
  --rdzv-id="$SLURM_JOB_ID" --rdzv-backend=c10d --rdzv-endpoint="$FIRST:29500" \\
  --no-python "$PYTHON" -P -m core.training.trainer "$RUN\""""


class JobFiles(Record):
    """A packed run and how to have it carried out."""

    run_id: str
    folder: Path
    script: Path
    start: str
    """The command that starts it, in the folder."""
    bring_back: str
    """The command that brings the run back into this workspace, in the folder."""


class Where(Record):
    """What the machines of a job are asked to be."""

    target: Target
    nodes: int = 1
    flavor: str = ""
    """Hardware of Hugging Face Jobs; "" chooses by the number of workers."""
    hours: int = 24
    """Longest time that the job may take."""


def pack(
    workspace: Workspace, settings: Settings, source: TrainingPlan | str, where: Where, folder: Path
) -> JobFiles:
    """Pack a plan as a new run, or a run by its id with what it has reached, into a new folder.

    Raises PlanError for a plan that such a job can't carry out, RunError for a run that is at work
    or done, ModelError or DataError for what is missing, WorkspaceError when the disk refuses.
    """
    run_id = source if isinstance(source, str) else new_id("run")
    before = workspace.run(source) if isinstance(source, str) else None
    plan = source if isinstance(source, TrainingPlan) else _plan(workspace.run(source))
    _need_fitting(plan, where)
    model = catalog.resolve(plan.base_model, plan.revision, settings)
    if folder.exists() and any(folder.iterdir()):
        raise PlanError(f"The folder {folder} is not empty.", fix="Name a new one.")
    with disk_errors(folder, "pack the job"):
        there = Workspace.open(folder / "workspace")
        _copy_data(workspace, there, plan)
        if before is not None:
            _copy_run(before, there.run(run_id))
        run = there.run(run_id)
        attempt = newest_attempt(run) + 1
        write_atomic(run.plan, plan.model_dump_json(indent=1))
        job = _job(model, attempt).model_copy(update={"model": _packed(model, folder)})
        write_atomic(run.job, job.model_dump_json(indent=1))
        if where.target == "hf-jobs":
            _copy(ROOT / "core", folder / "code" / "core")
        script = folder / SCRIPTS[where.target]
        write_atomic(script, _script(plan, run_id, where))
    return JobFiles(
        run_id=run_id,
        folder=folder,
        script=script,
        start=_start(where.target),
        bring_back=f"cp -r workspace/runs/{run_id} {workspace.runs}/",
    )


def _plan(folder: RunFolder) -> TrainingPlan:
    """A run's plan; raises RunError when the run can't be packed."""
    if derive(folder).is_live:
        raise RunError("The run is at work here, or waits to be.", folder.run_id, "Stop it first.")
    plan = TrainingPlan.model_validate_json(folder.plan.read_bytes())
    if manifests.is_whole(folder.published(plan.publishes_adapter)):
        raise RunError("The run is done: there is nothing left to train.", folder.run_id)
    return plan


def _need_fitting(plan: TrainingPlan, where: Where) -> None:
    """Raises PlanError when a plan's workers are not what such a job starts."""
    if plan.launcher == "ray":
        raise PlanError(
            "The plan's launcher is ray, and this job starts its workers by itself.",
            fix="Set launcher to accelerate, or to local for one worker.",
        )
    if plan.launcher == "local":
        LocalLauncher().check(plan)
    if where.nodes > 1 and where.target != "slurm":
        raise PlanError("Only a Slurm job runs on several machines.", fix="Set nodes to 1.")
    if where.target == "hf-jobs" and not where.flavor:
        _flavor(plan.workers)
    if plan.workers % where.nodes:
        raise PlanError(
            f"{plan.workers} workers can't be spread evenly over {where.nodes} machines.",
            fix="Choose as many workers as machines, or a multiple of that.",
        )


# -- what is copied -------------------------------------------------------------------------------


def _copy_data(workspace: Workspace, there: Workspace, plan: TrainingPlan) -> None:
    """The rows and their split, and what the plan begins with; not the file they came from."""
    store.load(workspace, plan.dataset_id)
    splitting.frozen_split(workspace, plan.dataset_id)
    source, target = workspace.dataset(plan.dataset_id), there.dataset(plan.dataset_id)
    target.mkdir(parents=True)
    split = splitting.split_path(workspace, plan.dataset_id)
    for file in (source / store.DATASET, source / store.ROWS, split):
        shutil.copyfile(file, target / file.name)
    if found := start_from.find(workspace, plan):
        begun, copied = workspace.run(found.run_id), there.run(found.run_id)
        result = found.adapter or found.model
        if result:
            _copy(result, copied.root / result.name)
        shutil.copyfile(begun.plan, copied.plan)


def _copy_run(before: RunFolder, target: RunFolder) -> None:
    """What a run has reached: its events, and the checkpoints that count."""
    target.root.mkdir(parents=True)
    if before.events.exists():
        shutil.copyfile(before.events, target.events)
    for found in checkpoints.complete(before.checkpoints):
        _copy(found.path, target.checkpoints / found.path.name)


def _packed(model: ResolvedModel, folder: Path) -> ResolvedModel:
    """A local model copied into the folder and named from there; a Hub model as it is."""
    if not model.local:
        return model
    place = Path("models") / Path(model.id_or_path).name
    _copy(Path(model.id_or_path), folder / place)
    return model.model_copy(update={"id_or_path": str(place)})


def _copy(source: Path, target: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(source, target, ignore=ignored)


def _job(model: ResolvedModel, attempt: int) -> Job:
    template = folders.chat_template(Path(model.id_or_path)) if model.local else None
    return Job(
        created=now(),
        attempt=attempt,
        model=model,
        chat_template_kwargs=chat_template_kwargs(template) if template else None,
        offline=False,
        machine="a machine elsewhere",
    )


# -- the script -----------------------------------------------------------------------------------


def _script(plan: TrainingPlan, run_id: str, where: Where) -> str:
    each = plan.workers // where.nodes
    text = Path(__file__).with_name(TEMPLATES[where.target]).read_text(encoding="utf-8")
    launch = ON_ONE if where.nodes == 1 else ON_SEVERAL.format(nodes=where.nodes, each=each)
    return Template(text).substitute(
        launch=launch,
        run_id=run_id,
        nodes=where.nodes,
        workers_each=each,
        hours=where.hours,
        flavor=where.flavor or _flavor(plan.workers),
        dependencies="\n".join(f'#     "{pin}",' for pin in _pins()),
    )


def _flavor(workers: int) -> str:
    """The smallest hardware with a GPU for each; raises PlanError when there is none."""
    fitting = [flavor for most, flavor in FLAVORS.items() if workers <= most]
    if not fitting:
        raise PlanError(
            f"No hardware of Hugging Face Jobs has {workers} GPUs.",
            fix=f"Set workers to {max(FLAVORS)} or less.",
        )
    return fitting[0]


def _pins() -> list[str]:
    """Versions as here; a build for one kind of machine (+cpu) is left out of the version."""
    listed = [line for line in metadata.requires("duotune") or () if "extra ==" not in line]
    names = [match[0] for line in listed if (match := NAME.match(line))]
    wanted = [name for name in names if name not in APP_ONLY]
    here = reproducing.versions((*wanted, *FASTER))
    return [f"{name}=={version.partition('+')[0]}" for name, version in here.items()]


def _start(target: Target) -> str:
    if target == "slurm":
        return f"DUOTUNE=/path/to/duotune sbatch {SCRIPTS[target]}"
    return f"hf jobs uv run {SCRIPTS[target]}"
