"""The Export and Certificate folds: what they show of a model, and what their buttons ask for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from core.actions import Actions
from core.assistant.records import CardShown
from core.certificates import certifications, store
from core.certificates.certifications import CertificationFolder, CertificationProgress, Proved
from core.certificates.records import Difference, Lane
from core.data.jobs import JobResult
from core.disk import append_line, write_atomic
from core.errors import DuotuneError, RunError
from core.exporting import exports
from core.exporting.records import ExportFolder, ExportProgress, Made
from core.settings import Settings
from core.workspace import Workspace
from tests.core.exporting import hand_made
from ui import cards, leaving
from ui.present import certificate, export, lineage
from ui.present.leaving import Leaving
from ui.rooms.train.leaving import leave
from ui.rooms.train.room import TrainRoom
from ui.services import Services
from ui.watched import nested_facts
from ui.words import Voice

EN, ZH = Voice("en"), Voice("zh")
RUN, NAME = hand_made.RUN, "by hand"


@pytest.fixture
def room(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> TrainRoom:
    """Over a workspace with one finished run; programs are not started."""
    for module in (exports, certifications):
        monkeypatch.setattr(module, "run_program", lambda *_: None)
    settings = Settings(home=workspace.root, offline=True)
    hand_made.finished(workspace, settings)
    return TrainRoom(Services(Actions(workspace, settings)))


def ask(room: TrainRoom, do: str, values: dict[str, str] | None = None, **given: str) -> Any:
    return leave(room, {"do": do, "id": RUN, "values": values or {}, **given}, EN)


def seen(room: TrainRoom) -> Leaving:
    return leaving.of_run(room.watch, room.actions.find_run("last"))


def asked_of(html: str) -> list[str]:
    return re.findall(r'data-do="([a-z-]+)"', html)


def end(room: TrainRoom, kind: str, content: bytes = b"zip") -> Path:
    """Let the newest export end well; returns what it made."""
    newest = room.actions.exports()[0]
    folder = ExportFolder(room.actions.workspace.export(newest.id))
    place = folder.root / newest.request.name
    place.write_bytes(content) if kind == "zip" else place.mkdir()
    proof = hand_made.certificate()
    store.save(folder.root, proof)
    made = Made(
        path=str(place), bytes=3, files={}, made_at=hand_made.AT, certificate_id=proof.id,
        verdict=proof.verdict,
    )  # fmt: skip
    write_atomic(folder.made, made.model_dump_json())
    write_atomic(folder.result, JobResult().model_dump_json())
    return place


def test_each_target_says_what_it_takes_or_why_it_can_not_be(room: TrainRoom) -> None:
    told = export.folded(seen(room), EN)
    assert told.count('type="radio"') == 5
    assert re.search(r'value="adapter" checked(?! disabled)', told)
    assert re.search(r'value="gguf" disabled', told)
    assert "DUOTUNE_LLAMA_CPP" in told
    assert "of memory" in told, "merging"
    assert "certificate is red" not in told
    assert asked_of(told) == ["export"]
    assert "DUOTUNE_LLAMA_CPP" in export.folded(seen(room), ZH)


def test_an_export_is_started_followed_and_downloaded(room: TrainRoom) -> None:
    ask(room, "export", {"kind": "zip", "data_licence": "MIT", "prompts": ""})
    request = room.actions.exports()[0].request
    assert (request.kind, request.wish.serve) == ("zip", False), "the tick was taken away"
    assert request.data is not None
    assert request.data.licence == "MIT"
    folder = ExportFolder(room.actions.workspace.export(request.id))
    packing = ExportProgress(phase="packing", told="Packing.", done=1, total=4)
    append_line(folder.progress, packing.model_dump_json())
    assert room.watch.is_busy(), "the page follows it"
    told = export.folded(seen(room), EN)
    assert "Packing." in told
    assert "width:25.0%" in told
    assert asked_of(told) == ["export", "cancel-export"]

    before = room.watch.happened()
    end(room, "zip", b"whole")
    assert room.watch.happened() != before, "or the chat would not look for news"
    told = export.folded(seen(room), EN)
    assert asked_of(told) == ["export", "fetch", "delete-export"]
    assert "What was measured" in told
    file = ask(room, "fetch", export=request.id).file["file"]
    lent = Path(unquote(file["url"].removeprefix("gradio_api/file=")))
    assert lent.is_relative_to(room.actions.workspace.exchange), "the only folder that is served"
    assert (file["name"], lent.read_bytes()) == (request.name, b"whole")
    drawn = cards.draw(room.services, CardShown(card="export", id=request.id), EN)
    assert "Zip file" in drawn
    assert asked_of(drawn) == [], "a message in the chat has no buttons of a room"
    ask(room, "delete-export", export=request.id)
    assert room.actions.exports() == ()


def test_a_red_certificate_stops_it_until_its_name_is_typed(room: TrainRoom) -> None:
    store.save(room.actions.workspace.run(RUN).root, hand_made.certificate("red"))
    told = export.folded(seen(room), EN)
    assert "What was trained is in it twice." in told
    assert f"Type '{NAME}'".replace("'", "&#x27;") in told
    refused: tuple[tuple[dict[str, str], str], ...] = (
        ({"kind": "adapter"}, "certificate is red"),
        ({"kind": "adapter", "confirm": "by-hand", "override": "Ann"}, "is not its name"),
        ({"kind": "adapter", "confirm": NAME}, "nobody answers"),
        ({"kind": "adapter", "override": "Ann"}, "is not its name"),
        ({}, "Nothing was chosen"),
        ({"kind": "hub", "repo": "ada/tea", "confirm": NAME, "override": "Ann"}, "HF_HUB_OFFLINE"),
    )
    for values, why in refused:
        with pytest.raises(DuotuneError, match=why):
            ask(room, "export", values)
    assert room.actions.exports() == ()
    ask(room, "export", {"kind": "adapter", "confirm": NAME, "override": "Ann"})
    assert room.actions.exports()[0].request.override == "Ann"


def test_a_certificate_is_made_followed_and_shown(room: TrainRoom) -> None:
    assert "Not measured yet" in certificate.folded(seen(room), EN)
    with pytest.raises(RunError, match="no such number"):
        ask(room, "certify", {"prompts": "many"})
    ask(room, "certify", {"prompts": "3", "serve": "yes"})
    started = room.actions.certifications()[0]
    assert (started.request.wish.prompts, started.request.wish.serve) == (3, True)
    assert room.watch.is_busy()
    folder = CertificationFolder.of(room.actions.workspace, started.id)
    step = CertificationProgress(told="Reading the model with transformers.")
    append_line(folder.progress, step.model_dump_json())
    told = certificate.folded(seen(room), EN)
    assert "Reading the model with transformers." in told
    assert asked_of(told) == ["cancel-certify"], "one at a time"
    card = CardShown(card="certification", id=started.id)
    assert "Reading the model" in cards.draw(room.services, card, EN)

    parted = Lane(
        way="vllm+merged", verdict="red", causes=("scale",), sentence="It is in it twice.",
        worst_difference=0.5, tolerance=0.05, compared=9, agreed=4,
        first=Difference(row=7, position=4, expected=12, found=99),
    )  # fmt: skip
    made = hand_made.certificate("red", lanes=(parted,))
    store.save(room.actions.workspace.run(RUN).root, made)
    proved = Proved(certificate_id=made.id, verdict="red", sentence=made.sentence)
    write_atomic(folder.proved, proved.model_dump_json())
    write_atomic(folder.result, JobResult().model_dump_json())
    told = certificate.folded(seen(room), EN)
    for words in ("not the same", "It is in it twice.", "row 7, answer token 5: 99 instead of 12",
                  "4 of 9", "0.50000 (allowed: 0.05)", "2026-11-21"):  # fmt: skip
        assert words in told
    assert asked_of(told) == ["certify"]
    assert "It is in it twice." in cards.draw(room.services, card, EN)
    run = room.actions.find_run("last")
    assert "parity not the same" in lineage.line(room.watch.lineage(run), EN)


def test_a_failed_or_cancelled_certification_says_so(room: TrainRoom) -> None:
    ask(room, "certify")
    failed = room.actions.certifications()[0]
    folder = CertificationFolder.of(room.actions.workspace, failed.id)
    write_atomic(folder.result, JobResult(problem="No memory.", fix="Close one.").model_dump_json())
    told = certificate.folded(seen(room), EN)
    assert "No memory." in told
    assert asked_of(told) == ["certify"]
    ask(room, "certify")
    again = room.actions.certifications()[0]
    ask(room, "cancel-certify", certification=again.id)
    told = certificate.folded(seen(room), EN)
    assert "No memory." not in told
    drawn = cards.draw(room.services, CardShown(card="certification", id=again.id), EN)
    assert "was cancelled" in drawn


def test_a_model_that_can_not_leave_says_why() -> None:
    found = Leaving("desk", "desk", trouble=RunError("Files are gone.", fix="Resume the run."))
    for told in (export.folded(found, EN), certificate.folded(found, EN)):
        assert "Files are gone." in told
        assert "Resume the run." in told
        assert asked_of(told) == []


def test_a_file_among_folders_is_no_trouble_to_a_look(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    before = nested_facts(tmp_path)
    (tmp_path / "turn.lease").write_text("")
    (tmp_path / "one" / "log").write_text("x")
    names = [name for name, *_ in nested_facts(tmp_path)]
    assert sorted(names) == ["log", "one", "turn.lease"]
    assert nested_facts(tmp_path) != before
