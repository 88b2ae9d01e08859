"""Mask private text so that it can be put back: the same value has the same mask in a dialogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from pydantic import Field

from core.data.checks.privacy import find_private, without_escapes
from core.data.checks.private import Private
from core.data.checks.tools import decode_text
from core.data.repairs.editing import edit_all_texts, texts_of
from core.data.repairs.repair import RawRow, RepairContext
from core.messages import Record

MASK = re.compile(r"\[[A-Z]+_[0-9]+\]")
QUOTED_OR_MASK = re.compile(r'"\[[A-Z]+_[0-9]+\]"|\[[A-Z]+_[0-9]+\]')
JSON_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
QUOTE = '"'
TYPES = {
    "EMAIL": "email",
    "PHONE": "phone",
    "CARD": "card",
    "IBAN": "iban",
    "ID": "cn_id",
    "SSN": "ssn",
    "IP": "ip",
    "HANDLE": "handle",
    "SECRET": "secret",
}
"""What the words of masks stand for, as `core.data.checks.privacy` names the types."""


class MaskKey(Record):
    """What masks hide, by row: kept away from the dataset, for it undoes the masking."""

    rows: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Row id -> mask -> value."""
    forgotten: str = ""
    """When the key was deleted so that the masking is final, ISO time; "" while it is kept."""

    def masks_of(self, row_id: str) -> dict[str, str]:
        """The masks of one row and what they hide."""
        return dict(self.rows.get(row_id, {}))

    def over(self, other: MaskKey) -> MaskKey:
        """Both keys as one; where they differ about a mask, this one counts."""
        both = {row: {**masks, **self.rows.get(row, {})} for row, masks in other.rows.items()}
        return MaskKey(rows={**self.rows, **both}, forgotten=self.forgotten or other.forgotten)


class _Masks:
    """The masks of one row, while it is masked."""

    def __init__(self, values: dict[str, str], written: set[str]) -> None:
        self._values = values
        self._taken = written | {mask.strip('"') for mask in values}
        self._known = {
            (mask.strip('"[').partition("_")[0], value, mask.startswith('"')): mask
            for mask, value in values.items()
        }
        self._numbers: dict[str, Iterator[int]] = {}

    def mask(self, word: str, value: str, quoted: bool) -> str:
        """The mask of a value: the one it has already, or a new one."""
        known = self._known.get((word, value, quoted))
        if known is not None:
            return known
        numbers = self._numbers.setdefault(word, count(1))
        plain = next(m for n in numbers if (m := f"[{word}_{n}]") not in self._taken)
        mask = f'"{plain}"' if quoted else plain
        self._known[word, value, quoted] = mask
        self._values[mask] = value
        return mask


def mask_private(row: RawRow, context: RepairContext) -> RawRow | None:
    """Replace private text by masks such as [EMAIL_1]; what they hide is put into the context."""
    written = {mask for text in texts_of(row) for mask in MASK.findall(text)}
    masks = _Masks(context.masks, written)

    return edit_all_texts(
        row,
        lambda text: _mask(text, context.codes, masks),
        lambda text: _mask_arguments(text, context.codes, masks),
    )


def _mask(text: str, codes: frozenset[str], masks: _Masks) -> str:
    while places := _places(text, codes):  # masking one value can lay bare another
        hidden = [masks.mask(p.mask, text[p.start : p.end], quoted=False) for p in places]
        text = _replace(text, places, hidden)
    return text


def _mask_arguments(text: str, codes: frozenset[str], masks: _Masks) -> str:
    """JSON text with private values masked, still valid: a bare number becomes a text."""
    if decode_text(text)[1]:
        return _mask(text, codes, masks)
    while places := _places(without_escapes(text), codes):
        inside = [match.span() for match in JSON_TEXT.finditer(text)]
        hidden = []
        for place in places:
            bare = not any(start < place.start and place.end < end for start, end in inside)
            hidden.append(masks.mask(place.mask, text[place.start : place.end], bare))
        masked = _replace(text, places, hidden)
        if decode_text(masked)[1]:  # never break the JSON: it stays found instead
            break
        text = masked
    return text


def _places(text: str, codes: frozenset[str]) -> list[Private]:
    """What is to be masked; what holds a mask already is left."""
    return [
        place
        for place in find_private(text)
        if (not codes or place.code in codes) and not MASK.search(text, place.start, place.end)
    ]


def _replace(text: str, places: list[Private], hidden: list[str]) -> str:
    parts, end = [], 0
    for place, mask in zip(places, hidden, strict=True):
        parts += [text[end : place.start], mask]
        end = place.end
    return "".join([*parts, text[end:]])


def reveal(text: str, masks: Mapping[str, str]) -> str:
    """A text with its masks replaced by what they hide; a mask that is not known stays."""

    def shown(match: re.Match[str]) -> str:
        found = match[0]
        if found in masks or not found.startswith('"'):
            return masks.get(found, found)
        return f'"{masks.get(found.strip(QUOTE), found.strip(QUOTE))}"'

    return QUOTED_OR_MASK.sub(shown, text)


def unmask(value: Any, masks: Mapping[str, str]) -> Any:
    """A JSON value, such as a row, with the masks in all its texts replaced."""
    if isinstance(value, str):
        return reveal(value, masks)
    if isinstance(value, list):
        return [unmask(item, masks) for item in value]
    if isinstance(value, dict):
        return {name: unmask(item, masks) for name, item in value.items()}
    return value


def standing(texts: Iterable[str], masks: Mapping[str, str]) -> dict[str, str]:
    """The known masks that stand in some texts, and what they hide."""
    found = {}
    for match in (match for text in texts for match in QUOTED_OR_MASK.finditer(text)):
        mask = match[0] if match[0] in masks else match[0].strip(QUOTE)
        if mask in masks:
            found[mask] = masks[mask]
    return found


def looks_masked(text: str) -> bool:
    """Whether a text holds what could be a mask of ours, known or not."""
    return any(type_of(match[0]) for match in MASK.finditer(text))


def type_of(mask: str) -> str:
    """What sort of value a mask hides, such as `email`; "" for a mask that is not of ours."""
    return TYPES.get(mask.strip('"[').partition("_")[0], "")
