"""FakeHub: a model hub on loopback that answers what the hub's real client asks, or fails as told.

Large files are served as the hub serves them: a redirect to another host (here `localhost` for
`127.0.0.1`), which gets no token and answers ranges.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

LARGE = (".safetensors", "tokenizer.json")
CHUNK = 1 << 16


@dataclass
class FakeModel:
    """A model of the hub; change it at any time."""

    files: dict[str, bytes]
    card: dict[str, Any] = field(default_factory=dict)
    gated: str | bool = False
    """`auto` or `manual`: config and weights are for the tokens in `granted` alone."""
    granted: tuple[str, ...] = ()
    status: int | None = None
    """What every request for it is answered with."""
    headers: dict[str, str] = field(default_factory=dict)
    """Sent with that status."""
    safetensors: dict[str, Any] | None = None
    claims: dict[str, int] = field(default_factory=dict)
    """Sizes that the hub states wrongly, by file."""
    served: dict[str, bytes] = field(default_factory=dict)
    """Other bytes than the stated ones, by file: what a broken mirror sends."""

    @classmethod
    def of(cls, folder: Path, **more: Any) -> FakeModel:
        """All files of a folder."""
        return cls({path.name: path.read_bytes() for path in folder.iterdir()}, **more)

    @property
    def commit(self) -> str:
        """Changes with the content, as git's does."""
        parts = (f"{name} {oid(name, data)}" for name, data in sorted(self.files.items()))
        return hashlib.sha1("\n".join(parts).encode()).hexdigest()


def oid(name: str, data: bytes) -> str:
    """SHA-256 of a large file, git's hash of a small one."""
    if name.endswith(LARGE):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class FakeHub:
    """Use as a context manager; `models` maps ids to models."""

    def __init__(self) -> None:
        self.models: dict[str, FakeModel] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        """Method, path and headers (names in lower case), in order."""
        self.breaks_after: list[int] = []
        """Break off one response of a large file after so many bytes, each number once."""
        self.pause_s = 0.0
        """Between pieces of 64 KB of a large file."""
        self.is_no_hub = False
        """Answer everything with a login page."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> FakeHub:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fetched(self, name: str) -> list[str]:
        """The `Range` headers ("" for none) of the requests for a large file's bytes."""
        return [
            headers.get("range", "")
            for method, path, headers in self.requests
            if method == "GET" and path.startswith("/cdn/") and path.endswith(f"/{name}")
        ]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub.answer(self)

            do_HEAD = do_GET

            def log_message(self, *_: object) -> None:
                return None

        return Handler

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path = unquote(urlsplit(request.path).path)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((request.command, path, headers))
        parts = path.strip("/").split("/")
        if self.is_no_hub:
            send(request, 200, b"<html>Please log in</html>", {"Content-Type": "text/html"})
        elif parts[:2] == ["api", "models"]:
            self._info(request, "/".join(parts[2:4]), parts[5] if len(parts) > 5 else None)
        elif parts[0] == "cdn":
            self._bytes(request, "/".join(parts[1:3]), "/".join(parts[3:]))
        elif len(parts) > 4 and parts[2] == "resolve":
            self._resolve(request, "/".join(parts[:2]), parts[3], "/".join(parts[4:]))
        else:
            send(request, 404, b"", {})

    def _model(self, request: BaseHTTPRequestHandler, name: str) -> FakeModel | None:
        """The model, unless the answer has been given already."""
        model = self.models.get(name)
        if model is None:
            send(request, 404, b"", {"X-Error-Code": "RepoNotFound"})
        elif model.status is not None:
            send(request, model.status, b"", model.headers)
            return None
        return model

    def _info(self, request: BaseHTTPRequestHandler, name: str, revision: str | None) -> None:
        model = self._model(request, name)
        if model is None:
            return
        if revision not in (None, "main", model.commit):
            send(request, 404, b"", {"X-Error-Code": "RevisionNotFound"})
            return
        told: dict[str, Any] = {
            "id": name,
            "sha": model.commit,
            "gated": model.gated,
            "siblings": [self._sibling(model, file) for file in sorted(model.files)],
        }
        if model.card:
            told["cardData"] = model.card
        if model.safetensors:
            told["safetensors"] = model.safetensors
        send(request, 200, json.dumps(told).encode(), {"Content-Type": "application/json"})

    def _sibling(self, model: FakeModel, file: str) -> dict[str, Any]:
        data = model.files[file]
        size = model.claims.get(file, len(data))
        told: dict[str, Any] = {"rfilename": file, "size": size, "blobId": oid("x", data)}
        if file.endswith(LARGE):
            told["lfs"] = {"sha256": oid(file, data), "size": size, "pointerSize": 134}
        return told

    def _resolve(
        self, request: BaseHTTPRequestHandler, name: str, revision: str, file: str
    ) -> None:
        model = self._model(request, name)
        if model is None:
            return
        token = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        if model.gated and token not in model.granted:
            status = 403 if token else 401
            send(request, status, b"", {"X-Error-Code": "GatedRepo"})
            return
        if file not in model.files:
            send(request, 404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        data = model.files[file]
        headers = {"X-Repo-Commit": model.commit, "ETag": f'"{oid(file, data)}"'}
        if file.endswith(LARGE):
            headers |= {
                "X-Linked-Etag": f'"{oid(file, data)}"',
                "X-Linked-Size": str(model.claims.get(file, len(data))),
                "Location": f"http://localhost:{self.port}/cdn/{name}/{file}",
            }
            send(request, 302, b"", headers)
        else:
            send(request, 200, model.served.get(file, data), headers)

    def _bytes(self, request: BaseHTTPRequestHandler, name: str, file: str) -> None:
        model = self.models[name]
        data = model.served.get(file, model.files[file])
        asked = request.headers.get("Range")
        status, headers, start, end = 200, {}, 0, len(data)
        if asked:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last) + 1 if last else len(data), len(data))
            status = 206
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
        whole = request.command == "GET" and not (asked and asked.startswith("bytes=0-"))
        stop = self.breaks_after.pop(0) if whole and self.breaks_after else None
        send(request, status, data[start:end], headers, stop, self.pause_s)


def send(
    request: BaseHTTPRequestHandler,
    status: int,
    body: bytes,
    headers: dict[str, str],
    stop: int | None = None,
    pause_s: float = 0.0,
) -> None:
    """One response; with `stop`, the connection is cut after so many bytes of its body."""
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    if request.command == "HEAD":
        return
    end = len(body) if stop is None else min(stop, len(body))
    try:
        for start in range(0, end, CHUNK):
            request.wfile.write(body[start : min(start + CHUNK, end)])
            time.sleep(pause_s)
    except OSError:  # the client has left
        stop = 0
    if stop is not None:
        request.close_connection = True
