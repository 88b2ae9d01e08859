"""Words in a record that tell where it comes from and what its licence may forbid."""

from __future__ import annotations

import re
from typing import Any

from core.data.checks.said import Said, has_any
from core.data.checks.words import patterns, words
from core.data.problems import Finding, shorten

KEYS = frozenset(words("provenance", "keys"))
NESTED = frozenset({"meta", "metadata", "info"})
"""Keys whose object may hold such keys, too."""
PATTERNS = {
    code: re.compile(pattern, re.IGNORECASE) for code, pattern in patterns("provenance").items()
}
"""By code; the first that matches a value names it."""
ONLY_IN_LICENCE = frozenset({"licence_unknown"})
LISTED = 5
"""Of a list of sources, how many are looked at."""
NOTICE = re.compile(
    r"[Aa]ll [Rr]ights [Rr]eserved|ALL RIGHTS RESERVED|©\s?(?:\d{4}|[A-Z])|\([Cc]\) ?(?:19|20)\d\d"
    r"|[Cc]opyright (?:©|\([Cc]\)|\d{4})|版权所有|翻版必究|未经授权(?:不得|禁止)|转载请注明"
)
NOTICE_MARKS = (
    "ights",
    "IGHTS",
    "©",
    "(c)",
    "(C)",
    "opyright",
    "版权所有",
    "翻版",
    "未经授权",
    "转载",
)


def check_provenance(record: object) -> list[Finding]:
    """What the keys of a raw record say about its source and its licence."""
    found: list[Finding] = []
    if isinstance(record, dict):
        _check_keys(record, (), found)
        for key in sorted(NESTED & record.keys()):
            if isinstance(record[key], dict):
                _check_keys(record[key], (key,), found)
    return found


def _check_keys(record: dict[str, Any], path: tuple[str | int, ...], found: list[Finding]) -> None:
    for key, value in record.items():
        if isinstance(key, str) and key.casefold() in KEYS:
            for text in _texts(value):
                _check_words(key, text, (*path, key), found)


def _texts(value: object) -> list[str]:
    listed = value[:LISTED] if isinstance(value, list) else [value]
    return [text.strip()[:500] for text in listed if isinstance(text, str)]


def _check_words(key: str, text: str, path: tuple[str | int, ...], found: list[Finding]) -> None:
    about_licence = key.casefold().startswith(("licen", "许可", "copyright", "rights"))
    for code, pattern in PATTERNS.items():
        if code in ONLY_IN_LICENCE and not about_licence:
            continue
        if match := pattern.search(text):
            values = {"key": shorten(key, 40), "words": shorten(match[0].strip().casefold(), 40)}
            found.append(Finding(code, path, values))
            return


def check_notice(said: Said, found: list[Finding]) -> None:
    """Add that a text carries a copyright notice."""
    if has_any(said.text, NOTICE_MARKS) and (match := NOTICE.search(said.text)):
        found.append(Finding("copyright_notice", said.path, {"words": shorten(match[0], 40)}))
