"""Draft: a conversation while it is written down in the OpenAI shape."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.data.formats.fields import around
from core.data.formats.shape import Talk, said
from core.data.formats.tool_texts import tool_list
from core.data.problems import Finding, Path

PLACEHOLDERS = {"<image>": "a picture", "<video>": "a video", "<audio>": "sound"}


@dataclass
class Draft:
    """Messages so far, and for each where its text stands in the record."""

    messages: list[Any] = field(default_factory=list)
    origins: list[Path] = field(default_factory=list)
    found: list[Finding] = field(default_factory=list)
    _calls: int = 0
    _unanswered: list[str] = field(default_factory=list)

    def add(self, message: Any, origin: Path) -> None:
        """Add a message as it is, right or wrong: the checks say what is wrong with it."""
        self.messages.append(message)
        self.origins.append(origin)

    # Keys of a turn come in as `more`, and may be called whatever a parameter is.
    def say(self, role: str, content: Any, origin: Path, /, **more: Any) -> None:
        """Add a message."""
        self.add(said(role, content, **more), origin)

    def note(self, code: str, path: Path = (), **values: str) -> None:
        """Add a finding; the path is the record's."""
        self.found.append(Finding(code, path, values))

    def call(self, name: Any, arguments: Any, call_id: Any = None) -> dict[str, Any]:
        """A tool call, with an id where it has none; it awaits its result from now on."""
        if call_id is None:
            self._calls += 1
            call_id = f"call_{self._calls}"
        if isinstance(call_id, str):
            self._unanswered.append(call_id)
        function = {"name": name, "arguments": arguments_text(arguments)}
        return {"id": call_id, "type": "function", "function": function}

    def say_calls(self, calls: list[Any], origin: Path, /, **more: Any) -> None:
        """Add calls, to the assistant's turn just before where there is one."""
        calls = [*calls, *beside_calls(more.pop("tool_calls", None))]
        last = self.messages[-1] if self.messages and not more else None
        if isinstance(last, dict) and last.get("role") == "assistant" and "weight" not in last:
            made = last.setdefault("tool_calls", [])
            if isinstance(made, list):
                last["tool_calls"] = [*made, *calls]
                return
        self.say("assistant", "", origin, tool_calls=calls, **more)

    def answer(self, content: Any, origin: Path, call_id: Any = None, /, **more: Any) -> None:
        """Add a tool's result; without an id it answers the earliest call still open."""
        if isinstance(call_id, str) and call_id in self._unanswered:
            self._unanswered.remove(call_id)
        elif call_id is None and self._unanswered:
            call_id = self._unanswered.pop(0)
        if call_id is not None:
            more["tool_call_id"] = call_id
        self.say("tool", content, origin, **more)

    @property
    def unanswered(self) -> int:
        """How many calls have no result yet."""
        return len(self._unanswered)

    def lead(self, prompt: Any, origin: Path) -> None:
        """Put a system prompt in front that stands beside the turns."""
        if prompt is None or prompt == "":
            return
        first = self.messages[0] if self.messages else None
        if isinstance(first, dict) and first.get("role") in ("system", "developer"):
            if first.get("content") != prompt:
                self.note("system_twice", origin)
            return
        self.messages.insert(0, said("system", prompt))
        self.origins.insert(0, origin)

    def lead_with(self, record: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
        """Lead with the system prompt under the first of some keys that is filled in.

        Returns the keys that are thereby used: not those that say something else.
        """
        prompts = {key: record[key] for key in keys if record.get(key) not in (None, "")}
        first = next(iter(prompts), None)
        if first is None:
            return [*keys]
        self.lead(prompts[first], (first,))
        return [key for key in keys if prompts.get(key, prompts[first]) == prompts[first]]

    def talk(self, record: Mapping[str, Any], used: Iterable[str], tools: str = "") -> Talk:
        """The conversation; `used` are the record's keys that it was made of."""
        used = frozenset(used)
        beside = around(record, used | {tools})
        row = {"messages": self.messages, **beside.row}
        if tools and (listed := tool_list(record.get(tools))) is not None:
            row["tools"] = listed
        found = [*self.found, *beside.found]
        if not any(finding.code == "image_not_supported" for finding in found):
            found += placeholders(self.messages, self.origins)
        return Talk(row, tuple(self.origins), tuple(found), beside.group)


def as_it_is(record: Any) -> Talk:
    """A record that can't be converted: the checks say what is missing."""
    return Talk(record if isinstance(record, dict) else {})


def placeholders(messages: Iterable[Any], origins: Iterable[Path]) -> list[Finding]:
    """Users' turns that name the place of a picture, although there is none."""
    found = []
    for message, origin in zip(messages, origins, strict=False):
        text = message.get("content") if isinstance(message, dict) else None
        if not isinstance(text, str) or "<" not in text or message.get("role") != "user":
            continue
        for mark, kind in PLACEHOLDERS.items():
            if mark in text and mark.replace("<", "</") not in text:
                found.append(Finding("image_placeholder", origin, {"mark": mark, "kind": kind}))
    return found


def beside_calls(written: Any) -> list[Any]:
    """The calls that a turn keeps beside those in its text; what is no list is one bad call."""
    if written is None:
        return []
    return written if isinstance(written, list) else [written]


def arguments_text(arguments: Any) -> Any:
    """A call's arguments as the JSON text that the OpenAI format wants; texts stay as they are."""
    if isinstance(arguments, str):
        return arguments
    try:
        return json.dumps({} if arguments is None else arguments, ensure_ascii=False, default=str)
    except (RecursionError, ValueError):  # nested too deep: the checks say so
        return arguments
