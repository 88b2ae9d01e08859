"""`python -m tests.bench.gpu_one JOB.json`: train packed steps in one way, and print what it took.

Each way runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import TrainerCallback

from core.models.catalog import ResolvedModel
from core.training.plan import TrainingPlan
from core.training.program import arguments, building, loading
from core.training.program.preparation import Prepared

WARM_UP = 3
"""Steps that are not timed: kernels are chosen and compiled in them."""


class Clock(TrainerCallback):  # type: ignore[misc]
    """When each step ended, with the GPU's work done."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.ends.append(time.perf_counter())


def packs(count: int, length: int, vocabulary: int) -> Dataset:
    """Sequences of exactly `length` random tokens, four rows in each, all of them learnt."""
    generator = torch.Generator().manual_seed(7)
    rows = torch.randint(10, vocabulary, (count, length), generator=generator).tolist()
    each = [length // 4] * 4
    return Dataset.from_dict({"input_ids": rows, "labels": rows, "seq_lengths": [each] * count})


def duotune(job: dict[str, Any], rows: Dataset) -> Any:
    """The trainer as Duotune builds it from a plan."""
    plan = TrainingPlan.model_validate(job["plan"])
    model = ResolvedModel(
        name="bench", id_or_path=job["model"], revision=None, local=True, shape=None
    )
    base = loading.load_base(model, True, plan)
    train = Prepared(stored=rows, packed=rows)
    return building.build(plan, base, Path(job["out"]), train, Prepared())


def plain(job: dict[str, Any], rows: Dataset) -> Any:
    """What a person would write with TRL alone, with the same settings."""
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    plan = TrainingPlan.model_validate(job["plan"])
    choices = arguments.decide(plan, loading.capabilities(True), job["parameters"])
    sft = arguments.sft_arguments(plan, Path(job["out"]), len(rows), choices)
    lora = arguments.lora_arguments(plan)
    return SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(
            job["model"], **arguments.load_arguments(plan, choices)
        ),
        args=SFTConfig(**sft, dataset_kwargs={"skip_prepare_dataset": True}),
        train_dataset=rows,
        processing_class=AutoTokenizer.from_pretrained(job["model"]),
        peft_config=LoraConfig(**lora) if lora else None,
    )


def main(file: Path) -> None:
    """Train as told in a JSON file; prints one JSON object."""
    job = json.loads(file.read_text())
    rows = packs(job["steps"] * job["batch"], job["length"], job["vocabulary"])
    trainer = {"duotune": duotune, "trl": plain}[job["way"]](job, rows)
    clock = Clock()
    trainer.add_callback(clock)
    trainer.train()
    timed = clock.ends[WARM_UP - 1 :]
    seconds = (timed[-1] - timed[0]) / (len(timed) - 1)
    told: dict[str, Any] = {"s_per_step": seconds}
    told["tokens_per_s"] = job["batch"] * job["length"] / seconds
    if torch.cuda.is_available():
        told["peak_gib"] = torch.cuda.max_memory_reserved() / 2**30
        told["gpu"] = torch.cuda.get_device_name()
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
