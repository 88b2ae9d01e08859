"""Makes the pictures of the README from a running app: `python docs/make_screenshots.py ADDRESS`.

Open the app on a workspace with a finished run and a report (`duotune demo` makes one), then run
this. It only looks: nothing is trained or asked, but the Compare room starts the engine when
`--ask` is given. Pictures go to docs/pictures.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

PICTURES = Path(__file__).parent / "pictures"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
ROOMS = ("chat", "data", "train", "compare", "report")
DESK = {"viewport": {"width": 1280, "height": 860}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
SETTLE_MS = 1500
"""Time for figures, fonts and transitions to come to rest."""


@contextmanager
def opened(address: str, query: str, **context: Any) -> Iterator[Page]:
    """A page of the app that has settled."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_context(**context).new_page()
        page.goto(f"{address.rstrip('/')}/?{query}")
        page.locator("#header .dt-brand").wait_for()
        page.wait_for_timeout(SETTLE_MS)
        yield page
        browser.close()


def take(page: Page, name: str) -> None:
    """Save what the window shows."""
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")
    print(PICTURES / f"{name}.png")


def ask_both(page: Page) -> None:
    """Take a held-out question and wait for both answers."""
    page.locator("#compare-sample").click()
    page.wait_for_timeout(SETTLE_MS)
    page.locator("#compare-send").click()
    for side in ("base", "tuned"):
        line = page.locator(f"#compare-{side}-figures", has_text="token")
        line.wait_for(timeout=600_000)


def main() -> None:
    """Every room on a desk in light, then Chinese, dark and a phone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="such as http://127.0.0.1:7860")
    parser.add_argument("--ask", action="store_true", help="ask both models in the Compare room")
    given = parser.parse_args()
    for room in ROOMS:
        with opened(given.address, f"lang=en&room={room}", **DESK) as page:
            if room == "compare" and given.ask:
                ask_both(page)
            take(page, room)
    with opened(given.address, "lang=zh", **DESK) as page:
        take(page, "chat-zh")
    with opened(given.address, "lang=en", **DESK, color_scheme="dark") as page:
        take(page, "chat-dark")
    with opened(given.address, "lang=en", **PHONE) as page:
        take(page, "chat-phone")


if __name__ == "__main__":
    main()
