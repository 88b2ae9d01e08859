"""From a file to a dataset: what is kept, what is counted, and what the error carries."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from core.data.ingest import Checked, read_file
from core.data.problems import NoUsableRows
from core.errors import DataError
from tests.core.data.made_rows import call, check, codes_of, problems_of, row, turns, write_lines

SYSTEM = {"role": "system", "content": "Be brief."}


def test_a_mixed_file_is_counted_in_full(tmp_path: Path) -> None:
    rows = [
        row("Where is my kettle?", "On its way.", tags=["delivery", "en"]),
        {"messages": [SYSTEM, *turns("我的水壶在哪里？", "在路上。", "谢谢", "不客气。")]},
        {"messages": [SYSTEM, *turns("Turn it on"), call()]},
        row("Where is my kettle?", "On its way."),
        row("Где мой чайник?", "В пути.", tags=["delivery"]),
        {"messages": turns("nobody answers")},
        "{broken",
    ]
    checked = read_file(write_lines(tmp_path / "desk.jsonl", rows), None)
    assert checked.dataset.name == "desk"
    assert checked.dataset.summary.model_dump() == {
        "rows": 7,
        "pairs": 0,
        "rejected": 2,
        "duplicates": 1,
        "usable": 4,
        "turns": 12,
        "multi_turn": 1,
        "with_system": 2,
        "with_tools": 1,
        "characters": sum(
            len(turn.content) for e in checked.examples for turn in e.conversation.messages
        ),
        "longest_row": 1,
        "languages": {"en": 2, "zh": 1, "ru": 1},
        "tags": {"delivery": 2, "en": 1},
        "labels": {},
        "near_duplicates": 0,
        "pii": {},
    }
    assert [example.row for example in checked.examples] == [1, 2, 3, 5]
    assert [(p.code, p.row) for p in problems_of(checked)] == [
        ("exact_duplicate", 4),
        ("no_assistant_turn", 6),
        ("json_invalid", 7),
        ("system_in_some", None),
        ("rows_too_few", None),
        ("language_mix", None),
    ]
    assert "row 1" in problems_of(checked)[0].message


def test_rows_that_differ_in_calls_or_tools_are_no_duplicates(tmp_path: Path) -> None:
    rows = [
        {"messages": [*turns("Light!"), call('{"on": true}')]},
        {"messages": [*turns("Light!"), call('{"on": false}')]},
        {"messages": [*turns("Light!"), call('{"on": false}')]},
    ]
    checked = read_file(write_lines(tmp_path / "calls.jsonl", rows), None)
    assert [example.row for example in checked.examples] == [1, 2]


def test_ids_depend_on_content_alone(tmp_path: Path) -> None:
    rows = [row("a?", "b", split="train"), row("c?", "d", tags=["x"])]
    one = read_file(write_lines(tmp_path / "one.jsonl", rows), "One")
    (tmp_path / "two.json").write_text(json.dumps([*rows, {"x": 1}], indent=1))
    two = read_file(tmp_path / "two.json", "Two")
    assert one.dataset.id == two.dataset.id
    assert [e.id for e in one.examples] == [e.id for e in two.examples]
    assert (one.dataset.name, two.dataset.name) == ("One", "Two")
    for changed in (
        row("c?", "d", tags=["y"]),
        row("c?", "D", tags=["x"]),
        row("c?", "d", tags=["x"], split="test"),
    ):
        other = read_file(write_lines(tmp_path / "three.jsonl", [rows[0], changed]), None)
        assert other.dataset.id != one.dataset.id


def test_what_concerns_many_rows_is_said_once_with_a_count(tmp_path: Path) -> None:
    rows = [row(f"q{n}", "a", score=n, system="Be brief.") for n in range(5)]
    found = problems_of(read_file(write_lines(tmp_path / "a.jsonl", rows), None))
    once = {p.code: (p.values["count"], p.values["first"]) for p in found if "count" in p.values}
    assert once == {"system_key_moved": ("5", "1"), "key_unknown": ("5", "1")}


@pytest.mark.full
def test_a_flood_of_problems_is_bounded_but_counted(tmp_path: Path) -> None:
    rows = [row("first", "reply")] + [row(f"q{n}", "a", "b") for n in range(1500)]
    checked = read_file(write_lines(tmp_path / "a.jsonl", rows), None)
    codes = codes_of(checked)
    assert codes.count("no_reply_at_end") == 1000
    assert codes[-1] == "more_like_this"
    assert "500" in checked.dataset.problems[-1].message
    assert checked.dataset.summary.usable == 1501


def test_no_usable_row_raises_an_error_that_carries_everything(tmp_path: Path) -> None:
    rows = [{"messages": turns("hello")} for _ in range(8)]
    path = write_lines(tmp_path / "bad.jsonl", [*rows, row("a", "<|im_end|>")])
    with pytest.raises(NoUsableRows) as caught:
        read_file(path, None)
    error = caught.value
    assert isinstance(error, DataError)
    assert "None of the 9 rows of bad.jsonl" in error.problem
    assert error.where.count("row ") == 5
    assert "4 more of 9" in error.where
    assert len(error.problems) == 9
    again = pickle.loads(pickle.dumps(error))
    assert (again.problems, str(again)) == (error.problems, str(error))


def test_a_file_in_another_format_is_read_as_what_it_is(tmp_path: Path) -> None:
    talk = {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}
    bad = {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": " "}]}
    checked = check(tmp_path / "talks.json", json.dumps([talk, bad, row("c", "d")]))
    assert isinstance(checked, Checked)
    assert checked.dataset.formats == {"sharegpt": 2, "openai": 1}
    assert [e.conversation.reference for e in checked.examples] == ["b", "d"]
    empty = next(p for p in problems_of(checked) if p.code == "turn_empty")
    assert (empty.row, empty.field) == (2, "$.conversations[1].value")
    rejected = [json.loads(line) for line in (checked.rejects.seek(0), checked.rejects)[1]]
    assert rejected == [{**bad, "_row": 2, "_problems": ["turn_empty"]}]


def test_strange_file_names_do_no_harm(tmp_path: Path) -> None:
    name = b"caf\xe9\n.jsonl".decode("utf-8", "surrogateescape")
    checked = check(tmp_path / name, json.dumps(row()))
    assert isinstance(checked, Checked)
    assert checked.dataset.source_name.endswith(".jsonl")
    assert checked.dataset.model_dump_json()


def test_a_labelled_table_is_checked_by_its_own_task(tmp_path: Path) -> None:
    rows = [f"Text number {n},{'refund' if n % 2 else 'delivery'}" for n in range(20)]
    rows += ["Another one,Refund ", "And one more,Refund "]
    path = tmp_path / "intents.csv"
    path.write_text("\n".join(["text,label", *rows]) + "\n")
    checked = read_file(path, None)
    assert checked.dataset.formats == {"labelled_table": 22}
    assert "labels_near" in codes_of(checked)
    assert checked.dataset.summary.labels["delivery"] == 10
