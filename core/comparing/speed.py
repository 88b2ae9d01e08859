"""How fast contenders answer, and what their engines hold: the same questions, one at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from statistics import median, quantiles

from pydantic import ValidationError

from core.comparing.clients import Clients
from core.comparing.engine_facts import EngineFacts, engines_of
from core.comparing.folder import ComparingFolder
from core.comparing.prompts import Item
from core.disk import write_atomic
from core.errors import RunError
from core.identifiers import new_id, now
from core.messages import Record
from core.serving import chat
from core.serving.contenders import Lane
from core.serving.records import Generation, Sampling
from core.settings import Settings
from core.workspace import Workspace

QUESTIONS = 20
MAX_TOKENS = 64
FOR_P95, FOR_P99 = 20, 100
"""Answers from which a percentile is more than the slowest one."""


class Spread(Record):
    """A measured figure over several answers."""

    n: int
    p50: float
    low: float
    """First quartile."""
    high: float
    """Third quartile."""
    p95: float | None = None
    """None for fewer than FOR_P95 answers."""
    p99: float | None = None
    """None for fewer than FOR_P99 answers."""


class LaneSpeed(Record):
    """One contender's figures; None is not measured."""

    title: str
    answers: int
    """Whole ones."""
    failed: int
    first_s: Spread | None
    """Seconds from request to first text (TTFT)."""
    per_token_s: Spread | None
    """Seconds per token after the first one (TPOT)."""
    tokens_per_s: Spread | None
    answer_s: Spread | None
    """Seconds for a whole answer."""
    tokens: Spread | None
    cost: float | None = None
    """Of 1,000 such answers one after another, at the machine's price; None without a price."""


class Ratio(Record):
    """A contender against the first one, question by question; 1 is the same, above is slower."""

    title: str
    first_s: Spread | None
    per_token_s: Spread | None


class Speed(Record):
    """One measurement."""

    id: str
    at: str
    """ISO time, UTC."""
    run_id: str
    questions: int
    sampling: Sampling
    currency: str = ""
    lanes: tuple[LaneSpeed, ...]
    ratios: tuple[Ratio, ...]
    """Of every contender but the first against the first."""
    engines: tuple[EngineFacts, ...]


class SpeedProgress(Record):
    """How far a measurement is; the last one has the result."""

    done: int
    total: int
    result: Speed | None = None


Taken = dict[tuple[int, int], Generation]
"""Answers by question and contender."""


async def measure(
    workspace: Workspace, settings: Settings, lanes: Sequence[Lane], items: Sequence[Item],
    clients: Clients, run_id: str = "",
) -> AsyncIterator[SpeedProgress]:  # fmt: skip
    """Ask everybody the same questions, one request at a time, and keep what it took.

    Each is asked one question more first, which does not count: the first one warms up. Who goes
    first alternates. Raises RunError when there are no questions.
    """
    if not items:
        raise RunError("There is no question to measure with.", fix="Choose data or a file.")
    sampling = Sampling(max_tokens=MAX_TOKENS)
    total, taken = len(items) * len(lanes), Taken()
    for lane in lanes:
        await _answer(lane, items[0], sampling, clients)
    for number, item in enumerate(items):
        order = range(len(lanes)) if number % 2 == 0 else reversed(range(len(lanes)))
        for which in order:
            taken[number, which] = await _answer(lanes[which], item, sampling, clients)
            yield SpeedProgress(done=len(taken), total=total)
    result = Speed(
        id=new_id("spd"),
        at=now(),
        run_id=run_id,
        questions=len(items),
        sampling=sampling,
        currency=settings.gpu_currency if settings.gpu_price is not None else "",
        lanes=tuple(
            _lane(lane.title, _of(taken, which), settings.gpu_price)
            for which, lane in enumerate(lanes)
        ),
        ratios=tuple(
            _ratio(lanes[which].title, _of(taken, 0), _of(taken, which))
            for which in range(1, len(lanes))
        ),
        engines=engines_of(workspace, lanes),
    )
    write_atomic(ComparingFolder.of(workspace).speed(result.id), result.model_dump_json(indent=1))
    yield SpeedProgress(done=total, total=total, result=result)


def list_speeds(workspace: Workspace) -> tuple[Speed, ...]:
    """All readable measurements, newest first."""
    found = []
    for path in sorted(ComparingFolder.of(workspace).speeds.glob("spd-*.json"), reverse=True):
        try:
            found.append(Speed.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError):
            continue
    return tuple(found)


async def _answer(lane: Lane, item: Item, sampling: Sampling, clients: Clients) -> Generation:
    """A whole answer, token by token as a person would see it."""
    client = await clients.of(lane.endpoint)
    last = Generation(text="", done=True, error="not asked")
    async for generation in chat.stream(lane.endpoint, item.messages, sampling, client):
        last = generation
    return last


def _of(taken: Taken, which: int) -> list[Generation]:
    return [answer for (_, asked), answer in sorted(taken.items()) if asked == which]


def _lane(title: str, answers: Sequence[Generation], price: float | None) -> LaneSpeed:
    whole = [answer for answer in answers if answer.error is None]
    lasted = _spread([_seconds(answer) for answer in whole])
    mean = [seconds for answer in whole if (seconds := _seconds(answer)) is not None]
    cost = None
    if price is not None and mean:
        cost = price / 3600 * 1000 * sum(mean) / len(mean)
    return LaneSpeed(
        title=title,
        answers=len(whole),
        failed=len(answers) - len(whole),
        first_s=_spread([answer.first_token_s for answer in whole]),
        per_token_s=_spread([_per_token(answer) for answer in whole]),
        tokens_per_s=_spread([answer.tokens_per_s for answer in whole]),
        answer_s=lasted,
        tokens=_spread([answer.tokens for answer in whole]),
        cost=cost,
    )


def _ratio(title: str, first: Sequence[Generation], other: Sequence[Generation]) -> Ratio:
    pairs = [
        (one, two)
        for one, two in zip(first, other, strict=True)
        if one.error is None and two.error is None
    ]
    return Ratio(
        title=title,
        first_s=_spread([_quotient(two.first_token_s, one.first_token_s) for one, two in pairs]),
        per_token_s=_spread([_quotient(_per_token(two), _per_token(one)) for one, two in pairs]),
    )


def _quotient(value: float | None, by: float | None) -> float | None:
    return value / by if value is not None and by else None


def _per_token(answer: Generation) -> float | None:
    return 1 / answer.tokens_per_s if answer.tokens_per_s else None


def _seconds(answer: Generation) -> float | None:
    """From request to last text; of an answer of one token that is the first."""
    if answer.first_token_s is None or answer.tokens is None:
        return None
    if answer.tokens <= 1:
        return answer.first_token_s
    per_token = _per_token(answer)
    return answer.first_token_s + per_token * (answer.tokens - 1) if per_token else None


def _spread(values: Sequence[float | None]) -> Spread | None:
    """Median, quartiles and percentiles of what was measured; None where nothing was."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    if len(known) == 1:
        return Spread(n=1, p50=known[0], low=known[0], high=known[0])
    low, _, high = quantiles(known, n=4, method="inclusive")
    hundredths = quantiles(known, n=100, method="inclusive")
    return Spread(
        n=len(known),
        p50=median(known),
        low=low,
        high=high,
        p95=hundredths[94] if len(known) >= FOR_P95 else None,
        p99=hundredths[98] if len(known) >= FOR_P99 else None,
    )
