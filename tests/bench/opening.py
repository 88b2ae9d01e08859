"""How long from starting the app to an answering page, and to a usable page in Chromium."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil

ROOT = Path(__file__).parent.parent.parent
PORT = 7893
URL = f"http://127.0.0.1:{PORT}/"
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def running_app(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """The app as a person starts it, with the seconds until its page answered."""
    env = {**os.environ, "DUOTUNE_HOME": str(home), "DUOTUNE_PORT": str(PORT)}
    began = time.perf_counter()
    app = subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=None
    )
    try:
        while not answers(URL):
            if app.poll() is not None or time.perf_counter() - began > 60:
                raise RuntimeError("the app did not come up within 60 s")
            time.sleep(0.02)
        yield app, time.perf_counter() - began
    finally:
        app.send_signal(signal.SIGTERM)
        app.wait(20)


def answers(url: str) -> bool:
    """Whether an address answers a GET with 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def measure(home: Path, rounds: int = 3) -> dict[str, float | int]:
    """Medians over rounds: seconds (and cpu-seconds) to an answer, seconds to a usable page."""
    starts, cpu, pages = [], [], []
    for number in range(rounds):
        with running_app(home / str(number)) as (app, seconds):
            starts.append(seconds)
            times = psutil.Process(app.pid).cpu_times()
            cpu.append(times.user + times.system)
            pages.append(_first_page())
    return {
        "app_start_s": round(median(starts), 2),
        "app_start_cpu_s": round(median(cpu), 2),
        "first_page_s": round(median(pages), 2),
        "rounds": rounds,
    }


def _first_page() -> float:
    """Seconds from navigation to a visible message box, with an empty browser cache."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=list(CHROMIUM)
        )
        page = browser.new_page()
        began = time.perf_counter()
        page.goto(URL)
        page.locator("#chat-box textarea").wait_for(state="visible")
        seconds = time.perf_counter() - began
        browser.close()
    return seconds
