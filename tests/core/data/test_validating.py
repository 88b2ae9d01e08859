"""A look at the structure finds what an import of the structure finds, and keeps nothing."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.data.ingest import look_at
from core.data.problems import NoUsableRows
from core.data.records import ReadChoices
from core.data.validating import Validation, validate
from tests.core.data.made_rows import call, row, tool, turns, write_lines

SYSTEM = {"role": "system", "content": "Be brief."}
ANSWERED = [*turns("On!"), call(), {"role": "tool", "tool_call_id": "call_1", "content": "ok"}]
SHAREGPT = [{"from": "human", "value": "q1"}, {"from": "gpt", "value": "a1"}]
VALUES: list[Any] = [
    row("q1", "a1"),
    row("q2", "a2", "q3", "好的"),
    {"messages": [SYSTEM, *turns("q1", "a1")]},
    row("q1", "a1", system="Be brief."),
    row("q1", "a1", score=3, split="test", tags=["x"]),
    row("q2", "a2", "q3", "好的", id="7"),
    {"messages": [*ANSWERED, {"role": "assistant", "content": "On."}], "tools": [tool()]},
    {"messages": [*ANSWERED, {"role": "assistant", "content": "On."}], "tools": [tool("tv")]},
    {"messages": [*turns("On!"), call("{nope")], "tools": [tool()]},
    {"messages": turns("nobody answers")},
    {"messages": [*turns("q", "a"), SYSTEM]},
    {"messages": [{"role": "usr", "content": "x"}, {"role": "assistant", "content": 5}]},
    {"messages": "text"},
    {"msgs": []},
    {"conversations": SHAREGPT},
    {"conversations": SHAREGPT[:1]},
    {"instruction": "q1", "input": "", "output": "a1"},
    {"question": "q1", "answer": "a1"},
    {"question": "q1", "answer": " "},
    {"text": "  ", "label": "x"},
    turns("bare", "turns"),
    "a text",
    5,
    None,
]
BROKEN = (
    b'{"messages":[{"role":"user","content":"caf\xe9"},{"role":"assistant","content":"y"}]}',
    b'{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y" "z"}]}',
    b'{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}],"messages":[]}',
    b'{"messages":[{"role":"user"',
    b"",
    b"### log",
)
PIECES = st.one_of(
    st.sampled_from(VALUES).map(lambda value: json.dumps(value, ensure_ascii=False).encode()),
    st.sampled_from(VALUES[:7]).map(lambda value: json.dumps(value).encode()),
    st.sampled_from(BROKEN),
)


def as_lines(pieces: list[bytes]) -> bytes:
    return b"".join(piece + b"\r\n" for piece in pieces)


def as_list(pieces: list[bytes]) -> bytes:
    return b"[\n" + b",\n  ".join(pieces) + b"\n]"


def as_wrapped(pieces: list[bytes]) -> bytes:
    return b'{"train": ' + as_list(pieces) + b"}"


def as_table(pieces: list[bytes]) -> bytes:
    said = [piece.decode("latin-1").replace('"', '""')[9:40] for piece in pieces]
    return b"question,answer\n" + "\n".join(f'"q {one}","{one}"' for one in said).encode()


def as_export(pieces: list[bytes]) -> bytes:
    said = zip("AB" * len(pieces), pieces, strict=False)
    return b"".join(f"[01/03/24, 10:0{i % 9}:00] {name}: ".encode() + piece[9:30] + b"\n"
        for i, (name, piece) in enumerate(said))  # fmt: skip


def zipped(pieces: list[bytes]) -> bytes:
    return gzip.compress(as_lines(pieces))


WRITERS: tuple[Callable[[list[bytes]], bytes], ...] = (
    as_lines, as_list, as_wrapped, as_table, as_export, zipped,
)  # fmt: skip
ONLY_WITH_DUPLICATES = {"exact_duplicate", "system_in_some", "system_in_none", "more_like_this"}
"""What looking for duplicates adds, or counts differently."""


def imported(file: Path, choices: ReadChoices) -> dict[str, Any]:
    """What an import of the structure says, by the names that Validation has for it."""
    quick = choices.model_copy(update={"structure_only": True})
    dataset = look_at(file, choices=quick).dataset
    told = {**dataset.summary.model_dump(), **dict(dataset)}
    return {name: told[name] for name in Validation.model_fields}


def told_by(look: Callable[[Path, ReadChoices], Any], file: Path, choices: ReadChoices) -> Any:
    """What a look at a file says: the facts, or the problems of a file that can't be read."""
    try:
        return dict(look(file, choices))
    except NoUsableRows as error:
        return error.problems


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("validating") / "file"


GOOD = [json.dumps(value).encode() for value in VALUES[:7]]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(PIECES, min_size=1, max_size=12),
    st.sampled_from(WRITERS),
    st.sampled_from([None, None, None, "openai", "sharegpt"]),
)
@example(GOOD + GOOD[:3], as_lines, None)
@example(GOOD + GOOD[:3], as_list, None)
@example([*GOOD, *BROKEN[:3], *GOOD], as_lines, None)
def test_everything_is_found_as_an_import_of_the_structure_finds_it(
    path: Path,
    pieces: list[bytes],
    written: Callable[[list[bytes]], bytes],
    form: str | None,
) -> None:
    path.write_bytes(written(pieces))
    choices = ReadChoices(format=form)
    expected = told_by(imported, path, choices)
    assert told_by(validate, path, choices) == expected
    if not isinstance(expected, dict):
        return
    plain = validate(path, choices, dedupe=False)
    assert plain.duplicates is None
    if not expected["duplicates"]:
        assert dict(plain) == {**expected, "duplicates": None}
    assert plain.usable == expected["usable"] + expected["duplicates"]
    for name in ("rows", "rejected", "formats", "container", "encoding", "questions"):
        assert getattr(plain, name) == expected[name]
    assert [p for p in plain.problems if p.code not in ONLY_WITH_DUPLICATES] == [
        p for p in expected["problems"] if p.code not in ONLY_WITH_DUPLICATES
    ]


def test_a_duplicate_is_told_at_its_place_however_both_rows_were_looked_at(path: Path) -> None:
    rows = [row("a", "b"), row("c", "d"), row("a", "b"), row("c", "d", note=1), row("e", "f")]
    seen = validate(write_lines(path, ["", *rows, rows[0]]))
    found = [(p.row, p.line, p.column, p.values["first"]) for p in seen.problems if p.row]
    assert found == [(3, 4, 1, "1"), (4, 5, 1, "2"), (6, 7, 1, "1")]
    assert (seen.duplicates, seen.usable, seen.rejected) == (3, 3, 0)


def test_rows_of_a_list_are_taken_in_their_order(path: Path) -> None:
    rows = [row("a", "b"), row("c", "d", note=1), {"messages": []}, row("a", "b"), row("c", "d")]
    path.write_bytes(as_list([json.dumps(one).encode() for one in [*rows, *rows[3:]]]))
    found = [(p.code, p.row, p.line) for p in validate(path).problems if p.row]
    again = [("exact_duplicate", n, n + 1) for n in range(4, 8)]
    assert found == [("messages_empty", 3, 4), *again]
    assert list(look_at(path, choices=ReadChoices(structure_only=True)).examples.rows) == [1, 2]


@pytest.mark.parametrize("dedupe", [True, False])
def test_what_is_counted(path: Path, dedupe: bool) -> None:
    spoken = [{"messages": [SYSTEM, *turns(f"q{n}", "a")]} for n in range(3)]
    plain, noted = row("q", "a"), row("r", "a", note=1)
    for two in ((plain, noted), (noted, plain)):
        rows = [*spoken, *two, "{nope", {"conversations": SHAREGPT}]
        seen = validate(write_lines(path, rows), dedupe=dedupe)
        assert seen.formats == {"openai": 5, "sharegpt": 1}
        assert (seen.rows, seen.rejected, seen.usable, seen.with_system) == (7, 1, 6, 3)
        (system,) = (p for p in seen.problems if p.code == "system_in_some")
        assert system.values == {"with_system": "3", "without": "3", "first": "4"}


def test_choices_count(path: Path) -> None:
    path.write_bytes("问题,回答\n你好吗,很好的\n你叫什么名字,我叫小明\n".encode("gb18030"))
    choices = ReadChoices(encoding="gb18030")
    assert dict(validate(path, choices)) == imported(path, choices)
    assert validate(path, choices).problem_counts == {"system_in_none": 1}
    path.write_bytes(as_export([b"         hello", b"         hi there"] * 4))
    first, *_ = validate(path).questions
    other = next(option for option in first.options if option != first.chosen)
    choices = ReadChoices(answers={first.id: other})
    assert dict(validate(path, choices)) == imported(path, choices)
    assert validate(path, choices).questions[0].chosen == other


@pytest.mark.parametrize("dedupe", [True, False])
def test_a_row_that_needs_a_look_after_many_that_do_not_ends_nothing(
    path: Path, dedupe: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.data.intake.HOPELESS_ROWS", 200)
    rows = [row(f"q{n}", "a") for n in range(300)]
    file = write_lines(path, [*rows, "{nope", row("last", "a", note=1)])
    seen = validate(file, dedupe=dedupe)
    assert (seen.rows, seen.usable) == (302, 301)
    assert "rest_not_read" not in seen.problem_counts
    assert imported(file, ReadChoices())["rows"] == 302
    said = [b"         hi", b"         you"] * 150
    path.write_bytes(as_export([*said, b"         \xff\xfe"]))
    assert validate(path, dedupe=dedupe).rows == 301


def test_a_file_of_something_else_is_not_read_to_its_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.data.intake.HOPELESS_ROWS", 200)
    numbers = [str(n).encode() for n in range(900)]
    path.write_bytes(as_list(numbers))
    seen = validate(path)
    assert (seen.rows, seen.usable, seen.problem_counts["rest_not_read"]) == (200, 0, 1)
    path.write_bytes(as_list([*numbers[:199], GOOD[0], *numbers]))
    assert validate(path).rows == 1_100


@pytest.mark.parametrize("dedupe", [True, False])
def test_rows_over_the_limit_are_not_read(
    path: Path, dedupe: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.data.intake.MAX_ROWS", 120)
    rows = [row(f"q{n}", "a") for n in range(150)]
    for content in (as_lines, as_list):
        path.write_bytes(content([json.dumps(one).encode() for one in rows]))
        seen = validate(path, dedupe=dedupe)
        (over,) = (p for p in seen.problems if p.code == "rows_over_limit")
        assert (seen.rows, seen.usable, over.line) == (120, 120, 121 + (content is as_list))
        assert imported(path, ReadChoices())["rows"] == 120


def test_nothing_is_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file was made")

    write_lines(path, [*VALUES[:9], "{nope"])
    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    assert validate(path).rows == 10
    with pytest.raises(AssertionError):
        imported(path, ReadChoices())
