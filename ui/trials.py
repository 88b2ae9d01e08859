"""Base models asked before training, in the background: one trial each, whoever looks at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import NamedTuple

from core.actions import Actions
from core.errors import DuotuneError
from core.training.plan import TrainingPlan
from eval.need.records import NeedForTraining, NeedRequest

LOOK_S = 0.3


class Subject(NamedTuple):
    """What of a plan decides how its base model answers."""

    dataset_id: str
    base_model: str
    revision: str | None
    seed: int
    purpose: str

    @classmethod
    def of(cls, plan: TrainingPlan) -> Subject:
        return cls(
            plan.dataset_id, plan.base_model, plan.revision, plan.seed, plan.description.strip()
        )


class Wish(NamedTuple):
    """What the person decides about a trial."""

    limit: int
    """Questions at most, from 1."""
    system_prompt: str = ""


@dataclass(frozen=True)
class Trial:
    """How a trial stands."""

    wish: Wish
    doing: str = ""
    """What it does now, in the words of the engine or of the trial; "" before the first."""
    found: NeedForTraining | None = None
    error: DuotuneError | None = None
    """Why it ended without a result."""

    @property
    def is_over(self) -> bool:
        return self.found is not None or self.error is not None


class Trials:
    """Trials by subject: one goes on when the page that asked for it is closed.

    Answers are on disk: a trial that is begun again asks only what is missing.
    """

    def __init__(self, actions: Actions) -> None:
        self.actions = actions
        self._tasks: dict[Subject, asyncio.Task[None]] = {}
        self._doing: dict[Subject, Trial] = {}
        self._ended: dict[Subject, Trial] = {}

    def look(self, subject: Subject) -> Trial | None:
        """How a trial stands; None when nobody asked for it since the app was started."""
        task = self._tasks.get(subject)
        if task is not None and not task.done():
            return self._doing[subject]
        return self._ended.get(subject)

    async def ask(self, plan: TrainingPlan, wish: Wish) -> AsyncIterator[Trial]:
        """Try a plan's base model, telling what happens; one that goes on is joined as it is."""
        subject = Subject.of(plan)
        task = self._tasks.get(subject)
        if task is None or task.done():
            self._ended.pop(subject, None)
            self._doing[subject] = Trial(wish)
            task = self._tasks[subject] = asyncio.create_task(self._run(subject, plan, wish))
        while not task.done():
            yield self._doing[subject]
            await asyncio.wait({task}, timeout=LOOK_S)
        await task
        yield self._ended[subject]

    async def _run(self, subject: Subject, plan: TrainingPlan, wish: Wish) -> None:
        self._ended[subject] = await asyncio.to_thread(self._tried, subject, plan, wish)

    def _tried(self, subject: Subject, plan: TrainingPlan, wish: Wish) -> Trial:
        def say(doing: str) -> None:
            self._doing[subject] = Trial(wish, doing)

        try:
            rubric = self.actions.rubric_of_data(plan.dataset_id).as_yaml()
            request = NeedRequest(rubric=rubric, limit=wish.limit, system_prompt=wish.system_prompt)
            return Trial(wish, found=self.actions.need_for_training(plan, request, say))
        except DuotuneError as error:
            return Trial(wish, error=error)
