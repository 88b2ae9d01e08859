"""What proposals are held against: the train side to make them from, the rest to stay away from."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from core.data.augment import filters
from core.data.augment.labels import LabelGuard, Labelled, label_guard, labels_of
from core.data.augment.records import FilterVerdict, Method, ParaphraseRequest, Task
from core.data.augment.similarity import Neighbours
from core.data.augment.turns import own_turns, reworded, user_turns
from core.data.identity import group_key
from core.data.problems import shorten
from core.data.records import Example, Split
from core.data.whole.texts import Frame, frame_of
from core.errors import DataError
from core.messages import Conversation

MOST_COMPARED = 50_000
"""Rows of a side that a proposal is compared with; of a larger one as many are drawn."""
LONGEST = 4_000
"""Characters of all user turns; longer rows are not reworded."""


class Context:
    """Made once for a dataset and its split, then used for every proposal.

    What takes long to make is made when it is first needed.
    """

    def __init__(self, examples: Iterable[Example], split: Split, seed: int = 7) -> None:
        ids, held = set(split.train), {*split.validation, *split.test}
        self.train: dict[str, Example] = {}
        """Rows of the train side by id, in file order."""
        self._held_out: list[Example] = []
        self._seed = seed
        for example in examples:
            if example.id in ids:
                self.train[example.id] = example
            elif example.id in held:
                self._held_out.append(example)

    @cached_property
    def frame(self) -> Frame:
        """What stands around the first user turn of every row, such as an instruction."""
        return frame_of(example.conversation.first_user for example in self.train.values())

    @cached_property
    def labels(self) -> dict[str, str]:
        """Class by id of the train rows that have one."""
        return labels_of(list(self.train.values()))

    @cached_property
    def guard(self) -> LabelGuard | None:
        """A classifier of the train side; None when the data has no classes."""
        return label_guard(
            Labelled(self.text(self.train[name].conversation), label)
            for name, label in self.labels.items()
        )

    @cached_property
    def known(self) -> Neighbours:
        """What training rows say, and the sound proposals that are added."""
        return self._neighbours(list(self.train.values()))

    @cached_property
    def held_out(self) -> Neighbours:
        """What validation and test rows say: compared with, never learned from."""
        return self._neighbours(self._held_out)

    def turns(self, conversation: Conversation) -> tuple[str, ...]:
        """What the user says, without the frame."""
        return own_turns(conversation, self.frame)

    def text(self, conversation: Conversation) -> str:
        """The same as one text."""
        return "\n".join(self.turns(conversation))

    def reworded(self, parent: Example, turns: tuple[str, ...]) -> Conversation:
        """A row's conversation with other user turns in the same frame."""
        return reworded(parent.conversation, turns, self.frame)

    def task(self, example: Example, variants: int) -> Task:
        """A row to be reworded so many times."""
        turns = self.turns(example.conversation)
        return Task(example=example, turns=turns, variants=variants)

    def check(
        self, parent: Example, conversation: Conversation, method: Method = "paraphrase"
    ) -> tuple[FilterVerdict, ...]:
        """What each filter says about a rewording of a row; noise is meant to be a near one."""
        before, after = self.turns(parent.conversation), self.turns(conversation)
        label = self.labels.get(parent.id)
        answer = filters.IS_THE_CLASS if label else filters.LIKE_THE_ANSWER
        found = [
            filters.language_kept(before, after),
            filters.length_kept(before, after),
            filters.values_kept(parent, before, after),
            filters.nothing_added(before, after),
            filters.on_topic(before, after),
            filters.not_the_answer(parent, before, after, answer),
            self._not_held_out(conversation, after),
        ]
        if method == "paraphrase":
            found.append(filters.not_near_duplicate(after, self.known))
        if label and self.guard:
            found.append(self.guard.verdict("\n".join(after), label))
        return tuple(found)

    def _not_held_out(self, conversation: Conversation, after: tuple[str, ...]) -> FilterVerdict:
        """Rows with one first user turn stay in one part, so such a row would move that part."""
        if group_key(conversation) in self._held_out_questions:
            detail = shorten(after[0], 80)
            return FilterVerdict(name="held_out", passed=False, number=1.0, detail=detail)
        return filters.not_held_out(after, self.held_out)

    @cached_property
    def _held_out_questions(self) -> frozenset[str]:
        return frozenset(group_key(example.conversation) for example in self._held_out)

    def _neighbours(self, examples: list[Example]) -> Neighbours:
        if len(examples) > MOST_COMPARED:
            examples = random.Random(self._seed).sample(examples, MOST_COMPARED)
        return Neighbours(self.text(example.conversation) for example in examples)


@dataclass(frozen=True)
class Chosen:
    """Rows to reword, and why others are not among them."""

    tasks: tuple[Task, ...]
    left_out: dict[str, int]
    """Rows of the train side by reason: `no_user_turn`, `too_long`, `augmented`."""


def choose(context: Context, request: ParaphraseRequest) -> Chosen:
    """The rows of the train side to reword, drawn with the request's seed.

    A larger number of rows with the same seed holds all rows of a smaller one.
    """
    able: list[Example] = []
    left_out: Counter[str] = Counter()
    for example in context.train.values():
        if reason := unfit(example):
            left_out[reason] += 1
        else:
            able.append(example)
    random.Random(request.seed).shuffle(able)
    tasks = (context.task(example, request.variants) for example in able[: request.rows])
    return Chosen(tuple(tasks), dict(left_out))


def unfit(example: Example) -> str:
    """Why a row can't be reworded; "" when it can."""
    text = "".join(user_turns(example.conversation))
    if example.parent:
        return "augmented"
    if not text.strip():
        return "no_user_turn"
    return "too_long" if len(text) > LONGEST else ""


def refuse_held_out(ids: Iterable[str], train: Collection[str]) -> None:
    """Raise DataError when a row is not on the train side: nothing may be made from it."""
    strangers = sorted(set(ids) - set(train))
    if strangers:
        raise DataError(
            "Only rows of the train part can be augmented, and these are not in it.",
            ", ".join(strangers[:5]) + (", …" if len(strangers) > 5 else ""),
            "Choose rows of the train part: a held-out row that training has seen tests memory.",
        )
