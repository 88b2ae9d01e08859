"""What inspection finds in real files (where DUOTUNE_SAMPLE_DATA names a folder)."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from core.data.checks.inspection import inspect_conversation
from core.data.repairs.catalog import REPAIRS
from core.data.repairs.repair import RepairContext
from core.messages import Conversation, Message

ROLES = {"human": "user", "gpt": "assistant"}


def sample(name: str) -> Path:
    path = Path(os.environ.get("DUOTUNE_SAMPLE_DATA") or "/nowhere") / name
    if not path.exists():
        pytest.skip(f"DUOTUNE_SAMPLE_DATA names no folder with {name}")
    return path


def alpaca(name: str) -> list[dict[str, Any]]:
    """Alpaca rows as OpenAI rows."""
    return [
        {
            "messages": [
                {
                    "role": "user",
                    "content": "\n".join(filter(None, (r["instruction"], r["input"]))),
                },
                {"role": "assistant", "content": r["output"]},
            ]
        }
        for r in json.loads(sample(name).read_text(encoding="utf-8"))
    ]


def sharegpt(name: str) -> list[dict[str, Any]]:
    """ShareGPT rows as OpenAI rows."""
    lines = sample(name).read_text(encoding="utf-8").splitlines()
    return [
        {
            "messages": [
                {"role": ROLES[turn["from"]], "content": turn["value"]}
                for turn in json.loads(line)["conversations"]
            ]
        }
        for line in lines
    ]


def found_in(rows: list[dict[str, Any]]) -> Counter[str]:
    """How many turns have each problem."""
    turns = {
        (finding.code, number, finding.path[1])
        for number, row in enumerate(rows)
        for finding in inspect_conversation(conversation(row))
    }
    return Counter(code for code, _, _ in turns)


def conversation(row: dict[str, Any]) -> Conversation:
    return Conversation(messages=tuple(Message(**turn) for turn in row["messages"]))


def test_every_placeholder_of_the_persona_is_found_and_can_be_filled() -> None:
    rows = alpaca("lf_identity_placeholders.json")
    assert found_in(rows)["placeholder"] == 85
    context = RepairContext(answers={"name": "Tina", "{{author}}": "Acme"})
    filled = [REPAIRS["fill_placeholders"].apply(row, context) for row in rows]
    assert "{{" not in json.dumps(filled)
    assert found_in([row for row in filled if row])["placeholder"] == 0


def test_shared_chats_are_full_of_disclaimers_and_some_hidden_characters() -> None:
    found = found_in(sharegpt("medicalgpt_sharegpt_zh_head.jsonl"))
    assert found["ai_disclaimer"] >= 100
    assert found["vendor_identity"] >= 15
    assert found["zero_width"] == 1
    assert found["special_token"] == 1
    assert found["mojibake"] == 0
    assert found["html_tag"] == 0  # all of it is about code
    assert found["secret_key"] == found["pii_card"] == 0


def test_instructions_with_ai_disclaimers() -> None:
    found = found_in(alpaca("lf_alpaca_zh_demo.json"))
    assert found["ai_disclaimer"] >= 11
    assert found["reply_language"] >= 10


def test_tweets_name_accounts() -> None:
    text = sample("openpipe_tweets_sentiment.csv").read_text(encoding="utf-8")
    rows = [
        {
            "messages": [
                {"role": "user", "content": line["Text"]},
                {"role": "assistant", "content": line["sentiment"]},
            ]
        }
        for line in csv.DictReader(text.splitlines())
    ]
    assert found_in(rows)["pii_handle"] >= 40
