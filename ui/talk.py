"""What a page of the Compare room remembers: which conversation it shows, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.comparing.records import Question, Source
from core.messages import Message
from core.serving.records import Sampling
from eval.records import Sample

WINDOW = 6
"""Turns that are on screen at first; earlier ones come when they are asked for."""


@dataclass(frozen=True)
class Talk:
    """One page's place in the comparisons; everything that was said lies on disk."""

    session_id: str = ""
    """"" until the first question of a new conversation."""
    context: tuple[Message, ...] = ()
    """What the data says before the next conversation's first question."""
    taken: str = ""
    """The question that was taken from the data, as it was."""
    source: Source | None = None
    """The row that it was taken from."""
    count: int = 0
    """How many questions were taken from the data so far."""
    window: int = WINDOW

    def fresh(self) -> Talk:
        """The beginning of a new conversation."""
        return Talk(count=self.count)

    def opened(self, session_id: str) -> Talk:
        """Another conversation of the history, or the one that has just begun."""
        if session_id == self.session_id:
            return self
        return replace(self, session_id=session_id, context=(), window=WINDOW)

    def wider(self) -> Talk:
        """The same, with more of its earlier turns on screen."""
        return replace(self, window=self.window + WINDOW)

    def ask(self, text: str, system: str, sampling: Sampling) -> Question:
        """The next question; it knows its row as long as its words are those of the row."""
        source = self.source if text.strip() == self.taken.strip() else None
        return Question(text=text, system=system, sampling=sampling, source=source)


def from_sample(sample: Sample, dataset_id: str, count: int) -> tuple[Talk, str, str]:
    """A conversation up to a held-out question: (place, system prompt, question)."""
    system = next((m.content for m in sample.prompt if m.role == "system"), "")
    question = sample.prompt[-1].content
    source = Source(dataset_id=dataset_id, row=sample.row, reference=sample.reference)
    earlier = tuple(m for m in sample.prompt[:-1] if m.role != "system")
    talk = Talk(context=earlier, taken=question, source=source, count=count + 1)
    return talk, system, question
