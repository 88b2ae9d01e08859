"""Files that pages offer at the same time: each page gets one that is whole."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.actions import Actions
from core.settings import Settings
from core.workspace import Workspace
from ui.rooms.data.room import DataRoom
from ui.services import Services


@pytest.mark.parametrize("links", [True, False])
def test_two_pages_offer_one_file_at_once(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    room = DataRoom(Services(Actions(workspace, Settings(home=workspace.root, offline=True))))
    file = tmp_path / "rejected.jsonl"
    file.write_text("a row\n" * 20_000)
    both_look = threading.Barrier(2)
    exists = Path.exists

    def looked(path: Path) -> bool:
        found = exists(path)
        if path.name == "desk.jsonl":
            both_look.wait(5)
        return found

    monkeypatch.setattr(Path, "exists", looked)
    if not links:
        monkeypatch.setattr("os.link", no_links)
    with ThreadPoolExecutor(2) as pages:
        one, other = pages.map(lambda _: room.offer_file(file, "desk.jsonl"), range(2))
    assert one == other
    assert Path(str(one)).read_text() == file.read_text()
    assert len(list(workspace.exchange.iterdir())) == 1, "nothing is left beside it"


def no_links(*_: object) -> None:
    raise OSError("this disk knows no links")
