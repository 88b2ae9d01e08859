"""Data, run folders and a tiny model for the training tests."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.data import ingest, splitting, store
from core.data.records import Dataset, Split
from core.models.catalog import STARTER_FOLDER, ResolvedModel
from core.training import manifests
from core.training.events import Event
from core.training.events import append as append_event
from core.training.job import Job
from core.training.plan import TrainingPlan
from core.workspace import RunFolder, Workspace

COLOURS = ("red", "blue", "green", "black", "white", "brown", "grey", "pink", "gold", "teal")


def dialogue(number: int, part: str) -> dict[str, object]:
    """One support row, with two answers in every third."""
    colour = COLOURS[number % len(COLOURS)]
    turns = [
        {"role": "system", "content": "You are a shop."},
        {"role": "user", "content": f"Question {number}: do you have it in {colour}?"},
        {"role": "assistant", "content": f"Yes, we have it in {colour}."},
    ]
    if number % 3 == 0:
        turns += [
            {"role": "user", "content": "Thank you!"},
            {"role": "assistant", "content": f"Enjoy the {colour} one!"},
        ]
    return {"messages": turns, "split": part}


@dataclass(frozen=True)
class Data:
    """A dataset in a workspace."""

    workspace: Workspace
    dataset: Dataset
    split: Split

    def plan(self, model: str, **changes: object) -> TrainingPlan:
        """A quick plan on this data."""
        return TrainingPlan.model_validate(
            {
                "name": "a run",
                "dataset_id": self.dataset.id,
                "split_fingerprint": self.split.fingerprint,
                "base_model": model,
                "rank": 8,
                "alpha": 16,
                "learning_rate": 5e-3,
                "batch_size": 4,
                "max_length": 128,
                "evaluations": 3,
                **changes,
            }
        )


MakeData = Callable[[Workspace, list[dict[str, object]]], Data]


def make_data(workspace: Workspace, rows: list[dict[str, object]]) -> Data:
    """Save rows as a dataset, by the same code that a person's file takes."""
    file = workspace.root / "rows.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    dataset = store.save(workspace, ingest.read_file(file, "shop"), file)
    return Data(workspace, dataset, splitting.frozen_split(workspace, dataset.id))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """What `data` is a copy of: reading the rows anew for each test would take most of its time."""
    parts = ["train"] * 48 + ["validation"] * 6 + ["test"] * 6
    workspace = Workspace.open(tmp_path_factory.mktemp("made") / "workspace")
    return make_data(workspace, [dialogue(n, part) for n, part in enumerate(parts)])


@pytest.fixture
def data(workspace: Workspace, made: Data) -> Data:
    """48 rows to train on, 6 to validate, 6 to test."""
    shutil.copytree(made.workspace.root, workspace.root, dirs_exist_ok=True)
    return Data(workspace, made.dataset, made.split)


class WrittenRun:
    """A run folder written by hand."""

    def __init__(self, workspace: Workspace, name: str = "run-20261121-100000-ab12") -> None:
        self.folder: RunFolder = workspace.run(name)
        self.folder.root.mkdir(parents=True)
        plan = TrainingPlan(
            name="by hand",
            dataset_id="ds-123456789abc",
            split_fingerprint="f",
            base_model="starter",
        )
        self.folder.plan.write_text(plan.model_dump_json())
        model = ResolvedModel(
            name="starter", id_or_path="/x", revision=None, local=True, shape=None
        )
        job = Job(
            created="2026-11-21T10:00:00+00:00",
            attempt=1,
            model=model,
            chat_template_kwargs=None,
            offline=True,
            machine="2 CPU cores",
        )
        self.folder.job.write_text(job.model_dump_json())

    def happened(self, *events: Event) -> None:
        for event in events:
            append_event(self.folder.events, event)

    def checkpoint(self, step: int) -> Path:
        """A whole checkpoint of two small files."""
        place = self.folder.checkpoints / f"checkpoint-{step}"
        place.mkdir(parents=True)
        (place / "weights").write_text(f"weights at {step}" * 100)
        (place / "trainer_state.json").write_text("{}")
        manifests.write(place)
        return place

    @classmethod
    def of(cls, folder: RunFolder) -> WrittenRun:
        """A run that is there already, to be written on with."""
        run = cls.__new__(cls)
        run.folder = folder
        return run

    def adapter(self) -> Path:
        self.folder.adapter.mkdir()
        (self.folder.adapter / "adapter_model.safetensors").write_text("weights")
        manifests.write(self.folder.adapter)
        return self.folder.adapter


@pytest.fixture
def written_run(workspace: Workspace) -> WrittenRun:
    return WrittenRun(workspace)


MAKE_MODELS = """
import sys
import torch
from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM
torch.manual_seed(0)
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
config = Qwen3Config(
    vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
    num_attention_heads=1, num_key_value_heads=1, head_dim=32, max_position_embeddings=256,
    eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, bos_token_id=None,
    tie_word_embeddings=True,
)
model = Qwen3ForCausalLM(config)
model.generation_config.eos_token_id = tokenizer.eos_token_id
for kind in ("tiny", "poisoned"):
    if kind == "poisoned":
        model.model.layers[0].mlp.up_proj.weight.data[0, 0] = float("nan")
    model.save_pretrained(f"{sys.argv[2]}/{kind}")
    tokenizer.save_pretrained(f"{sys.argv[2]}/{kind}")
"""


@pytest.fixture(scope="session")
def made_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`tiny`, an untrained model with the starter's tokenizer, and `poisoned`: a weight is NaN."""
    folder = tmp_path_factory.mktemp("models")
    argv = [sys.executable, "-c", MAKE_MODELS, str(STARTER_FOLDER), str(folder)]
    subprocess.run(argv, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def tiny_model(made_models: Path) -> Path:
    return made_models / "tiny"
