"""Rows of a file that is not one row per line: a list, objects one after another, or broken ones.

The file is read through a window, so that memory stays bounded by the largest row. After a broken
row the scanner looks for the beginning of the next one, so that bad rows don't cost good rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from core.data.locating import WALKER, skip_blank
from core.data.malformed import MAX_DEPTH, Fault, invalid_json
from core.data.problems import size_text
from core.data.rows import MAX_ROW_BYTES, Row, decode_row
from core.data.source import Source

WINDOW = 1 << 20
OVERLAP = 1 << 8
"""Longest row beginning that is recognised across two windows."""
MAX_RESTARTS = 10_000
"""How often a file may be broken before the rest is left unread: keeps hostile files cheap."""
ROW_KEYS = frozenset({"messages", "conversations", "instruction", "prompt", "contents"})
FIRST_KEY = re.compile(rb'\{\s*+"([^"\\]{1,80})"\s*+:')
TAIL = 16
"""A syntax error this near to a window's end may only mean that the window is too short."""


class _Broken(Exception):
    """Carries a Fault, relative to the value's beginning, to where a row is made of it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


class Scanner:
    """Reads one file once, from its beginning to its end."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._position = self._base = source.start
        self._text = ""
        self._at_end = False
        self._number = 0
        self._restarts = 0
        self._gave_up = False
        self._first_keys = {key.encode() for key in ROW_KEYS}
        """Keys that a row begins with, as far as known."""

    def rows(self) -> Iterator[Row]:
        """Every row in order; a Row without a number says something about the whole file."""
        inside = comma = False
        free = True  # the next row needs no comma: it is the first one, or follows a broken one
        while char := self._next_char():
            if char == "[" and not inside:
                inside = free = True
                self._position += 1
            elif char == "]" and inside:
                if comma:
                    yield self._remark("comma_extra")
                inside = comma = False
                self._position += 1
            elif char == ",":
                if comma:
                    yield self._remark("comma_extra")
                comma = True
                self._position += 1
            else:
                row, *more = self._row(missing_comma=not (comma or free) and inside)
                yield row
                yield from more
                comma, free = False, row.value is None
        if inside and not self._gave_up:
            yield self._remark("list_not_closed")

    def first_value_end(self) -> int | None:
        """The byte after the JSON value that the file begins with; None when that is broken."""
        self._next_char()
        try:
            return self._value_end()
        except _Broken:
            return None

    def _remark(self, code: str) -> Row:
        return Row(None, self._position, b"", None, (Fault(code, 0, {}),))

    def _row(self, missing_comma: bool) -> Iterator[Row]:
        """The row at the position, and what follows from it for the rest of the file."""
        self._number += 1
        number, start = self._number, self._position
        remarks = (Fault("comma_missing", 0, {}),) if missing_comma else ()
        try:
            end = self._value_end()
        except _Broken as broken:
            data = self._source.read(start, broken.fault.offset)
            yield Row(number, start, data, None, (*remarks, broken.fault))
            self._position = start + 1
            if not self._restart():
                yield from self._unread(start + broken.fault.offset)
            return
        self._position = end
        row = decode_row(number, start, self._source.read(start, end - start), remarks)
        if isinstance(row.value, dict):
            self._first_keys.update(key.encode() for key in list(row.value)[:1])
        yield row

    def _next_char(self) -> str:
        """The next character that isn't white space, where the position then is; "" at the end."""
        while True:
            self._bring_into_view()
            offset = skip_blank(self._text, self._position - self._base)
            self._position = self._base + offset
            if offset < len(self._text):
                return self._text[offset]
            self._fill(WINDOW)
            if not self._text:
                return ""

    def _bring_into_view(self) -> None:
        if not self._base <= self._position <= self._base + len(self._text):
            self._fill(WINDOW)

    def _fill(self, size: int) -> None:
        data = self._source.read(self._position, size)
        self._base, self._text = self._position, data.decode("latin-1")
        self._at_end = len(data) < size

    def _value_end(self) -> int:
        """Where the value at the position ends; _Broken when it doesn't."""
        self._bring_into_view()
        start = self._position
        for window in (0, WINDOW, MAX_ROW_BYTES):
            if window:
                self._fill(window)
            try:
                _, end = WALKER.raw_decode(self._text, start - self._base)
            except json.JSONDecodeError as error:
                if self._is_final(error):
                    fault = invalid_json(error)
                    offset = fault.offset - (start - self._base)
                    raise _Broken(fault._replace(offset=offset)) from None
            except RecursionError:
                fault = Fault("nested_too_deep", 0, {"limit": str(MAX_DEPTH)})
                raise _Broken(fault) from None
            else:
                if end < len(self._text) or self._at_end:
                    return self._base + end
        raise _Broken(Fault("row_too_large", 0, {"limit": size_text(MAX_ROW_BYTES)}))

    def _is_final(self, error: json.JSONDecodeError) -> bool:
        if self._at_end:
            return True
        open_text = error.msg.startswith("Unterminated string")
        return not open_text and error.pos < len(self._text) - TAIL

    def _restart(self) -> bool:
        """Move on to where the next row seems to begin; False when there is no such place."""
        while self._restarts < MAX_RESTARTS:
            self._restarts += 1
            if not self._find_object(self._first_keys):
                return False
            if self._is_row_beginning():
                return True
            self._position += 1
        return False

    def _find_object(self, keys: set[bytes] | None) -> bool:
        """Move on to an object that begins with one of these keys; False when none is left."""
        while chunk := self._source.read(self._position, WINDOW):
            for match in FIRST_KEY.finditer(chunk):
                if keys is None or match[1] in keys:
                    self._position += match.start()
                    return True
            self._position += max(len(chunk) - OVERLAP, 1)
        return False

    def _is_row_beginning(self) -> bool:
        start = self._position
        match = FIRST_KEY.match(self._source.read(start, OVERLAP))
        if match and match[1].decode("latin-1") in ROW_KEYS:
            return True
        try:
            end = self._value_end()
        except _Broken:
            return False
        value = decode_row(0, start, self._source.read(start, end - start)).value
        return isinstance(value, dict) and not ROW_KEYS.isdisjoint(value)

    def _unread(self, offset: int) -> Iterator[Row]:
        """Stop, and say so when there is more text that could hold rows."""
        self._position, self._gave_up = offset, True
        if self._find_object(None):
            yield Row(None, offset, b"", None, (Fault("rest_not_read", 0, {}),))
        while chunk := self._source.read(self._position, WINDOW):
            self._position += len(chunk)
        self._text, self._base = "", self._position
