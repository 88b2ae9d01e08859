"""An OpenAI-compatible server on loopback that answers each request as its script says."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from core.settings import EndpointSetting

NO_PARSER = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'


@dataclass
class Reply:
    """What one request gets."""

    text: str = ""
    call: tuple[str, dict[str, Any]] | None = None
    more: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Further calls in the same answer."""
    status: int = 200
    message: str = NO_PARSER
    dies: bool = False
    """Break the connection after the text."""
    arguments: str | None = None
    """Raw text in the place of the call's arguments."""


@dataclass
class ScriptedServer:
    """Use as a context manager; `script` is used up from its start, its last reply stays."""

    script: list[Reply]
    asked: list[dict[str, Any]] = field(default_factory=list)

    def __enter__(self) -> ScriptedServer:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                outer.asked.append(json.loads(self.rfile.read(length)))
                reply = outer.script.pop(0) if len(outer.script) > 1 else outer.script[0]
                outer.answer(self, reply)

            def log_message(self, *_: object) -> None:
                return None

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def endpoint(self) -> EndpointSetting:
        address = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        return EndpointSetting(base_url=address, model="llm-1")

    def answer(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.status != 200:
            body = json.dumps({"error": {"message": reply.message, "code": reply.status}}).encode()
            handler.send_response(reply.status)
            handler.send_header("content-type", "application/json")
            handler.send_header("content-length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
            return
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        parts = [chunk(delta, None) for delta in deltas(reply)]
        if not reply.dies:
            parts += [chunk({}, "tool_calls" if reply.call else "stop"), b"data: [DONE]\n\n", b""]
        for part in parts:
            handler.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        handler.close_connection = reply.dies


def deltas(reply: Reply) -> list[dict[str, Any]]:
    """The answer in pieces, a call's arguments in two."""
    pieces: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    pieces += [{"content": f"{word} "} for word in reply.text.split(" ") if word]
    calls = [*([reply.call] if reply.call else []), *reply.more]
    for index, (name, given) in enumerate(calls):
        arguments = reply.arguments if reply.arguments is not None else json.dumps(given)
        half = len(arguments) // 2
        function = {"name": name, "arguments": arguments[:half]}
        head = {"index": index, "id": f"call_{index}", "type": "function"}
        pieces.append({"tool_calls": [{**head, "function": function}]})
        rest = {"index": index, "function": {"arguments": arguments[half:]}}
        pieces.append({"tool_calls": [rest]})
    return pieces


def chunk(delta: dict[str, Any], finish: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    data = {
        "id": "x", "object": "chat.completion.chunk", "created": 1, "model": "llm-1",
        "choices": [choice],
    }  # fmt: skip
    return f"data: {json.dumps(data)}\n\n".encode()
