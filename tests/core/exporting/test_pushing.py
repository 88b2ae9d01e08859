"""Uploads by the hub's real client to a hub on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants as constants
import pytest
from pydantic import SecretStr

from core.errors import ModelError, RunError
from core.exporting import pushing
from core.exporting.records import HubTarget
from core.settings import Settings
from core.workspace import Workspace
from tests.core.exporting import hand_made
from tests.core.exporting.test_carrying import carry, measured
from tests.fake_hub import FakeHub, FakeModel

pytestmark = pytest.mark.full

TARGET = HubTarget(repo="ada/tea-desk")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    with FakeHub() as found:
        found.writers = ("writer",)
        yield found


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Tea desk\n")
    (folder / "adapter_model.safetensors").write_bytes(b"weights" * 999)
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    return folder


def settings(hub: FakeHub, token: str | None = "writer") -> Settings:
    return Settings(hub_endpoint=hub.endpoint, hub_token=SecretStr(token) if token else None)


def test_an_upload_is_private_and_whole(hub: FakeHub, export: Path) -> None:
    url = pushing.push(settings(hub), export, TARGET)
    assert url.startswith(f"{hub.endpoint}/ada/tea-desk")
    assert hub.private == {"ada/tea-desk": True}
    there = hub.models["ada/tea-desk"].files
    assert {name: there[name] for name in there if name != ".gitattributes"} == {
        path.name: path.read_bytes() for path in export.iterdir()
    }


def test_nothing_is_overwritten_unasked(hub: FakeHub, export: Path) -> None:
    hub.models[TARGET.repo] = FakeModel({"README.md": b"old", "left.txt": b"old"})
    with pytest.raises(ModelError, match="on the hub already"):
        pushing.push(settings(hub), export, TARGET)
    assert hub.models[TARGET.repo].files["README.md"] == b"old"
    pushing.push(settings(hub), export, TARGET.model_copy(update={"overwrite": True}))
    there = hub.models[TARGET.repo].files
    assert there["README.md"] == (export / "README.md").read_bytes()
    assert "left.txt" not in there, "what the export has not is gone"


def test_without_a_token_that_may_write_nothing_is_sent(hub: FakeHub, export: Path) -> None:
    with pytest.raises(ModelError, match="takes a token"):
        pushing.push(settings(hub, token=None), export, TARGET)
    assert hub.requests == []
    with pytest.raises(ModelError):
        pushing.push(settings(hub, token="reader"), export, TARGET)
    assert hub.models == {}
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE"):
        pushing.check(settings(hub).model_copy(update={"offline": True}), TARGET)
    with pytest.raises(ModelError, match="plain http"):
        pushing.check(
            Settings(hub_endpoint="http://hub.example", hub_token=SecretStr("writer")), TARGET
        )


def test_a_hub_that_lost_a_file_is_told(hub: FakeHub, export: Path) -> None:
    hub.models[TARGET.repo] = model = FakeModel({})
    model.claims["README.md"] = 3
    with pytest.raises(ModelError, match="does not list README"):
        pushing.push(settings(hub), export, TARGET.model_copy(update={"overwrite": True}))


def test_a_hub_export_arrives_with_card_and_lineage_and_leaves_nothing_here(
    hub: FakeHub, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings(hub)
    hand_made.finished(workspace, chosen)
    measured(monkeypatch)
    request = hand_made.request(workspace, "hub", hub=TARGET)
    made = carry(workspace, chosen, request)
    there = hub.models[TARGET.repo].files
    assert made.url.startswith(f"{hub.endpoint}/{TARGET.repo}")
    assert made.path == ""
    assert {"README.md", "duotune.json", "chat_template.jinja", "adapter_config.json"} <= set(there)
    assert b"## Parity: green" in there["README.md"]
    assert list(request.directory.glob("*tea-desk*")) == []
    measured(monkeypatch, "red")
    hub.models.clear()
    with pytest.raises(RunError, match="certificate is red"):
        carry(workspace, chosen, request)
    assert hub.models == {}, "nothing is created for what does not leave"
