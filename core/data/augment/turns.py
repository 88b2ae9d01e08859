"""The user turns of a conversation: taken out to be reworded, and put back in their frame."""

from __future__ import annotations

from core.data.whole.texts import Frame
from core.messages import Conversation


def user_turns(conversation: Conversation) -> tuple[str, ...]:
    """The texts of all user turns, in order."""
    return tuple(turn.content for turn in conversation.messages if turn.role == "user")


def own_turns(conversation: Conversation, frame: Frame) -> tuple[str, ...]:
    """The same without what stands around the first turn of every row, such as an instruction."""
    turns = user_turns(conversation)
    return (frame.strip(turns[0]), *turns[1:]) if turns else ()


def reworded(conversation: Conversation, turns: tuple[str, ...], frame: Frame) -> Conversation:
    """The conversation with other user turns, the first in its frame; the rest stays as it is."""
    old = user_turns(conversation)
    new = iter((_reframed(old[0], turns[0], frame), *turns[1:]))
    return conversation.model_copy(
        update={
            "messages": tuple(
                turn.model_copy(update={"content": next(new)}) if turn.role == "user" else turn
                for turn in conversation.messages
            )
        }
    )


def _reframed(old: str, new: str, frame: Frame) -> str:
    own = frame.strip(old)
    start = len(frame.before) if old.startswith(frame.before) else 0
    at = old.index(own, start)
    return old[:at] + new + old[at + len(own) :]
