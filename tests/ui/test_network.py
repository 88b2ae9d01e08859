"""The port that the app listens on: found, or refused for the reason that it can't be had."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest

from core.actions import Actions
from core.errors import SettingError
from core.settings import Settings
from core.workspace import Workspace
from ui import network, shell


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def settings(**changes: object) -> Settings:
    return Settings.model_validate({"home": Path("nowhere")} | changes)


def test_a_taken_port_is_named_and_a_free_one_is_found(taken: int) -> None:
    with pytest.raises(SettingError, match=f"Port {taken} is taken by another program"):
        network.free_port(settings(port=taken))
    assert network.free_port(settings()) >= network.FIRST_PORT


@pytest.mark.parametrize(
    ("number", "says"),
    [(errno.EACCES, "may not be used by this user"), (errno.EADDRNOTAVAIL, "can't be reached as")],
)
def test_what_is_not_taken_is_not_called_so(
    monkeypatch: pytest.MonkeyPatch, number: int, says: str
) -> None:
    monkeypatch.setattr(network, "refused", lambda *_: number)
    for port in (80, None):
        with pytest.raises(SettingError, match=says):
            network.free_port(settings(port=port, host="192.0.2.1"))


def test_an_address_of_another_machine_is_refused_as_that() -> None:
    assert network.refused("192.0.2.1", 0) == errno.EADDRNOTAVAIL


def empty(_: Actions) -> gr.Blocks:
    with gr.Blocks() as page:
        pass
    return page


@pytest.mark.slow
def test_an_app_whose_port_is_taken_meanwhile_gets_the_next(
    workspace: Workspace, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = iter([taken, network.free_port(settings())])
    monkeypatch.setattr(shell, "build", empty)
    monkeypatch.setattr(shell, "free_port", lambda _: next(found))
    running = shell.launch(Actions(workspace, Settings(home=workspace.root, offline=True)))
    running.close()
    assert str(taken) not in running.address
    assert next(found, None) is None
