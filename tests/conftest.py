"""Fixtures that tests of several parts share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.serving.engines import Engines
from core.settings import Settings
from core.workspace import Workspace
from tests.fakes import FakeServer

WHOLE_MODULE = re.compile(r"^pytestmark = .*pytest\.mark\.(\w+)", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave a module unread when none of its tests can be selected: importing it takes time."""
    selected = str(config.option.markexpr)
    if collection_path.suffix != ".py" or not selected:
        return None
    text = collection_path.read_text(encoding="utf-8")
    if selected.startswith("slow"):
        return True if "mark.slow" not in text else None
    mark = WHOLE_MODULE.search(text)
    return True if mark and f"not {mark[1]}" in selected else None


@pytest.fixture
def fake_server() -> Iterator[FakeServer]:
    """A server with the models `base` and `tuned`."""
    with FakeServer() as server:
        yield server


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return Workspace.open(tmp_path / "workspace")


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    """The real engines of one workspace; whatever runs at the end is stopped.

    Starting one costs about 15 s, so tests of the starter share it: `engines.ensure("starter",
    rank=32)` and `open_pair` find the one that runs.
    """
    workspace = Workspace.open(tmp_path_factory.mktemp("serving"))
    found = Engines(workspace, Settings(home=workspace.root, offline=True))
    yield found
    found.stop_all()
