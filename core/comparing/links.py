"""Read-only links: a snapshot of one comparison that whoever has its token may look at."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from pydantic import ValidationError

from core.comparing.folder import ComparingFolder
from core.comparing.records import Session
from core.disk import sha256_text, write_atomic
from core.errors import RunError, disk_errors
from core.identifiers import now
from core.messages import Record
from core.workspace import Workspace

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
TOKEN_BYTES = 32
"""256 random bits: nobody finds one by trying."""


class Link(Record):
    """A link that was given out."""

    token: str
    created: str
    """ISO time, UTC."""
    session: Session
    """The comparison as it stood then; what is said later is not shown."""

    @property
    def path(self) -> str:
        """Its address on the app."""
        return f"/c/{self.token}"


def make(workspace: Workspace, session: Session) -> Link:
    """Give out a link to a comparison as it stands now.

    Raises RunError while a blind question is open: the page would tell who answered.
    """
    if any(turn.hidden for turn in session.turns):
        raise RunError(
            "A blind question has no vote yet, and the link would tell who answered.",
            session.title,
            "Vote first, or show who answered.",
        )
    link = Link(token=secrets.token_urlsafe(TOKEN_BYTES), created=now(), session=session)
    folder = ComparingFolder.of(workspace)
    write_atomic(_file(folder, link.token), link.model_dump_json(), private=True)
    return link


def find(workspace: Workspace, token: str) -> Link | None:
    """The link of a token; None for anything that was never given out, or was taken back.

    The file's name is a hash, so how long the look takes tells nothing of other tokens.
    """
    if not TOKEN.fullmatch(token):
        return None
    try:
        return Link.model_validate_json(_file(ComparingFolder.of(workspace), token).read_bytes())
    except (OSError, ValidationError):
        return None


def every(workspace: Workspace) -> tuple[Link, ...]:
    """All links that work, oldest first."""
    found = []
    for path in ComparingFolder.of(workspace).links.glob("*.json"):
        try:
            found.append(Link.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError):
            continue
    return tuple(sorted(found, key=lambda link: link.created))


def revoke(workspace: Workspace, token: str) -> None:
    """Take a link back: from now on its address shows nothing."""
    if not TOKEN.fullmatch(token):
        return
    path = _file(ComparingFolder.of(workspace), token)
    with disk_errors(path, "delete a file"):
        path.unlink(missing_ok=True)


def _file(folder: ComparingFolder, token: str) -> Path:
    return folder.links / f"{sha256_text(token)}.json"
