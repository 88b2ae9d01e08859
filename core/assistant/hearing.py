"""What a turn of the offline driver is about, and what it does next."""

from __future__ import annotations

from typing import Any, NamedTuple

from core.assistant.records import Language
from core.assistant.situation import Situation
from core.messages import Record


class Heard(Record):
    """What a turn is about, and how things stood when it began."""

    text: str
    files: tuple[str, ...] = ()
    """Names of the files dropped with the message."""
    rubrics: tuple[str, ...] = ()
    """Those of them that are rubrics."""
    known_files: tuple[str, ...] = ()
    """Names of all files dropped in this conversation."""
    language: Language
    situation: Situation
    models: tuple[str, ...] = ()
    decided: str | None = None
    """The verb that the person just approved or declined, instead of saying something."""
    declined: bool = False


class Step(NamedTuple):
    """What to say, then which tool to use; without a tool the turn is over."""

    text: str = ""
    verb: str | None = None
    arguments: dict[str, Any] = {}  # noqa: RUF012  never changed
