"""Pass rows that plainly have nothing to remark on, at the speed of the JSON decoder.

A row that passes here is one for which `check_row` has nothing to say (a test holds that over
generated rows); every other row goes to `check_row`, which is exact and slower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import msgspec

from core.data.canonical import CallText, TalkText, TurnText, talk_json

LONG_BYTES = 32_000
"""A shorter row can't have the number of characters that is remarked on."""
CACHED_TOOLS = 1_000
"""Lists of tool definitions that are remembered: most files repeat a few."""


class _Function(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    name: str
    arguments: str


class _Call(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    function: _Function
    id: str | None = None
    type: str | None = None


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
    content: str | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None
    name: str | None = None


NO_RAW = msgspec.Raw(b"")


class CallingRow(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A row with tools."""

    messages: list[CallingTurn]
    tools: msgspec.Raw = NO_RAW
    parallel_tool_calls: bool | None = None


class _ToolFunction(msgspec.Struct, gc=False):
    name: str


class _Tool(msgspec.Struct, gc=False):
    function: _ToolFunction


class _Tools(NamedTuple):
    names: frozenset[str]
    written: tuple[msgspec.Raw, ...]


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

    taken: int = 0
    """Rows that `take` has passed."""
    _tools: dict[bytes, _Tools | None] = field(default_factory=dict)

    def conversation(self, line: bytes) -> bytes | None:
        """The row's conversation as canonical JSON; None when `check_row` must look at it."""
        talk = self.talk(line)
        return None if talk is None else talk_json(talk)

    def talk(self, line: bytes) -> TalkText | None:
        """The row's conversation; None when `check_row` must look at it."""
        row = self.passed(line)
        if row is None:
            return None
        if isinstance(row, PlainRow):
            return TalkText([TurnText(turn.role, turn.content) for turn in row.messages])
        tools = self._read_tools(row.tools)
        return TalkText([_as_text(turn) for turn in row.messages], tools.written if tools else ())

    def take(self, _number: int, _offset: int, line: bytes) -> bool:
        """Whether a row has nothing to remark on; the conversation itself is not wanted."""
        # The same as `passed`, without its calls: this runs once for every row of large files.
        if len(line) > LONG_BYTES:
            return False
        try:
            turns = _decode_plain(line).messages
        except (ValueError, RecursionError):
            if self._calling(line) is None:
                return False
        else:
            if not _in_order(turns) or (
                line.count(b'"') != 2 + 8 * len(turns) and not _has_keys_once(line, turns)
            ):
                return False
        self.taken += 1
        return True

    def passed(self, line: bytes) -> PlainRow | CallingRow | None:
        """The decoded row when there is nothing to remark on."""
        if len(line) > LONG_BYTES:
            return None
        try:
            plain = _decode_plain(line)
        except (ValueError, RecursionError):
            return self._calling(line)
        turns = plain.messages
        if not _in_order(turns):
            return None
        # The quotes of `messages`, and of two keys and two texts a turn: then no key stands twice.
        if line.count(b'"') == 2 + 8 * len(turns) or _has_keys_once(line, turns):
            return plain
        return None

    def _calling(self, line: bytes) -> CallingRow | None:
        try:
            row = _decode_calling(line)
        except (ValueError, RecursionError):
            return None
        turns = row.messages
        fits = _has_keys_once(line, turns) and _calls_in_order(turns) and self._calls_fit(row)
        return row if fits else None

    def _calls_fit(self, row: CallingRow) -> bool:
        tools = self._read_tools(row.tools)
        if tools is None or not tools.names:
            return False
        made: set[str | None] = set()
        for turn in row.messages:
            for call in turn.tool_calls or ():
                if call.function.name not in tools.names or not _is_object(call.function):
                    return False
                made.add(call.id)
            if turn.role == "tool" and (turn.tool_call_id is None or turn.tool_call_id not in made):
                return False
        return True

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
    return _Tools(names, tuple(msgspec.Raw(msgspec.json.encode(value)) for value in values))


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
        role, calls = turn.role, turn.tool_calls
        follows = turn.role not in NOT_BEFORE or before not in NOT_BEFORE[role]
        if not follows or (calls and role != "assistant"):
            return False
        content = turn.content
        if (content is None or not content or content.isspace()) and not calls:
            return False
        before = role
    return before == "assistant"


def _has_keys_once(line: bytes, turns: Sequence[object]) -> bool:
    """Whether no key stands twice: decoding keeps only the last of two in silence.

    Inside text the quotes of what looks like a key are escaped.
    """
    count = len(turns)
    return (
        line.count(b'"role"') == count
        and line.count(b'"messages"') == 1
        and line.count(b'"content"') <= count
        and line.count(b'"tools"') <= 1
        and line.count(b'"tool_calls"') < count
    )


def _as_text(turn: CallingTurn) -> TurnText:
    calls = tuple(
        CallText(call.function.name, call.function.arguments, call.id)
        for call in turn.tool_calls or ()
    )
    return TurnText(turn.role, turn.content or "", calls, turn.tool_call_id, turn.name)
