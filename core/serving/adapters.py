"""Adapters: see that an engine can serve one, publish an immutable copy, load it, prove it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.disk import sha256_file
from core.errors import ServingError, disk_errors
from core.serving.launch import RANKS
from core.serving.records import Adapter
from core.workspace import Workspace

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
KEY = re.compile(r"base_model\.model\.(?!.*_orig_mod).+\.lora_(?:[AB]\.weight|embedding_[AB])")
"""How PEFT names LoRA tensors; vLLM skips other names in silence and serves the base instead."""
MAX_HEADER = 100_000_000
TRAIN_FIX = "Train again with Duotune's own settings, which avoid this."


def publish(workspace: Workspace, source: Path) -> Adapter:
    """Copy a trained adapter to where engines load it from, under a name made from its content.

    The same content gives the same adapter; a published one is never changed, and not removed
    while an engine has it registered, because that reads it again at any time. Raises ServingError
    when an engine could not serve it, or would serve something else in its place.
    """
    config = _config(source)
    _check_config(config, source)
    _check_tensors(source)
    digests = [sha256_file(source / name) for name in (CONFIG, WEIGHTS)]
    adapter_id = name_of(digests)
    target = workspace.adapter(adapter_id)
    if not target.exists():
        _copy(source, target)
    os.utime(target)  # it is wanted now, so nobody clears it away
    if [sha256_file(target / name) for name in (CONFIG, WEIGHTS)] != digests:
        raise ServingError(
            "The published copy of the adapter was changed after it was made.",
            str(target),
            "Stop the engine, delete that folder, then try again.",
        )
    return Adapter(id=adapter_id, folder=str(target), rank=rank_of(config))


def name_of(digests: Sequence[str]) -> str:
    """What an adapter is served as, from the SHA-256 of its CONFIG and its WEIGHTS."""
    return "ad-" + hashlib.sha256("".join(digests).encode()).hexdigest()[:32]


def _copy(source: Path, target: Path) -> None:
    """Copy the two files so that the folder appears whole or not at all."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    with disk_errors(target, "publish the adapter"):
        try:
            draft.mkdir(parents=True, exist_ok=True)
            for name in (CONFIG, WEIGHTS):
                shutil.copyfile(source / name, draft / name)
                (draft / name).chmod(0o444)
            if not target.exists():
                draft.rename(target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _config(source: Path) -> dict[str, Any]:
    try:
        config = json.loads((source / CONFIG).read_bytes())
    except (FileNotFoundError, ValueError) as error:
        raise ServingError(
            f"{CONFIG} is missing or can't be read, so this is no adapter.", str(source), TRAIN_FIX
        ) from error
    if not isinstance(config, dict) or not isinstance(config.get("r"), int):
        raise ServingError(f"{CONFIG} describes no LoRA adapter.", str(source), TRAIN_FIX)
    return config


def rank_of(config: dict[str, Any]) -> int:
    """The largest rank of any module."""
    return int(max([config["r"], *(config.get("rank_pattern") or {}).values()]))


def _check_config(config: dict[str, Any], source: Path) -> None:
    """Refuse what vLLM refuses, or takes and gets wrong."""
    init = config.get("init_lora_weights", True)
    refusals = {
        f"it is a {config.get('peft_type')} adapter and not LoRA": config.get("peft_type")
        != "LORA",
        f"its rank {rank_of(config)} is above {RANKS[-1]}": rank_of(config) > RANKS[-1],
        "it uses DoRA": config.get("use_dora"),
        "it trains biases": config.get("bias", "none") != "none" or config.get("lora_bias"),
        "it replaces whole layers (modules_to_save)": config.get("modules_to_save"),
        "it trains single tokens": config.get("trainable_token_indices"),
        "it targets bare parameters": config.get("target_parameters"),
        "it repeats layers": config.get("layer_replication"),
        "it is an activated LoRA": config.get("alora_invocation_tokens"),
        "it uses QALoRA": config.get("use_qalora"),
        f"it starts from changed base weights ({init})": isinstance(init, str)
        and init.lower().startswith(("pissa", "olora", "corda", "loftq")),
    }
    reasons = [reason for reason, refused in refusals.items() if refused]
    if reasons:
        raise ServingError(
            f"vLLM can't serve this adapter: {', and '.join(reasons)}.", str(source), TRAIN_FIX
        )


def _check_tensors(source: Path) -> None:
    """See that every tensor has a name that an engine will take for LoRA."""
    names = _tensor_names(source / WEIGHTS)
    wrong = [name for name in names if not KEY.fullmatch(name)]
    if not names or wrong:
        found = f"'{wrong[0]}'" if wrong else "no tensor at all"
        raise ServingError(
            "This adapter would be served without effect: an engine looks for tensors named "
            f"base_model.model...lora_A.weight, and the file has {found}.",
            str(source / WEIGHTS),
            "Save the adapter from the unwrapped, uncompiled model with save_pretrained.",
        )


def _tensor_names(path: Path) -> list[str]:
    """Names in a safetensors header, read without loading a tensor."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 0 < length <= min(MAX_HEADER, size - 8):
                raise ValueError("its header has an impossible length")
            header = json.loads(file.read(length))
        end = max(
            (
                tensor["data_offsets"][1]
                for name, tensor in header.items()
                if name != "__metadata__"
            ),
            default=0,
        )
        if 8 + length + end != size:
            raise ValueError("it was not written in full")
    except (FileNotFoundError, ValueError) as error:
        raise ServingError(
            f"The adapter's weights can't be read: {error}.", str(path), TRAIN_FIX
        ) from error
    return [name for name in header if name != "__metadata__"]
