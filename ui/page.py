"""The page around Gradio's: language and theme are settled before its first line of script runs."""

from __future__ import annotations

import json
from pathlib import Path

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.assistant.records import Language
from ui.language import COOKIE, LOCALE, choose_language

HERE = Path(__file__).parent
SCRIPT = (HERE / "page.js").read_text(encoding="utf-8")
STYLE = (HERE / "page.css").read_text(encoding="utf-8")
YEAR_S = 365 * 24 * 3600


class PageHead:
    """ASGI middleware: puts our script first into the page's head and remembers the language.

    Gradio's own `head=` is injected after its script has chosen a locale, which is too late.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, _Rewriter(language_of(scope), send))


def language_of(scope: Scope) -> Language:
    """The language of the request that an ASGI scope describes."""
    request = Request(scope)
    return choose_language(
        request.query_params, request.cookies, request.headers.get("accept-language", "")
    )


class _Rewriter:
    """Holds an HTML response back until it is whole, then sends it with our head."""

    def __init__(self, language: Language, send: Send) -> None:
        self.language, self.send = language, send
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        if self.start is None or message["type"] != "http.response.body":
            await self.send(message)
            return
        self.body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._send_all()

    async def _send_all(self) -> None:
        assert self.start is not None
        body = self.body.replace(b"<head>", b"<head>" + page_head(self.language).encode(), 1)
        body = body.replace(b'<html\n\tlang="en"', b'<html lang="%b"' % self._locale(), 1)
        cookie = f"{COOKIE}={self.language}; Path=/; Max-Age={YEAR_S}; SameSite=Lax"
        headers = [h for h in self.start["headers"] if h[0].lower() != b"content-length"]
        headers += [(b"content-length", str(len(body)).encode()), (b"set-cookie", cookie.encode())]
        await self.send({**self.start, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    def _locale(self) -> bytes:
        return LOCALE[self.language].encode()


def page_head(language: Language) -> str:
    """Our first lines of the page's head."""
    script = SCRIPT.replace("LOCALE", json.dumps(LOCALE[language]), 1)
    return f"<script>{script}</script><style>{STYLE}</style>"
