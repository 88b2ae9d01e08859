"""Adapters are published whole and unchanged, or refused when an engine would get them wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import ServingError
from core.serving.adapters import publish
from core.workspace import Workspace

GOOD_KEY = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"


def write_adapter(folder: Path, key: str = GOOD_KEY, value: int = 0, **config: Any) -> Path:
    """An adapter of one 2x2 float32 tensor, written by hand in the safetensors format."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"peft_type": "LORA", "r": 8, "bias": "none", "use_dora": False, **config}
    (folder / "adapter_config.json").write_text(json.dumps(facts))
    tensor = {key: {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}
    header = json.dumps({"__metadata__": {"format": "pt"}, **tensor}).encode()
    weights = len(header).to_bytes(8, "little") + header + bytes([value] * 16)
    (folder / "adapter_model.safetensors").write_bytes(weights)
    (folder / "README.md").write_text("not for engines")
    return folder


def test_the_copy_is_named_by_content_and_read_only(workspace: Workspace, tmp_path: Path) -> None:
    source = write_adapter(tmp_path / "a", rank_pattern={"q_proj": 32})
    first = publish(workspace, source)
    assert first == publish(workspace, write_adapter(tmp_path / "b", rank_pattern={"q_proj": 32}))
    assert first.rank == 32
    files = sorted(Path(first.folder).iterdir())
    assert [f.name for f in files] == ["adapter_config.json", "adapter_model.safetensors"]
    assert all(f.stat().st_mode & 0o222 == 0 for f in files)
    assert [p.name for p in workspace.adapters.iterdir()] == [first.id]


def test_other_content_gets_another_name(workspace: Workspace, tmp_path: Path) -> None:
    names = {
        publish(workspace, write_adapter(tmp_path / "a")).id,
        publish(workspace, write_adapter(tmp_path / "b", value=1)).id,
        publish(workspace, write_adapter(tmp_path / "c", lora_alpha=64)).id,
    }
    assert len(names) == 3


def test_a_run_may_change_after_publishing(workspace: Workspace, tmp_path: Path) -> None:
    source = write_adapter(tmp_path / "a")
    kept = Path(publish(workspace, source).folder) / "adapter_model.safetensors"
    before = kept.read_bytes()
    write_adapter(source, value=9)
    assert kept.read_bytes() == before


def test_a_copy_that_was_tampered_with_is_not_served(workspace: Workspace, tmp_path: Path) -> None:
    source = write_adapter(tmp_path / "a")
    kept = Path(publish(workspace, source).folder) / "adapter_model.safetensors"
    kept.chmod(0o644)
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    with pytest.raises(ServingError, match="changed after"):
        publish(workspace, source)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"bias": "all"}, "biases"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"r": 256}, "rank 256 is above 128"),
        ({"rank_pattern": {"q_proj": 200}}, "rank 200"),
        ({"peft_type": "VERA"}, "VERA"),
        ({"trainable_token_indices": [1]}, "single tokens"),
        ({"init_lora_weights": "pissa_niter_4"}, "pissa"),
        ({"target_parameters": ["experts"]}, "bare parameters"),
        ({"use_dora": True, "bias": "all"}, "DoRA, and it trains biases"),
    ],
)
def test_what_vllm_can_not_serve_is_named(
    workspace: Workspace, tmp_path: Path, config: dict[str, Any], says: str
) -> None:
    with pytest.raises(ServingError) as caught:
        publish(workspace, write_adapter(tmp_path / "a", **config))
    assert says in caught.value.problem
    assert not workspace.adapters.exists()


@pytest.mark.parametrize(
    "key",
    [
        "model.layers.0.self_attn.q_proj.lora_A.weight",
        "base_model.model._orig_mod.model.layers.0.self_attn.q_proj.lora_A.weight",
        "base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight",
        "base_model.model.lm_head.weight",
    ],
)
def test_tensors_an_engine_would_skip_are_refused(
    workspace: Workspace, tmp_path: Path, key: str
) -> None:
    with pytest.raises(ServingError, match="without effect") as caught:
        publish(workspace, write_adapter(tmp_path / "a", key=key))
    assert key in caught.value.problem


@pytest.mark.parametrize("damage", ["cut", "empty", "long header", "missing"])
def test_damaged_weights_are_refused(workspace: Workspace, tmp_path: Path, damage: str) -> None:
    source = write_adapter(tmp_path / "a")
    weights = source / "adapter_model.safetensors"
    if damage == "cut":
        weights.write_bytes(weights.read_bytes()[:-3])
    elif damage == "empty":
        weights.write_bytes(b"")
    elif damage == "long header":
        weights.write_bytes((1 << 40).to_bytes(8, "little") + weights.read_bytes()[8:])
    else:
        weights.unlink()
    with pytest.raises(ServingError, match="can't be read"):
        publish(workspace, source)


def test_a_folder_without_a_config_is_no_adapter(workspace: Workspace, tmp_path: Path) -> None:
    source = write_adapter(tmp_path / "a")
    (source / "adapter_config.json").unlink()
    with pytest.raises(ServingError, match="no adapter"):
        publish(workspace, source)
