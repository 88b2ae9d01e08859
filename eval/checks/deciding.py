"""Decide by code, without any model, whether an answer meets a criterion; pure functions."""

from __future__ import annotations

import re

from eval.checks import json_values as check_json
from eval.checks import manner as check_manner
from eval.checks import number as check_numbers
from eval.checks import text as check_text
from eval.checks.finding import Finding
from eval.checks.kinds import (
    ContainsCheck,
    ExactCheck,
    JsonCheck,
    JsonEqualCheck,
    JsonSchemaCheck,
    LabelCheck,
    LanguageCheck,
    LengthCheck,
    NumberCheck,
    OneOfCheck,
    RefusalCheck,
    RegexCheck,
    RepetitionCheck,
    SimilarityCheck,
)
from eval.checks.patterns import LONGEST_SEARCHED
from eval.records import Answer, Sample, Side, Verdict
from eval.rubric.rubrics import Criterion

__all__ = ["LONGEST_SEARCHED", "Finding", "check", "missing_reason", "spoken"]

THINKING = re.compile(r"\A\s*<think>.*?</think>\s*", re.DOTALL)


def check(criterion: Criterion, sample: Sample, answer: Answer, side: Side) -> Verdict:
    """Whether one side's answer meets a criterion of kind `check`.

    An answer that could not be had is unscored: it is not a wrong answer.
    """
    finding = _missing(answer) or _applied(criterion, sample, spoken(answer.text or ""))
    return Verdict(
        sample_id=sample.id,
        criterion_id=criterion.id,
        side=side,
        reason=finding.reason,
        outcome=finding.outcome,
    )


def spoken(text: str) -> str:
    """The text without a leading <think> block: what a person is shown, for both sides alike."""
    return THINKING.sub("", text, count=1)


def missing_reason(answer: Answer) -> str | None:
    """Why an answer can't be scored; None when it can."""
    if answer.error:
        return f"There is no complete answer: {answer.error}"
    return "There is no answer." if answer.text is None else None


def _missing(answer: Answer) -> Finding | None:
    reason = missing_reason(answer)
    return Finding("unscored", reason) if reason else None


def _applied(criterion: Criterion, sample: Sample, text: str) -> Finding:
    """The check on what the criterion applies to.

    Over every turn something desirable must be met by each, and something undesirable is met as
    soon as one turn meets it. Earlier turns are the data's own, so both sides share them.
    """
    if criterion.applies_to == "final":
        return _decide(criterion, sample, text)
    turns = [message.content for message in sample.prompt if message.role == "assistant"]
    turns = [turn for turn in (*turns, text) if turn.strip()] or [text]
    if criterion.applies_to == "conversation":
        return _decide(criterion, sample, "\n\n".join(turns))
    found = [_decide(criterion, sample, turn) for turn in turns]
    deciding = "not_met" if criterion.points > 0 else "met"
    order = (deciding, "unscored")
    at = next((i for want in order for i, f in enumerate(found) if f.outcome == want), -1)
    place = f"Turn {at % len(found) + 1} of {len(found)}: " if len(found) > 1 else ""
    return found[at]._replace(reason=f"{place}{found[at].reason}")


def _decide(criterion: Criterion, sample: Sample, text: str) -> Finding:
    match criterion.check:
        case ExactCheck() as exact:
            return check_text.exact(exact, sample.reference, text)
        case OneOfCheck() as one_of:
            return check_text.one_of(one_of, text)
        case ContainsCheck() as contains:
            return check_text.contains(contains, sample.reference, text)
        case RegexCheck() as regex:
            return check_text.regex(regex, text)
        case LabelCheck() | SimilarityCheck() | NumberCheck() as compared:
            return _decide_compared(compared, sample.reference, text)
        case JsonCheck() | JsonSchemaCheck() | JsonEqualCheck() as json_check:
            return _decide_json(json_check, sample.reference, text)
        case LanguageCheck() | RefusalCheck() | RepetitionCheck() | LengthCheck() as manner:
            return _decide_manner(manner, sample, text)
        case None:
            return Finding("unscored", "This criterion has no check; it needs a judge.")


def _decide_compared(
    check: LabelCheck | SimilarityCheck | NumberCheck, reference: str, text: str
) -> Finding:
    match check:
        case LabelCheck():
            return check_text.label(check, reference, text)
        case SimilarityCheck():
            return check_text.similarity(check, reference, text)
        case NumberCheck():
            return check_numbers.number(check, reference, text)


def _decide_json(
    check: JsonCheck | JsonSchemaCheck | JsonEqualCheck, reference: str, text: str
) -> Finding:
    match check:
        case JsonCheck():
            return check_json.is_json(text)
        case JsonSchemaCheck():
            return check_json.fits_schema(check.json_schema, text)
        case JsonEqualCheck():
            return check_json.equals(check.field, reference, text)


def _decide_manner(
    check: LanguageCheck | RefusalCheck | RepetitionCheck | LengthCheck, sample: Sample, text: str
) -> Finding:
    match check:
        case LengthCheck():
            return check_text.length(check, text)
        case LanguageCheck():
            return check_manner.language(check, sample, text)
        case RefusalCheck():
            return check_manner.refusal(text)
        case RepetitionCheck():
            return check_manner.repetition(check, text)
