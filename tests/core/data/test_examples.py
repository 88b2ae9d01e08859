"""The bundled example data: well formed, fairly split, and as its rubric expects it."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.data.examples import make_support_desk

FOLDER = Path(make_support_desk.__file__).parent
Row = dict[str, Any]


def load_rows() -> list[Row]:
    text = (FOLDER / "support_desk.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return load_rows()


@pytest.fixture(scope="module")
def phrases() -> dict[str, Any]:
    text = (FOLDER / "support_desk.phrases.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def first_user_turn(row: Row) -> str:
    return next(str(m["content"]) for m in row["messages"] if m["role"] == "user").casefold()


def user_text(row: Row) -> str:
    return "\n".join(m["content"] for m in row["messages"] if m["role"] == "user")


def of_split(rows: list[Row], split: str) -> list[Row]:
    return [row for row in rows if row["split"] == split]


def as_pattern(sentence: str) -> re.Pattern[str]:
    pieces = re.split(r"\{\w+\}", sentence)
    pattern = ".{1,20}?".join(re.escape(piece) for piece in pieces)
    return re.compile(pattern.replace(r"\ a\ .", r"\ an?\ ."), re.IGNORECASE)


def test_counts_and_languages(rows: list[Row]) -> None:
    assert Counter(row["split"] for row in rows) == {"train": 600, "validation": 60, "test": 160}
    chinese = sum("zh" in row["tags"] for row in rows)
    assert 0.2 < chinese / len(rows) < 0.3
    assert all(("zh" in row["tags"]) != ("en" in row["tags"]) for row in rows)


def test_every_row_is_a_chat_that_ends_on_the_assistant(rows: list[Row]) -> None:
    for row in rows:
        roles = [message["role"] for message in row["messages"]]
        assert roles in (["system", *["user", "assistant"] * n] for n in (1, 2))
        assert all(message["content"].strip() for message in row["messages"])
        assert set(row) == {"messages", "split", "tags"}


def test_at_least_a_third_has_two_customer_turns(rows: list[Row]) -> None:
    for split in ("train", "validation", "test"):
        part = of_split(rows, split)
        assert sum(len(row["messages"]) == 5 for row in part) >= len(part) / 3


def test_no_two_rows_share_a_first_customer_turn(rows: list[Row]) -> None:
    assert len({first_user_turn(row) for row in rows}) == len(rows)


def test_new_items_are_in_no_training_row(rows: list[Row], phrases: dict[str, Any]) -> None:
    new = [item for language in ("en", "zh") for item in phrases[language]["items"]["new"]]
    seen = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows if row["split"] != "test")
    assert [item for item in new if re.search(rf"\b{item}\b|{item}(?![a-z ])", seen)] == []
    for row in of_split(rows, "test"):
        assert any(item in user_text(row) for item in new) == ("new_item" in row["tags"])


def test_new_phrasings_are_in_no_training_row(rows: list[Row], phrases: dict[str, Any]) -> None:
    new = []
    for language in ("en", "zh"):
        words = phrases[language]
        new += words["openings"]["new"]
        for kind in ("sentences", "follow_ups"):
            new += [phrase for intent in words[kind].values() for phrase in intent["new"]]
    learned = [user_text(row) for row in rows if row["split"] != "test"]
    found = {p for p in new for text in learned if as_pattern(p).search(text)}
    assert found == set()


def test_every_test_row_says_what_is_new(rows: list[Row]) -> None:
    for row in of_split(rows, "test"):
        assert {"new_phrasing", "new_item"} & set(row["tags"])


def test_every_intent_is_in_every_split(rows: list[Row], phrases: dict[str, Any]) -> None:
    intents = set(phrases["en"]["replies"])
    assert set(phrases["zh"]["replies"]) == intents
    for split in ("train", "validation", "test"):
        assert {row["tags"][-1] for row in of_split(rows, split)} == intents


def test_the_generator_still_makes_this_file(rows: list[Row]) -> None:
    made = {json.dumps(row, ensure_ascii=False) for row in make_support_desk.rows()}
    assert made == {json.dumps(row, ensure_ascii=False) for row in rows}


def test_the_rubric_finds_what_it_asks_for_in_every_reference(
    rows: list[Row], phrases: dict[str, Any]
) -> None:
    rubric = yaml.safe_load((FOLDER / "support_desk.rubric.yaml").read_text(encoding="utf-8"))
    checks = {c["id"]: c["check"] for c in rubric["criteria"] if c["kind"] == "check"}
    items = {i for lang in ("en", "zh") for part in phrases[lang]["items"].values() for i in part}
    for row in rows:
        answer = row["messages"][-1]["content"]
        assert re.search(checks["desk-tag"]["reference_regex"], answer)
        named = re.search(checks["item"]["reference_regex"], answer)
        assert named is not None
        assert named.group(1) in items
        assert re.search(checks["signature"]["pattern"], answer)
        assert checks["length"]["min_chars"] <= len(answer) <= checks["length"]["max_chars"]
