"""What was made elsewhere comes in whole and checked, or is refused with the reason."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import DuotuneError, ModelError, RunError
from core.models.catalog import STARTER_FOLDER
from core.serving import needs
from core.serving.contenders import Contender
from core.settings import Settings
from core.training import library, library_import, manifests
from core.training.library import Kept
from core.training.library_import import NOT_PROVEN, Wanted
from core.workspace import Workspace
from tests.core.training.made_elsewhere import LAYERS, foreign_adapter

OFFLINE = Settings(offline=True, engine="transformers")


def bring(workspace: Workspace, path: Path, base: str | None = None, name: str = "") -> Kept:
    wanted = Wanted(path=path, base_model=base, name=name or None)
    return library_import.add(workspace, OFFLINE, wanted)


def test_an_adapter_comes_in_whole_and_can_be_asked(workspace: Workspace, tmp_path: Path) -> None:
    source = foreign_adapter(tmp_path / "Tea bot")
    (source / "train.py").write_text("raise SystemExit('this was run')")
    (source / "training_args.bin").write_bytes(b"\x80")
    kept = bring(workspace, source)
    entry, model = kept.entry, Path(kept.folder) / "adapter"
    assert (entry.name, entry.origin, entry.base_model) == ("Tea-bot", "imported", "starter")
    assert entry.imported_from == str(source)
    assert (entry.run_id, entry.dataset_id, entry.result) == ("", "", None)
    assert manifests.damage(model) is None
    names = {path.name for path in model.iterdir()}
    assert names == {"adapter_config.json", "adapter_model.safetensors", "MANIFEST.json"}
    assert entry.remarks[0] == NOT_PROVEN
    assert "train.py, training_args.bin" in entry.remarks[1], "what is left out is named"
    need = needs.find(workspace, OFFLINE, Contender(kind="library", name="Tea-bot"))
    assert need.adapter is not None
    assert not need.is_provable
    assert need.note.startswith("Not proven")
    assert library.kept_runs(workspace) == {}


def test_a_whole_model_comes_in(workspace: Workspace) -> None:
    kept = bring(workspace, STARTER_FOLDER, name="mine")
    assert (kept.entry.model_folder, kept.entry.base_model) == ("model", "")
    need = needs.find(workspace, OFFLINE, Contender(kind="library", name="mine"))
    assert need.model_folder == Path(kept.folder) / "model"


def pickled(folder: Path) -> None:
    foreign_adapter(folder)
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")


def cut(folder: Path) -> None:
    file = foreign_adapter(folder) / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:-8])


def two_models(folder: Path) -> None:
    foreign_adapter(folder / "one")
    foreign_adapter(folder / "two")


def without_template(folder: Path) -> None:
    shutil.copytree(STARTER_FOLDER, folder)
    (folder / "chat_template.jinja").unlink()


def adapter(**given: Any) -> Callable[[Path], object]:
    return lambda folder: foreign_adapter(folder, **given)


@pytest.mark.parametrize(
    ("make", "says", "fix"),
    [
        (adapter(base=None), "does not say which base model", "--base"),
        (adapter(base="/home/bob/base"), "names /home/bob/base as its base model", "--base"),
        (adapter(width=512), "of 512 by 256 numbers", "--base"),
        (adapter(layers=("model.layers.99.self_attn.q_proj",)), "layers.99", "--base"),
        (adapter(use_dora=True), "it uses DoRA", "merge it"),
        (adapter(r=512), "rank 512 is above 128", "merge it"),
        (adapter(peft_type="IA3"), "IA3 adapter and not LoRA", "merge it"),
        (adapter(layers=()), "no tensor at all", "merge it"),
        (pickled, "adapter_model.bin.* are pickles", "save_pretrained"),
        (cut, "can't be read", "merge it"),
        (two_models, "holds 2 models", "one by one"),
        (without_template, "no chat template", "chat_template.jinja"),
        (lambda folder: folder.mkdir(), "No model was found", "save_pretrained"),
        (lambda _: None, "no such folder", "path"),
    ],
)
def test_what_can_not_be_served_is_refused_with_the_reason(
    workspace: Workspace, tmp_path: Path, make: Callable[[Path], object], says: str, fix: str
) -> None:
    make(tmp_path / "given")
    with pytest.raises(DuotuneError, match=says) as caught:
        bring(workspace, tmp_path / "given")
    assert fix in caught.value.fix
    assert library.entries(workspace) == ()


def test_the_base_may_be_given_or_stand_in_an_export_of_ours(
    workspace: Workspace, tmp_path: Path
) -> None:
    source = foreign_adapter(tmp_path / "a", base="/gone")
    assert bring(workspace, source, "starter").entry.base_model == "starter"
    (source / "duotune.json").write_text(json.dumps({"base_model": "starter"}))
    assert bring(workspace, source, name="b").entry.base_model == "starter"


def test_an_archive_is_read_and_nothing_stays_of_it(workspace: Workspace, tmp_path: Path) -> None:
    source = foreign_adapter(tmp_path / "a")
    with zipfile.ZipFile(tmp_path / "tea.zip", "w") as archive:
        for file in source.iterdir():
            archive.write(file, f"inner/{file.name}")
        archive.writestr("inner/evil.py", "1/0")
    kept = bring(workspace, tmp_path / "tea.zip")
    assert kept.entry.name == "tea"
    assert "evil.py" in kept.entry.remarks[-1]
    assert [path.name for path in workspace.library.iterdir()] == ["tea"]


def test_what_is_wrong_in_an_archive_is_said_of_the_archive(
    workspace: Workspace, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "dora.zip", "w") as archive:
        for file in foreign_adapter(tmp_path / "dora", use_dora=True).iterdir():
            archive.write(file, file.name)
    with pytest.raises(DuotuneError, match="DoRA") as caught:
        bring(workspace, tmp_path / "dora.zip")
    assert caught.value.where == str(tmp_path / "dora.zip")


def test_an_archive_writes_nowhere_else(workspace: Workspace, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("../outside.json", "{}")
    with pytest.raises(ModelError, match="not a plain file"):
        bring(workspace, tmp_path / "bad.zip")
    assert not (workspace.root / "outside.json").exists()
    assert [*workspace.library.iterdir()] == []


def test_the_same_comes_in_once_and_another_needs_a_name(
    workspace: Workspace, tmp_path: Path
) -> None:
    source = foreign_adapter(tmp_path / "tea")
    assert bring(workspace, source) == bring(workspace, source)
    foreign_adapter(source, layers=LAYERS[:1])
    with pytest.raises(RunError, match="another model called 'tea'"):
        bring(workspace, source)
    assert len(library.entries(workspace)) == 1
