"""Files of questions: one a line, rows of messages, or a table with a column of questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.comparing.keeping import Kept
from core.data.reading.opening import open_rows
from core.errors import DataError
from core.messages import Message, Record

QUESTIONS = ("prompt", "question", "instruction", "input", "query", "text", "user", "问题", "提问")
ANSWERS = ("reference", "answer", "expected", "output", "completion", "response", "答案", "回答")
LABELS = ("tags", "tag", "label", "category", "标签", "类别")
"""Names of columns, the likeliest first; capital letters make no difference."""
TOLD = 5
"""Rows that an error names; the rest are counted."""


class Item(Record):
    """A question for all contenders."""

    id: str
    row: int
    """Row or line in the source, from 1."""
    messages: tuple[Message, ...]
    reference: str = ""
    """The answer that is wanted; "" where none is known."""
    tags: tuple[str, ...] = ()


def read_prompts(file: Path) -> tuple[Item, ...]:
    """The questions of a file: `.txt` has one a line, anything else rows of any container.

    Raises DataError naming every row that holds no question, or when there is none at all.
    """
    rows = _lines(file) if file.suffix.lower() == ".txt" else _rows(file)
    items: list[Item] = []
    bad: list[int] = []
    for number, value in rows:
        item = _item(number, value)
        if item is None:
            bad.append(number)
        else:
            items.append(item)
    if bad:
        named = ", ".join(map(str, bad[:TOLD]))
        if len(bad) > TOLD:
            named += f" and {len(bad) - TOLD} more"
        raise DataError(
            f"There is no question in rows {named}.",
            file.name,
            "Give each row `messages` that end with the user, or a column called prompt.",
        )
    if not items:
        raise DataError("There is no question in this file.", file.name, "Write one a line.")
    return tuple(items)


def of_cases(cases: tuple[Kept, ...]) -> tuple[Item, ...]:
    """Kept test cases as questions; raises DataError when there are none."""
    if not cases:
        raise DataError(
            "No test case was saved yet.", fix="Save one in the Compare room, or choose a file."
        )
    return tuple(
        Item(
            id=case.id, row=number, messages=case.prompt, reference=case.wanted,
            tags=(*case.tags, case.note) if case.note else case.tags,
        )
        for number, case in enumerate(cases, start=1)
    )  # fmt: skip


def _lines(file: Path) -> Iterator[tuple[int, object]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise DataError("There is no such file.", str(file), "Check the path.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            "This file of questions can't be read as text.", str(file), "Save it as UTF-8."
        ) from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, line.strip()


def _rows(file: Path) -> Iterator[tuple[int, object]]:
    with open_rows(file) as opened:
        for row in opened.rows:
            if row.number is not None:
                yield row.number, row.value


def _item(number: int, value: object) -> Item | None:
    if isinstance(value, str):
        value = {"prompt": value}
    if isinstance(value, list):
        value = {"messages": value}
    if not isinstance(value, Mapping):
        return None
    row = {str(key).strip().lower(): each for key, each in value.items()}
    messages, reference = _asked(row)
    if not messages or messages[-1].role != "user" or not messages[-1].content.strip():
        return None
    found = _first(row, ANSWERS)
    return Item(
        id=f"row-{number}",
        row=number,
        messages=messages,
        reference=reference or (found if isinstance(found, str) else ""),
        tags=_tags(_first(row, LABELS)),
    )


def _asked(row: Mapping[str, Any]) -> tuple[tuple[Message, ...], str]:
    """Messages up to the last question, and the answer that the row gives to it."""
    given = row.get("messages", _first(row, QUESTIONS))
    if isinstance(given, str):
        system = row.get("system")
        messages = [Message(role="user", content=given)]
        if isinstance(system, str) and system.strip():
            messages.insert(0, Message(role="system", content=system))
        return tuple(messages), ""
    try:
        said = [Message.model_validate(each) for each in given or ()]
    except (ValidationError, TypeError):
        return (), ""
    if said and said[-1].role == "assistant":
        return tuple(said[:-1]), said[-1].content
    return tuple(said), ""


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if row.get(name)), None)


def _tags(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        return tuple(str(each) for each in value)
    return ()
