"""The commands `export` and `parity`, as a shell runs them, on a run written by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.certificates import certify, store
from core.certificates.records import Certificate, Difference, Lane
from core.exporting import exports
from core.settings import Settings
from core.workspace import Workspace
from tests.core.exporting import hand_made
from tests.ui.commands import Run, commands, told
from ui.present import certificate as shown_certificate
from ui.present import export as shown_export
from ui.words import Voice


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return commands(tmp_path, monkeypatch)


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    workspace = Workspace.open(tmp_path / "home")
    hand_made.finished(workspace, Settings(home=workspace.root, offline=True))
    return workspace


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is started; nothing runs."""
    found: list[Any] = []
    monkeypatch.setattr(exports, "run_program", lambda *given: found.append(given))
    return found


def test_an_export_is_started_listed_and_cancelled(
    home: Workspace, run: Run, requests: list[Any], tmp_path: Path
) -> None:
    assert "Nothing was exported yet" in run("exports").stdout
    started = told(run(
        "export", hand_made.RUN, "--to", "zip", "--dir", tmp_path, "--data-licence", "MIT",
        "--prompts", 3, "--no-serve", "--background", "--json",
    ))  # fmt: skip
    request = started["request"]
    assert (request["kind"], request["content"]) == ("zip", "adapter")
    assert (request["name"], request["directory"]) == ("by-hand-adapter.zip", str(tmp_path))
    assert request["data"]["licence"] == "MIT"
    assert request["wish"]["prompts"] == 3
    assert request["wish"]["serve"] is False
    assert len(requests) == 1
    listed = told(run("exports", "--json"))["exports"]
    assert [one["id"] for one in listed] == [started["id"]]
    assert told(run("exports", "--cancel", started["id"], "--json"))["status"] == "cancelled"
    told(run("exports", "--delete", started["id"], "--json"))
    assert told(run("exports", "--json"))["exports"] == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--to", "hub"), "A hub needs a name for the repository."),
        (("--to", "hub", "--repo", "ada/tea"), "may not be asked (HF_HUB_OFFLINE)"),
        (("--to", "gguf"), "llama.cpp's converter"),
        (("--to", "gguf", "--content", "adapter"), "A GGUF file holds a whole model."),
    ],
)
def test_what_cannot_be_exported_is_refused_at_once(
    home: Workspace, run: Run, requests: list[Any], options: tuple[str, ...], problem: str
) -> None:
    refused = told(run("export", "last", *options, "--json"), status=1)
    assert problem in refused["error"]["problem"]
    assert requests == []
    assert not home.exports.exists()


def test_parity_shows_each_way_and_fails_when_red(
    home: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [hand_made.certificate(), hand_made.certificate("red")]
    monkeypatch.setattr(certify, "certify_run", lambda *_: made.pop(0))
    green = run("parity", "last")
    assert green.exit_code == 0, green.stderr
    assert "GREEN" in green.stdout
    assert "80 of 80" in green.stdout
    red = run("parity", "last", "--json")
    assert told(red, status=1)["causes"] == ["scale"]
    missing = told(run("parity", "last", "--last", "--json"), status=1)
    assert missing["error"]["problem"] == "There is no certificate yet."
    store.save(home.run(hand_made.RUN).root, hand_made.certificate())
    assert told(run("parity", "last", "--last", "--json"))["verdict"] == "green"


def test_cards_are_said_in_both_languages(home: Workspace, requests: list[Any]) -> None:
    first = Difference(row=3, position=0, expected=11, found=None)
    lanes = (
        Lane(way="vllm+merged", verdict="red", causes=("eos",), first=first, sentence="It does not "
             "stop where the trained model ends its answers.", compared=9, agreed=8),
        Lane(way="gguf", verdict="not measured", sentence="<b>"),
    )  # fmt: skip
    found: Certificate = hand_made.certificate("red", lanes=lanes)
    english, chinese = Voice("en"), Voice("zh")
    card = shown_certificate.card(found, english)
    assert "First difference: row 3, answer token 1: it ends, instead of 11." in card
    assert "&lt;b&gt;" in card
    assert "它没有在训练后的模型结束回答的地方停止" in shown_certificate.card(found, chinese)
    settings = Settings(home=home.root, offline=True)
    export = exports.start(home, settings, hand_made.request(home))
    assert "being made" in shown_export.exports([export], english)
    failed = export.model_copy(update={"status": "failed", "problem": "This export is being made."})
    assert "该导出正在进行。" in shown_export.card(failed, chinese)
    assert "还没有导出" in shown_export.exports([], chinese)
