"""Read-only links: `/c/TOKEN` shows a snapshot of one comparison, and nothing else."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from core.actions import Actions
from ui.page import language_of
from ui.present.shared import gone, page_of
from ui.words import Voice

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
"""The page loads nothing, runs nothing and is kept nowhere, so that taking it back works."""


def shared_pages(actions: Actions) -> Route:
    """The route for links; it answers without a login, because its token is the permission."""

    async def show(request: Request) -> HTMLResponse:
        voice = Voice(language_of(request.scope))
        link = actions.shared(request.path_params["token"])
        if link is None:
            return HTMLResponse(gone(voice), status_code=404, headers=HEADERS)
        page = page_of(link.session, link.created, voice)
        return HTMLResponse(page, headers=HEADERS)

    return Route("/c/{token}", show, methods=["GET"])
