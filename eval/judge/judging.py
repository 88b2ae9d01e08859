"""Ask a language model whether an answer meets a criterion, and count only what it clearly says.

A reply that can't be used leaves the sample unscored; it never becomes "not met".
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections import Counter
from dataclasses import dataclass, field

from core.disk import sha256_text
from core.settings import EndpointSetting
from eval.checks.deciding import missing_reason, spoken
from eval.judge.address import without_address
from eval.judge.asking import SAMPLING, Asked, Asker
from eval.judge.cache import ReplyCache
from eval.judge.client import JudgeClient, host_of, is_local
from eval.judge.pace import Pace
from eval.judge.prompt import UNSURE, VERSION, Material, Question, pair_question
from eval.judge.reply import is_quoted
from eval.records import Answer, JudgeCall, Outcome, Sample, Side, Verdict
from eval.rubric.rubrics import Criterion

TIMEOUT_S = 60.0
AT_ONCE_HERE, AT_ONCE_ELSEWHERE = 8, 4
"""Questions under way at once, for an endpoint on this machine and for any other."""
NO_JUDGE = "no judge endpoint is set"
SWAYED = (
    "The answer speaks to its grader, and the judge's verdict changes when those words are taken "
    "out, so it is not counted."
)
MIDDLE = 0.5
"""Share of a scale above which its criterion is called met."""
AGAIN = "again"
"""Makes the key of a question that is asked once more to see whether its verdict flips."""
REMEMBERED = 256
"""Answers whose long part is kept put together; all criteria of one are asked close together."""


@dataclass
class Counts:
    """How the judge did so far."""

    cached: int = 0
    misquoted: int = 0
    swayed: int = 0
    addressed: set[tuple[str, Side]] = field(default_factory=set)
    """Answers that speak to a grader, by sample and side."""
    troubles: Counter[str] = field(default_factory=Counter)
    """Why questions got no verdict, by kind."""


class Judge:
    """A judge endpoint; opened once per evaluation by `async with`."""

    def __init__(
        self,
        endpoint: EndpointSetting,
        timeout_s: float | None = None,
        cache: ReplyCache | None = None,
        at_once: int | None = None,
        soft: bool = False,
    ) -> None:
        self.endpoint = endpoint
        self.at_once = at_once or (AT_ONCE_HERE if is_local(endpoint) else AT_ONCE_ELSEWHERE)
        self.counts = Counts()
        self._client = JudgeClient(endpoint, timeout_s or TIMEOUT_S, self.at_once)
        self.asker = Asker(self._client, endpoint.model, Pace(self.at_once), soft)
        self._cache = cache
        self._secret = secrets.token_bytes(16)
        self._under_way: dict[str, asyncio.Future[Asked]] = {}
        self._materials: dict[tuple[str, str, bool], Material] = {}
        self._asked_of = "\0".join(
            [endpoint.model, host_of(endpoint), json.dumps(SAMPLING), VERSION, str(soft)]
        )

    async def __aenter__(self) -> Judge:
        await self._client.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def served(self) -> str:
        """What the endpoint says of the weights that it serves under the judge's name."""
        return await self._client.served()

    async def judge(
        self,
        criterion: Criterion,
        sample: Sample,
        answer: Answer,
        side: Side,
        again: bool = False,
    ) -> Verdict:
        """Whether an answer meets a criterion; the judge is not told which side gave it.

        `again` asks anew what was asked before, to see whether the verdict is the same.
        """
        if reason := missing_reason(answer):
            return _verdict(criterion, sample, side, reason, "unscored", None)
        text = spoken(answer.text or "")
        material = self._material(sample, text, again)
        question = material.question(criterion)
        asked = await self._quoted(question, again)
        swayed = False
        if material.unaddressed is not None:
            self.counts.addressed.add((sample.id, side))
            other = self._material(sample, material.unaddressed, again).question(criterion)
            asked, swayed = _both(asked, await self._quoted(other, again))
        call = self._call(question, asked, swayed)
        if not again:
            self._count(call)
        reason, outcome, level = _decided(criterion, asked, swayed)
        return _verdict(criterion, sample, side, reason, outcome, call, level)

    async def ask_pair(self, sample: Sample, first: str, second: str) -> Asked:
        """Which of two answers is better, in this order, without words to a grader."""
        plain = [
            w if (w := without_address(text)) is not None else text for text in (first, second)
        ]
        return await self._ask(pair_question(sample, plain[0], plain[1], self._mark(sample)))

    def _material(self, sample: Sample, text: str, again: bool) -> Material:
        key = (sample.id, text, again)
        if (found := self._materials.get(key)) is None:
            found = Material(sample, text, self._mark(sample, again))
            if len(self._materials) >= REMEMBERED:
                self._materials.pop(next(iter(self._materials)))
            self._materials[key] = found
        return found

    def _mark(self, sample: Sample, again: bool = False) -> str:
        """A mark that nobody can guess, the same for all questions on one sample.

        What is asked again has another: a verdict that hangs on it would flip.
        """
        told = f"{sample.id}\0{again}".encode()
        return hashlib.blake2b(told, key=self._secret, digest_size=8).hexdigest()

    async def _quoted(self, question: Question, again: bool = False) -> Asked:
        """Ask; evidence that does not stand in the answer is asked for once more."""
        asked = await self._ask(question, again)
        if (
            asked.kept is None
            or is_quoted(asked.kept.reply.evidence, question.sources) is not False
        ):
            return asked
        other = await self._ask(question.asked_again(asked.kept.reply.evidence), again)
        if other.kept is None or is_quoted(other.kept.reply.evidence, question.sources) is False:
            return asked
        return other

    async def _ask(self, question: Question, again: bool = False) -> Asked:
        """The reply an equal question was given before, or a new one, kept at once.

        Two equal questions at the same time are one call.
        """
        key = sha256_text(f"{self._asked_of}\0{question.unmarked}{AGAIN if again else ''}")
        if (waiting := self._under_way.get(key)) is not None:
            return await asyncio.shield(waiting)
        if self._cache and (kept := self._cache.get(key)):
            self.counts.cached += 1
            self.asker.traffic.add(kept.tokens_in, kept.tokens_out)
            return Asked(kept, kept.raw, "", "", kept.attempts, kept.seconds, False, cached=True)
        future = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            asked = await self.asker.ask(question)
            if asked.kept and self._cache:
                self._cache.put(key, asked.kept)
            future.set_result(asked)
            return asked
        except BaseException:
            future.cancel()
            raise
        finally:
            del self._under_way[key]

    def _call(self, question: Question, asked: Asked, swayed: bool) -> JudgeCall:
        kept = asked.kept
        evidence = kept.reply.evidence if kept else ""
        return JudgeCall(
            model=self.endpoint.model,
            prompt_hash=question.unmarked,
            replied=kept is not None,
            attempts=asked.attempts,
            seconds=asked.seconds,
            raw=asked.raw,
            evidence=evidence,
            evidence_found=is_quoted(evidence, question.sources),
            cached=asked.cached,
            tokens_in=kept.tokens_in if kept else None,
            tokens_out=kept.tokens_out if kept else None,
            path=kept.reply.path if kept else "",
            trouble="swayed" if swayed else _trouble(asked),
            soft=kept.soft if kept and not swayed else None,
        )

    def _count(self, call: JudgeCall) -> None:
        if call.trouble:
            self.counts.troubles[call.trouble] += 1
        self.counts.swayed += call.trouble == "swayed"
        self.counts.misquoted += call.evidence_found is False


def unjudged(criterion: Criterion, sample: Sample, side: Side, why: str = NO_JUDGE) -> Verdict:
    """The verdict when a criterion needs a judge and there is none."""
    return _verdict(criterion, sample, side, f"Not judged: {why}.", "unscored", None)


def _misquotes(asked: Asked, question: Question) -> bool:
    found = is_quoted(asked.kept.reply.evidence, question.sources) if asked.kept else None
    return found is False


def _unaddressed(text: str) -> str:
    plain = without_address(text)
    return text if plain is None else plain


def _both(with_words: Asked, without: Asked) -> tuple[Asked, bool]:
    """Of an answer that speaks to its grader: the reply that counts, and whether it was swayed."""
    if with_words.kept is None or without.kept is None:
        return (with_words if with_words.kept is None else without), False
    return with_words, with_words.kept.reply.value != without.kept.reply.value


def _trouble(asked: Asked) -> str:
    if asked.kept is None:
        return asked.trouble
    return UNSURE if asked.kept.reply.value == UNSURE else ""


def _decided(criterion: Criterion, asked: Asked, swayed: bool) -> tuple[str, Outcome, int | None]:
    """Reason, outcome and level; on a scale, met is what lies above its middle."""
    if asked.kept is None:
        return f"The judge gave no verdict: {asked.words}.", "unscored", None
    if swayed:
        return SWAYED, "unscored", None
    reply = asked.kept.reply
    reason = reply.reason or "The judge gave no reason."
    if reply.value == UNSURE:
        return f"The judge was unsure: {reason}", "unscored", None
    if isinstance(reply.value, bool):
        return reason, "met" if reply.value else "not_met", None
    level = int(reply.value)
    share = criterion.level_value(level)
    return reason, "met" if share is not None and share > MIDDLE else "not_met", level


def _verdict(
    criterion: Criterion,
    sample: Sample,
    side: Side,
    reason: str,
    outcome: Outcome,
    call: JudgeCall | None,
    level: int | None = None,
) -> Verdict:
    return Verdict(
        sample_id=sample.id,
        criterion_id=criterion.id,
        side=side,
        reason=reason,
        outcome=outcome,
        level=level,
        judge=call,
    )
