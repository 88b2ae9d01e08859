"""Window: look at JSON text through a piece of it, so that memory stays bounded by one row."""

from __future__ import annotations

import json

from core.data.problems import size_text
from core.data.reading.locating import WALKER, skip_blank
from core.data.reading.malformed import MAX_DEPTH, Fault, invalid_json
from core.data.reading.rows import MAX_ROW_BYTES
from core.data.reading.source import Source

WINDOW = 1 << 20
TAIL = 16
"""A syntax error this near to a window's end may only mean that the window is too short."""


class BrokenError(Exception):
    """Carries a Fault, relative to the value's beginning, to where a row is made of it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


class Window:
    """A position in a source, and the text from there, as far as it was looked at."""

    def __init__(self, source: Source, position: int | None = None) -> None:
        self.source = source
        self.position = self._base = source.start if position is None else position
        self._text = ""
        self._at_end = False

    def next_char(self) -> str:
        """The next character that isn't white space, where the position then is; "" at the end."""
        while True:
            self._bring_into_view()
            offset = skip_blank(self._text, self.position - self._base)
            self.position = self._base + offset
            if offset < len(self._text):
                return self._text[offset]
            self._fill(WINDOW)
            if not self._text:
                return ""

    def value_end(self) -> int:
        """Where the value at the position ends; BrokenError when it doesn't."""
        self._bring_into_view()
        start = self.position
        for window in (0, WINDOW, MAX_ROW_BYTES):
            if window:
                self._fill(window)
            try:
                _, end = WALKER.raw_decode(self._text, start - self._base)
            except json.JSONDecodeError as error:
                if self._is_final(error):
                    fault = invalid_json(error)
                    offset = fault.offset - (start - self._base)
                    raise BrokenError(fault._replace(offset=offset)) from None
            except RecursionError:
                fault = Fault("nested_too_deep", 0, {"limit": str(MAX_DEPTH)})
                raise BrokenError(fault) from None
            else:
                if end < len(self._text) or self._at_end:
                    return self._base + end
        raise BrokenError(Fault("row_too_large", 0, {"limit": size_text(MAX_ROW_BYTES)}))

    def go_to_end(self) -> None:
        """Move on to the end of the source."""
        while chunk := self.source.read(self.position, WINDOW):
            self.position += len(chunk)
        self._text, self._base = "", self.position

    def _bring_into_view(self) -> None:
        if not self._base <= self.position <= self._base + len(self._text):
            self._fill(WINDOW)

    def _fill(self, size: int) -> None:
        data = self.source.read(self.position, size)
        self._base, self._text = self.position, data.decode("latin-1")
        self._at_end = len(data) < size

    def _is_final(self, error: json.JSONDecodeError) -> bool:
        if self._at_end:
            return True
        open_text = error.msg.startswith("Unterminated string")
        return not open_text and error.pos < len(self._text) - TAIL
