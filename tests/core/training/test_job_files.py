"""A packed run has all that its trainer needs and nothing that is nobody's business elsewhere."""

from __future__ import annotations

import os
import runpy
import subprocess
import tomllib
from pathlib import Path

import pytest

from core.data import splitting, store
from core.disk import take_lease
from core.errors import PlanError, RunError
from core.identifiers import new_id
from core.settings import Settings
from core.training import checkpoints, events, job_files
from core.training.events import RunStarted, RunStopped, RunSucceeded
from core.training.job import Job
from core.training.job_files import JobFiles, Target, Where
from core.training.plan import TrainingPlan
from core.workspace import RunFolder, Workspace
from tests.core.training.conftest import Data, WrittenRun, dialogue, make_data

OFFLINE = Settings(offline=True)
TOKEN = "hf_abcdefghijklmnopqrstuvwxyz"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """One workspace for all: packing changes nothing in it."""
    workspace = Workspace.open(tmp_path_factory.mktemp("jobs") / "workspace")
    parts = ["train"] * 8 + ["validation"] * 2
    return make_data(workspace, [dialogue(n, part) for n, part in enumerate(parts)])


@pytest.fixture
def written_run(data: Data) -> WrittenRun:
    return WrittenRun(data.workspace, new_id("run"))


@pytest.fixture(autouse=True)
def small_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short copy stands for the program's own code; a token lies in the environment."""
    (tmp_path / "duotune" / "core").mkdir(parents=True)
    (tmp_path / "duotune" / "core" / "__init__.py").touch()
    monkeypatch.setattr(job_files, "ROOT", tmp_path / "duotune")
    monkeypatch.setenv("HF_TOKEN", TOKEN)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "job"


def packed(
    data: Data, folder: Path, source: TrainingPlan | str, target: Target, **where: object
) -> JobFiles:
    asked = Where.model_validate({"target": target, **where})
    return job_files.pack(data.workspace, OFFLINE, source, asked, folder)


def run_of(made: JobFiles) -> RunFolder:
    return Workspace(made.folder / "workspace").run(made.run_id)


@pytest.mark.parametrize("target", ["slurm", "hf-jobs"])
def test_a_plan_is_packed_with_its_data_and_model_and_no_secret(
    data: Data, folder: Path, target: Target
) -> None:
    plan = data.plan("starter", max_steps=3)
    made = packed(data, folder, plan, target)
    there, run = Workspace(made.folder / "workspace"), run_of(made)
    assert TrainingPlan.model_validate_json(run.plan.read_bytes()) == plan
    assert len(store.load_examples(there, plan.dataset_id)) == 10
    assert splitting.frozen_split(there, plan.dataset_id) == data.split
    assert not store.source_file(there, plan.dataset_id).exists(), "the file as it was given"
    job = Job.model_validate_json(run.job.read_bytes())
    assert (made.folder / job.model.id_or_path / "model.safetensors").is_file()
    assert job.attempt == 1
    for file in made.folder.rglob("*"):
        if file.is_file():
            assert TOKEN.encode() not in file.read_bytes(), file
    assert made.run_id in made.script.read_text()
    assert made.run_id in made.bring_back


def test_the_slurm_script_starts_the_trainer_on_one_machine(data: Data, folder: Path) -> None:
    made = packed(
        data, folder, data.plan("starter", launcher="accelerate", workers=4), "slurm", hours=5
    )
    text = made.script.read_text()
    subprocess.run(["bash", "-n", str(made.script)], check=True)
    assert {"#SBATCH --gpus-per-node=4", "#SBATCH --time=5:00:00"} <= set(text.splitlines())
    assert 'srun "$PYTHON" -P -m core.training.trainer "$RUN"' in text
    assert "torch.distributed.run" not in text, "the trainer starts the workers of one machine"


def test_the_slurm_script_spreads_workers_over_machines(data: Data, folder: Path) -> None:
    made = packed(
        data, folder, data.plan("starter", launcher="accelerate", workers=4), "slurm", nodes=2
    )
    text = made.script.read_text()
    subprocess.run(["bash", "-n", str(made.script)], check=True)
    assert {"#SBATCH --nodes=2", "#SBATCH --gpus-per-node=2"} <= set(text.splitlines())
    assert "--nnodes=2 --nproc-per-node=2 --max-restarts=0" in text


def test_the_hub_script_carries_its_versions_and_hardware(data: Data, folder: Path) -> None:
    made = packed(
        data, folder, data.plan("starter", launcher="accelerate", workers=3), "hf-jobs", hours=2
    )
    text = made.script.read_text()
    compile(text, "job.py", "exec")
    head = text.split("# ///")[1].removeprefix(" script\n")
    header = tomllib.loads("".join(line[2:] for line in head.splitlines(keepends=True)))
    assert any(pin.startswith("trl==") for pin in header["dependencies"])
    assert not any("+" in pin or pin.startswith("gradio") for pin in header["dependencies"])
    asked = header["tool"]["hf-jobs"]
    assert (asked["flavor"], asked["timeout"], asked["secrets"]) == ("l4x4", "2h", ["HF_TOKEN"])
    assert (made.folder / "code" / "core" / "__init__.py").is_file()


def test_the_hub_script_brings_back_only_what_is_whole(
    data: Data, folder: Path, written_run: WrittenRun
) -> None:
    made = packed(data, folder, data.plan("starter"), "hf-jobs")
    bring_back = runpy.run_path(str(made.script), run_name="script")["bring_back"]
    kept, run = run_of(made), written_run.folder
    written_run.happened(RunStarted(attempt=1, pid=1, from_step=0))
    written_run.checkpoint(2)
    (run.checkpoints / "checkpoint-4").mkdir()
    (run.checkpoints / "checkpoint-4" / "half").touch()
    bring_back(run.root, kept.root)
    assert [found.step for found in checkpoints.complete(kept.checkpoints)] == [2]
    assert not (kept.checkpoints / "checkpoint-4").exists()
    assert len(events.read(kept.events).events) == 1
    written_run.checkpoint(6)
    (run.checkpoints / "checkpoint-2").rename(run.root / "pruned")
    written_run.adapter()
    bring_back(run.root, kept.root)
    assert [found.step for found in checkpoints.complete(kept.checkpoints)] == [6]
    assert (kept.adapter / "adapter_model.safetensors").is_file()


def begun(data: Data, run: WrittenRun) -> WrittenRun:
    run.folder.plan.write_text(data.plan("starter").model_dump_json())
    run.happened(RunStarted(attempt=1, pid=1, from_step=0), RunStopped(attempt=1, step=4))
    run.checkpoint(4)
    return run


def test_a_run_is_packed_with_what_it_has_reached(
    data: Data, folder: Path, written_run: WrittenRun
) -> None:
    run = begun(data, written_run).folder
    (run.checkpoints / "checkpoint-8").mkdir()
    run.stop.touch()
    made = packed(data, folder, run.run_id, "slurm")
    there = run_of(made)
    assert checkpoints.newest_valid(there.checkpoints).checkpoint is not None
    assert [path.name for path in there.checkpoints.iterdir()] == ["checkpoint-4"]
    assert len(events.read(there.events).events) == 2
    assert Job.model_validate_json(there.job.read_bytes()).attempt == 2
    assert not there.stop.exists()


def test_a_run_at_work_or_done_is_not_packed(
    data: Data, folder: Path, written_run: WrittenRun
) -> None:
    run = begun(data, written_run)
    lease = take_lease(run.folder.lease)
    run.happened(RunStarted(attempt=2, pid=1, from_step=4))
    with pytest.raises(RunError, match="at work here"):
        packed(data, folder, run.folder.run_id, "slurm")
    assert lease is not None
    os.close(lease)
    run.adapter()
    run.happened(
        RunSucceeded(attempt=2, step=9, best_step=9, best_loss=1, seconds=1, changes_model=True)
    )
    with pytest.raises(RunError, match="nothing left to train"):
        packed(data, folder, run.folder.run_id, "slurm")


@pytest.mark.parametrize(
    ("plan", "target", "where", "says"),
    [
        ({"launcher": "ray", "workers": 2}, "slurm", {}, "starts its workers by itself"),
        ({"workers": 2}, "slurm", {}, "local launcher starts one process"),
        ({"launcher": "accelerate", "workers": 3}, "slurm", {"nodes": 2}, "spread evenly"),
        ({"launcher": "accelerate", "workers": 2}, "hf-jobs", {"nodes": 2}, "Only a Slurm job"),
        ({"launcher": "accelerate", "workers": 9}, "hf-jobs", {}, "has 9 GPUs"),
    ],
)
def test_what_such_a_job_cannot_carry_out_is_refused(
    data: Data,
    folder: Path,
    plan: dict[str, object],
    target: Target,
    where: dict[str, object],
    says: str,
) -> None:
    with pytest.raises(PlanError, match=says):
        packed(data, folder, data.plan("starter", **plan), target, **where)


def test_a_folder_with_something_in_it_is_left_alone(data: Data, folder: Path) -> None:
    packed(data, folder, data.plan("starter"), "slurm")
    with pytest.raises(PlanError, match="is not empty"):
        packed(data, folder, data.plan("starter"), "slurm")
