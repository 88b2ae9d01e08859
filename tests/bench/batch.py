"""Tokens per second of the batch comparison against direct calls to the same vLLM server."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from statistics import median
from typing import Any

from openai import AsyncOpenAI

from core.actions import Actions
from core.data.examples import SUPPORT_DESK
from core.serving.records import Pair, Sampling
from core.settings import Settings
from core.training.plan_changes import PlanChanges
from core.workspace import Workspace
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
    ours: list[float] = []
    direct: list[float] = []
    try:
        asyncio.run(_ours(actions, pair, samples))
        for number in range(ROUNDS):
            for found, way in ((ours, 0), (direct, 1)) if number % 2 else ((direct, 1), (ours, 0)):
                began = time.perf_counter()
                tokens = asyncio.run(
                    _direct(pair, samples) if way else _ours(actions, pair, samples)
                )
                found.append(tokens / (time.perf_counter() - began))
    finally:
        actions.stop_engine()
    return {
        "tokens_per_s_comparison": round(median(ours), 1),
        "tokens_per_s_direct": round(median(direct), 1),
        "ratio": round(median(ours) / median(direct), 3),
        "questions_a_round": 2 * len(samples),
        "rounds": ROUNDS,
    }


async def _ours(actions: Actions, pair: Pair, samples: list[Sample]) -> int:
    comparisons = await actions.compare_samples(pair, samples, SAMPLING)
    return sum(_tokens(one.base) + _tokens(one.tuned) for one in comparisons)


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
