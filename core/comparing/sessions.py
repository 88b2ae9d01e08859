"""Sessions on disk: one append-only file of events each, folded into a Session when read."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from core.comparing.folder import ComparingFolder
from core.comparing.records import Choice, Question, Session, Turn
from core.disk import append_line
from core.errors import RunError, disk_errors
from core.identifiers import new_id, now
from core.messages import Message, Record
from core.serving.contenders import MOST_LANES, Contender
from core.serving.records import Generation
from core.workspace import Workspace

TITLE_LENGTH = 60


class Started(Record):
    """A conversation began."""

    kind: Literal["started"] = "started"
    at: str
    run_id: str = ""
    contenders: tuple[Contender, ...]
    titles: tuple[str, ...]
    context: tuple[Message, ...] = ()
    blind: bool = False


class Asked(Record):
    """A question was asked of all contenders."""

    kind: Literal["asked"] = "asked"
    at: str
    turn: str
    question: Question
    order: tuple[int, ...]
    blind: bool = False


class Answered(Record):
    """A contender's answer ended; a later one for the same turn takes its place."""

    kind: Literal["answered"] = "answered"
    at: str
    turn: str
    contender: int
    generation: Generation


class Voted(Record):
    """The person said which answer is better."""

    kind: Literal["voted"] = "voted"
    at: str
    turn: str
    choice: Choice


class Renamed(Record):
    """The person called the conversation something else."""

    kind: Literal["renamed"] = "renamed"
    at: str
    title: str


Event = Annotated[Started | Asked | Answered | Voted | Renamed, Field(discriminator="kind")]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def start(
    workspace: Workspace, contenders: Sequence[Contender], titles: Sequence[str],
    run_id: str = "", context: Sequence[Message] = (), blind: bool = False,
) -> Session:  # fmt: skip
    """Begin a conversation; nothing is asked yet.

    Raises RunError for fewer than two contenders, one twice, or more than can be read.
    """
    if not 2 <= len(contenders) <= MOST_LANES:
        raise RunError(
            f"{len(contenders)} models can't be put side by side: 2 to {MOST_LANES} can.",
            fix="Choose who answers.",
        )
    if len({contender.key for contender in contenders}) < len(contenders):
        raise RunError("The same model is chosen twice.", fix="Choose who answers.")
    session_id = f"{new_id('cmp')}{secrets.token_hex(3)}"  # many pages may begin in one second
    path = ComparingFolder.of(workspace).session(session_id)
    with disk_errors(path, "write a file"):
        path.parent.mkdir(parents=True, exist_ok=True)
    begun = Started(
        at=now(), run_id=run_id, contenders=tuple(contenders), titles=tuple(titles),
        context=tuple(context), blind=blind,
    )  # fmt: skip
    append_line(path, begun.model_dump_json())
    return load(workspace, session_id)


def ask(workspace: Workspace, session_id: str, question: Question, blind: bool = False) -> Turn:
    """Write down a question; the order of its answers is drawn anew where it is blind."""
    session = load(workspace, session_id)
    order = list(range(len(session.contenders)))
    if blind:
        random.SystemRandom().shuffle(order)
    turn_id = f"turn-{len(session.turns) + 1:04d}"
    asked = Asked(at=now(), turn=turn_id, question=question, order=tuple(order), blind=blind)
    _append(workspace, session_id, asked)
    return _turn(load(workspace, session_id), turn_id)


def answered(
    workspace: Workspace, session_id: str, turn_id: str, contender: int, generation: Generation
) -> None:
    """Keep an answer that has ended, whole or not."""
    event = Answered(at=now(), turn=turn_id, contender=contender, generation=generation)
    _append(workspace, session_id, event)


def vote(workspace: Workspace, session_id: str, turn_id: str, choice: Choice) -> Session:
    """Keep which answer of a turn is better, and tell who gave it.

    Raises RunError when it was voted on before, not all have answered, or there is no such place.
    """
    session = load(workspace, session_id)
    turn = _turn(session, turn_id)
    if turn.vote is not None:
        raise RunError("This question was voted on already.", session.title)
    if any(answer is None for answer in turn.answers):
        raise RunError(
            "Not all answers are there yet.", session.title, "Wait for them, or stop them."
        )
    if choice.isdecimal() and int(choice) > len(turn.order):
        raise RunError(f"There is no answer number {choice}.", session.title)
    _append(workspace, session_id, Voted(at=now(), turn=turn_id, choice=choice))
    return load(workspace, session_id)


def rename(workspace: Workspace, session_id: str, title: str) -> Session:
    """Call a conversation something else; raises RunError for no name at all."""
    if not title.strip():
        raise RunError("A comparison needs a name.", session_id, "Write one or two words.")
    load(workspace, session_id)
    _append(workspace, session_id, Renamed(at=now(), title=title.strip()[:200]))
    return load(workspace, session_id)


def delete(workspace: Workspace, session_id: str) -> Session:
    """Remove a conversation; returns it as it was."""
    session = load(workspace, session_id)
    path = ComparingFolder.of(workspace).session(session_id)
    with disk_errors(path, "delete a file"):
        path.unlink(missing_ok=True)
    return session


def load(workspace: Workspace, session_id: str) -> Session:
    """A conversation as it stands; raises RunError when there is none of this name."""
    path = ComparingFolder.of(workspace).session(session_id)
    try:
        session = _fold(session_id, _events(path))
    except FileNotFoundError as error:
        raise RunError(
            "There is no such comparison.", session_id, "Choose one from the list."
        ) from error
    if session is None:
        raise RunError("This comparison can't be read.", str(path), "Delete it.")
    return session


def list_sessions(workspace: Workspace) -> tuple[Session, ...]:
    """All readable conversations in which something was asked, newest first."""
    found = []
    for path in sorted(ComparingFolder.of(workspace).sessions.glob("cmp-*.jsonl"), reverse=True):
        session = _fold(path.stem, _events(path))
        if session is not None and session.turns:
            found.append(session)
    return tuple(found)


def _append(workspace: Workspace, session_id: str, event: Record) -> None:
    append_line(ComparingFolder.of(workspace).session(session_id), event.model_dump_json())


def _events(path: Path) -> Iterator[Event]:
    """The events of a file; a line that was cut short by a full disk spoils only itself."""
    for line in path.read_bytes().splitlines():
        try:
            yield EVENT.validate_json(line)
        except ValidationError:
            continue


def _turn(session: Session, turn_id: str) -> Turn:
    turn = session.turn(turn_id)
    if turn is None:
        raise RunError("There is no such question in this comparison.", session.title)
    return turn


def _fold(session_id: str, events: Iterator[Event]) -> Session | None:
    started: Started | None = None
    turns: dict[str, Turn] = {}
    title = ""
    for event in events:
        match event:
            case Started():
                started = event
            case Asked():
                turns[event.turn] = _asked(event)
            case Answered() if event.turn in turns:
                turns[event.turn] = _with_answer(turns[event.turn], event)
            case Voted() if event.turn in turns:
                turns[event.turn] = turns[event.turn].model_copy(update={"vote": event.choice})
            case Renamed():
                title = event.title
    if started is None:
        return None
    first = next(iter(turns.values()), None)
    return Session(
        id=session_id,
        created=started.at,
        title=title or (_short(first.question.text) if first else ""),
        run_id=started.run_id,
        contenders=started.contenders,
        titles=started.titles,
        context=started.context,
        blind=started.blind,
        turns=tuple(turns.values()),
    )


def _asked(event: Asked) -> Turn:
    return Turn(
        id=event.turn,
        asked=event.at,
        question=event.question,
        order=event.order,
        blind=event.blind,
        answers=(None,) * len(event.order),
    )


def _with_answer(turn: Turn, event: Answered) -> Turn:
    answers = list(turn.answers)
    repeated = turn.repeated + (answers[event.contender] is not None)
    answers[event.contender] = event.generation
    return turn.model_copy(update={"answers": tuple(answers), "repeated": repeated})


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE_LENGTH else f"{line[: TITLE_LENGTH - 1]}…"
