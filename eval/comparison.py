"""Ask base and tuned the same held-out questions, many at a time, and keep what each answered."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import ValidationError

from core.data import splitting
from core.data.identity import SharedAnswers, group_key
from core.data.records import Example, Split
from core.errors import RunError, ServingError
from core.serving import chat
from core.serving.records import Endpoint, Generation, Sampling
from core.training.plan import TrainingPlan
from core.workspace import Workspace
from eval.records import Answer, Comparison, Sample, Side

if TYPE_CHECKING:
    from openai import AsyncOpenAI

SIDES: tuple[Side, Side] = ("base", "tuned")
GIVE_UP_AFTER = 12
"""Samples in a row without any answer: the engine is gone, and asking on would only wait."""

Done = Callable[[Comparison], None]


def split_of(workspace: Workspace, plan: TrainingPlan) -> Split:
    """The frozen split that a run was trained with.

    Raises RunError when the data's split is another one now: rows might have been trained on.
    """
    split = splitting.frozen_split(workspace, plan.dataset_id)
    if split.fingerprint != plan.split_fingerprint:
        raise RunError(
            "The data's split is not the one this run was trained with, so held-out rows may have "
            "been trained on.",
            plan.dataset_id,
            "Train again with the split as it is now.",
        )
    return split


def samples(
    examples: Iterable[Example],
    split: Split,
    part: Literal["train", "validation", "test"] = "test",
) -> tuple[Sample, ...]:
    """The questions of a part in file order, with the answers that the data gives.

    Preference pairs that share the chosen answer ask one question.
    """
    wanted = set({"train": split.train, "validation": split.validation, "test": split.test}[part])
    pairs = SharedAnswers()
    return tuple(
        Sample(
            id=example.id,
            row=example.row,
            group=group_key(example.conversation),
            prompt=example.conversation.prompt,
            reference=example.conversation.reference,
            tags=example.tags,
        )
        for example in examples
        if example.id in wanted and not pairs.repeats(example)
    )


def choose(found: Sequence[Sample], limit: int | None, seed: int) -> tuple[Sample, ...]:
    """All samples, or `limit` of them drawn with a seed; in file order either way."""
    if limit is None or limit >= len(found):
        return tuple(found)
    drawn = random.Random(seed).sample(range(len(found)), limit)
    return tuple(found[index] for index in sorted(drawn))


async def compare(
    samples: Sequence[Sample],
    base: Endpoint,
    tuned: Endpoint,
    sampling: Sampling,
    concurrency: int = 8,
    done: Done | None = None,
) -> list[Comparison]:
    """Both sides' answers to every sample, `concurrency` questions under way at once.

    `done` is told each comparison as it is finished. A question that fails is recorded with its
    error. Raises ServingError when the endpoints stop answering altogether.
    """
    pending = iter(turns(samples))
    answered: dict[int, dict[Side, Answer]] = {}
    finished: dict[int, Comparison] = {}
    silent: list[Comparison] = []

    async def work(pair: _Pair) -> None:
        for index, sample, side in pending:
            if len(silent) >= GIVE_UP_AFTER:
                return
            answers = answered.setdefault(index, {})
            answers[side] = await pair.ask(sample, side)
            if len(answers) < len(SIDES):
                continue
            comparison = Comparison(sample=sample, base=answers["base"], tuned=answers["tuned"])
            silent.append(comparison)
            if not (comparison.base.error and comparison.tuned.error):
                silent.clear()
            finished[index] = comparison
            if done:
                done(comparison)

    async with (
        chat.open_client(base) as to_base,
        chat.open_client(tuned) as to_tuned,
        asyncio.TaskGroup() as workers,
    ):
        pair = _Pair(base, tuned, sampling, to_base, to_tuned)
        for _ in range(min(max(concurrency, 1), len(SIDES) * len(samples))):
            workers.create_task(work(pair))
    if silent and (len(silent) >= GIVE_UP_AFTER or len(silent) == len(samples)):
        raise ServingError(
            f"The last {len(silent)} questions got no answer from either side: "
            f"{silent[-1].base.error}",
            base.base_url,
            "Go on with the evaluation: answers that it has are kept.",
        )
    return [finished[index] for index in sorted(finished)]


class _Pair(NamedTuple):
    """Both endpoints with their open clients."""

    base: Endpoint
    tuned: Endpoint
    sampling: Sampling
    to_base: AsyncOpenAI
    to_tuned: AsyncOpenAI

    async def ask(self, sample: Sample, side: Side) -> Answer:
        endpoint = self.base if side == "base" else self.tuned
        client = self.to_base if side == "base" else self.to_tuned
        return as_answer(await chat.complete(endpoint, sample.prompt, self.sampling, client))


def turns(samples: Sequence[Sample]) -> Iterator[tuple[int, Sample, Side]]:
    """Each side of each question by itself, so that no place in the line waits for the other side.

    Base comes first on every other question: neither is always the one that waits.
    """
    for index, sample in enumerate(samples):
        for side in SIDES if index % 2 == 0 else reversed(SIDES):
            yield index, sample, side


def as_answer(generation: Generation) -> Answer:
    """A finished generation as the record that is scored."""
    error = generation.error
    if error is None and generation.finish_reason == "abort":
        error = "it was stopped before it was complete"
    return Answer(
        text=None if error and not generation.text else generation.text,
        finish_reason=generation.finish_reason,
        tokens=generation.tokens,
        first_token_s=generation.first_token_s,
        tokens_per_s=generation.tokens_per_s,
        error=error,
    )


def kept(path: Path, wanted: Sequence[Sample]) -> dict[str, Comparison]:
    """Complete comparisons of an earlier attempt by sample id; failed ones are asked again.

    A line that a killed program left half-written is passed over, and its sample asked again.
    """
    known = {sample.id: sample for sample in wanted}
    found = {}
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            comparison = Comparison.model_validate_json(line)
        except ValidationError:
            continue
        complete = not (comparison.base.error or comparison.tuned.error)
        if complete and known.get(comparison.sample.id) == comparison.sample:
            found[comparison.sample.id] = comparison
    return found
