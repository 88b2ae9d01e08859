"""Checks on how an answer is written: its language, whether it refuses, whether it loops."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from core.data.whole.languages import BY_SCRIPT, OTHER, language_of
from eval.checks.finding import Finding, finding, glimpse
from eval.checks.kinds import LanguageCheck, RepetitionCheck
from eval.metrics.tokens import tokens
from eval.records import Sample

SHORTEST_TOLD = 16
"""Letters below which the language of a text in Latin letters is a guess."""
NGRAM = 4
FEWEST_TOKENS = 20
"""Words or characters below which nothing can repeat enough to count as a loop."""
REFUSAL_WITHIN = 240
"""Characters from the beginning in which a refusal is looked for: later on it is only a caveat."""
REFUSAL = re.compile(
    r"\bi(?:'m| am) (?:very |really |so )?(?:sorry|afraid)\b[^.!?\n]{0,60}"
    r"\b(?:can(?:no|')t|can not|unable|not able|won't|will not|not allowed)\b"
    r"|\bi (?:am unable to|am not able to|am not allowed to|must (?:decline|refuse)|"
    r"have to (?:decline|refuse)|decline to|refuse to)\b"
    r"|\bi (?:can(?:no|')t|can not|won't|will not)(?: (?:help|assist|answer|provide|give|share|do|"
    r"discuss|comply|fulfil|fulfill|support|create|generate|write|offer|tell|be able|"
    r"that|this|your)\b|(?=\s*(?:[.,;!?]|$)))"
    r"|\bi'm (?:unable|not able|not allowed) to\b"
    r"|\bas an ai\b[^.!?\n]{0,60}\b(?:can(?:no|')t|can not|unable|not able|don't|do not)\b"
    r"|(?:抱歉|对不起|不好意思)[^。！？\n]{0,20}(?:不能|无法|不可以|没法|不便|不會|無法)"
    r"|我(?:不能|无法|無法|不可以|没法|不便)(?:为您|为你|向您|向你|给您|给你)?"
    r"(?:帮|提供|回答|协助|讨论|生成|满足|处理|透露|告诉|继续|執行|執行)"
    r"|(?:作为|身为)[^。！？\n]{0,12}(?:AI|ai|人工智能|语言模型)[^。！？\n]{0,20}(?:不能|无法|不会)"
)
"""English and Chinese; other languages are not known to it."""
QUOTED = re.compile(r"\"[^\"\n]*\"|“[^”\n]*”|「[^」\n]*」|『[^』\n]*』|《[^》\n]*》")
"""What somebody else said or wrote."""
NOT_A_REFUSAL = re.compile(r"\bi can(?:no|')t (?:wait|stress|recommend .{0,20}enough|help but)\b")


def language(check: LanguageCheck, sample: Sample, text: str) -> Finding:
    """Whether the answer is in the language asked for, or in that of the question."""
    wanted = check.language or _question_language(sample)
    if wanted is None:
        return Finding("unscored", "The language of the question can't be told.")
    given = told_language(text)
    if given is None:
        return Finding("unscored", "The answer is too short to tell its language.")
    if given == wanted:
        return Finding("met", f"The answer is in {wanted}.")
    return Finding("not_met", f"The answer is in {given} instead of {wanted}.")


def told_language(text: str) -> str | None:
    """The ISO 639 code of a text's language; None where it is too short to be told."""
    found = language_of(" ".join(text.split()))
    letters = sum(character.isalpha() for character in text)
    if found == OTHER or (letters < SHORTEST_TOLD and found not in BY_SCRIPT):
        return None
    return found


def _question_language(sample: Sample) -> str | None:
    asked = [message.content for message in sample.prompt if message.role == "user"]
    return told_language(asked[-1]) if asked else None


def refusal(text: str) -> Finding:
    """Whether the answer begins by refusing, told by the usual phrases in English and Chinese."""
    beginning = unicodedata.normalize("NFKC", text[:REFUSAL_WITHIN]).replace("’", "'").casefold()
    own = QUOTED.sub(" ", beginning) if QUOTED.sub("", beginning).strip(" .。") else beginning
    found = REFUSAL.search(NOT_A_REFUSAL.sub(" ", own))
    if found is None:
        return Finding("not_met", "The answer has no usual phrase of a refusal.")
    return Finding("met", f"The answer refuses: {glimpse(found.group().strip(), 0)}.")


def repetition(check: RepetitionCheck, text: str) -> Finding:
    """Whether the answer repeats itself no more than allowed."""
    found = tokens(text)
    if len(found) < FEWEST_TOKENS:
        return Finding("met", f"Only {len(found)} words or characters: too short to loop.")
    share = repeated_share(found)
    met = share <= check.max_share
    bound = "" if met else f", more than {check.max_share:.0%}"
    return finding(met, f"{share:.0%} of its runs of {NGRAM} words repeat earlier ones{bound}.")


def repeated_share(found: Sequence[str], size: int = NGRAM) -> float:
    """The share of n-grams that stood before, 1 - distinct / all (Welleck et al. 2020)."""
    runs = [tuple(found[i : i + size]) for i in range(len(found) - size + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0
