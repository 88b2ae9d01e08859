"""Pass rows that plainly have nothing to remark on, at the speed of the JSON decoder.

A row that passes here is one for which `check_row` has nothing to say (a test holds that over
generated rows); every other row goes to `check_row`, which is exact and slower.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from core.data.canonical import CallText, TalkText, TurnText
from core.data.reading.locating import key_twice

LONG_BYTES = 32_000
"""A shorter row can't have the number of characters that is remarked on."""
PLAIN_ENDS = (b'"}]}', b'"}]}\n', b'"}]}\r\n')
"""How a row ends whose last key is `messages`; another one is no plain row."""
CACHED_TOOLS = 1_000
"""Lists of tool definitions that are remembered: most files repeat a few."""


Maybe = str | None | UnsetType
"""A text that may be null or missing; the two are told apart to count the quotes of a row."""


class _Function(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    name: str
    arguments: str


class _Call(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    function: _Function
    id: Maybe = UNSET
    type: Maybe = UNSET


class PlainTurn(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A turn that is only text."""

    role: Literal["system", "user", "assistant"]
    content: str


class PlainRow(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A row that is only such turns."""

    messages: list[PlainTurn]


class CallingTurn(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A turn that may call tools or answer such a call."""

    role: Literal["system", "user", "assistant", "tool"]
    content: Maybe = UNSET
    tool_calls: list[_Call] | UnsetType | None = UNSET
    tool_call_id: Maybe = UNSET
    name: Maybe = UNSET


NO_RAW = msgspec.Raw(b"")


class CallingRow(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A row with tools."""

    messages: list[CallingTurn]
    tools: msgspec.Raw = NO_RAW
    parallel_tool_calls: bool | UnsetType | None = UNSET


class _ToolFunction(msgspec.Struct, gc=False):
    name: str


class _Tool(msgspec.Struct, gc=False):
    function: _ToolFunction


class _Tools(NamedTuple):
    """Tool definitions of a row, which most files repeat."""

    names: frozenset[str]
    written: tuple[msgspec.Raw, ...]
    quotes: int
    """In their JSON text."""


_decode_plain = msgspec.json.Decoder(PlainRow).decode
_decode_calling = msgspec.json.Decoder(CallingRow).decode
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode
_decode_tools = msgspec.json.Decoder(list[_Tool]).decode
_decode_values = msgspec.json.Decoder(list[dict[str, Any]]).decode
NOT_BEFORE = {
    "system": ("system", "user", "assistant", "tool"),
    "user": ("user",),
    "assistant": ("", "system", "assistant"),
    "tool": ("", "system", "user"),
}
"""What must not stand just before a turn; "" is the beginning."""


@dataclass
class FastLane:
    """Decides row by row; remembers tool definitions between rows."""

    _tools: dict[bytes, _Tools | None] = field(default_factory=dict)

    def talk(self, line: bytes) -> TalkText | None:
        """The row's conversation; None when `check_row` must look at it."""
        row = self.passed(line)
        if row is None:
            return None
        if isinstance(row, PlainRow):
            return TalkText([TurnText(turn.role, turn.content) for turn in row.messages])
        tools = self._read_tools(row.tools)
        return TalkText([_as_text(turn) for turn in row.messages], tools.written if tools else ())

    def passed(self, line: bytes) -> PlainRow | CallingRow | None:
        """The decoded row when there is nothing to remark on."""
        if len(line) > LONG_BYTES:
            return None
        if not line.endswith(PLAIN_ENDS):
            return self._calling(line)
        try:
            plain = _decode_plain(line)
        except (ValueError, RecursionError):
            return self._calling(line)
        turns = plain.messages
        if not _in_order(turns):
            return None
        quotes = line.count(b'"') - 2 - 8 * len(turns)
        if quotes and not (_shows_quotes(line) and quotes == _quotes_in(turns)):
            return None  # a key stands twice
        return plain

    def _calling(self, line: bytes) -> CallingRow | None:
        try:
            row = _decode_calling(line)
        except (ValueError, RecursionError):
            return None
        turns = row.messages
        tools = self._read_tools(row.tools) if row.tools else None
        if tools is None or not _calls_in_order(turns):
            return None
        quotes = _quotes_of(turns, tools.names)
        if quotes is None:
            return None
        quotes += 4 + tools.quotes + (0 if row.parallel_tool_calls is UNSET else 2)
        return row if _shows_quotes(line) and line.count(b'"') == quotes else None

    def _read_tools(self, raw: msgspec.Raw) -> _Tools | None:
        key = bytes(raw)
        if key not in self._tools:
            if len(self._tools) >= CACHED_TOOLS:
                self._tools.clear()
            self._tools[key] = _parse_tools(key)
        return self._tools[key]


def _parse_tools(raw: bytes) -> _Tools | None:
    try:
        names = frozenset(tool.function.name for tool in _decode_tools(raw))
        values = _decode_values(raw)
    except (ValueError, RecursionError):
        return None
    if not names or key_twice(raw) is not None:
        return None
    written = tuple(msgspec.Raw(msgspec.json.encode(value)) for value in values)
    return _Tools(names, written, raw.count(b'"'))


def _is_object(function: _Function) -> bool:
    try:
        _decode_object(function.arguments)
    except (ValueError, RecursionError):
        return False
    return True


def _in_order(turns: list[PlainTurn]) -> bool:
    """system?, then user and assistant in turn, an answer at the end, nothing empty."""
    place, wanted = 0, "user"
    for turn in turns:
        role, content = turn.role, turn.content
        if role == wanted:
            wanted = "assistant" if wanted == "user" else "user"
        elif place or role != "system":
            return False
        # `isspace` looks no further than the first visible character.
        if not content or content.isspace():
            return False
        place = 1
    return place == 1 and wanted == "user" and turns[-1].role == "assistant"


def _calls_in_order(turns: list[CallingTurn]) -> bool:
    """As `_in_order`, with calls by the assistant and tool results after them."""
    before = ""
    for turn in turns:
        role, content, calls = turn.role, turn.content, bool(turn.tool_calls)
        if before in NOT_BEFORE[role] or (calls and role != "assistant"):
            return False
        if not calls and (not content or content.isspace()):
            return False
        before = role
    return before == "assistant"


def _shows_quotes(line: bytes) -> bool:
    """Whether each quote of a text is a quote in the line, so that quotes can be counted."""
    return b"\\u0022" not in line


def _quotes_in(turns: list[PlainTurn]) -> int:
    return sum(turn.content.count('"') for turn in turns)


def _quotes_of(turns: list[CallingTurn], names: frozenset[str]) -> int | None:
    """The quotes that turns are written with, when each of their keys stands there once.

    None when a call uses no tool of the row, or a result answers no call that was made.
    """
    made: set[Maybe] = set()
    quotes = 0
    for turn in turns:
        content, answered = turn.content, turn.tool_call_id
        if turn.name == "" or answered == "":
            return None
        if turn.role == "tool" and (not answered or answered not in made):
            return None
        # A key and its text have four quotes; those inside the text are written as \\" and count.
        quotes += 8 + content.count('"') if isinstance(content, str) else 4 + _key(content)
        quotes += _key(answered) + _key(turn.name)
        if turn.tool_calls is not UNSET:
            quotes += 2
            for call in turn.tool_calls or ():
                function = call.function
                if function.name not in names or call.id == "" or not _is_object(function):
                    return None
                made.add(call.id)
                quotes += 10 + function.name.count('"') + function.arguments.count('"')
                quotes += _key(call.id) + _key(call.type)
    return quotes


def _key(value: Maybe) -> int:
    """The quotes of a key with a value that may be null, or missing."""
    if value is UNSET:
        return 0
    return 2 if value is None else 4 + str(value).count('"')


def _as_text(turn: CallingTurn) -> TurnText:
    calls = tuple(
        CallText(call.function.name, call.function.arguments, call.id or None)
        for call in turn.tool_calls or ()
    )
    return TurnText(
        turn.role, turn.content or "", calls, turn.tool_call_id or None, turn.name or None
    )
