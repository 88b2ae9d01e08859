"""Training speed of Qwen3 shapes with random weights: tokens per second, MFU and peak memory.

Meant for a GPU of the H100 class; without a GPU, a tiny shape shows that the bench works.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.models.catalog import STARTER_FOLDER
from core.training import machine
from core.training.plan import TrainingPlan
from tests.bench import gpu_shapes
from tests.bench.gpu_shapes import ModelShape

STEPS, BATCH, LENGTHS = 12, 4, (2048, 4096)
VARIANTS: tuple[dict[str, Any], ...] = (
    {"liger": "off"},
    {"liger": "on"},
    {"liger": "off", "compile": True},
)


def measure(home: Path) -> dict[str, object]:
    """Every shape, length and variant, by Duotune's trainer and by plain TRL."""
    here = machine.look()
    names = ("0.6B", "4B", "8B") if here.gpus else ("tiny",)
    lengths = LENGTHS if here.gpus else (64,)
    results: list[dict[str, object]] = []
    for name in names:
        shape, folder = gpu_shapes.SHAPES[name], home / name
        gpu_shapes.make(shape, folder, STARTER_FOLDER)
        for length in lengths:
            for changes in _variants(here.packages, bool(here.gpus)):
                results.append(_compared(home, name, shape, length, changes))
                print(json.dumps(results[-1]), flush=True)
    return {"machine": here.words, "results": results}


def _variants(packages: frozenset[str], gpu: bool) -> Iterator[dict[str, Any]]:
    for variant in VARIANTS:
        if variant["liger"] == "on" and not (gpu and "liger_kernel" in packages):
            continue
        if variant.get("compile") and not gpu:
            continue
        yield variant


def _compared(
    home: Path, name: str, shape: ModelShape, length: int, changes: dict[str, Any]
) -> dict[str, object]:
    plan = TrainingPlan(
        name="bench", dataset_id="", split_fingerprint="", base_model="bench"
    ).edited({"batch_size": BATCH, "max_length": length, "packing": True, "max_steps": STEPS}
             | changes)  # fmt: skip
    job = {
        "plan": plan.model_dump(mode="json"),
        "model": str(home / name),
        "out": str(home / "out"),
        "steps": STEPS,
        "batch": BATCH,
        "length": length,
        "vocabulary": min(shape.vocabulary, 2_000),
        "parameters": shape.matrices,
    }
    found = {way: _run(home, {**job, "way": way}) for way in ("trl", "duotune")}
    ours, theirs = found["duotune"], found["trl"]
    told: dict[str, object] = {"model": name, "length": length, **changes, **found}
    if "tokens_per_s" in ours and "tokens_per_s" in theirs:
        told["ratio"] = round(ours["tokens_per_s"] / theirs["tokens_per_s"], 3)
    peak = gpu_shapes.peak_of(str(ours.get("gpu", "")))
    if peak is not None:
        per_token = shape.flops_per_token(length // 4, full=False)
        told["mfu"] = round(ours["tokens_per_s"] * per_token / peak, 3)
    return told


def _run(home: Path, job: dict[str, Any]) -> dict[str, Any]:
    file = home / "job.json"
    file.write_text(json.dumps(job))
    argv = [sys.executable, "-m", "tests.bench.gpu_one", str(file)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"gave_up": done.stderr.strip().splitlines()[-1][:300]}
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told
