"""Who speaks: which speaker is the assistant, and runs of one side joined into turns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from core.data.formats.shape import said
from core.data.problems import Finding, Path, shorten
from core.data.records import Question

OPTIONS = 20
"""Speakers that a person is offered to choose from."""
ASSISTANT_WORDS = frozenset(
    {
        "advisor",
        "agent",
        "ai",
        "asistente",
        "assistant",
        "assistent",
        "bot",
        "chatbot",
        "chatgpt",
        "doctor",
        "gpt",
        "helpdesk",
        "model",
        "operator",
        "robot",
        "support",
        "sys",
        "system",
        "wizard",
    }
)
ASSISTANT_HAN = ("客服", "助手", "助理", "机器人", "坐席", "医生", "医师", "系统", "智能体")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
REASONS = {
    "own": ("it is the account that made the export", "它是导出聊天记录的账号"),
    "name": ("its name says so", "它的名字表明了这一点"),
    "bot": ("it is a bot that replies", "它是会回复的机器人账号"),
    "replies": ("it replies most often", "它回复的次数最多"),
}


class Spoken(NamedTuple):
    """One utterance on its side of the conversation."""

    role: str
    text: Any
    path: Path


@dataclass
class Tally:
    """How often each speaker speaks, in reply to somebody else, and first of all."""

    turns: Counter[str] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)
    begins: Counter[str] = field(default_factory=Counter)

    def add(self, speakers: Iterable[str]) -> None:
        """Count one dialogue."""
        before: str | None = None
        for speaker in speakers:
            self.turns[speaker] += 1
            self.begins[speaker] += before is None
            self.replies[speaker] += before is not None and before != speaker
            before = speaker


def tally(dialogues: Iterable[Iterable[str]]) -> Tally:
    """Count the speakers of several dialogues."""
    counted = Tally()
    for speakers in dialogues:
        counted.add(speakers)
    return counted


def is_assistant_name(name: str) -> bool:
    """Whether a speaker's name says that it is the assistant's side: `SupportBot`, `在线客服`."""
    words = {word.casefold() for word in _WORD.findall(name)}
    return not words.isdisjoint(ASSISTANT_WORDS) or any(han in name for han in ASSISTANT_HAN)


def choose_assistant(
    counted: Tally, own: Collection[str] = (), bots: Collection[str] = ()
) -> tuple[str, str]:
    """The speaker who most likely is the assistant, and which of REASONS speaks for it."""

    def rank(name: str) -> tuple[bool, bool, bool, int, int]:
        replies = counted.replies[name]
        is_bot = name in bots and replies > 0
        return name in own, is_assistant_name(name), is_bot, replies, -counted.begins[name]

    if not counted.turns:
        return "", "replies"
    # Of those who reply as often, who begins less is the assistant: users ask first.
    best = max(counted.turns, key=rank)
    reasons = zip(("own", "name", "bot", "replies"), (*rank(best)[:3], True), strict=True)
    return best, next(reason for reason, true in reasons if true)


def ask_assistant(
    counted: Tally, own: Collection[str] = (), bots: Collection[str] = ()
) -> tuple[Question, ...]:
    """The question who the assistant is, answered by the likeliest; none without speakers."""
    chosen, reason = choose_assistant(counted, own, bots)
    if not counted.turns:
        return ()
    options = [name for name, _ in counted.turns.most_common(OPTIONS)]
    if chosen not in options:
        options[-1] = chosen
    english, chinese, name = *REASONS[reason], shorten(chosen, 40)
    return (
        Question(
            id="assistant",
            en=f"Which speaker is the assistant? “{name}” is preselected, because {english}.",
            zh=f"哪个说话人是助手？已预选“{name}”，因为{chinese}。",
            options=tuple(options),
            chosen=chosen,
        ),
    )


def join_runs(spoken: Sequence[Spoken]) -> tuple[list[dict[str, Any]], tuple[Path, ...], bool]:
    """Messages in which both sides take turns, where each begins, and whether runs were joined.

    Only text is joined: what is empty or no text stays a turn of its own, for the checks to name.
    """
    messages: list[dict[str, Any]] = []
    origins: list[Path] = []
    joined = False
    for role, text, path in spoken:
        last = messages[-1] if messages else {}
        if role == last.get("role") and is_text(text) and is_text(last["content"]):
            last["content"] += "\n" + text
            joined = True
            continue
        messages.append(said(role, text))
        origins.append(path)
    return messages, tuple(origins), joined


def is_text(value: object) -> bool:
    """Whether a value is text that says something."""
    return isinstance(value, str) and bool(value.strip())


RUNS_JOINED = Finding("runs_joined")
