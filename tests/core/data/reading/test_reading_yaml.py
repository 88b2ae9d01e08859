"""YAML: lists of dialogues with their lines, words left as they were written, no bombs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.data.reading.opened_files import got, refused

CHATTERBOT = """\
categories:
- greetings
conversations:
- - Hello
  - Hi
- # a comment
  - How are you?
  - Fine: "thanks"
- - Is it 12:30?
  - yes
"""


def test_dialogues_under_a_key_are_rows(tmp_path: Path) -> None:
    read = got(tmp_path, CHATTERBOT)
    assert (read.container, read.encoding) == ("yaml", "utf-8")
    assert read.values == [
        ["Hello", "Hi"],
        ["How are you?", {"Fine": "thanks"}],
        ["Is it 12:30?", "yes"],
    ]
    assert [row.base for row in read.rows] == [("conversations", n) for n in range(3)]
    assert [row.line for row in read.rows] == [4, 7, 9]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("- question: a\n  answer: b\n- {question: c, answer: d}\n",
         [{"question": "a", "answer": "b"}, {"question": "c", "answer": "d"}]),
        ("---\nmessages:\n- role: user\n  content: a\n",
         [{"messages": [{"role": "user", "content": "a"}]}]),
        ("---\na: [1, 2]\n---\na: [3]\n", [{"a": [1, 2]}, {"a": [3]}]),
        ("# note\nnlu:\n- intent: greet\n  examples: |\n    - hi\n    - hey\n",
         [{"intent": "greet", "examples": "- hi\n- hey\n"}]),
        ("- [on, no, 007, 1_000, 2020-01-02, ~, true, 1.5, -3, '4']\n- []\n",
         [["on", "no", "007", "1_000", "2020-01-02", None, True, 1.5, -3, "4"], []]),
        ("- &a {x: [1]}\n- *a\n- {<<: *a, y: 2}\n", [{"x": [1]}, {"x": [1]}, {"x": [1], "y": 2}]),
    ],
)  # fmt: skip
def test_every_layout_gives_its_rows(tmp_path: Path, text: str, values: list[object]) -> None:
    read = got(tmp_path, text)
    assert read.container == "yaml"
    assert read.values == values
    assert not read.faults


@pytest.mark.parametrize(
    "text",
    [
        "Ann: hi\nBob: hello\n",
        "- one thing\n- another thing\n",
        "---\ntitle: A page\n---\nSome text, and: more.\n",
        "Question: what?\n\nAnswer: that.\n",
    ],
)
def test_what_only_looks_like_yaml_is_plain_text(tmp_path: Path, text: str) -> None:
    assert got(tmp_path, text).container == "text"


def test_a_key_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    read = got(tmp_path, "- q: a\n  a: b\n- q: a\n  x: [{k: 1, k: 2}]\n  q: b\n")
    assert [(code, row, line) for code, row, line, _ in read.faults] == [
        ("key_twice", 2, 3),
        ("key_twice", 2, 3),
    ]


def test_a_broken_end_costs_only_the_last_item(tmp_path: Path) -> None:
    read = got(tmp_path, "conversations:\n- - a\n  - b\n- - c\n  - d\n- - 'e\n  - f: g: h\n")
    assert read.values == [["a", "b"], ["c", "d"]]
    assert read.remarks == ("rest_not_read",)
    assert refused(tmp_path, "conversations:\n- {a: b: c}\n- d\n") == "yaml_invalid"


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, "yaml_aliases"),
        ("- &a [*a, [x]]\n", "yaml_aliases"),
        ("a:\n- " + "[" * 10_000 + "]" * 10_000 + "\n", "nested_too_deep"),
        ("- " * 10_000 + "x\n- y", "nested_too_deep"),
        ("a: &b " + "[" * 50 + "]" * 50 + "\nc: &d " + "[" * 20 + "*b" + "]" * 20 + "\n",
         "nested_too_deep"),
    ],
)  # fmt: skip
def test_what_grows_without_bound_is_refused(tmp_path: Path, text: str, code: str) -> None:
    assert refused(tmp_path, text) == code


def test_objects_of_python_are_not_made(tmp_path: Path) -> None:
    read = got(tmp_path, "- !!python/object/apply:os.system ['true']\n- {a: [b]}\n")
    assert read.good == [2]
    assert [code for code, *_ in read.faults] == ["cell_unreadable"]
