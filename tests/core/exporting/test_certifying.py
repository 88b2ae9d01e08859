"""Certifying again: an export's card and record tell of its newest certificate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.certificates import certify as certificates
from core.certificates.certify import Exported, Wish
from core.certificates.source import Source
from core.data.jobs import JobResult
from core.disk import write_atomic
from core.errors import RunError
from core.exporting import certifying, exports, lineage
from core.exporting.records import ExportFolder, Kind, Made
from core.serving.engines import Engines
from core.settings import Settings
from core.workspace import Workspace
from tests.core.exporting import hand_made

LATER = "cert-20261122-110000-cd34"


@pytest.fixture
def engines(workspace: Workspace) -> Engines:
    settings = Settings(home=workspace.root, offline=True)
    hand_made.finished(workspace, settings)
    return Engines(workspace, settings)


def exported(engines: Engines, kind: Kind = "adapter") -> Path:
    """A finished export with an old card."""
    request = hand_made.request(engines.workspace, kind)
    folder = ExportFolder(engines.workspace.export(request.id))
    place = folder.root / request.name
    place.mkdir(parents=True)
    (place / "README.md").write_text("old")
    (place / "adapter_config.json").write_text("{}")
    made = Made(path=str(place), bytes=2, files={}, made_at=hand_made.AT, certificate_id="cert-1",
                verdict="green")  # fmt: skip
    for path, record in (
        (folder.request, request), (folder.made, made), (folder.result, JobResult()),
    ):  # fmt: skip
        write_atomic(path, record.model_dump_json())
    return place


def test_the_card_and_the_record_of_an_export_tell_what_was_found_later(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = exported(engines)
    looked_at: list[Any] = []

    def measured(_: Engines, found: Source, export: Exported, wish: Wish, __: Any) -> Any:
        looked_at.append((found.id, export.folder, wish.prompts))
        return hand_made.certificate("red", id=LATER)

    monkeypatch.setattr(certificates, "certify_export", measured)
    export_id = hand_made.request(engines.workspace).id
    made = certifying.certify(engines, hand_made.RUN, export_id, Wish(prompts=2), lambda _: None)
    assert made.id == LATER
    assert looked_at == [(hand_made.RUN, place, 2)]
    card = (place / "README.md").read_text()
    assert "What was trained is in it twice. It was exported before that was measured." in card
    record = lineage.Lineage.model_validate_json((place / "duotune.json").read_bytes())
    assert (record.certificate.id, record.override) == (LATER, None)
    assert record.files["README.md"] == lineage.hashes(place)["README.md"]
    now = exports.status(engines.workspace, export_id)
    assert now.made is not None
    assert (now.made.certificate_id, now.made.verdict) == (LATER, "red")
    assert now.made.files["adapter_config.json"] == record.files["adapter_config.json"]


def test_a_gguf_file_is_not_read_as_weights(engines: Engines) -> None:
    exported(engines, "gguf")
    export_id = hand_made.request(engines.workspace).id
    with pytest.raises(RunError, match="no folder that could be looked at"):
        certifying.certify(engines, hand_made.RUN, export_id, Wish(), lambda _: None)
