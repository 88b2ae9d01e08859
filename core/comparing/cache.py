"""Answers that were had before, by what was asked of which weights: nothing is asked twice."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from core.disk import sha256_text
from core.errors import disk_errors
from core.messages import Message
from core.serving.contenders import Lane
from core.serving.engine_folder import EngineFolder
from core.serving.records import Generation, Sampling
from core.workspace import Workspace

TABLE = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer TEXT NOT NULL)"
WAIT_S = 10.0


def content_of(workspace: Workspace, lane: Lane) -> str | None:
    """Which weights answer in a lane, by their content; None for a model served elsewhere.

    An adapter is served under a name made from its content, and an engine knows the fingerprint
    of its own model's files.
    """
    engine_id = lane.endpoint.engine_id
    engine = EngineFolder(workspace.engine(engine_id)).load() if engine_id else None
    if engine is None or engine.fingerprint is None:
        return None
    return f"{lane.endpoint.model} {engine.fingerprint} {engine.dtype}"


def key_of(content: str, lane: Lane, messages: Sequence[Message], sampling: Sampling) -> str:
    """A hash of everything that decides an answer."""
    asked = {
        "content": content,
        "messages": [message.as_openai() for message in messages],
        "sampling": sampling.model_dump(),
        "template": lane.endpoint.template_kwargs,
        "stop": lane.endpoint.stop_token_ids,
    }
    return sha256_text(json.dumps(asked, sort_keys=True, ensure_ascii=False))


class AnswerCache:
    """A file of answers; several processes may use it at once."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def get(self, key: str) -> Generation | None:
        """The answer that was had before, with the times that it took then."""
        row = self._database.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
        return Generation.model_validate_json(row[0]) if row else None

    def put(self, key: str, answer: Generation) -> None:
        """Keep a whole answer; one that failed or was stopped is not kept."""
        if answer.error is not None or not answer.done or answer.finish_reason == "abort":
            return
        with self._database:
            self._database.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, answer.model_dump_json())
            )


@contextmanager
def open_cache(path: Path) -> Iterator[AnswerCache]:
    """The answers in a file, which is made where there is none."""
    with disk_errors(path, "open the file of answers"):
        path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=WAIT_S)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(TABLE)
        yield AnswerCache(database)
