"""What the files of an export say, held against the run; nothing is loaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from core.certificates import files, questions
from core.certificates.records import FileFacts
from core.certificates.source import Source
from core.errors import RunError
from core.exporting import writing
from core.settings import Settings
from core.training import manifests
from core.workspace import Workspace
from tests.core.exporting import hand_made
from tests.core.models.made_models import write_weights

GOOD = FileFacts(
    template=True, tokenizer=True, stops=True, dtype=True, base=True, scale=True, stored="float32"
)


@pytest.fixture
def settings(workspace: Workspace) -> Settings:
    return Settings(home=workspace.root, offline=True)


@pytest.fixture
def found(workspace: Workspace, settings: Settings) -> Source:
    return hand_made.finished(workspace, settings)


@pytest.fixture
def export(found: Source, tmp_path: Path) -> Path:
    """An honest export of the adapter."""
    folder = tmp_path / "export"
    folder.mkdir()
    writing.adapter(found, folder)
    writing.chat_parts(found, folder)
    return folder


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def other_tokens(folder: Path) -> None:
    vocabulary = json.loads((folder / "tokenizer.json").read_text())
    vocabulary["model"]["merges"] = vocabulary["model"]["merges"][:100]
    (folder / "tokenizer.json").write_text(json.dumps(vocabulary))


def other_dtype(folder: Path) -> None:
    shapes = {f"{hand_made.LAYER}.lora_A.weight": [8, 256]}
    write_weights(folder / "adapter_model.safetensors", shapes, dtype="BF16")


SPOILED: dict[str, Callable[[Path], object]] = {
    "template": lambda f: (f / "chat_template.jinja").write_text("{{ messages[0].content }}"),
    "tokenizer": other_tokens,
    "stops": lambda f: edit(f / "generation_config.json", eos_token_id=None),
    "dtype": other_dtype,
    "base": lambda f: edit(f / "adapter_config.json", base_model_name_or_path="ada/other"),
    "scale": lambda f: edit(f / "adapter_config.json", lora_alpha=32),
}


def test_an_honest_export_has_nothing_to_object_to(
    found: Source, export: Path, settings: Settings
) -> None:
    assert files.look(found, export, (), settings) == GOOD


@pytest.mark.parametrize("name", SPOILED)
def test_each_spoiled_part_is_seen_and_no_other(
    found: Source, export: Path, settings: Settings, name: str
) -> None:
    SPOILED[name](export)
    seen = files.look(found, export, (), settings)
    assert [n for n in FileFacts.model_fields if getattr(seen, n) is False] == [name]


def test_a_base_may_be_named_by_its_place(found: Source, export: Path, settings: Settings) -> None:
    config = export / "adapter_config.json"
    edit(config, base_model_name_or_path=str(found.base_folder))
    assert files.names_base(found, export, settings)
    edit(config, base_model_name_or_path="starter", revision="other")
    assert not files.names_base(found, export, settings)


def test_generation_settings_keep_the_bases_own_and_every_stop(
    found: Source, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "generation_config.json").write_text('{"temperature": 0.7, "eos_token_id": 1}')
    two = found.parity.model_copy(update={"stop_token_ids": (9, 2)})
    moved = found.model_copy(update={"base_folder": base, "parity": two})
    assert writing.generation_config(moved) == {"temperature": 0.7, "eos_token_id": [2, 9]}


def test_licence_texts_travel_and_code_does_not(found: Source, tmp_path: Path) -> None:
    base, target = tmp_path / "base", tmp_path / "target"
    base.mkdir()
    target.mkdir()
    for name in ("LICENSE.txt", "NOTICE", "license.py", "model.py"):
        (base / name).write_text(name)
    moved = found.model_copy(update={"base_folder": base})
    assert writing.legal(moved, target) == ("LICENSE.txt", "NOTICE")
    assert {path.name for path in target.iterdir()} == {"LICENSE.txt", "NOTICE"}


def test_a_template_that_was_changed_after_training_is_refused(
    found: Source, tmp_path: Path
) -> None:
    (found.published / "chat_template.jinja").write_text("{{ other }}")
    manifests.write(found.published)
    with pytest.raises(RunError, match="not the trained one"):
        writing.chat_parts(found, tmp_path)


def test_without_data_the_trainers_own_texts_remain(found: Source, workspace: Workspace) -> None:
    asked = questions.choose(workspace, found)
    assert asked.questions == ()
    assert asked.note
