"""The dataset's card in the conversation: its facts, its buttons, and what they carry."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

from core.data.ingest import read_file
from core.data.records import Dataset
from ui.present import data_card
from ui.words import Voice

EN, ZH = Voice("en"), Voice("zh")


def dataset(folder: Path, name: str, text: str) -> Dataset:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return read_file(file).dataset


def rows(*replies: str) -> str:
    lines = []
    for number, reply in enumerate(replies):
        user = {"role": "user", "content": f"What does tea {number} cost?"}
        lines.append(json.dumps({"messages": [user, {"role": "assistant", "content": reply}]}))
    return "\n".join(lines)


def acts(html: str) -> list[dict[str, Any]]:
    return [json.loads(urlsafe_b64decode(code)) for code in re.findall(r"dt-do-([\w=-]+)", html)]


def test_buttons_carry_exactly_what_they_do(tmp_path: Path) -> None:
    replies = ["Write to anna.berg@gmail.com.", "I'm sorry, but I can't help with that.", "Tea. "]
    found = dataset(tmp_path, "tea.jsonl", rows(*replies, *(f"Costs {n}." for n in range(60))))
    html = data_card.card(found, None, EN)
    by_text = {one["text"]: one for one in acts(html)}
    every = by_text["Mend all that takes nothing away"]
    assert every["verb"] == "repair"
    assert set(every["arguments"]["codes"]) == {"pii_email", "edge_whitespace"}
    assert every["arguments"]["dataset_id"] == found.id
    refusals = next(
        one for text, one in by_text.items() if text.startswith("Take these rows out: ")
    )
    assert refusals["arguments"]["codes"] == ["refusal"]


def test_questions_have_a_button_for_each_other_answer(tmp_path: Path) -> None:
    lines = "\n".join(
        f"[20/03/2024, 09:0{n}:00] {who}: {text}"
        for n, (who, text) in enumerate(
            [("Ann", "Any tea?"), ("<b>Bob</b>", "Yes."), ("Ann", "Ok")]
        )
    )
    html = data_card.card(dataset(tmp_path, "_chat.txt", lines), None, ZH)
    answers = [one for one in acts(html) if one["verb"] == "answer"]
    assert {"answers": {"assistant": "Ann"}}.items() <= answers[0]["arguments"].items()
    assert answers[0]["text"] == "助手是 Ann"
    assert "<b>Bob" not in html
    assert "由您决定" in html


def test_what_was_read_is_said(tmp_path: Path) -> None:
    found = dataset(tmp_path, "tea.jsonl", rows(*(f"Tea {n} costs {n}." for n in range(60))))
    html = data_card.card(found, None, EN)
    assert "tea.jsonl · jsonl · utf-8" in html
    assert "English 60" in html
    unread = found.model_copy(update={"inspected": False})
    assert "in the background" in data_card.card(unread, None, EN)
