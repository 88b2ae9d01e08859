"""Chat exports: a stream of messages cut into sessions, each a conversation with the assistant.

What ends in no conversation is never lost in silence: after the conversations, `gather` yields
one Talk for each reason, whose `row` is empty, whose `rows` are the rows left out and whose
Finding counts the messages. `is_leftover` knows them, `leftovers` collects them.
A conversation's `rows` begin with the row of each of its messages, in their order; `origins` are
paths in these rows. Rows that went into the same messages follow.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core.data.formats.shape import Answers, Numbered, Talk
from core.data.formats.speakers import (
    RUNS_JOINED,
    Spoken,
    Tally,
    ask_assistant,
    choose_assistant,
    join_runs,
    tally,
)
from core.data.problems import Finding, Path, shorten
from core.data.records import Question

LEFT_OUT = {
    "system": "chat_notices",
    "media": "chat_media",
    "deleted": "chat_deleted",
    "empty": "chat_empty",
    "other": "chat_not_message",
    "edge": "chat_edges_cut",
    "one-sided": "chat_no_reply",
}
"""Why a message is in no conversation, and the code of the finding that counts it."""
GAPS = ("1h", "6h", "1d", "7d", "none")
"""How long a silence ends a session."""
LIKELY_GAPS = GAPS[1:]
"""The first of these that leaves a conversation is preselected.

Six hours are less than a night, so that each day begins anew, and more than a meal or a meeting.
A session cut too early loses some context; one cut too late is longer than what models train on,
and then its replies have nothing to do with what stands before them."""
UNITS = {"m": 60.0, "h": 3_600.0, "d": 86_400.0}
_GAP = re.compile(r"\s*(\d{1,6}(?:\.\d{1,3})?)\s*([mhd])[a-z]*\s*")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat export."""

    number: int
    """The row where it begins."""
    when: float | None
    """Seconds on the export's own clock; None when the export does not say."""
    speaker: str
    text: str
    path: Path = ()
    """Where the text stands in its row."""
    more_rows: tuple[int, ...] = ()
    """Further rows that its text goes on in."""
    kind: str = "text"
    """`text`, or why it is left out: a key of LEFT_OUT."""
    chat: str = ""
    """The channel or chat, where an export holds several."""
    thread: str = ""
    """The thread or chain of replies that it belongs to: threads are not cut by silences."""
    own: bool = False
    """Said by whoever made the export."""
    bot: bool = False

    @property
    def rows(self) -> tuple[int, ...]:
        """All rows that it was read from."""
        return (self.number, *self.more_rows)


@dataclass(frozen=True, slots=True)
class Choices:
    """What decides how messages become conversations."""

    assistant: str
    gap: float | None
    """Seconds; None cuts nowhere."""


class Leftovers:
    """Messages that are in no conversation, by reason."""

    def __init__(self) -> None:
        self._by_kind: dict[str, list[Message]] = defaultdict(list)

    def add(self, kind: str, messages: Iterable[Message]) -> None:
        """Count messages under a key of LEFT_OUT."""
        self._by_kind[kind].extend(messages)

    def talks(self) -> Iterator[Talk]:
        """One Talk without a conversation for each reason."""
        for kind, code in LEFT_OUT.items():
            if messages := self._by_kind[kind]:
                rows = tuple(sorted({row for message in messages for row in message.rows}))
                values = {"count": f"{len(messages):,}", "first": str(rows[0])}
                yield Talk({}, found=(Finding(code, (), values),), rows=rows)


def is_leftover(talk: Talk) -> bool:
    """Whether a Talk only counts rows that are in no conversation."""
    return not talk.row


def leftovers(talks: Iterable[Talk]) -> dict[str, tuple[int, ...]]:
    """The rows that are in no conversation, by the code of the finding that counts them."""
    return {f.code: talk.rows for talk in talks if is_leftover(talk) for f in talk.found}


def gather(messages: Sequence[Message], answers: Answers) -> Iterator[Talk]:
    """The conversations of a chat export, then one Talk for each reason why rows are in none."""
    left = Leftovers()
    speech: list[Message] = []
    for message in messages:
        kind = message.kind if message.kind in LEFT_OUT else "text"
        kind = kind if kind != "text" or message.text.strip() else "empty"
        speech.append(message) if kind == "text" else left.add(kind, [message])
    asked = answers.get("session_gap")
    if asked is not None and parse_gap(asked) == 0:
        values = {"given": shorten(asked, 30)}
        yield Talk({}, found=(Finding("session_gap_unclear", (), values),))
        answers = {key: value for key, value in answers.items() if key != "session_gap"}
    choices = choose(speech, answers)
    for session in sessions(speech, choices.gap):
        yield from _conversation(session, choices.assistant, left)
    yield from left.talks()


def ask(messages: Sequence[Message]) -> tuple[Question, ...]:
    """Who the assistant is, and how long a silence ends a session."""
    speech = [message for message in messages if message.kind == "text" and message.text.strip()]
    who = ask_assistant(*_speakers(speech))
    if not who:
        return ()
    gap = _choose_gap(speech, who[0].chosen)
    return (
        *who,
        Question(
            id="session_gap",
            en="After how long a silence does a new conversation begin? (m, h or d; or none)",
            zh="沉默多久之后算作新的对话？（m 分钟、h 小时、d 天，或 none 不切分）",
            options=GAPS,
            chosen=gap,
        ),
    )


def choose(speech: Sequence[Message], answers: Answers) -> Choices:
    """What the person chose; for what they left open, what `ask` preselects."""
    assistant = answers.get("assistant") or choose_assistant(*_speakers(speech))[0]
    gap = answers.get("session_gap") or _choose_gap(speech, assistant)
    return Choices(assistant, parse_gap(gap))


def parse_gap(text: str) -> float | None:
    """`90m`, `6h` or `2d` in seconds, None for `none`; 0 when it can't be understood."""
    if text.strip().casefold() == "none":
        return None
    match = _GAP.fullmatch(text.casefold())
    return float(match[1]) * UNITS[match[2]] if match else 0.0


def sessions(speech: Iterable[Message], gap: float | None) -> Iterator[list[Message]]:
    """Messages of one chat and thread, cut where they are silent for longer than the gap."""
    threads: dict[tuple[str, str], list[Message]] = defaultdict(list)
    for message in speech:
        threads[message.chat, message.thread].append(message)
    for (_, thread), messages in threads.items():
        yield from [messages] if thread or gap is None else _cut(messages, gap)


def _cut(messages: Sequence[Message], gap: float) -> Iterator[list[Message]]:
    session: list[Message] = []
    before: float | None = None
    for message in messages:
        when = message.when
        # A jump back in time is the seam of two exports, or a clock set back by an hour.
        if session and when is not None and before is not None and abs(when - before) > gap:
            yield session
            session = []
        session.append(message)
        before = before if when is None else when
    if session:
        yield session


def _conversation(session: list[Message], assistant: str, left: Leftovers) -> Iterator[Talk]:
    """A session from its first user turn to its last reply."""
    sides = [message.speaker == assistant for message in session]
    start = sides.index(False) if False in sides else len(sides)
    end = len(sides) - (sides[::-1].index(True) if True in sides else len(sides))
    if start >= end:
        left.add("one-sided", session)
        return
    left.add("edge", session[:start] + session[end:])
    kept = session[start:end]
    spoken = [
        Spoken("assistant" if m.speaker == assistant else "user", m.text, (m.number, *m.path))
        for m in kept
    ]
    turns, places, joined = join_runs(spoken)
    others = {message.speaker for message in kept} - {assistant}
    found = [RUNS_JOINED] if joined else []
    found += [Finding("speakers_joined")] if len(others) > 1 else []
    yield Talk(
        {"messages": turns, **({"tags": [kept[0].chat]} if kept[0].chat else {})},
        origins=tuple(path[1:] for path in places),
        found=tuple(found),
        group=_group(kept[0]),
        rows=_rows([int(path[0]) for path in places], kept),
    )


def _rows(begins: Sequence[int], messages: Iterable[Message]) -> tuple[int, ...]:
    """The rows where turns begin, then all others that they were made of."""
    others = {row for message in messages for row in message.rows}.difference(begins)
    return (*begins, *sorted(others))


def _group(first: Message) -> str:
    """What stays in one part of a split: one day of one chat.

    Sessions of a day go on about the same things, so they must not be trained and tested on
    apart. By chat would leave the export of a single chat nothing to split.
    """
    try:
        day = datetime.fromtimestamp(first.when, UTC).date().isoformat() if first.when else ""
    except (OverflowError, OSError, ValueError):
        day = ""
    return f"{first.chat}/{day or first.number}"


def _speakers(speech: Sequence[Message]) -> tuple[Tally, frozenset[str], frozenset[str]]:
    """Who speaks how often, who made the export, and who is a bot."""
    threads: Mapping[tuple[str, str], list[str]] = defaultdict(list)
    for message in speech:
        threads[message.chat, message.thread].append(message.speaker)
    own = frozenset(message.speaker for message in speech if message.own)
    return tally(threads.values()), own, frozenset(m.speaker for m in speech if m.bot)


def _choose_gap(speech: Sequence[Message], assistant: str) -> str:
    for gap in LIKELY_GAPS:
        for session in sessions(speech, parse_gap(gap)):
            sides = [message.speaker == assistant for message in session]
            if False in sides and True in sides[sides.index(False) :]:
                return gap
    return LIKELY_GAPS[0]


def numbered(records: Iterable[object]) -> list[Numbered]:
    """Records as `ask` gets them, with numbers as `gather` gets them."""
    return [Numbered(number, value) for number, value in enumerate(records, 1)]


def clock(text: object) -> float | None:
    """An ISO time, or seconds since 1970 as a number or text; None when it is neither."""
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        return None
    try:
        seconds = float(text)
    except (ValueError, OverflowError):
        return _iso(str(text))
    if seconds > 1e11:  # milliseconds
        seconds /= 1000
    return seconds if 0 <= seconds < 1e11 else None


def _iso(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
