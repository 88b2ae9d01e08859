"""Models made elsewhere: held to their own files, exported with a card that says so, or refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from core.actions import Actions
from core.certificates import questions, source, verdicts
from core.certificates.records import Lane
from core.certificates.source import Source
from core.errors import RunError
from core.exporting import card, lineage, writing
from core.exporting.card import Described
from core.models import readers
from core.models.catalog import STARTER_FOLDER
from core.models.licences import LICENCES
from core.settings import Settings
from core.training import library
from core.workspace import Workspace
from tests.core.exporting import hand_made
from tests.core.training.made_elsewhere import foreign_adapter


@pytest.fixture
def actions(workspace: Workspace) -> Actions:
    return Actions(workspace, Settings(home=workspace.root, offline=True))


@pytest.fixture
def foreign(actions: Actions, tmp_path: Path) -> Source:
    """An adapter that names its base by a place that is not on this machine."""
    made = foreign_adapter(tmp_path / "desk", base="/somewhere/else/starter")
    actions.import_model(made, base_model="starter")
    return source.find(actions.workspace, actions.settings, "desk")


def test_an_imported_adapter_answers_to_its_own_files(actions: Actions, foreign: Source) -> None:
    assert (foreign.plan, foreign.is_adapter, foreign.parity.probes) == (None, True, ())
    assert foreign.chat_folder == foreign.base_folder == STARTER_FOLDER
    assert foreign.parity.stop_token_ids == (2,)
    asked = questions.choose(actions.workspace, foreign, 3)
    assert (len(asked.questions), asked.part) == (3, "example")
    assert all(one.prompt and one.answer for one in asked.questions)


def test_green_claims_no_more_than_was_measured() -> None:
    lanes = [
        Lane(way="peft", verdict="not measured", is_reference=True),
        Lane(way="vllm+adapter", verdict="green"),
    ]
    assert verdicts.conclude(lanes)[2] == verdicts.GREEN
    assert "not known" in verdicts.conclude(lanes, verdicts.GREEN_IMPORTED)[2]
    assert verdicts.conclude(lanes[:1], verdicts.GREEN_IMPORTED)[0] == "not measured"


def test_what_is_exported_names_its_base_and_says_that_it_was_imported(
    foreign: Source, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    target.mkdir()
    writing.adapter(foreign, target)
    writing.chat_parts(foreign, target)
    named = json.loads((target / "adapter_config.json").read_text())
    assert named["base_model_name_or_path"] == "starter"
    names = {path.name for path in target.iterdir()}
    assert {"tokenizer.json", "chat_template.jinja", "generation_config.json"} <= names
    assert "model.safetensors" not in names
    request = hand_made.request(
        Workspace(tmp_path), source="library", source_id="desk", data=None, reports=()
    )
    made = hand_made.certificate()
    told = card.text(Described(foreign, request, made, next(iter(LICENCES.values())), ()))
    assert "trained elsewhere and imported into Duotune" in told
    assert "--max-lora-rank 8" in told
    assert "not in the workspace any more" not in told
    record = lineage.write(target, foreign, request, made, hand_made.AT)
    assert (record.plan, record.run_id, record.imported_from) == ({}, "", "desk")


def test_an_imported_model_is_offered_as_what_it_is(
    actions: Actions, foreign: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "read", lambda _: pytest.fail("a page waits for no tokenizer"))
    offered = {one.kind: one for one in actions.export_offers("desk")}
    assert offered["adapter"].problem == offered["merged"].problem == ""
    assert offered["merged"].memory is not None
    assert offered["adapter"].memory is None
    assert "llama.cpp" in offered["gguf"].problem
    assert "HF_HUB_OFFLINE" in offered["hub"].problem


def test_a_whole_model_whose_base_nobody_named_is_refused(actions: Actions, tmp_path: Path) -> None:
    packed = tmp_path / "whole.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in STARTER_FOLDER.iterdir():
            archive.write(path, path.name)
    entry = actions.import_model(packed).entry
    nameless = entry.model_copy(update={"base_model": ""})
    library.write(actions.workspace.library / "whole", nameless)
    with pytest.raises(RunError, match="does not say from which base model"):
        actions.export_offers("whole")
    named = entry.model_copy(update={"base_model": "starter"})
    library.write(actions.workspace.library / "whole", named)
    found = source.find(actions.workspace, actions.settings, "whole")
    assert found.chat_folder == found.settings_folder == found.published
    offered = {one.kind: one for one in actions.export_offers("whole")}
    assert "no adapter to export" in offered["adapter"].problem
    assert (offered["zip"].content, offered["zip"].problem) == ("merged", "")
