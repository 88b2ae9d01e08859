"""A run's log is read from its end, and searched in bounded memory, over all attempts."""

from __future__ import annotations

import tracemalloc

import pytest

from core.errors import RunError
from core.training import logs
from tests.core.training.conftest import WrittenRun


def test_the_last_lines_that_hold_a_text_are_found_with_their_numbers(
    written_run: WrittenRun,
) -> None:
    lines = [f"line {n}" for n in range(1, 60)]
    lines[9], lines[29] = "CUDA Error: out", "an error, and another error"
    written_run.folder.log.write_text("\n".join(lines))
    found = logs.search(written_run.folder, "error", limit=5)
    assert [(line.number, line.text) for line in found.lines] == [
        (10, "CUDA Error: out"),
        (30, "an error, and another error"),
    ]
    assert (found.found, found.searched) == (2, 59)
    last = logs.search(written_run.folder, "line", limit=2)
    assert [line.number for line in last.lines] == [58, 59]
    assert last.found == 57


def test_what_is_no_pattern_is_searched_as_it_is(written_run: WrittenRun) -> None:
    written_run.folder.log.write_text("loss=(1.5)\nloss=15\n训练 完成\n", encoding="utf-8")
    assert [line.number for line in logs.search(written_run.folder, "(1.5)").lines] == [1]
    assert [line.number for line in logs.search(written_run.folder, "训练").lines] == [3]
    assert logs.search(written_run.folder, "nothing").lines == ()


def test_a_long_log_takes_little_memory_and_its_long_lines_are_cut(
    written_run: WrittenRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "BLOCK_BYTES", 4096)
    with written_run.folder.log.open("wb") as file:
        for n in range(1, 40_001):
            file.write(b"step %d of 40000\n" % n)
        file.write(b"x" * 100_000 + b"needle" + b"y" * 100_000 + b"\nlast needle")
    size = written_run.folder.log.stat().st_size
    tracemalloc.start()
    found = logs.search(written_run.folder, "NEEDLE")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < size / 4
    assert [(line.number, line.text) for line in found.lines][-1] == (40_002, "last needle")
    assert found.searched == 40_002
    middle = next(line for line in found.lines if line.is_cut)
    assert "needle" in middle.text
    assert len(middle.text) == logs.LINE_CHARACTERS
    steps = logs.search(written_run.folder, "step 39999 of")
    assert [line.number for line in steps.lines] == [39_999]


def test_a_run_without_a_log_has_nothing_to_find(written_run: WrittenRun) -> None:
    found = logs.search(written_run.folder, "x")
    assert (found.lines, found.found, found.searched) == ((), 0, 0)
    assert logs.tail(written_run.folder, 3) == ""
    with pytest.raises(RunError, match="Say what to look for"):
        logs.search(written_run.folder, "")
