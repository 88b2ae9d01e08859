"""Ask a judge one question until it gives a readable reply, or it is plain that it will not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from eval.judge.cache import KeptReply
from eval.judge.client import JudgeClient, Told, Trouble
from eval.judge.pace import Pace
from eval.judge.prompt import UNSURE, Question, response_format
from eval.judge.reply import Reply, parse, soft_value

ATTEMPTS = 3
"""Replies asked for at most; the last one without a grammar."""
MOST_TIMEOUTS = 2
"""A question that was not answered in time so often is not asked again."""
MOST_RESTS = 6
"""Times that a question is asked of an endpoint that is busy, each after a longer rest."""
BUDGET = 400
"""Tokens for the first reply; a reply that is cut gets twice as many the next time."""
THINKING_BUDGET = 4096
"""After a reply that was cut while the judge was thinking."""
SEED = 7
SAMPLING = {"temperature": 0, "seed": SEED}
TOP_LOGPROBS = 20
FIRST_REST_S = 0.25
"""After a failure; each further one doubles it."""


@dataclass
class Traffic:
    """What went over the network so far."""

    calls: int = 0
    tokens_in: int | None = 0
    tokens_out: int | None = 0

    def add(self, tokens_in: int | None, tokens_out: int | None) -> None:
        """Tokens of one reply; once one is not counted, the sum is not known."""
        self.tokens_in = _sum(self.tokens_in, tokens_in)
        self.tokens_out = _sum(self.tokens_out, tokens_out)


class Asked(NamedTuple):
    """What became of one question."""

    kept: KeptReply | None
    """The readable reply; None when there is none."""
    raw: str
    trouble: Trouble
    words: str
    attempts: int
    seconds: float
    silent: bool
    """Whether no attempt brought anything that a model wrote."""
    cached: bool = False


class Asker:
    """Asks one endpoint, at its pace; it remembers which fields the endpoint refuses."""

    def __init__(self, client: JudgeClient, model: str, pace: Pace, soft: bool = False) -> None:
        self.traffic = Traffic()
        self.pace = pace
        self.rest_s = FIRST_REST_S
        self._client, self._model, self._soft = client, model, soft
        self._refused: set[str] = set()

    async def ask(self, question: Question) -> Asked:
        """Up to three times: with more tokens after a cut, at last without a grammar."""
        began, budget, silent = time.monotonic(), BUDGET, True
        told, timeouts, attempt = Told(), 0, 0
        used = Traffic()
        for attempt in range(1, ATTEMPTS + 1):
            told = await self._call(question, budget, grammar=attempt < ATTEMPTS)
            silent = silent and not told.answered
            if told.answered:
                used.add(told.tokens_in, told.tokens_out)
            reply = parse(told.text, question.shape, question.sources) if told.answered else None
            if reply and told.trouble != "refused":
                seconds = round(time.monotonic() - began, 3)
                soft = self._soft_value(told, question, reply)
                kept = KeptReply(
                    reply=reply, raw=told.text, attempts=attempt, seconds=seconds,
                    tokens_in=used.tokens_in, tokens_out=used.tokens_out, soft=soft,
                )  # fmt: skip
                return Asked(kept, told.text, "", "", attempt, seconds, silent=False)
            timeouts += told.trouble == "timeout"
            if timeouts == MOST_TIMEOUTS or told.trouble == "busy":
                break
            budget = _next_budget(budget, told)
            await self._rest(told, attempt)
        return _failed(told, attempt, time.monotonic() - began, silent)

    async def _call(self, question: Question, budget: int, grammar: bool) -> Told:
        """One attempt; an endpoint that is busy is left alone for a while, and asked again."""
        told = Told()
        for rest in range(MOST_RESTS):
            async with self.pace as began:
                self.traffic.calls += 1
                told = await self._client.ask(self._fields(question, budget, grammar))
            if told.trouble == "busy":
                self.pace.slower(began, _or(told.rest_s, self.rest_s * 2**rest))
                continue
            break
        if told.trouble == "timeout":
            self.pace.slower(began)
        elif told.answered:
            self.pace.went_well()
            self.traffic.add(told.tokens_in, told.tokens_out)
        self._refused |= told.refused_fields
        return told

    def _fields(self, question: Question, budget: int, grammar: bool) -> Mapping[str, Any]:
        fields: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": "user", "content": question.text}],
            "max_tokens": budget,
            **SAMPLING,
        }
        if grammar:
            fields["response_format"] = response_format(question.shape)
        if self._soft and "logprobs" not in self._refused:
            fields |= {"logprobs": True, "top_logprobs": TOP_LOGPROBS}
        if "max_tokens" in self._refused:
            fields["max_completion_tokens"] = budget
        if self._refused:
            fields = {name: value for name, value in fields.items() if name not in self._refused}
        return fields

    def _soft_value(self, told: Told, question: Question, reply: Reply) -> float | None:
        asked = self._soft and question.shape.field in ("met", "level") and reply.value != UNSURE
        return soft_value(told.tokens, question.shape) if asked else None

    async def _rest(self, told: Told, attempt: int) -> None:
        """An endpoint that fails is given a moment; one that wrote nonsense needs none."""
        fails = told.trouble in ("error", "unreachable") and not told.refused_fields
        if fails and attempt < ATTEMPTS:
            await asyncio.sleep(self.rest_s * 2 ** (attempt - 1))


def _next_budget(budget: int, told: Told) -> int:
    if told.trouble == "truncated":
        return THINKING_BUDGET if told.thought else 2 * BUDGET
    return budget // 2 if told.trouble == "too_long" else budget


def _failed(told: Told, attempts: int, seconds: float, silent: bool) -> Asked:
    trouble, words = told.trouble, told.words
    if not trouble:
        trouble, words = "invalid", "its reply is not the JSON that was asked for"
    return Asked(None, told.text, trouble, words, attempts, round(seconds, 3), silent)


def _sum(total: int | None, more: int | None) -> int | None:
    return None if total is None or more is None else total + more


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
