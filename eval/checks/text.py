"""Checks on an answer's wording: equal, contained, found by a pattern, a label, long, alike."""

from __future__ import annotations

import re

from eval.checks import patterns
from eval.checks.finding import Finding, finding, glimpse, listed, normal
from eval.checks.kinds import (
    ContainsCheck,
    ExactCheck,
    LabelCheck,
    LengthCheck,
    OneOfCheck,
    RegexCheck,
    SimilarityCheck,
)
from eval.metrics import text as metrics_text
from eval.metrics.text import MetricUnavailable
from eval.metrics.tokens import tokens

TOO_SLOW = Finding(
    "unscored",
    f"The pattern took longer than {patterns.SEARCH_SECONDS} seconds and was given up: it tries "
    "too many ways, as nested repeats such as (a+)+ do.",
)


def exact(check: ExactCheck, reference: str, text: str) -> Finding:
    """Whether the answer equals the reference, and where it leaves it."""
    expected, given = normal(reference, check.normalise), normal(text, check.normalise)
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
        f"{glimpse(given, at)} instead of {glimpse(expected, at)}.",
    )


def one_of(check: OneOfCheck, text: str) -> Finding:
    """Whether the answer equals one of the values."""
    known = {normal(value, check.normalise) for value in check.values}
    found = normal(text, check.normalise) in known
    return finding(found, f"The answer is {'' if found else 'not '}one of the values.")


def contains(check: ContainsCheck, reference: str, text: str) -> Finding:
    """Whether the answer contains what it should."""
    if check.reference_regex is not None:
        wanted = _from_reference(check.reference_regex, reference)
        if isinstance(wanted, Finding):
            return wanted
    else:
        wanted = list(check.any or check.all or check.none or [check.text or ""])
    haystack = normal(text, check.normalise)
    absent = [w for w in wanted if normal(w, check.normalise) not in haystack]
    present = [w for w in wanted if w not in absent]
    if check.none or check.any:
        told = f"The answer contains {'' if present else 'none of '}{listed(present or wanted)}."
        return finding(bool(present) == bool(check.any), told)
    if absent:
        return Finding("not_met", f"The answer does not contain {listed(absent)}.")
    return Finding("met", f"The answer contains {listed(wanted)}.")


def _from_reference(pattern: str, reference: str) -> list[str] | Finding:
    try:
        found = patterns.search(pattern, reference[: patterns.LONGEST_SEARCHED])
    except TimeoutError:
        return TOO_SLOW
    if found is None:
        return Finding("unscored", "The reference has nothing that the pattern finds.")
    wanted = found.group(1) if found.re.groups else found.group(0)
    if not wanted:
        return Finding("unscored", "The pattern finds only an empty text in the reference.")
    return [wanted]


def regex(check: RegexCheck, text: str) -> Finding:
    """Whether the pattern is found, within its time."""
    if len(text) > patterns.LONGEST_SEARCHED:
        return Finding(
            "unscored",
            f"The answer has {len(text):,} characters; patterns are searched in at most "
            f"{patterns.LONGEST_SEARCHED:,}.",
        )
    try:
        found = patterns.search(check.pattern, text)
    except TimeoutError:
        return TOO_SLOW
    if found is None:
        return Finding("not_met", f"The pattern {check.pattern} is not found in the answer.")
    return Finding("met", f"The pattern {check.pattern} finds {glimpse(found.group(0), 0)}.")


def length(check: LengthCheck, text: str) -> Finding:
    """Whether the answer's length lies within the bounds."""
    size = len(text.strip())
    if check.min_chars is not None and size < check.min_chars:
        return Finding("not_met", f"{size} characters, fewer than {check.min_chars}.")
    if check.max_chars is not None and size > check.max_chars:
        return Finding("not_met", f"{size} characters, more than {check.max_chars}.")
    if check.min_words is None and check.max_words is None:
        return Finding("met", f"{size} characters, within the bounds.")
    words = len(tokens(text))
    if check.min_words is not None and words < check.min_words:
        return Finding("not_met", f"{words} words, fewer than {check.min_words}.")
    if check.max_words is not None and words > check.max_words:
        return Finding("not_met", f"{words} words, more than {check.max_words}.")
    return Finding("met", f"{words} words, within the bounds.")


def label(check: LabelCheck, reference: str, text: str) -> Finding:
    """Whether the answer names the reference's label, and no other one."""
    expected = named_labels(reference, check.labels)
    if len(expected) != 1:
        return Finding("unscored", "The reference does not name exactly one of the labels.")
    given = named_labels(text, check.labels)
    if not given:
        return Finding("not_met", "The answer names none of the labels.")
    if len(given) > 1:
        return Finding("not_met", f"The answer names more than one label: {listed(given)}.")
    if given == expected:
        return Finding("met", f"The answer names the right label, {listed(given)}.")
    return Finding("not_met", f"The answer names {listed(given)} instead of {listed(expected)}.")


def named_labels(text: str, labels: tuple[str, ...]) -> list[str]:
    """The labels that a text names as whole words, in the labels' order.

    A longer label hides a shorter one inside it: "not spam" does not name "spam". Width and case
    don't matter.
    """
    by_form = {normal(label, "fold"): label for label in labels}
    longest_first = sorted(by_form, key=len, reverse=True)
    # ASCII letters beside a label make another word of it; Han characters do not
    spelled = "|".join(rf"(?<![a-z0-9_]){re.escape(form)}(?![a-z0-9_])" for form in longest_first)
    found = {by_form[match] for match in re.findall(spelled, normal(text, "fold"))}
    return [label for label in labels if label in found]


def similarity(check: SimilarityCheck, reference: str, text: str) -> Finding:
    """Whether the answer is as like the reference as asked, by the metric of the check."""
    try:
        if check.metric == "rouge_l":
            value = metrics_text.rouge_l(reference, text).f1
        else:
            value = metrics_text.sentence_chrf(reference, text)
    except MetricUnavailable as error:
        return Finding("unscored", str(error))
    if value is None:
        return Finding("unscored", "The reference has no words to compare with.")
    name = {"rouge_l": "ROUGE-L", "chrf": "chrF"}[check.metric]
    met = value >= check.least
    bound = "at least" if met else "less than"
    return finding(met, f"{name} is {value:.2f}, {bound} {check.least:g}.")
