"""Mask private text so that it can be put back: the same value has the same mask in a dialogue."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import count

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


class MaskKey(Record):
    """What masks hide, by row: kept away from the dataset, for it undoes the masking."""

    rows: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Row id -> mask -> value."""

    def masks_of(self, row_id: str) -> dict[str, str]:
        """The masks of one row and what they hide."""
        return dict(self.rows.get(row_id, {}))

    def with_row(self, row_id: str, masks: Mapping[str, str]) -> MaskKey:
        """The key with a row's masks added."""
        if not masks:
            return self
        return MaskKey(rows={**self.rows, row_id: {**self.rows.get(row_id, {}), **masks}})


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


def unmask(row: RawRow, masks: Mapping[str, str]) -> RawRow:
    """The row as it was before it was masked."""

    def reveal(match: re.Match[str]) -> str:
        found = match[0]
        if found in masks or not found.startswith('"'):
            return masks.get(found, found)
        return f'"{masks.get(found.strip(chr(34)), found.strip(chr(34)))}"'

    def edit(text: str) -> str:
        return QUOTED_OR_MASK.sub(reveal, text)

    return edit_all_texts(row, edit, edit)
