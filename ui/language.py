"""Which language a visitor reads, decided on the server once a page and kept in a cookie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast, get_args

from core.assistant.records import Language

COOKIE = "duotune_language"
LOCALE = {"en": "en", "zh": "zh-CN"}
"""What the browser half of Gradio calls them."""


def choose_language(
    query: Mapping[str, str], cookies: Mapping[str, str], accept_language: str
) -> Language:
    """`?lang=` first, then what was chosen before, then the browser's own preference."""
    for given in (query.get("lang"), cookies.get(COOKIE)):
        if given in get_args(Language):
            return cast(Language, given)
    return _preferred(accept_language)


def _preferred(accept_language: str) -> Language:
    """The first language of an Accept-Language header that we speak, by its weights."""
    weighted = []
    for place, entry in enumerate(accept_language.lower().split(",")):
        name, _, weight = entry.strip().partition(";q=")
        weighted.append((-_number(weight), place, name.split("-")[0]))
    for _, _, name in sorted(weighted):
        if name in get_args(Language):
            return cast(Language, name)
    return "en"


def _number(weight: str) -> float:
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 0.0
