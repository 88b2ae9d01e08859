"""When two rows are the same: content hashes, and keys that ignore case, width and spacing."""

from __future__ import annotations

import hashlib
import unicodedata

from core.data.canonical import content_id, conversation_json
from core.messages import Conversation


def fold(text: str) -> str:
    """Text with the differences removed that don't make it another text (NFKC, case, spaces)."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def example_id(conversation: Conversation) -> str:
    """`ex-` and 16 hex digits over everything the conversation says."""
    return content_id(conversation_json(conversation))


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
