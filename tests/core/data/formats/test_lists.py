"""Lists of texts said in turn, and lists of pairs."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from core.data.formats.lists import FORMATS, convert_pairs, convert_texts, fits_pairs, fits_texts
from tests.core.data.formats.sample_files import sample

CHATTERBOT = """
categories:
- small talk
conversations:
- - Hello
  - Hi
  - How are you?
  - Fine.
- - How many?
  - 42
- - Really?
  - Sure: why not
"""


def roles(row: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(m["role"][0], m["content"]) for m in row["messages"]]


def test_texts_are_said_in_turn_the_users_first() -> None:
    (talk,) = convert_texts(["Hello", "Hi", "How are you?", "Fine."], {})
    assert roles(talk.row) == [("u", "Hello"), ("a", "Hi"), ("u", "How are you?"), ("a", "Fine.")]
    assert talk.origins == ((0,), (1,), (2,), (3,))
    assert [f.code for f in talk.found] == ["speakers_alternated"]


def test_a_whole_chatterbot_file() -> None:
    value = yaml.safe_load(CHATTERBOT)
    assert fits_texts(value)
    first, numbers, broken = convert_texts(value, {})
    assert first.row["tags"] == ["small talk"]
    assert first.origins[3] == ("conversations", 0, 3)
    assert roles(numbers.row)[1] == ("a", "42")
    assert "number_as_text" in [f.code for f in numbers.found]
    # YAML reads an unquoted colon as an object: the checks say so, nothing is made up
    assert roles(broken.row)[1] == ("a", {"Sure": "why not"})


def test_pairs_follow_one_another() -> None:
    value = [["q1", "a1"], ["q2", "a2"]]
    assert fits_pairs(value)
    assert not fits_texts(value)
    (talk,) = convert_pairs(value, {})
    assert roles(talk.row) == [("u", "q1"), ("a", "a1"), ("u", "q2"), ("a", "a2")]
    assert talk.origins[2] == (1, 0)


@pytest.mark.parametrize(
    "value",
    [
        [],
        [1, 2],
        [{"role": "user", "content": "x"}],
        {"conversations": [{"from": "human", "value": "x"}]},
        {"conversations": []},
        "text",
        None,
        [["a", "b", "c"]],
        [[1, 2]],
    ],
)
def test_others_do_not_fit(value: Any) -> None:
    assert not any(entry.fits(value) for entry in FORMATS)


def test_the_real_corpus() -> None:
    file = sample("chatterbot_zh_conversations.yml")
    value = yaml.safe_load(file.read_text(encoding="utf-8"))
    talks = list(convert_texts(value, {}))
    assert len(talks) == 18
    assert all(fits_texts(row) for row in value["conversations"])
    assert roles(talks[3].row) == [("u", "你听到新闻了吗?"), ("a", "什么新闻?")]
    assert talks[0].row["tags"] == ["conversations"]
    assert all(isinstance(text, str) for talk in talks for _, text in roles(talk.row))
