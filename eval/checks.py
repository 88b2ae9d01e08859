"""Decide by code, without any model, whether an answer meets a criterion; pure functions."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, NamedTuple

from eval.check_types import (
    ContainsCheck,
    ExactCheck,
    JsonEqualCheck,
    JsonSchemaCheck,
    LengthCheck,
    Normalise,
    OneOfCheck,
    RegexCheck,
)
from eval.records import Answer, Outcome, Sample, Side, Verdict
from eval.rubrics import Criterion

LONGEST_SEARCHED = 20_000
"""Characters; Python's regular expressions have no time limit, so a longer text is not searched."""
NOT_JSON = object()
THINKING = re.compile(r"\A\s*<think>.*?</think>\s*", re.DOTALL)


class Finding(NamedTuple):
    """An outcome with the sentence that says why."""

    outcome: Outcome
    reason: str


def check(criterion: Criterion, sample: Sample, answer: Answer, side: Side) -> Verdict:
    """Whether one side's answer meets a criterion of kind `check`.

    An answer that could not be had is unscored: it is not a wrong answer.
    """
    finding = _missing(answer) or _decide(criterion, sample, spoken(answer.text or ""))
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


def _decide(criterion: Criterion, sample: Sample, text: str) -> Finding:
    match criterion.check:
        case ExactCheck() as exact:
            return _exact(exact, sample.reference, text)
        case OneOfCheck() as one_of:
            known = {_normal(value, one_of.normalise) for value in one_of.values}
            found = _normal(text, one_of.normalise) in known
            return _finding(found, f"The answer is {'' if found else 'not '}one of the values.")
        case ContainsCheck() as contains:
            return _contains(contains, sample.reference, text)
        case RegexCheck() as regex:
            return _regex(regex, text)
        case JsonSchemaCheck() as schema:
            return _json_schema(schema.json_schema, text)
        case JsonEqualCheck() as equal:
            return _json_equal(equal.field, sample.reference, text)
        case LengthCheck() as length:
            return _length(length, text)
        case None:
            return Finding("unscored", "This criterion has no check; it needs a judge.")


def _exact(exact: ExactCheck, reference: str, text: str) -> Finding:
    expected, given = _normal(reference, exact.normalise), _normal(text, exact.normalise)
    if not expected:
        return Finding("unscored", "The reference has no text to compare with.")
    if expected == given:
        return Finding("met", "The answer equals the reference.")
    if not given:
        return Finding("not_met", "The answer is empty.")
    pairs = zip(expected, given, strict=False)
    at = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(expected), len(given)))
    return Finding(
        "not_met",
        f"The answer differs from the reference at character {at + 1}: "
        f"{_glimpse(given, at)} instead of {_glimpse(expected, at)}.",
    )


def _glimpse(text: str, at: int) -> str:
    piece = text[at : at + 24]
    if not piece:
        return "its end"
    return f"“{piece}…”" if len(text) > at + 24 else f"“{piece}”"


def _contains(contains: ContainsCheck, reference: str, text: str) -> Finding:
    if contains.reference_regex is not None:
        found = re.search(contains.reference_regex, reference[:LONGEST_SEARCHED])
        if found is None:
            return Finding("unscored", "The reference has nothing that the pattern finds.")
        wanted = [found.group(1) if found.re.groups else found.group(0)]
        if not wanted[0]:
            return Finding("unscored", "The pattern finds only an empty text in the reference.")
    else:
        wanted = list(contains.any or contains.all or [contains.text or ""])
    haystack = _normal(text, contains.normalise)
    absent = [w for w in wanted if _normal(w, contains.normalise) not in haystack]
    if contains.any:
        met = len(absent) < len(wanted)
        told = [w for w in wanted if w not in absent] if met else wanted
        return _finding(met, f"The answer contains {'' if met else 'none of '}{_listed(told)}.")
    if absent:
        return Finding("not_met", f"The answer does not contain {_listed(absent)}.")
    return Finding("met", f"The answer contains {_listed(wanted)}.")


def _regex(regex: RegexCheck, text: str) -> Finding:
    if len(text) > LONGEST_SEARCHED:
        return Finding(
            "unscored",
            f"The answer has {len(text):,} characters; patterns are searched in at most "
            f"{LONGEST_SEARCHED:,}.",
        )
    found = re.search(regex.pattern, text)
    if found is None:
        return Finding("not_met", f"The pattern {regex.pattern} is not found in the answer.")
    return Finding("met", f"The pattern {regex.pattern} finds {_glimpse(found.group(0), 0)}.")


def _json_schema(schema: dict[str, Any], text: str) -> Finding:
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:  # a ValueError too: an integer of 4,300 digits
        return Finding("not_met", f"The answer is not JSON: {error}.")
    try:  # an own registry fetches nothing from any address
        errors = list(Draft202012Validator(schema, registry=Registry()).iter_errors(value))
    except Unresolvable as error:
        return Finding("unscored", f"The schema refers to something it does not have: {error}.")
    except RecursionError:
        return Finding("unscored", "The schema or the answer is nested too deep to be compared.")
    if not errors:
        return Finding("met", "The answer is JSON as the schema wants it.")
    told = "; ".join(f"{error.json_path}: {error.message}" for error in errors[:3])
    more = f" and {len(errors) - 3} more" if len(errors) > 3 else ""
    return Finding("not_met", f"The answer is JSON, but {told}{more}.")


def _json_equal(field: str | None, reference: str, text: str) -> Finding:
    expected, given = _json(reference), _json(text)
    if expected is NOT_JSON or (field is not None and not isinstance(expected, dict)):
        return Finding("unscored", "The reference is not JSON of this form.")
    if given is NOT_JSON:
        return Finding("not_met", "The answer is not JSON.")
    if field is None:
        same = _canonical(given) == _canonical(expected)
        return _finding(same, f"The answer is {'' if same else 'not '}the same JSON.")
    if not isinstance(given, dict):
        return Finding("not_met", "The answer is not a JSON object.")
    if field not in given and field not in expected:
        return Finding("met", f"Neither has a field {field}.")
    if field not in given or field not in expected:
        side = "answer" if field in expected else "reference"
        return Finding("not_met", f"The {side} has no field {field}.")
    same = _canonical(given[field]) == _canonical(expected[field])
    return _finding(same, f"The field {field} is {'' if same else 'not '}the same.")


def _json(text: str) -> Any:
    try:
        value = json.loads(text)
        _canonical(value)  # what is nested too deep to be written can't be compared
    except (ValueError, RecursionError):
        return NOT_JSON
    return value


def _canonical(value: Any) -> str:
    """Equal for equal JSON, whatever the order of keys; 1 and true are not equal."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _length(length: LengthCheck, text: str) -> Finding:
    size = len(text.strip())
    if length.min_chars is not None and size < length.min_chars:
        return Finding("not_met", f"{size} characters, fewer than {length.min_chars}.")
    if length.max_chars is not None and size > length.max_chars:
        return Finding("not_met", f"{size} characters, more than {length.max_chars}.")
    return Finding("met", f"{size} characters, within the bounds.")


def _normal(text: str, how: Normalise) -> str:
    """Composed characters without outer spaces; `fold` also one width, case and single spaces."""
    if how == "strip":
        return unicodedata.normalize("NFC", text).strip()
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _finding(met: bool, reason: str) -> Finding:
    return Finding("met" if met else "not_met", reason)


def _listed(texts: list[str]) -> str:
    return ", ".join(f"“{text}”" for text in texts)
