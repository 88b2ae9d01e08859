"""What an export leaves: whole folders with card and lineage, or nothing at all."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.certificates import certify, store
from core.certificates.certify import Exported
from core.certificates.records import Certificate, Verdict
from core.disk import sha256_file
from core.errors import RunError, WorkspaceError
from core.exporting import exports, merge, room
from core.exporting.carrying import Carrier
from core.exporting.records import ExportFolder, ExportProgress, ExportRequest, Made, aside
from core.models.catalog import STARTER_FOLDER
from core.settings import Settings
from core.workspace import Workspace
from tests.core.exporting import hand_made
from tests.core.models.made_models import write_weights


@pytest.fixture
def settings(workspace: Workspace) -> Settings:
    return Settings(home=workspace.root, offline=True)


def measured(monkeypatch: pytest.MonkeyPatch, verdict: Verdict = "green") -> list[Exported]:
    """Stands in for what transformers and the engine measure; returns what was asked for."""
    asked: list[Exported] = []

    def certify_export(engines: Any, found: Any, exported: Exported, *_: Any) -> Certificate:
        asked.append(exported)
        made = hand_made.certificate(verdict)
        store.save(exported.home, made)
        return made

    monkeypatch.setattr(certify, "certify_export", certify_export)
    return asked


def carry(workspace: Workspace, settings: Settings, request: ExportRequest) -> Made:
    said: list[ExportProgress] = []
    folder = ExportFolder(workspace.export(request.id))
    return Carrier(workspace, settings, folder, request, said.append).run()


def test_an_adapter_leaves_with_all_that_it_needs(
    workspace: Workspace, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = hand_made.finished(workspace, settings)
    asked = measured(monkeypatch)
    made = carry(workspace, settings, hand_made.request(workspace))
    place = Path(made.path)
    assert {path.name for path in place.iterdir()} == {
        "README.md", "duotune.json", "adapter_config.json", "adapter_model.safetensors",
        "chat_template.jinja", "tokenizer.json", "tokenizer_config.json", "generation_config.json",
    }  # fmt: skip
    template = "chat_template.jinja"
    assert (place / template).read_bytes() == (STARTER_FOLDER / template).read_bytes()
    assert json.loads((place / "generation_config.json").read_text())["eos_token_id"] == 2
    lineage = json.loads((place / "duotune.json").read_text())
    assert lineage["files"] == {
        path.name: sha256_file(path) for path in place.iterdir() if path.name != "duotune.json"
    }
    assert lineage["run_id"] == found.run_id
    assert lineage["certificate"]["verdict"] == "green"
    assert lineage["evaluations"][0]["figures"][0]["low"] == 0.1
    assert lineage["override"] is None
    assert made.verdict == "green"
    assert asked[0].folder == aside(hand_made.request(workspace)), "certified before it is shown"
    assert not asked[0].folder.exists()


def test_the_card_tells_data_licence_evaluation_and_parity(
    workspace: Workspace, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_made.finished(workspace, settings)
    measured(monkeypatch)
    made = carry(workspace, settings, hand_made.request(workspace))
    card = (Path(made.path) / "README.md").read_text()
    head = yaml.safe_load(card.split("---")[1])
    assert (head["license"], head["base_model"], head["library_name"]) == (
        "apache-2.0", "starter", "peft",
    )  # fmt: skip
    assert head["language"] == ["en", "zh"]
    for told in (
        "1,200 training, 60 validation, 60 test", "Licence of the data: CC-BY-4.0",
        "| rubric score | 0.500 | 0.750 | +0.250 | +0.100 to +0.400 | 40 |",
        "## Parity: green", "80 of 80", "PeftModel.from_pretrained", "vllm serve",
        "OpenAI(base_url", "'stop_token_ids': [2]", "| learning_rate |",
    ):  # fmt: skip
        assert told in card, told
    bare = hand_made.request(workspace, reports=(), directory=workspace.root / "b", data=None)
    other = (Path(carry(workspace, settings, bare).path) / "README.md").read_text()
    assert "Not evaluated." in other
    assert "1,200" not in other


def test_a_red_certificate_keeps_it_in_unless_somebody_answers_for_it(
    workspace: Workspace, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_made.finished(workspace, settings)
    measured(monkeypatch, "red")
    request = hand_made.request(workspace)
    with pytest.raises(RunError, match="certificate is red") as raised:
        carry(workspace, settings, request)
    assert "in it twice" in raised.value.problem
    assert "--override" in raised.value.fix
    assert list(request.directory.glob("*tea-desk*")) == [], "nothing is left, shown or aside"
    made = carry(workspace, settings, request.model_copy(update={"override": "Ada L."}))
    lineage = json.loads((Path(made.path) / "duotune.json").read_text())
    assert lineage["override"]["by"] == "Ada L."
    assert lineage["override"]["causes"] == ["scale"]
    assert "by Ada L., who answers for it" in (Path(made.path) / "README.md").read_text()


def test_a_red_run_is_refused_before_anything_starts(
    workspace: Workspace, settings: Settings
) -> None:
    found = hand_made.finished(workspace, settings)
    store.save(found.home, hand_made.certificate("red", subject="run"))
    with pytest.raises(RunError, match="certificate is red"):
        exports.check(settings, found, hand_made.request(workspace))
    exports.check(settings, found, hand_made.request(workspace, override="Ada"))


def test_a_zip_holds_the_folder_and_reads_back(
    workspace: Workspace, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_made.finished(workspace, settings)
    measured(monkeypatch)
    made = carry(workspace, settings, hand_made.request(workspace, "zip"))
    with zipfile.ZipFile(made.path) as archive:
        names = set(archive.namelist())
        assert archive.testzip() is None
        card = archive.read("tea-desk/README.md").decode()
    assert "tea-desk/adapter_model.safetensors" in names
    assert {name.split("/")[0] for name in names} == {"tea-desk"}
    assert "# by hand" in card
    assert [path.name for path in Path(made.path).parent.glob("*tea*")] == ["tea-desk.zip"]


def test_what_stands_there_already_is_not_touched(
    workspace: Workspace, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = hand_made.finished(workspace, settings)
    measured(monkeypatch)
    request = hand_made.request(workspace)
    mine = request.directory / request.name
    mine.mkdir(parents=True)
    (mine / "notes.txt").write_text("mine")
    for attempt in (lambda: exports.check(settings, found, request),
                    lambda: carry(workspace, settings, request)):  # fmt: skip
        with pytest.raises((RunError, WorkspaceError)):
            attempt()
    assert [path.name for path in mine.iterdir()] == ["notes.txt"]


def test_too_little_disk_or_memory_is_refused_with_figures(
    workspace: Workspace, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = hand_made.finished(workspace, settings)
    place = workspace.root
    needed = room.need(found, "merged", "merged", "f16", place)
    assert needed.disk > 9_900_000, "the starter's weights"
    assert needed.memory is not None
    assert needed.memory > 4 * 4_980_000, "in float32"
    assert room.wanted(found, "gguf", "merged", "f32") - room.wanted(
        found, "merged", "merged", "f32"
    ) == pytest.approx(4 * 4.98e6, rel=0.01)
    monkeypatch.setattr(room, "free", lambda _: 1_000_000)
    with pytest.raises(WorkspaceError, match=r"takes 0\.0\d GB of disk, and 0\.00 GB are free"):
        room.need(found, "adapter", "adapter", "f16", place)
    monkeypatch.undo()
    monkeypatch.setattr(merge, "main_memory", lambda: (10**9, 10**8))
    with pytest.raises(WorkspaceError, match=r"takes 0\.\d GB of memory, and 0\.1 GB are free"):
        room.need(found, "merged", "merged", "f16", place)


def test_a_changed_template_or_weight_is_not_exported(
    workspace: Workspace, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = hand_made.finished(workspace, settings)
    measured(monkeypatch)
    write_weights(found.published / "adapter_model.safetensors", {"x": [1]})
    with pytest.raises(RunError, match="no whole tuned model to export"):
        carry(workspace, settings, hand_made.request(workspace))
