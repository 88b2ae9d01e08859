"""When two rows are the same: content hashes, and keys that ignore case, width and spacing."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field

from core.data.canonical import answer_json, content_id, conversation_json
from core.data.records import Example
from core.messages import Conversation, Message


def fold(text: str) -> str:
    """Text with the differences removed that don't make it another text (NFKC, case, spaces)."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def example_id(conversation: Conversation, rejected: tuple[Message, ...] | None = None) -> str:
    """`ex-` and 16 hex digits over everything the conversation and its rejected answer say."""
    return content_id(conversation_json(conversation), answer_json(rejected))


@dataclass
class SharedAnswers:
    """Which rows are another row's dialogue, except for the rejected answer of their pair.

    For preference training these are pairs of their own. Whatever only asks for the dialogue takes
    the first of them: a dialogue that is learnt or asked twice would count twice.
    """

    repeated: set[str] = field(default_factory=set)
    """Example ids of all but the first."""
    _seen: set[str] = field(default_factory=set)

    def repeats(self, example: Example) -> bool:
        """Take a row in; whether an earlier one has the same dialogue."""
        talk = example_id(example.conversation) if example.rejected else example.id
        if talk in self._seen:
            self.repeated.add(example.id)
            return True
        self._seen.add(talk)
        return False


def folded_key(conversation: Conversation) -> bytes:
    """Equal for conversations whose folded turns, calls and tools are equal."""
    hasher = hashlib.sha256()
    for turn in conversation.messages:
        hasher.update(f"{turn.role}\0{fold(turn.content)}\0".encode())
        for call in turn.tool_calls:
            hasher.update(f"{call.name}\0{fold(call.arguments)}\0".encode())
    for tool in conversation.tools:
        hasher.update(repr(tool).encode(errors="replace"))
    return hasher.digest()


def group_key(conversation: Conversation) -> str:
    """Equal for conversations that must stay in one part: those with the same first user turn."""
    first = fold(conversation.first_user)
    if not first:
        return folded_key(conversation).hex()[:32]
    return hashlib.sha256(first.encode()).hexdigest()[:32]
