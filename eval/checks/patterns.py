"""Search with a regular expression that a person wrote, for a bounded time."""

from __future__ import annotations

import re
from typing import Any

SEARCH_SECONDS = 0.5
"""Processor time after which a search is given up; a sound pattern needs microseconds."""
LONGEST_SEARCHED = 20_000
"""Characters; a longer text is not searched."""


def checked(pattern: str) -> str:
    """The same pattern; ValueError when it is no Python regular expression."""
    import regex  # type: ignore[import-untyped]

    try:
        re.compile(pattern)
        regex.compile(pattern)
    except (re.error, regex.error, RecursionError, OverflowError) as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


def search(pattern: str, text: str) -> Any:
    """The first match as `re.search` gives it, or None.

    Python's own module can't be stopped, and some patterns take longer than the universe is old,
    so `regex` searches, with its time limit. Raises TimeoutError when the search is given up.
    """
    import regex

    return regex.search(pattern, text, timeout=SEARCH_SECONDS)
