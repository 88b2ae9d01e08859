"""What is removed is out of sight in one step, and a removal that was cut off is finished."""

from __future__ import annotations

from core import trash
from core.workspace import Workspace


def test_discarded_files_are_out_of_sight_at_once(workspace: Workspace) -> None:
    folder = workspace.runs / "run-20261121-100000-ab12"
    (folder / "deep").mkdir(parents=True)
    trash.discard(workspace, folder)
    assert not folder.exists()
    assert list(workspace.trash.iterdir()) == []


def test_what_a_cut_removal_left_goes_later(workspace: Workspace) -> None:
    file = workspace.root / "keys" / "ds-0123.json"
    file.parent.mkdir()
    file.write_text("{}")
    aside = trash.put_aside(workspace, file)
    assert (file.exists(), aside.exists()) == (False, True)
    assert aside.name.startswith("keys-ds-0123.json-")
    trash.empty(workspace)
    assert not aside.exists()
