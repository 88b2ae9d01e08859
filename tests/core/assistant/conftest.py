"""Conversations that are under way: made once, and copied for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.assistant.records import Decision
from tests.core.assistant.talking import Talk, tea_file
from tests.fakes_actions import World


@pytest.fixture(autouse=True, scope="module")
def no_fsync() -> Iterator[None]:
    """What a power cut would take is not what these tests are about, and a sync is slow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="session")
def made_plan(tmp_path_factory: pytest.TempPathFactory) -> Talk:
    """What `planned` is a copy of."""
    folder = tmp_path_factory.mktemp("planned")
    talk = Talk(folder / "home")
    talk.say("", tea_file(folder))
    return talk


@pytest.fixture(scope="session")
def made_start(made_plan: Talk, tmp_path_factory: pytest.TempPathFactory) -> Talk:
    """What `started` is a copy of."""
    talk = copied(made_plan, tmp_path_factory.mktemp("started"))
    talk.decide(Decision(approved=True))
    return talk


@pytest.fixture
def planned(made_plan: Talk, tmp_path: Path) -> Talk:
    """Forty rows about tea were dropped, and a plan for them waits."""
    return copied(made_plan, tmp_path)


@pytest.fixture
def started(made_start: Talk, tmp_path: Path) -> Talk:
    """The plan was accepted, and its run is starting."""
    return copied(made_start, tmp_path)


def copied(talk: Talk, folder: Path) -> Talk:
    """The same conversation over a copy of its folder and its world."""
    home = folder / "home"
    shutil.copytree(talk.home, home)
    return Talk(home, World(runs=dict(talk.world.runs)))
