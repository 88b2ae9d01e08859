"""Rows of a file that is not one row per line: a list, objects one after another, or broken ones.

After a broken row the scanner looks for the beginning of the next one, so that bad rows don't cost
good rows.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

from core.data.reading.blocks import LARGE_BLOCK, SMALL_BLOCK, pieces
from core.data.reading.malformed import Fault
from core.data.reading.names import NAMES
from core.data.reading.rows import Row, Take, decode_row
from core.data.reading.source import Source
from core.data.reading.window import WINDOW, BrokenError, Window

OVERLAP = 1 << 8
"""Longest row beginning that is recognised across two windows."""
MAX_RESTARTS = 10_000
"""How often a file may be broken before the rest is left unread: keeps hostile files cheap."""
ROW_KEYS = frozenset({"messages", "conversations", "instruction", "prompt", "contents"})
FIRST_KEY = re.compile(rb'\{\s*+"([^"\\]{1,80})"\s*+:')
NEXT_LIST = re.compile(
    rb'\]\s*+,\s*+"(?:%b)"\s*+:\s*+\[' % "|".join((*NAMES["splits"], "data")).encode()
)
"""Where a list ends and another one begins that would be mixed up with it after a broken row."""


class Scanner(Window):
    """Reads rows once, from a position to the end of the file or of the list there."""

    def __init__(
        self,
        source: Source,
        position: int | None = None,
        one_list: bool = False,
        take: Take = lambda *_: False,
    ) -> None:
        super().__init__(source, position)
        self._take = take
        self._one_list = one_list
        """Whether there is one list to read, with something else after it."""
        self.number = 0
        """Rows so far."""
        self._restarts = 0
        self._gave_up = False
        self._slow_until = 0
        """Up to here rows are read one by one, because something is broken."""
        self._block_size = LARGE_BLOCK
        self._first_keys = {key.encode() for key in ROW_KEYS}
        """Keys that a row begins with, as far as known."""

    def rows(self) -> Iterator[Row]:
        """Every row in order; a Row without a number says something about the whole file."""
        inside = comma = False
        free = True  # the next row needs no comma: it is the first one, or follows a broken one
        while char := self.next_char():
            if char == "[" and not inside:
                inside = free = True
                self.position += 1
            elif char == "]" and inside:
                if comma:
                    yield self._remark("comma_extra")
                inside = comma = False
                self.position += 1
                if self._one_list:
                    return
            elif char == ",":
                if comma:
                    yield self._remark("comma_extra")
                comma = True
                self.position += 1
            elif inside and (comma or free) and self.position >= self._slow_until:
                has_rows = yield from self._block()
                comma, free = (self._passed_comma(), False) if has_rows else (comma, free)
            else:
                row, *more = self._row(missing_comma=not (comma or free) and inside)
                yield row
                yield from more
                comma, free = False, row.value is None
        if inside and not self._gave_up:
            yield self._remark("list_not_closed")

    def first_value_end(self) -> int | None:
        """The byte after the JSON value that the file begins with; None when that is broken."""
        self.next_char()
        try:
            return self.value_end()
        except BrokenError:
            return None

    def _remark(self, code: str) -> Row:
        return Row(None, self.position, b"", None, (Fault(code, 0, {}),))

    def _block(self) -> Generator[Row, None, bool]:
        """Many rows at once, up to the end of the last; returns whether there were any.

        A row is yielded before those after it are offered to be taken: places are asked in order.
        """
        start, before, is_learnt = self.position, self.number, False
        block = self.source.read(start, self._block_size)
        self._block_size = LARGE_BLOCK
        for begin, end in pieces(block):
            number, offset, data = self.number + 1, start + begin, block[begin:end]
            row = None if self._take(number, offset, data) else decode_row(number, offset, data)
            if row is not None and row.value is None:  # broken: to be looked at by itself
                self._block_size = SMALL_BLOCK
                self.position = offset
                break
            self.number, self.position = number, start + end
            if row is None:
                continue
            if not is_learnt:
                self._learn(row)
                is_learnt = True
            yield row
        if self.number == before:
            self._slow_until = start + len(block)
        return self.number > before

    def _passed_comma(self) -> bool:
        """Whether the last block went on beyond the comma, to where a row is broken."""
        return self.source.read(self.position, 1) == b"{"

    def _row(self, missing_comma: bool) -> Iterator[Row]:
        """The row at the position, and what follows from it for the rest of the file."""
        self.number += 1
        number, start = self.number, self.position
        remarks = (Fault("comma_missing", 0, {}),) if missing_comma else ()
        try:
            end = self.value_end()
        except BrokenError as broken:
            data = self.source.read(start, broken.fault.offset)
            yield Row(number, start, data, None, (*remarks, broken.fault))
            self.position = start + 1
            if not self._restart():
                yield from self._unread(start + broken.fault.offset)
            return
        self.position = end
        row = decode_row(number, start, self.source.read(start, end - start), remarks)
        self._learn(row)
        yield row

    def _learn(self, row: Row) -> None:
        if isinstance(row.value, dict):
            self._first_keys.update(key.encode() for key in list(row.value)[:1])

    def _restart(self) -> bool:
        """Move on to where the next row seems to begin; False when there is no such place."""
        while self._restarts < MAX_RESTARTS:
            self._restarts += 1
            if not self._find_object(self._first_keys):
                return False
            if self._at_list_end() or self._is_row_beginning():
                return True
            self.position += 1
        return False

    def _find_object(self, keys: set[bytes] | None) -> bool:
        """Move on to an object that begins with one of these keys; False when none is left."""
        while chunk := self.source.read(self.position, WINDOW):
            end = NEXT_LIST.search(chunk) if self._one_list else None
            for match in FIRST_KEY.finditer(chunk, 0, end.start() if end else len(chunk)):
                if keys is None or match[1] in keys:
                    self.position += match.start()
                    return True
            if end:
                self.position += end.start()
                return True
            self.position += max(len(chunk) - OVERLAP, 1)
        return False

    def _at_list_end(self) -> bool:
        return self.source.read(self.position, 1) == b"]"

    def _is_row_beginning(self) -> bool:
        start = self.position
        match = FIRST_KEY.match(self.source.read(start, OVERLAP))
        if match and match[1].decode("latin-1") in ROW_KEYS:
            return True
        try:
            end = self.value_end()
        except BrokenError:
            return False
        value = decode_row(0, start, self.source.read(start, end - start)).value
        return isinstance(value, dict) and not ROW_KEYS.isdisjoint(value)

    def _unread(self, offset: int) -> Iterator[Row]:
        """Stop, and say so when there is more text that could hold rows."""
        self.position, self._gave_up = offset, True
        if self._find_object(None):
            yield Row(None, offset, b"", None, (Fault("rest_not_read", 0, {}),))
        self.go_to_end()
