"""Asking an engine how it is, over loopback and past any proxy."""

from __future__ import annotations

import socket
import urllib.request

from core.serving.records import Engine


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_open(engine: Engine) -> bool:
    """Whether anything listens on the engine's port."""
    try:
        socket.create_connection(("127.0.0.1", engine.port), timeout=1).close()
    except OSError:
        return False
    return True


def is_healthy(engine: Engine, key: str, timeout_s: float = 2.0) -> bool:
    """Whether the engine says it is healthy, and is ours: it knows the key."""
    root = f"http://127.0.0.1:{engine.port}"
    return all(_answers(f"{root}{path}", key, timeout_s) for path in ("/health", "/v1/models"))


def _answers(url: str, key: str, timeout_s: float) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    try:
        with opener.open(request, timeout=timeout_s) as response:
            return bool(response.status == 200)
    except (OSError, ValueError):
        return False
