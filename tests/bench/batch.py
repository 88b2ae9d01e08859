"""Tokens per second of an evaluation's and a batch's questions against direct calls."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from statistics import median
from typing import Any

from openai import AsyncOpenAI

from core.actions import Actions
from core.comparing.answering import Answered, Lanes, answer_all, missing
from core.comparing.cache import open_cache
from core.data.examples import SUPPORT_DESK
from core.serving.contenders import Contender, Lane
from core.serving.records import Pair, Sampling
from core.settings import Settings
from core.training.plan_changes import PlanChanges
from core.workspace import Workspace
from eval.questions import as_items
from eval.records import Answer, Sample
from ui.terminal_follow import follow_run
from ui.terminal_output import Terminal

CONCURRENCY = 8
ROUNDS = 4
SAMPLING = Sampling(max_tokens=64)


def measure(home: Path) -> dict[str, object]:
    """Median tokens/s of both ways over alternating rounds, after one round of warm-up."""
    actions = Actions(Workspace.open(home), Settings(home=home))
    dataset = actions.import_data(SUPPORT_DESK)
    plan = actions.propose_plan(dataset.id, PlanChanges(base_model="starter", max_steps=20)).plan
    run = follow_run(actions, actions.start_training(plan).id, Terminal(as_json=True))
    pair = actions.open_pair(run.id)
    samples = list(actions.samples(dataset.id))
    try:
        return rounds(actions, pair, samples)
    finally:
        actions.stop_engine()


def rounds(actions: Actions, pair: Pair, samples: list[Sample]) -> dict[str, object]:
    """Each way in turn, in another order every round, after one round of warm-up."""
    ways: dict[str, Callable[[], Coroutine[Any, Any, int]]] = {
        "comparison": lambda: _ours(actions, pair, samples),
        "batch": lambda: _batch(actions, pair, samples),
        "direct": lambda: _direct(pair, samples),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    asyncio.run(_ours(actions, pair, samples))
    for number in range(ROUNDS):
        for name in list(ways) if number % 2 else reversed(ways):
            began = time.perf_counter()
            tokens = asyncio.run(ways[name]())
            found[name].append(tokens / (time.perf_counter() - began))
    direct = median(found["direct"])
    return {
        **{f"tokens_per_s_{name}": round(median(each), 1) for name, each in found.items()},
        "ratio": round(median(found["comparison"]) / direct, 3),
        "ratio_batch": round(median(found["batch"]) / direct, 3),
        "questions_a_round": 2 * len(samples),
        "rounds": ROUNDS,
    }


async def _ours(actions: Actions, pair: Pair, samples: list[Sample]) -> int:
    comparisons = await actions.compare_samples(pair, samples, SAMPLING)
    return sum(_tokens(one.base) + _tokens(one.tuned) for one in comparisons)


async def _batch(actions: Actions, pair: Pair, samples: list[Sample]) -> int:
    """The same questions as a batch asks them, with every answer kept, and none had before."""
    items, had = as_items(samples), list[Answered]()
    who = (Contender(kind="base", name="starter"), Contender(kind="run", name=pair.run_id))
    lanes = tuple(
        Lane(contender=one, title=one.name, endpoint=endpoint)
        for one, endpoint in zip(who, (pair.base, pair.tuned), strict=True)
    )
    alone = secrets.token_hex(8)
    asked = Lanes(lanes, tuple(f"{alone} {one.key}" for one in who), SAMPLING)
    with open_cache(actions.workspace.root / "bench.sqlite") as cache:
        await answer_all(missing(items, 2, {}), asked, cache, CONCURRENCY, had.append)
    return sum(one.generation.tokens or 0 for one in had)


def _tokens(answer: Answer) -> int:
    if answer.tokens is None:
        raise RuntimeError(f"the server did not count tokens: {answer.error}")
    return answer.tokens


async def _direct(pair: Pair, samples: list[Sample]) -> int:
    """The same questions with the plain client, as many at a time, each model after the other."""
    gate = asyncio.Semaphore(CONCURRENCY)
    key = pair.base.api_key.get_secret_value()
    async with AsyncOpenAI(base_url=pair.base.base_url, api_key=key) as client:

        async def ask(sample: Sample) -> int:
            messages: list[Any] = [message.as_openai() for message in sample.prompt]
            used = 0
            async with gate:
                for model in (pair.base.model, pair.tuned.model):
                    reply = await client.chat.completions.create(
                        model=model,
                        messages=messages,
                        max_tokens=SAMPLING.max_tokens,
                        temperature=SAMPLING.temperature,
                        seed=SAMPLING.seed,
                    )
                    used += reply.usage.completion_tokens if reply.usage else 0
            return used

        return sum(await asyncio.gather(*(ask(sample) for sample in samples)))
