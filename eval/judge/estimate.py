"""What judging would take, and where data would go: to be agreed to before the first call."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from core.settings import EndpointSetting, JudgePrice, Settings
from eval.judge.client import host_of, is_local
from eval.judge.prompt import HEAD, PAIR, tail_of
from eval.judge.records import JudgeEstimate, JudgeOptions
from eval.records import Sample
from eval.rubric.rubrics import Rubric

LETTERS_A_TOKEN = 4.0
"""Of Latin text, as tokenizers of today come to; Chinese takes about one token a character."""
REPLY_TOKENS = 120
"""A usual reply; the schema allows 200 + 400 characters."""
FEWEST_REPEATED = 20


def repeated_count(judged: int, share: float) -> int:
    """How many of so many verdicts are asked again: the share, at least 20, 0 for a share of 0."""
    return min(judged, max(FEWEST_REPEATED, ceil(judged * share))) if share > 0 else 0


def estimate(
    settings: Settings,
    rubric: Rubric,
    samples: Sequence[Sample],
    answer_tokens: int,
    options: JudgeOptions,
    exam_calls: int = 0,
) -> JudgeEstimate | None:
    """Calls, tokens and cost for both sides' answers; None when nobody is to be asked.

    Tokens are estimated from the lengths of texts, an answer taken as long as its reference but
    at most `answer_tokens`: the real ones come with the replies. `exam_calls` is 0 when the exam
    of this judge is on record.
    """
    judge = settings.judge
    asked = [(s, [c for c in rubric.criteria_of(s) if c.kind != "check"]) for s in samples]
    verdicts = 2 * sum(len(criteria) for _, criteria in asked)
    if judge is None or not verdicts:
        return None
    tokens_in = 0.0
    for sample, criteria in asked:
        material, answer = _tokens_of(sample), min(tokens(sample.reference), answer_tokens)
        head = tokens(HEAD) + material + answer
        tokens_in += 2 * sum(head + tokens(tail_of(criterion)) for criterion in criteria)
        if options.pairwise:
            tokens_in += 2 * (tokens(PAIR) + material + 2 * answer)
    repeated = repeated_count(verdicts, options.repeated)
    tokens_in += tokens_in / verdicts * repeated + exam_calls * 2 * tokens(HEAD)
    pairs = 2 * len(samples) if options.pairwise else 0
    exam = exam_calls if options.exam else 0
    tokens_out = REPLY_TOKENS * (verdicts + pairs + repeated + exam)
    plain = JudgeEstimate(
        model=judge.model, host=host_of(judge), leaves_machine=not is_local(judge),
        criteria_calls=verdicts, pairwise_calls=pairs, repeated_calls=repeated, exam_calls=exam,
        tokens_in=round(tokens_in), tokens_out=tokens_out,
        cost=cost_of(settings.judge_price, round(tokens_in), tokens_out),
        currency=settings.judge_price.currency if settings.judge_price else "USD",
        sentence="", sentence_zh="",
    )  # fmt: skip
    return plain.model_copy(update=_sentences(plain, judge))


def cost_of(
    price: JudgePrice | None, tokens_in: int | None, tokens_out: int | None
) -> float | None:
    """What so many tokens cost; None without a price, or without a count."""
    if price is None or tokens_in is None or tokens_out is None:
        return None
    return (tokens_in * price.tokens_in + tokens_out * price.tokens_out) / 1e6


def tokens(text: str) -> float:
    """About how many tokens a text is: a quarter of its Latin letters and all other characters."""
    if text.isascii():
        return len(text) / LETTERS_A_TOKEN
    ascii_letters = sum(character < "\u0250" for character in text)
    return ascii_letters / LETTERS_A_TOKEN + (len(text) - ascii_letters)


def _tokens_of(sample: Sample) -> float:
    return sum(tokens(message.content) for message in sample.prompt) + tokens(sample.reference)


def _sentences(found: JudgeEstimate, judge: EndpointSetting) -> dict[str, str]:
    """What a person agrees to."""
    millions = (found.tokens_in + found.tokens_out) / 1e6
    place = f"{judge.model} at {found.host}"
    cost = cost_zh = ""
    if found.cost is not None:
        cost = f", about {found.cost:,.2f} {found.currency}"
        cost_zh = f"，约 {found.cost:,.2f} {found.currency}"
    goes = "on another machine" if found.leaves_machine else "on this machine"
    goes_zh = "位于另一台机器" if found.leaves_machine else "位于本机"
    return {
        "sentence": (
            f"Questions, reference answers and both sides' answers are sent to {place}, {goes}: "
            f"about {found.calls:,} calls and {millions:,.2f} million tokens{cost}."
        ),
        "sentence_zh": (
            f"问题、参考答案和双方的回答会发送给 {judge.model}（{found.host}，{goes_zh}）："
            f"约 {found.calls:,} 次调用、{millions:,.2f} 百万 token{cost_zh}。"
        ),
    }
