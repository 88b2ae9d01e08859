"""Values to try that a sentence names, by setting, for a sweep."""

from __future__ import annotations

import re
from typing import Any, get_args

from core.assistant.numerals import NUMBER, number, prepared
from core.assistant.settings_words import LINK, NAMES
from core.training.plan import Method

BETWEEN = r"(?:\s|/|\b(?:and|or|vs|versus)\b|和|或|与|跟)+"
TRIED = r"(?:s|的|都|分别|各|试试?|扫)*"
METHODS = re.compile(rf"\b({'|'.join(get_args(Method))})\b")
NEVER = ("seed", "retention_days", "workers")
"""Numbers that no sweep is about, though a sentence may name them."""


def read_varied(text: str) -> dict[str, tuple[Any, ...]]:
    """Two or more values by setting; () for a setting that is named without values."""
    said = prepared(text)
    found: dict[str, tuple[Any, ...]] = {}
    for field, alias in NAMES.items():
        if field in NEVER:
            continue
        named = rf"(?<![a-z])(?:{alias}){TRIED}"
        listed = rf"{named}{LINK}{TRIED}{LINK}(?P<all>{NUMBER}(?:{BETWEEN}{NUMBER})+)(?![\w.])"
        behind = rf"(?<![\w.])(?P<all>{NUMBER}(?:{BETWEEN}{NUMBER})+) ?(?:{alias})s?(?![a-z])"
        if match := re.search(listed, said) or re.search(behind, said):
            found[field] = tuple(map(number, re.findall(NUMBER, match["all"])))
        elif re.search(rf"{named}(?![a-z])", said):
            found[field] = ()
    methods = tuple(dict.fromkeys(METHODS.findall(said)))
    if len(methods) > 1:
        found["method"] = methods
    valued = {field: values for field, values in found.items() if values}
    return valued or found
