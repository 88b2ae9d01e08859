"""Paths come from identifiers only, so nothing outside the workspace can be named."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import WorkspaceError
from core.identifiers import new_id
from core.workspace import Workspace, checked_id


@pytest.mark.parametrize(
    "text", ["../../etc", "run-../x", "/etc/passwd", "run-", "", "RUN-ABCD", "run-a b c d", "run"]
)
def test_anything_but_an_identifier_is_refused(text: str) -> None:
    with pytest.raises(WorkspaceError, match="not an identifier"):
        checked_id(text)


def test_new_identifiers_are_accepted_and_differ() -> None:
    made = {new_id("run") for _ in range(50)}
    assert len(made) == 50
    assert all(checked_id(one) == one for one in made)


def test_a_workspace_is_private_to_its_user(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "home")
    assert workspace.root.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_made_says_what_to_do() -> None:
    with pytest.raises(WorkspaceError, match="Could not open the workspace"):
        Workspace.open(Path("/proc/duotune"))


def test_a_file_in_the_place_of_the_workspace_is_said(tmp_path: Path) -> None:
    file = tmp_path / "home"
    file.write_text("mine")
    with pytest.raises(WorkspaceError, match="File exists"):
        Workspace.open(file)
    assert file.read_text() == "mine"
