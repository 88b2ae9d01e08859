"""Who looks at the page, in which language: all that callbacks need to know of a request."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from core.disk import sha256_text
from ui.language import choose_language
from ui.words import Voice


@dataclass(frozen=True)
class Visit:
    """One visitor's language and conversation."""

    voice: Voice
    chat_id: str
    room: str
    """The room that the address asks for, or ""."""
    page: str = ""
    """One open page: a reload or another tab is another one."""


def visit_of(request: gr.Request | None) -> Visit:
    """What a request tells; without one (a direct call), English and the main chat."""
    if request is None or request.request is None:
        return Visit(Voice("en"), "chat-main", "")
    query = dict(request.query_params)
    language = choose_language(
        query, dict(request.cookies), request.headers.get("accept-language", "")
    )
    return Visit(
        Voice(language),
        _chat_id(request.username),
        query.get("room", ""),
        request.session_hash or "",
    )


def _chat_id(username: str | None) -> str:
    """Everybody behind a login has a conversation of their own; its name tells nothing of them."""
    return f"chat-{sha256_text(username)[:16]}" if username else "chat-main"
