"""Whatever stands in a file, reading it gives rows and sentences, never a crash or altered text."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.checks.rows import check_row
from core.data.ingest import Checked, read_file
from core.data.problems import NoUsableRows
from core.data.records import Example
from tests.core.data.made_rows import call, row, tool, turns

SEEDS = [
    json.dumps(row("Où?", "Là. 🙂", tags=["a"], split="val"), ensure_ascii=False),
    json.dumps({"messages": [*turns("Light!"), call('{"on": 1}')], "tools": [tool()]}),
    json.dumps([row("a", "b"), row("c", "d")], indent=1),
    json.dumps({"conversations": [{"from": "human", "value": "x"}]}),
]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = ["role", "content", "tool_calls", "function_call", "tool_call_id", "name", "weight", "from"]
ROLES = ["system", "user", "assistant", "tool", "function", "developer", "human"]
a_turn = st.fixed_dictionaries(
    {"role": st.sampled_from(ROLES) | values},
    optional=dict.fromkeys(KEYS[1:], values),
)
a_row = st.fixed_dictionaries(
    {"messages": st.lists(a_turn | values, max_size=4) | values},
    optional=dict.fromkeys(("tools", "functions", "system", "split", "tags", "id", "x"), values),
)


def read(content: bytes) -> Checked | NoUsableRows:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.jsonl"
        path.write_bytes(content)
        try:
            checked = read_file(path, None)
        except NoUsableRows as error:
            result = error
        else:
            for example in checked.examples:
                assert Example.model_validate_json(example.model_dump_json()) == example
            return checked
    assert result.problem
    assert result.fix
    return result


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    read(content)


@pytest.mark.full
@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_damage_to_good_files(data: st.DataObject) -> None:
    content = bytearray("\n".join(data.draw(st.lists(st.sampled_from(SEEDS), min_size=1))).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content)))
        length = data.draw(st.integers(0, 12))
        new = data.draw(
            st.binary(max_size=4) | st.sampled_from([b'"', b"}", b"]", b",", b"\n", b"\\"])
        )
        content[place : place + length] = new
    read(bytes(content))


@pytest.mark.full
@settings(max_examples=100, deadline=None)
@given(a_row | values)
def test_any_json_value_as_a_row(value: Any) -> None:
    checked = check_row(json.loads(json.dumps(value)))
    assert checked.found or checked.conversation is not None


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@pytest.mark.full
@settings(max_examples=100, deadline=None)
@given(st.lists(texts, min_size=2, max_size=6), st.booleans(), st.sampled_from(["utf-8", "utf-16"]))
def test_kept_rows_say_exactly_what_was_written(
    said: list[str], ascii_only: bool, encoding: str
) -> None:
    content = json.dumps(row(*said), ensure_ascii=ascii_only).encode(encoding)
    checked = read(content)
    if isinstance(checked, Checked):
        (example,) = checked.examples
        assert [turn.content for turn in example.conversation.messages] == said
    else:
        errors = {p.code for p in checked.problems if p.severity == "error"}
        assert errors <= {"turn_empty", "special_token"}


@pytest.mark.full
@settings(max_examples=40, deadline=None)
@given(st.lists(a_row, max_size=5), st.integers(0, 2))
def test_good_rows_survive_any_neighbours(neighbours: list[Any], layout: int) -> None:
    rows = [row("first", "kept"), *neighbours, row("last", "kept")]
    if layout == 0:
        content = "\n".join(map(json.dumps, rows))
    else:
        content = json.dumps(rows, indent=layout - 1 or None)
    checked = read(content.encode())
    assert isinstance(checked, Checked)
    assert checked.examples[0].row == 1
    assert checked.examples[-1].row == len(rows)
    assert checked.dataset.summary.rows == len(rows)
