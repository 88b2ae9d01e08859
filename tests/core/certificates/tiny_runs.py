"""Tiny models of several architectures, and real runs on them by the project's own trainer."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.certificates import measuring, source
from core.certificates.source import Source
from core.exporting import merge, writing
from core.exporting.merge import MergeRequest
from core.models.catalog import STARTER_FOLDER
from core.serving.engines import Engines
from tests.core.training.attempts import carry_out
from tests.core.training.conftest import Data, dialogue, make_data

ARCHITECTURES = ("qwen3", "llama", "mistral", "gemma3")
METHODS: dict[str, dict[str, Any]] = {
    "lora": {},
    "rslora": {"method": "rslora", "alpha": 8},
    "full": {"method": "full", "learning_rate": 3e-3},
}
MAKE = """
import sys
import torch
from transformers import (AutoTokenizer, Gemma3ForCausalLM, Gemma3TextConfig, LlamaConfig,
    LlamaForCausalLM, MistralConfig, MistralForCausalLM, Qwen3Config, Qwen3ForCausalLM)
kinds = {"qwen3": (Qwen3Config, Qwen3ForCausalLM), "llama": (LlamaConfig, LlamaForCausalLM),
    "mistral": (MistralConfig, MistralForCausalLM),
    "gemma3": (Gemma3TextConfig, Gemma3ForCausalLM)}
source, target, name, seed = sys.argv[1:]
torch.manual_seed(int(seed))
tokenizer = AutoTokenizer.from_pretrained(source)
config, model = kinds[name]
own = {"query_pre_attn_scalar": 32, "sliding_window": 64,  # one layer of each kind
    "layer_types": ["sliding_attention", "full_attention"]} if name == "gemma3" else {}
made = model(config(
    vocab_size=len(tokenizer), hidden_size=128, intermediate_size=256, num_hidden_layers=2,
    num_attention_heads=4, num_key_value_heads=2, head_dim=32, max_position_embeddings=512,
    eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, bos_token_id=None,
    tie_word_embeddings=name in ("qwen3", "gemma3"), initializer_range=0.08, **own,
))
made.generation_config.eos_token_id = tokenizer.eos_token_id
made.to(torch.bfloat16).save_pretrained(target)
tokenizer.save_pretrained(target)
"""


def make_model(folder: Path, architecture: str, seed: int = 0) -> Path:
    """A model of random weights in bfloat16 with the starter's tokenizer; heads of size 32."""
    argv = [sys.executable, "-c", MAKE, str(STARTER_FOLDER), str(folder), architecture, str(seed)]
    subprocess.run(argv, check=True, capture_output=True)
    return folder


def small_data(engines: Engines) -> Data:
    """24 rows to train on, 4 to validate, 8 to test."""
    parts = ["train"] * 24 + ["validation"] * 4 + ["test"] * 8
    return make_data(engines.workspace, [dialogue(n, part) for n, part in enumerate(parts)])


def train(engines: Engines, data: Data, run_id: str, model: Path | str, **changes: Any) -> Source:
    """A finished run of a few real steps."""
    settings: dict[str, Any] = {"max_steps": 8, "evaluations": 1, "name": run_id, **changes}
    carry_out(data, run_id, data.plan(str(model), **settings))
    return source.of_run(engines.workspace, engines.settings, run_id)


def merged_export(found: Source, target: Path, work: Path) -> Path:
    """An honest merged export, without its card."""
    target.mkdir(parents=True)
    merge.merge(found, target, work, lambda _: None)
    writing.chat_parts(found, target)
    return target


def run_here(patch: pytest.MonkeyPatch) -> None:
    """Run the programs that know torch in this process: it has imported the libraries already."""

    def run(module: str, _log: Path, *arguments: Path) -> None:
        with pytest.MonkeyPatch.context() as given:
            given.setattr(sys, "argv", [module, *map(str, arguments)])
            assert importlib.import_module(module).main() == 0

    patch.setattr(measuring, "run_module", run)
    patch.setattr(merge, "run_module", run)


# -- sabotage -------------------------------------------------------------------------------------


def other_template(folder: Path, _found: Source, _work: Path) -> None:
    path = folder / "chat_template.jinja"
    path.write_text(path.read_text().replace("<|im_start|>", "<|im_start|> "))


def no_eos(folder: Path, _found: Source, _work: Path) -> None:
    for name in ("generation_config.json", "config.json"):
        _edit(folder / name, eos_token_id=None)
    _edit(folder / "tokenizer_config.json", eos_token=None)


def not_applied(folder: Path, found: Source, _work: Path) -> None:
    shutil.copyfile(found.base_folder / "model.safetensors", folder / "model.safetensors")


def wrong_base(folder: Path, found: Source, work: Path) -> None:
    config = json.loads((found.base_folder / "config.json").read_text())
    other = make_model(work / "other", config["model_type"], seed=9)
    _merge_again(MergeRequest(base=other, adapter=found.published, target=folder, dtype="float32"))


def scaled(folder: Path, found: Source, work: Path) -> None:
    adapter = work / "scaled"
    shutil.copytree(found.published, adapter)
    alpha = json.loads((adapter / "adapter_config.json").read_text())["lora_alpha"]
    _edit(adapter / "adapter_config.json", lora_alpha=alpha * 2)
    request = MergeRequest(base=found.base_folder, adapter=adapter, target=folder, dtype="float32")
    _merge_again(request)


def wrong_dtype(folder: Path, _found: Source, _work: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    weights = folder / "model.safetensors"
    halved = {name: value.to(torch.float16) for name, value in load_file(weights).items()}
    save_file(halved, weights, metadata={"format": "pt"})
    _edit(folder / "config.json", dtype="float16")


def _merge_again(request: MergeRequest) -> None:
    from core.exporting.program.merging import merge as merge_here

    merge_here(request)


def _edit(path: Path, **changes: Any) -> None:
    given = {**json.loads(path.read_text()), **changes}
    config = {name: value for name, value in given.items() if value is not None}
    path.write_text(json.dumps(config))


SABOTAGES = {
    "template": other_template,
    "eos": no_eos,
    "not applied": not_applied,
    "base": wrong_base,
    "scale": scaled,
    "dtype": wrong_dtype,
}
