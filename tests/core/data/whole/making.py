"""Rows that the tests of whole datasets, splits and leaks share."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from core.data.identity import example_id
from core.data.records import Example
from core.messages import Conversation, Message, Role


def example(user: str, answer: str = "Fine.", row: int = 1, **more: Any) -> Example:
    """A row with one question and one answer."""
    return of_turns([("user", user), ("assistant", answer)], row, **more)


def of_turns(turns: Iterable[tuple[Role, str]], row: int = 1, **more: Any) -> Example:
    """A row with these turns."""
    talk = Conversation(messages=tuple(Message(role=role, content=text) for role, text in turns))
    return Example(id=example_id(talk), row=row, conversation=talk, **more)


def examples(*questions: str, **more: Any) -> list[Example]:
    """Rows in order, one for each question; equal questions get different answers."""
    return [
        example(question, f"Answer {row}.", row, **more)
        for row, question in enumerate(questions, start=1)
    ]


WORDS = (
    *("tea", "ship", "lamp", "violin", "carpet", "orange"),
    *("tunnel", "winter", "basket", "copper", "meadow", "pilot"),
)


def distinct(count: int, first: int = 1) -> list[Example]:
    """Rows that are not alike."""
    rows = []
    for number in range(count):
        a, b, c = (WORDS[number // step % 12] for step in (1, 12, 144))
        question = f"{a}-{b}-{c}-{number * 7919 % 10007}: what is the use?"
        rows.append(example(question, f"{b.title()} and {a}, number {number}.", first + number))
    return rows


def sample(name: str) -> Path:
    """A file of the sample folder; the test is skipped where there is none."""
    folder = os.environ.get("DUOTUNE_SAMPLE_DATA")
    if not folder:
        pytest.skip("DUOTUNE_SAMPLE_DATA names no folder with sample files")
    path = Path(folder) / name
    if not path.exists():
        pytest.skip(f"{name} is not in the folder that DUOTUNE_SAMPLE_DATA names")
    return path


def banking(name: str, first: int = 1) -> list[Example]:
    """The rows of a Banking77 file, labelled."""
    with sample(name).open(encoding="utf-8", newline="") as file:
        return [
            example(line["text"], line["category"], row, label=line["category"])
            for row, line in enumerate(csv.DictReader(file), start=first)
        ]


def fastchat_identity() -> list[Example]:
    """The FastChat identity set, exact duplicates removed."""
    roles: dict[str, Role] = {"human": "user", "gpt": "assistant"}
    rows = json.loads(sample("fastchat_identity_sharegpt.json").read_bytes())
    found: dict[str, Example] = {}
    for number, row in enumerate(rows, start=1):
        made = of_turns([(roles[t["from"]], t["value"]) for t in row["conversations"]], number)
        found.setdefault(made.id, made)
    return list(found.values())
