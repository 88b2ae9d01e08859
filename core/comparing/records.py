"""Session, Turn and Vote: a conversation with several models, as it is kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from core.messages import Message, Record
from core.serving.contenders import Contender
from core.serving.records import Generation, Sampling

Choice = Literal["1", "2", "3", "4", "tie", "bad", "none"]
"""A place from left to right, all equally good, all bad, or shown without a vote."""


class Source(Record):
    """The held-out row that a question was taken from."""

    dataset_id: str
    row: int
    """Row in the source file."""
    reference: str
    """What the data answers."""


class Question(Record):
    """What is asked of all of them."""

    text: str
    system: str = ""
    sampling: Sampling = Sampling()
    source: Source | None = None


class Turn(Record):
    """One question with each contender's answer."""

    id: str
    asked: str
    """ISO time, UTC."""
    question: Question
    order: tuple[int, ...]
    """Which contender stands at each place, left to right; shuffled anew for a blind question."""
    blind: bool = False
    answers: tuple[Generation | None, ...]
    """By contender, not by place; None while there is none, the newest after a repetition."""
    repeated: int = 0
    """Answers that a newer one took the place of."""
    vote: Choice | None = None

    @property
    def hidden(self) -> bool:
        """Whether nobody may be told yet who answered what."""
        return self.blind and self.vote is None

    @property
    def winner(self) -> int | None:
        """The contender that was voted for; None without such a vote."""
        if self.vote is None or not self.vote.isdecimal():
            return None
        return self.order[int(self.vote) - 1]


class Session(Record):
    """A conversation with several contenders."""

    id: str
    created: str
    """ISO time, UTC."""
    title: str
    """As the person named it, or the beginning of the first question."""
    run_id: str = ""
    """The run that it is about; "" for none."""
    contenders: tuple[Contender, ...]
    titles: tuple[str, ...]
    """What a person calls each of them."""
    context: tuple[Message, ...] = ()
    """What the data says before the first question."""
    blind: bool = False
    turns: tuple[Turn, ...] = ()

    def turn(self, turn_id: str) -> Turn | None:
        """The turn of this id, if there is one."""
        return next((turn for turn in self.turns if turn.id == turn_id), None)

    def without(self, turn_id: str, contenders: Iterable[int]) -> Session:
        """The same while some answers of a turn are asked for again."""
        gone, turns = set(contenders), list(self.turns)
        for at, turn in enumerate(turns):
            if turn.id == turn_id:
                left = (None if n in gone else a for n, a in enumerate(turn.answers))
                turns[at] = turn.model_copy(update={"answers": tuple(left)})
        return self.model_copy(update={"turns": tuple(turns)})

    def messages(self, turn: Turn, contender: int) -> tuple[Message, ...]:
        """What one contender is asked in a turn: its own earlier answers, then the question.

        An answer that failed stands as `…`, so that roles go on alternating.
        """
        said = [message for message in self.context if message.role != "system"]
        if turn.question.system.strip():
            said.insert(0, Message(role="system", content=turn.question.system))
        for earlier in self.turns:
            if earlier.id == turn.id:
                break
            answer = earlier.answers[contender]
            said.append(Message(role="user", content=earlier.question.text))
            text = answer.text if answer is not None and answer.text else "…"
            said.append(Message(role="assistant", content=text))
        return (*said, Message(role="user", content=turn.question.text))
