"""What is kept from comparisons for later: test cases, and rows that mend bad answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from core.comparing.folder import ComparingFolder
from core.comparing.records import Session
from core.disk import append_line, sha256_text, write_atomic
from core.errors import DataError, RunError, disk_errors
from core.identifiers import now
from core.messages import Message, Record
from core.workspace import Workspace


class Kept(Record):
    """A conversation, with the answer that is wanted as its last turn where there is one.

    A line of it is a row that the data import reads: it takes `messages` and `tags`.
    """

    id: str
    """A hash of the messages: the same conversation is kept once."""
    messages: tuple[Message, ...]
    tags: tuple[str, ...] = ()
    note: str = ""
    """Why it is kept, in the person's words."""
    said: str = ""
    """Of a row that mends: the answer that was bad."""
    by: str = ""
    """Of a row that mends: who gave it."""
    at: str
    """ISO time, UTC."""

    @property
    def wanted(self) -> str:
        """The answer that is wanted; "" where none is known."""
        last = self.messages[-1]
        return last.content if last.role == "assistant" else ""

    @property
    def prompt(self) -> tuple[Message, ...]:
        """What is asked."""
        return self.messages[:-1] if self.wanted else self.messages


def save_case(
    workspace: Workspace, session: Session, turn_id: str, contender: int, wanted: str, note: str
) -> Kept:
    """Keep a question of a comparison, with one contender's answers before it, to be asked again.

    `wanted` may be "": batches can ask it then, and nothing tells the right answer.
    """
    messages = _conversation(session, turn_id, contender)
    if wanted.strip():
        messages = (*messages, Message(role="assistant", content=wanted.strip()))
    kept = Kept(id=_id(messages), messages=messages, note=note.strip(), at=now())
    _put(ComparingFolder.of(workspace).cases, kept)
    return kept


def mark_bad(
    workspace: Workspace, session: Session, turn_id: str, contender: int, wanted: str
) -> Kept:
    """Keep a bad answer's conversation with the answer that should have come: a row to learn.

    Raises RunError without a wanted answer, or when it is the one that was given.
    """
    turn = session.turn(turn_id)
    given = turn.answers[contender] if turn else None
    if turn is None or given is None:
        raise RunError("There is no such answer in this comparison.", session.title)
    if not wanted.strip() or wanted.strip() == given.text.strip():
        raise RunError(
            "A row to learn from needs the answer that you want instead.",
            session.title,
            "Write the right answer in full.",
        )
    asked = _conversation(session, turn_id, contender)
    messages = (*asked, Message(role="assistant", content=wanted.strip()))
    kept = Kept(
        id=_id(messages), messages=messages, tags=("corrected",), said=given.text,
        by=session.titles[contender], at=now(),
    )  # fmt: skip
    _put(ComparingFolder.of(workspace).corrections, kept)
    return kept


def cases(workspace: Workspace) -> tuple[Kept, ...]:
    """All test cases, oldest first."""
    return _read(ComparingFolder.of(workspace).cases)


def corrections(workspace: Workspace) -> tuple[Kept, ...]:
    """All rows that mend bad answers, oldest first."""
    return _read(ComparingFolder.of(workspace).corrections)


def forget(workspace: Workspace, kept_id: str) -> None:
    """Remove a case or a row by its id; nothing happens where there is none."""
    folder = ComparingFolder.of(workspace)
    for path in (folder.cases, folder.corrections):
        found = _read(path)
        if any(one.id == kept_id for one in found):
            _write(path, [one for one in found if one.id != kept_id])


def rows_text(workspace: Workspace) -> str:
    """The mending rows as JSONL that the data import reads.

    Raises DataError when there are none.
    """
    found = corrections(workspace)
    if not found:
        raise DataError(
            "No answer was marked as bad yet, so there are no rows to add.",
            fix="Mark one in the Compare room and write the answer that you want.",
        )
    return "".join(f"{_as_row(one)}\n" for one in found)


def _as_row(kept: Kept) -> str:
    return kept.model_dump_json(include={"messages", "tags"}, exclude_defaults=True)


def _conversation(session: Session, turn_id: str, contender: int) -> tuple[Message, ...]:
    turn = session.turn(turn_id)
    if turn is None:
        raise RunError("There is no such question in this comparison.", session.title)
    return session.messages(turn, contender)


def _id(messages: Sequence[Message]) -> str:
    text = "\n".join(message.model_dump_json() for message in messages)
    return f"row-{sha256_text(text)[:16]}"


def _put(path: Path, kept: Kept) -> None:
    if any(one.id == kept.id for one in _read(path)):
        return
    with disk_errors(path, "write a file"):
        path.parent.mkdir(parents=True, exist_ok=True)
    append_line(path, kept.model_dump_json())


def _write(path: Path, found: Sequence[Kept]) -> None:
    write_atomic(path, "".join(f"{one.model_dump_json()}\n" for one in found))


def _read(path: Path) -> tuple[Kept, ...]:
    """The rows of a file; a line that was cut short spoils only itself."""
    found = []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            found.append(Kept.model_validate_json(line))
        except ValidationError:
            continue
    return tuple(found)
