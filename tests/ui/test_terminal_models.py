"""The commands about base models, as a shell sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.models.downloads import Download
from tests.core.models.made_models import made_model
from tests.fake_hub import FakeHub, FakeModel
from tests.ui.commands import Run, commands, told


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return commands(tmp_path, monkeypatch)


def test_models_lists_names_in_full_and_which_hub_is_asked(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://mirror.example/")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    shown = run("models").stdout
    assert "starter" in shown
    assert "Qwen/Qwen3-30B-A3B-Instruct-2507" in shown
    assert "Hub: http://mirror.example" in shown
    assert "HF_TOKEN is not sent" in shown
    assert "hf_secret" not in shown
    listed = told(run("models", "--json"))["models"]
    assert listed[0]["name"] == "starter"
    llama = next(one for one in listed if one["name"] == "meta-llama/Llama-3.2-1B-Instruct")
    assert (llama["licence"], llama["gated"]) == ("Llama 3.2 Community License", True)
    assert "700 million" in llama["terms"]["restrictions"]


def test_inspect_describes_a_folder(run: Run, tmp_path: Path) -> None:
    folder = made_model(tmp_path / "m", vision_config={})
    (folder / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n")
    shown = run("models", "inspect", folder).stdout
    assert "18,752 (counted in the weight files)" in shown
    assert "! It reads pictures" in shown
    assert "licence_accepted=CC-BY-NC-4.0" in shown
    assert told(run("models", "inspect", "starter", "--json"))["parameters"] == 4_983_552
    (folder / "chat_template.jinja").unlink()
    assert "no chat template" in run("models", "inspect", folder).stdout


def test_what_is_not_there_is_an_error(run: Run) -> None:
    error = told(run("models", "inspect", "/no/such/folder", "--json"), 1)["error"]
    assert "does not exist" in error["problem"]
    error = told(run("models", "download", "a/b", "--json"), 1)["error"]
    assert "HF_HUB_OFFLINE" in error["problem"]
    error = told(run("models", "cancel", "last", "--json"), 1)["error"]
    assert "no download 'last'" in error["problem"]
    assert "No downloads yet" in run("models", "downloads").stdout


@pytest.mark.full
def test_download_follows_to_the_end_and_is_listed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeHub() as hub:
        hub.models["me/tiny"] = FakeModel.of(made_model(tmp_path / "m"))
        monkeypatch.setenv("DUOTUNE_HUB_ENDPOINT", hub.endpoint)
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
        monkeypatch.delenv("HF_HUB_OFFLINE")
        shown = run("models", "download", "me/tiny")
        assert shown.exit_code == 0, shown.stderr
        assert "me/tiny: on this machine" in shown.stdout
        (listed,) = told(run("models", "downloads", "--json"))["downloads"]
        found = Download.model_validate(listed)
        assert (found.model, found.status) == ("me/tiny", "done")
        assert found.bytes_done == found.bytes_total
        assert "on this machine" in run("models", "downloads").stdout
        hub.models["me/tiny"].status = 410
        failed = told(run("models", "download", "me/tiny", "--json"), 1)
        assert "gone from the hub" in failed["error"]["problem"]
