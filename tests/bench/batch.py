"""What Duotune adds to its model server: tokens per second of many questions, and time to first
text side by side, against plain HTTP calls with the same questions, as many at a time.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import psutil

from core.actions import Actions
from core.comparing.answering import Answered, Lanes, answer_all, missing
from core.comparing.cache import open_cache
from core.data.examples import SUPPORT_DESK
from core.processes import group_members
from core.serving.contenders import Contender, Lane
from core.serving.records import Engine, Pair, Sampling
from core.settings import Settings
from core.training.plan_changes import PlanChanges
from core.workspace import Workspace
from eval.questions import as_items
from eval.records import Answer, Sample
from tests.bench import direct, first_text
from tests.bench.direct import Asked
from ui.terminal_follow import follow_run
from ui.terminal_output import Terminal

CONCURRENCY = 8
ROUNDS = 4
QUESTIONS = 40
SAMPLING = Sampling(max_tokens=64)


class Round(NamedTuple):
    """What one round of one way took."""

    speed: float
    """Tokens a second."""
    client_ms: float
    """Processor time of this process an answer."""
    engine_ms: float
    """The same of the engine."""


Way = Callable[[], Coroutine[Any, Any, int]]


def measure(home: Path) -> dict[str, object]:
    """Medians over alternating rounds, after one of warm-up, each round beside its direct one."""
    actions = Actions(Workspace.open(home), Settings(home=home))
    dataset = actions.import_data(SUPPORT_DESK)
    plan = actions.propose_plan(dataset.id, PlanChanges(base_model="starter", max_steps=20)).plan
    run = follow_run(actions, actions.start_training(plan).id, Terminal(as_json=True))
    pair = actions.open_pair(run.id)
    samples = list(actions.samples(dataset.id))[:QUESTIONS]
    try:
        return measured(actions, pair, samples)
    finally:
        actions.stop_engine()


def measured(actions: Actions, pair: Pair, samples: list[Sample]) -> dict[str, object]:
    """Throughput, then first text, over an engine that runs."""
    return {
        **rounds(actions, pair, samples),
        **first_text.measure(actions, lanes_of(pair), [sample.prompt for sample in samples]),
    }


def lanes_of(pair: Pair) -> tuple[Lane, ...]:
    """Both sides as the compare room and a batch have them."""
    who = (Contender(kind="base", name="starter"), Contender(kind="run", name=pair.run_id))
    return tuple(
        Lane(contender=one, title=one.name, endpoint=endpoint)
        for one, endpoint in zip(who, (pair.base, pair.tuned), strict=True)
    )


def rounds(actions: Actions, pair: Pair, samples: list[Sample]) -> dict[str, object]:
    """Each way in turn, in the reverse order every other round."""
    asked = [Asked(side, sample.prompt) for sample in samples for side in (pair.base, pair.tuned)]
    ways: dict[str, Way] = {
        "comparison": lambda: _ours(actions, pair, samples),
        "batch": lambda: _batch(actions, pair, samples),
        "direct": lambda: direct.all_of(asked, SAMPLING, CONCURRENCY, direct.whole),
        "direct_streamed": lambda: direct.all_of(asked, SAMPLING, CONCURRENCY, direct.streamed),
    }
    engine = actions.engine()
    if engine is None:
        raise RuntimeError("the engine has stopped")
    found: dict[str, list[Round]] = {name: [] for name in ways}
    for way in ways.values():
        asyncio.run(way())
    for number in range(ROUNDS):
        for name in list(ways) if number % 2 else reversed(ways):
            found[name].append(_round(ways[name], engine, len(asked)))
    return {
        "tokens_per_s": {name: [one.speed for one in each] for name, each in found.items()},
        "ratio": _ratio(found, "comparison", "direct"),
        "ratio_batch": _ratio(found, "batch", "direct"),
        "ratio_batch_streamed": _ratio(found, "batch", "direct_streamed"),
        "cpu_ms_an_answer": {
            name: {
                "client": round(median(one.client_ms for one in each), 2),
                "engine": round(median(one.engine_ms for one in each), 1),
            }
            for name, each in found.items()
        },
        "answers_a_round": len(asked),
    }


def _round(way: Way, engine: Engine, answers: int) -> Round:
    served, used, began = _cpu_s(engine), time.process_time(), time.perf_counter()
    tokens = asyncio.run(way())
    seconds = time.perf_counter() - began
    client_ms = (time.process_time() - used) / answers * 1000
    return Round(round(tokens / seconds, 1), client_ms, (_cpu_s(engine) - served) / answers * 1000)


def _cpu_s(engine: Engine) -> float:
    """Processor seconds that the engine's processes have used."""
    times = [psutil.Process(pid).cpu_times() for pid in group_members(engine.process)]
    return sum(one.user + one.system for one in times)


def _ratio(found: dict[str, list[Round]], ours: str, theirs: str) -> float:
    """Median of the rounds' own ratios of tokens a second."""
    pairs = zip(found[ours], found[theirs], strict=True)
    return round(median(a.speed / b.speed for a, b in pairs), 3)


async def _ours(actions: Actions, pair: Pair, samples: list[Sample]) -> int:
    comparisons = await actions.compare_samples(pair, samples, SAMPLING)
    return sum(_tokens(one.base) + _tokens(one.tuned) for one in comparisons)


async def _batch(actions: Actions, pair: Pair, samples: list[Sample]) -> int:
    """The same questions as a batch asks them, with every answer kept, and none had before."""
    items, had = as_items(samples), list[Answered]()
    lanes, alone = lanes_of(pair), secrets.token_hex(8)
    asked = Lanes(lanes, tuple(f"{alone} {lane.contender.key}" for lane in lanes), SAMPLING)
    with open_cache(actions.workspace.root / "bench.sqlite") as cache:
        await answer_all(missing(items, 2, {}), asked, cache, CONCURRENCY, had.append)
    return sum(one.generation.tokens or 0 for one in had)


def _tokens(answer: Answer) -> int:
    if answer.tokens is None:
        raise RuntimeError(f"the server did not count tokens: {answer.error}")
    return answer.tokens
