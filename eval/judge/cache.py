"""Replies that a judge gave, kept the moment they come: no question is asked twice.

Only replies that could be read are kept; what failed is asked again by the next attempt.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pydantic import ValidationError

from core.errors import WorkspaceError, disk_errors
from core.messages import Record
from eval.judge.reply import Reply

TABLE = "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT NOT NULL)"
WAIT_S = 10.0


class KeptReply(Record):
    """A readable reply and what it took."""

    reply: Reply
    raw: str
    attempts: int
    seconds: float
    tokens_in: int | None
    tokens_out: int | None
    soft: float | None = None


class ReplyCache:
    """A file of replies; a killed process loses none that `put` returned from."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._database, self._path = database, path
        with _told(path):
            self._known = {key for (key,) in database.execute("SELECT key FROM replies")}
        """What is there, so that a new question costs no look at the file."""

    def get(self, key: str) -> KeptReply | None:
        """The reply that was had before; None too for a line that a later version wrote."""
        if key not in self._known:
            return None
        with _told(self._path):
            found = self._database.execute("SELECT reply FROM replies WHERE key = ?", (key,))
            row = found.fetchone()
        try:
            return KeptReply.model_validate_json(row[0]) if row else None
        except ValidationError:
            return None

    def put(self, key: str, reply: KeptReply) -> None:
        """Keep a reply. Raises WorkspaceError when the disk does not allow it."""
        with _told(self._path):
            self._database.execute(
                "INSERT OR REPLACE INTO replies VALUES (?, ?)", (key, reply.model_dump_json())
            )
        self._known.add(key)


@contextmanager
def open_cache(path: Path) -> Iterator[ReplyCache]:
    """The replies in a file, which is made where there is none.

    Raises WorkspaceError when it can't be read or written.
    """
    with disk_errors(path, "open the file of the judge's replies"):
        path.parent.mkdir(parents=True, exist_ok=True)
    with _told(path):
        # every statement is a transaction of its own; in WAL that needs no fsync, and what is
        # written survives the process, though not always the machine
        database = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
    with closing(database):
        with _told(path):
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute(TABLE)
        yield ReplyCache(database, path)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise WorkspaceError(
            f"The judge's replies can't be kept: {error}.",
            str(path),
            "Free some space there, then go on with the evaluation. If the file is damaged, "
            "delete it: what was judged is asked again.",
        ) from error
