"""The server program lets nobody in without the key, notes what is asked, and lets the GPU go."""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from pathlib import Path
from typing import Any

import pytest

from core.serving import vllm_server
from core.serving.engine_folder import EngineFolder
from core.serving.vllm_server import ANY, RequireKey, Uses

NAME = "ad-0123"


class App:
    """What stands behind the guard; says what was locked while it answered."""

    def __init__(self, uses: Path, status: int = 200) -> None:
        self.uses, self.status = uses, status
        self.asked: list[str] = []
        self.locked: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        self.asked.append(scope["path"])
        found = self.uses.iterdir() if self.uses.is_dir() else ()
        self.locked = [path.name for path in found if vllm_server._is_locked(path)]
        await send({"type": "http.response.start", "status": self.status})


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setenv("VLLM_API_KEY", "key")
    monkeypatch.setenv(vllm_server.LEASE, str(tmp_path / "engine.lease"))
    return App(tmp_path / "uses")


def ask(app: App, path: str, body: bytes = b"", key: str = "key", method: str = "POST") -> int:
    """The status of an answer; the body comes in two parts."""
    parts = [
        {"type": "http.request", "body": body[:9], "more_body": True},
        {"type": "http.request", "body": body[9:], "more_body": False},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return parts.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", f"Bearer {key}".encode())]
    scope = {"type": "http", "path": path, "method": method, "headers": headers}
    asyncio.run(RequireKey(app)(scope, receive, send))
    return int(sent[0]["status"])


@pytest.mark.parametrize("path", ["/v1/models", "/metrics", "/invocations", "/adapters", "/sleep"])
def test_every_path_but_the_health_wants_the_key(app: App, path: str) -> None:
    assert ask(app, path, key="wrong") == 401
    assert app.asked == []
    assert ask(app, path) == 200
    assert ask(app, "/health", key="") == 200


def test_a_request_is_noted_under_its_model_while_it_lasts(app: App) -> None:
    Uses(app.uses)
    (app.uses / NAME).touch()
    os.utime(app.uses / NAME, (0, 0))
    text = b'{"messages": [{"content": "say \\"model\\": \\"ad-ffff\\""}], "model": "ad-0123"}'
    ask(app, "/v1/chat/completions", text)
    assert app.locked == [NAME]
    assert not vllm_server._is_locked(app.uses / NAME)
    assert time.time() - (app.uses / NAME).stat().st_mtime < 5
    ask(app, "/v1/completions", b'{"model": "ad-4567", "prompt": "x"}')
    assert app.locked == [ANY], "nobody registered that one"
    assert not (app.uses / "ad-4567").exists()


def test_two_uses_a_moment_apart_are_told_apart(tmp_path: Path) -> None:
    folder = EngineFolder(tmp_path)
    names = [f"ad-{n:02d}" for n in range(20)]
    for name in names:  # all within one tick of a file system's own clock
        folder.note_use(name)
    assert sorted(names, key=folder.last_use) == names
    assert len({folder.last_use(name) for name in names}) == len(names)
    uses = Uses(folder.uses)
    for name in reversed(names):
        with uses.asking(name):
            pass
    assert sorted(names, key=folder.last_use, reverse=True) == names
    assert len({folder.last_use(name) for name in names}) == len(names)


def test_looks_and_registrations_are_no_use(app: App) -> None:
    uses = Uses(app.uses)
    ask(app, "/v1/models", method="GET")
    ask(app, "/v1/load_lora_adapter", b'{"lora_name": "ad-0123"}')
    assert uses.last() == 0


def test_the_gpu_is_let_go_asleep_and_taken_again_awake(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = tmp_path / "gpu.lease"
    with lease.open("w") as ours, lease.open() as trainer:
        fcntl.flock(ours, fcntl.LOCK_SH)
        monkeypatch.setenv(vllm_server.SLOTS, str(ours.fileno()))
        app.status = 500
        ask(app, "/sleep")
        assert vllm_server._is_locked(lease), "it does not sleep"
        app.status = 200
        ask(app, "/sleep")
        assert not vllm_server._is_locked(lease)
        fcntl.flock(trainer, fcntl.LOCK_EX)
        assert ask(app, "/wake_up") == 409
        assert app.asked == ["/sleep", "/sleep"]
        fcntl.flock(trainer, fcntl.LOCK_UN)
        assert ask(app, "/wake_up") == 200
        assert vllm_server._is_locked(lease)
