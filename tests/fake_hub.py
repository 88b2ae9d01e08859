"""FakeHub: a model hub on loopback that answers what the hub's real client asks, or fails as told.

Large files are served as the hub serves them: a redirect to another host (here `localhost` for
`127.0.0.1`), which gets no token and answers ranges.
"""

from __future__ import annotations

import base64
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
        self.writers: tuple[str, ...] = ()
        """Tokens that may create repositories and upload to them."""
        self.private: dict[str, bool] = {}
        """Of each repository that was created: may only its owner see it?"""
        self.uploaded: dict[str, bytes] = {}
        """Large files that were sent, by SHA-256; a commit names them."""
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
            do_POST = do_GET
            do_PUT = do_GET

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
        elif request.command in ("POST", "PUT"):
            self._write(request, parts)
        elif parts[:2] == ["api", "models"] and parts[4:5] == ["tree"]:
            self._tree(request, "/".join(parts[2:4]))
        elif parts[:2] == ["api", "models"]:
            self._info(request, "/".join(parts[2:4]), parts[5] if len(parts) > 5 else None)
        elif parts[0] == "cdn":
            self._bytes(request, "/".join(parts[1:3]), "/".join(parts[3:]))
        elif len(parts) > 4 and parts[2] == "resolve":
            self._resolve(request, "/".join(parts[:2]), parts[3], "/".join(parts[4:]))
        else:
            send(request, 404, b"", {})

    # -- writing ------------------------------------------------------------------------------

    def _write(self, request: BaseHTTPRequestHandler, parts: list[str]) -> None:
        """What a client sends to make a repository and to fill it."""
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        token = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        if parts[0] == "lfs":
            self.uploaded[parts[1]] = body
            send(request, 200, b"", {})
        elif token not in self.writers:
            send(request, 401 if not token else 403, b"", {})
        elif parts[:3] == ["api", "repos", "create"]:
            self._create(request, json.loads(body))
        elif parts[-1] == "batch":
            self._batch(request, json.loads(body)["objects"])
        elif parts[4:5] == ["preupload"]:
            files = [self._preupload(asked["path"]) for asked in json.loads(body)["files"]]
            tell(request, {"files": files})
        elif parts[4:5] == ["commit"]:
            self._commit(request, "/".join(parts[2:4]), body)
        elif parts == ["api", "validate-yaml"]:
            tell(request, {"errors": [], "warnings": []})
        else:
            send(request, 404, b"", {})

    def _create(self, request: BaseHTTPRequestHandler, asked: dict[str, Any]) -> None:
        name = "/".join(part for part in (asked.get("organization"), asked["name"]) if part)
        url = {"url": f"{self.endpoint}/{name}"}
        if name in self.models:
            tell(request, url, 409)
            return
        self.models[name] = FakeModel({".gitattributes": b""})
        self.private[name] = asked.get("private") or asked.get("visibility") == "private"
        tell(request, url)

    def _batch(self, request: BaseHTTPRequestHandler, objects: list[dict[str, Any]]) -> None:
        told = [
            {**one, "actions": {"upload": {"href": f"{self.endpoint}/lfs/{one['oid']}"}}}
            for one in objects
        ]
        tell(request, {"transfer": "basic", "objects": told})

    @staticmethod
    def _preupload(path: str) -> dict[str, Any]:
        mode = "lfs" if path.endswith(LARGE) else "regular"
        return {"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": None}

    def _commit(self, request: BaseHTTPRequestHandler, name: str, body: bytes) -> None:
        model = self.models[name]
        for line in body.splitlines():
            one = json.loads(line)
            value = one["value"]
            if one["key"] == "file":
                model.files[value["path"]] = base64.b64decode(value["content"])
            elif one["key"] == "lfsFile":
                model.files[value["path"]] = self.uploaded[value["oid"]]
            elif one["key"] == "deletedFile":
                del model.files[value["path"]]
        url = f"{self.endpoint}/{name}/commit/{model.commit}"
        tell(request, {"commitUrl": url, "commitOid": model.commit, "success": True})

    def _tree(self, request: BaseHTTPRequestHandler, name: str) -> None:
        model = self._model(request, name)
        if model is not None:
            tell(request, [
                {"type": "file", "path": file, "size": len(data), "oid": oid("x", data)}
                for file, data in sorted(model.files.items())
            ])  # fmt: skip

    # -- reading ------------------------------------------------------------------------------

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


def tell(request: BaseHTTPRequestHandler, body: Any, status: int = 200) -> None:
    """A response of JSON."""
    send(request, status, json.dumps(body).encode(), {"Content-Type": "application/json"})


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
