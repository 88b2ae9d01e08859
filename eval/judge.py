"""Ask a language model whether an answer meets a criterion, and count only what it clearly says.

One question per criterion, the criterion last, so that a server with a prefix cache reads the long
part once. A reply that can't be used leaves the sample unscored; it never becomes "not met".
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, StrictBool, StrictStr, ValidationError

from core.disk import sha256_text
from core.errors import JudgeError
from core.serving.records import Endpoint
from core.settings import EndpointSetting
from eval.checks import missing_reason, spoken
from eval.records import Answer, JudgeCall, Outcome, Sample, Side, Verdict
from eval.rubrics import Criterion

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

PROMPT = (Path(__file__).parent / "judge.txt").read_text(encoding="utf-8")
ATTEMPTS = 3
TIMEOUT_S = 60.0
BUDGET = 400
"""Tokens for the first reply; a reply that is cut gets twice as many the next time."""
TOO_LONG = ("context", "max_model_len", "too long", "too large", "fewer")
"""Words by which servers refuse a question that is too long, not a field of it."""
MARKER = re.compile(r"\{\{(\w+)\}\}")
NO_JUDGE = "no judge endpoint is set"


class Reply(BaseModel):
    """What a judge has to say, the verdict last."""

    model_config = ConfigDict(extra="ignore")

    evidence: StrictStr
    reason: StrictStr
    met: StrictBool | Literal["unsure"]


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "evidence": {"type": "string", "maxLength": 200},
        "reason": {"type": "string", "maxLength": 400},
        "met": {"enum": [True, False, "unsure"]},
    },
    "required": ["evidence", "reason", "met"],
    "additionalProperties": False,
}
RESPONSE_FORMAT = {
    "type": "json_schema",
    "json_schema": {"name": "verdict", "schema": SCHEMA, "strict": True},
}


class Attempt(NamedTuple):
    """One try: what came, and what is wrong with it ("" when it can be used)."""

    raw: str
    reply: Reply | None
    trouble: str
    cut: bool = False
    """Whether the reply was cut, so that the next try gets more tokens."""
    too_long: bool = False
    """Whether so many tokens do not fit the judge's context, so that the next try gets fewer."""


class Judge:
    """A judge endpoint; opened once per evaluation, closed by `async with`."""

    def __init__(self, endpoint: EndpointSetting, timeout_s: float = TIMEOUT_S) -> None:
        from openai import AsyncOpenAI

        self.endpoint = endpoint
        self._secret = secrets.token_bytes(16)
        self._refused: set[str] = set()
        """Request fields this endpoint refused; they are not sent again."""
        self._client = AsyncOpenAI(
            base_url=endpoint.base_url,
            api_key=endpoint.api_key.get_secret_value(),
            timeout=timeout_s,
            max_retries=0,  # attempts are counted here
        )

    async def __aenter__(self) -> Judge:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    def refuse_candidate(self, tuned: Endpoint) -> None:
        """Raise JudgeError when the judge is the very model whose answers it would judge."""
        if self.endpoint.model == tuned.model:
            raise JudgeError(
                f"The judge is the tuned model itself ({tuned.model}); a model can't judge itself.",
                "DUOTUNE_JUDGE_MODEL",
                "Choose another model as the judge, or leave the judge out.",
            )

    async def judge(
        self, criterion: Criterion, sample: Sample, answer: Answer, side: Side
    ) -> Verdict:
        """Whether an answer meets a criterion; the judge is not told which side gave it."""
        if reason := missing_reason(answer):
            return _verdict(criterion, sample, side, reason, "unscored", None)
        text = spoken(answer.text or "")
        prompt = render(criterion, sample, text, self._mark(sample, text))
        started = time.monotonic()
        last, attempts = await self._try(prompt)
        evidence = last.reply.evidence.strip() if last.reply else ""
        call = JudgeCall(
            model=self.endpoint.model,
            prompt_hash=prompt_hash(criterion, sample, answer),
            replied=last.reply is not None,
            attempts=attempts,
            seconds=round(time.monotonic() - started, 3),
            raw=last.raw,
            evidence=evidence,
            evidence_found=_squeezed(evidence) in _squeezed(text) if evidence else None,
        )
        outcome, reason = _outcome(last)
        return _verdict(criterion, sample, side, reason, outcome, call)

    def _mark(self, sample: Sample, answer: str) -> str:
        """A mark nobody can guess, the same for all criteria of one answer."""
        text = f"{sample.id}\n{answer}".encode()
        return hashlib.blake2b(text, key=self._secret, digest_size=8).hexdigest()

    async def _try(self, prompt: str) -> tuple[Attempt, int]:
        """Ask up to three times: with more tokens after a cut, at last without a grammar."""
        budget = BUDGET
        for count in range(1, ATTEMPTS):
            attempt = await self._ask(prompt, budget, grammar=True)
            if attempt.reply:
                return attempt, count
            if attempt.cut:
                budget = 2 * BUDGET
            elif attempt.too_long:
                budget //= 2
        return await self._ask(prompt, budget, grammar=False), ATTEMPTS

    async def _ask(self, prompt: str, budget: int, grammar: bool) -> Attempt:
        from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

        fields: dict[str, Any] = {"max_tokens": budget, "temperature": 0, "seed": 7}
        if grammar:
            fields["response_format"] = RESPONSE_FORMAT
        if "max_tokens" in self._refused:
            fields["max_completion_tokens"] = budget
        try:
            completion = await self._client.chat.completions.create(
                model=self.endpoint.model,
                messages=[{"role": "user", "content": prompt}],
                **{name: value for name, value in fields.items() if name not in self._refused},
            )
        except APITimeoutError:
            return Attempt("", None, "it did not answer in time")
        except APIConnectionError as error:
            return Attempt("", None, f"it can't be reached ({error.__cause__ or error})")
        except APIStatusError as error:
            said = error.message[:200]
            if any(words in said.lower() for words in TOO_LONG):
                return Attempt("", None, f"the question does not fit it ({said})", too_long=True)
            if error.status_code in (400, 422):
                named = {name for name in fields if name in said}
                self._refused |= named or {"response_format"}
            return Attempt("", None, f"it answered with status {error.status_code} ({said})")
        except APIError as error:
            return Attempt("", None, f"its reply can't be read ({error.message})")
        return _read(completion)


def render(criterion: Criterion, sample: Sample, answer: str, mark: str) -> str:
    """The question about one answer; `mark` delimits what must not be taken as instructions."""
    values = {
        "mark": mark,
        "conversation": "\n\n".join(f"[{m.role}] {m.content}" for m in sample.prompt),
        "reference": sample.reference or "(none)",
        "answer": answer,
        "criterion": criterion.text,
    }
    # one pass: a marker that stands in somebody's text is never filled in
    return MARKER.sub(lambda found: values[found.group(1)], PROMPT)


def prompt_hash(criterion: Criterion, sample: Sample, answer: Answer) -> str:
    """SHA-256 of the question without its mark: equal for equal questions, in any process."""
    return sha256_text(render(criterion, sample, spoken(answer.text or ""), "mark"))


def unjudged(criterion: Criterion, sample: Sample, side: Side, why: str = NO_JUDGE) -> Verdict:
    """The verdict when a criterion needs a judge and there is none."""
    return _verdict(criterion, sample, side, f"Not judged: {why}.", "unscored", None)


def _read(completion: ChatCompletion) -> Attempt:
    if not completion.choices:
        return Attempt("", None, "its reply has no choices")
    choice = completion.choices[0]
    raw = choice.message.content or ""
    if choice.message.refusal:
        return Attempt(choice.message.refusal, None, "it refused to judge")
    reply = _parse(spoken(raw))
    if reply:
        return Attempt(raw, reply, "")
    if choice.finish_reason == "length":
        return Attempt(raw, None, "its reply was cut at the token limit", cut=True)
    if choice.finish_reason == "content_filter":
        return Attempt(raw, None, "its reply was filtered")
    return Attempt(raw, None, "its reply is not the JSON that was asked for")


def _parse(raw: str) -> Reply | None:
    """The last object in a text that is a whole reply; prose or fences around it are let be."""
    for value in _objects(raw):
        try:
            return Reply.model_validate(value)
        except ValidationError:
            continue
    return None


def _objects(raw: str) -> Iterator[Any]:
    """Every JSON object in a text: the text as a whole first, then from the last one back."""
    decoder = json.JSONDecoder()
    with suppress(ValueError, RecursionError):
        yield json.loads(raw)
    for start in reversed([found.start() for found in re.finditer(r"\{", raw)]):
        try:
            yield decoder.raw_decode(raw, start)[0]
        except (ValueError, RecursionError):
            continue


def _outcome(last: Attempt) -> tuple[Outcome, str]:
    if last.reply is None:
        return "unscored", f"The judge gave no verdict: {last.trouble}."
    reason = last.reply.reason.strip() or "The judge gave no reason."
    if last.reply.met == "unsure":
        return "unscored", f"The judge was unsure: {reason}"
    return ("met" if last.reply.met else "not_met"), reason


def _verdict(
    criterion: Criterion,
    sample: Sample,
    side: Side,
    reason: str,
    outcome: Outcome,
    call: JudgeCall | None,
) -> Verdict:
    return Verdict(
        sample_id=sample.id,
        criterion_id=criterion.id,
        side=side,
        reason=reason,
        outcome=outcome,
        judge=call,
    )


def _squeezed(text: str) -> str:
    return " ".join(text.split())
