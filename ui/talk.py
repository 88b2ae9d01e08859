"""A conversation with both sides: each side remembers its own answers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.messages import Message
from core.serving.records import Generation
from eval.records import Sample

Both = tuple[Generation, Generation]


@dataclass(frozen=True)
class Talk:
    """What was said to and by each side; kept for as long as the page is open."""

    base: tuple[Message, ...] = ()
    tuned: tuple[Message, ...] = ()
    last: Both | None = None
    """The newest answers, maybe still growing; not yet among the messages."""
    sample: Sample | None = None
    """The held-out row that the newest question was taken from."""

    def asked(self, system: str, question: str) -> Talk:
        """The conversation with the next question at its end, and the answers before it settled."""
        settled = self.settled()
        user = Message(role="user", content=question)
        return replace(
            settled,
            base=(*_with_system(settled.base, system), user),
            tuned=(*_with_system(settled.tuned, system), user),
        )

    def settled(self) -> Talk:
        """The newest answers become part of the conversation; an answer that failed stays empty."""
        if self.last is None:
            return self
        base, tuned = (Message(role="assistant", content=one.text or "…") for one in self.last)
        return replace(self, base=(*self.base, base), tuned=(*self.tuned, tuned), last=None)

    def stopped(self) -> Talk:
        """The newest answers end where they are."""
        if self.last is None:
            return self
        base, tuned = (
            one if one.done else one.model_copy(update={"done": True, "finish_reason": "abort"})
            for one in self.last
        )
        return replace(self, last=(base, tuned))


def from_sample(sample: Sample) -> tuple[Talk, str, str]:
    """A conversation up to a held-out question: (conversation, system prompt, question)."""
    system = next((m.content for m in sample.prompt if m.role == "system"), "")
    earlier = sample.prompt[:-1]
    return Talk(base=earlier, tuned=earlier, sample=sample), system, sample.prompt[-1].content


def _with_system(messages: tuple[Message, ...], system: str) -> tuple[Message, ...]:
    rest = tuple(message for message in messages if message.role != "system")
    return (Message(role="system", content=system), *rest) if system.strip() else rest
