"""A page of the app in Debian's Chromium, with everything that went wrong in it written down."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Response, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
LOOPBACK = {"127.0.0.1", "localhost"}


@dataclass
class Visited:
    """A page, and what it complained about or asked of other machines."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def note_said(self, said: ConsoleMessage) -> None:
        """Write down an error that the page told its console."""
        if said.type == "error":
            self.complaints.append(said.text)

    def note_failure(self, answer: Response) -> None:
        """Write down what the server could not do, in its own words."""
        if answer.status >= 500:
            self.complaints.append(f"{answer.url} {answer.text()}")

    def room(self, name: str) -> None:
        """Open a room by its tab."""
        self.page.locator(f"#room-{name}-button").click()
        expect(self.page.locator(f"#room-{name}")).to_be_visible()

    def say(self, text: str) -> None:
        box = self.page.locator("#chat-box textarea")
        box.fill(text)
        box.press("Enter")

    def attach(self, file: str) -> None:
        """Drop a file into the chat's box."""
        self.page.set_input_files("#chat-box input[type=file]", file)
        expect(self.page.get_by_label("File thumbnail")).to_be_visible()

    def upload(self, button: str, file: str) -> None:
        with self.page.expect_file_chooser() as chooser:
            self.page.locator(button).click()
        chooser.value.set_files(file)

    def reload(self) -> None:
        """Load the page anew."""
        with self.leaving():
            self.page.reload()

    def go(self, address: str) -> None:
        """Open another address of the app."""
        with self.leaving():
            self.page.goto(address)

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """Another page comes; that the streams of the one that is left end is no complaint."""
        self.assert_sound()
        yield
        expect(self.page.locator("#header .dt-brand")).to_be_visible()
        self.complaints.clear()

    def overflow(self) -> int:
        """Pixels that the page is wider than its window; 0 or less is right."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))

    def assert_sound(self) -> None:
        """Nothing failed in the page, and it talked to this machine only."""
        assert not self.complaints, "\n".join(self.complaints)
        assert self.hosts <= LOOPBACK


@contextmanager
def visit(address: str, **context: Any) -> Iterator[Visited]:
    """Open the app; `context` is what Playwright's `new_context` takes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        usual = {"viewport": {"width": 1280, "height": 860}}
        page = browser.new_context(**{**usual, **context}).new_page()
        page.set_default_timeout(30_000)
        expect.set_options(timeout=30_000)
        visited = Visited(page)
        page.on("pageerror", lambda error: visited.complaints.append(f"error: {error}"))
        page.on("console", visited.note_said)
        page.on("response", visited.note_failure)
        page.on("request", lambda request: visited.hosts.add(urlsplit(request.url).hostname or ""))
        page.goto(address)
        expect(page.locator("#header .dt-brand")).to_be_visible()
        try:
            yield visited
        finally:
            browser.close()
