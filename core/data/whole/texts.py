"""Which text of a conversation is compared: folded, bounded, without the frame all rows share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from core.data.identity import fold
from core.messages import Conversation

TextOf = Callable[[Conversation], str]
"""Picks what is compared."""

LONGEST = 200_000
"""Characters of one row that are compared."""
SAMPLED = 200
"""Texts that must agree on a frame."""
LEAST_SAMPLE = 10
LEAST_FRAME = 20
"""A shorter shared beginning is chance ("how do i ")."""


def prompt_text(conversation: Conversation) -> str:
    """What the user says, folded; everything that is said when there is no user turn."""
    users = [turn.content for turn in conversation.messages if turn.role == "user"]
    text = fold("\n".join(users)[:LONGEST])
    return text or spoken_text(conversation)


def spoken_text(conversation: Conversation) -> str:
    """What user and assistant say, folded; system prompts are the same in many rows."""
    spoken = [
        "\n".join((turn.content, *(f"{call.name} {call.arguments}" for call in turn.tool_calls)))
        for turn in conversation.messages
        if turn.role in ("user", "assistant")
    ]
    return fold("\n".join(spoken)[:LONGEST])


class Frame(NamedTuple):
    """Words that stand around every row's own text, such as a task's instruction."""

    before: str = ""
    after: str = ""

    def strip(self, text: str) -> str:
        """A text's own part; the whole text where the frame is not around it."""
        own = text.removeprefix(self.before)
        if len(own) + len(self.before) == len(text):
            own = own.removesuffix(self.after)
        return own.strip() or text


def frame_of(texts: Iterable[str]) -> Frame:
    """The frame that the first texts share; an empty one when they differ throughout."""
    sample = set(islice(texts, SAMPLED))
    if len(sample) < LEAST_SAMPLE:
        return Frame()
    before = _whole_words(shared_start(min(sample), max(sample)))
    turned = [text[::-1] for text in sample]
    after = _whole_words(shared_start(min(turned), max(turned)))[::-1]
    return Frame(before, after)


def shared_start(one: str, other: str) -> str:
    """The beginning that two texts have in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return one[: next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))]


def _whole_words(shared: str) -> str:
    """A shared beginning up to its last space or mark; "" when it says too little."""
    end = len(shared)
    while end and shared[end - 1].isalnum():
        end -= 1
    return shared[:end] if end >= LEAST_FRAME else ""


def in_batches(texts: Sequence[str], characters: int) -> Iterable[tuple[int, Sequence[str]]]:
    """Runs of texts of about so many characters, with the position of the first."""
    start = size = 0
    for index, text in enumerate(texts):
        size += len(text)
        if size >= characters:
            yield start, texts[start : index + 1]
            start, size = index + 1, 0
    if start < len(texts):
        yield start, texts[start:]
