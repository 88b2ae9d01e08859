"""Token counts: a sample that comes close at once, and exact ones that can be broken off."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from core.data.records import Example
from core.models.readers import ModelReader
from core.training import token_counts
from core.training.token_counts import Histogram, counted, exact_counts, sample_histogram
from tests.core.models.templates_made import masker, said, starter


def rows(count: int, start: int = 0) -> list[Example]:
    """Short English and longer Chinese rows, with a few long ones."""
    found = []
    for n in range(start, start + count):
        answer = f"yes {n} " * (n % 7 + 1) if n % 2 else "今天天气很好，" * (n % 11 + 1)
        talk = said(("user", f"Question {n}?"), ("assistant", answer * (20 if n % 50 == 0 else 1)))
        found.append(Example(id=f"ex-{n:016x}", row=n + 1, conversation=talk))
    return found


def exact(examples: list[Example], cache: Path, reader: ModelReader | None = None) -> Histogram:
    reader = reader or starter()
    progress = list(exact_counts(examples, reader, cache))
    assert progress[-1] == (len(examples), len(examples))
    return counted(examples, reader, cache, 100)


def test_exact_counts_are_those_of_the_trainer(tmp_path: Path) -> None:
    examples = rows(120)
    found = exact(examples, tmp_path / "counts.txt")
    masked = [masker("starter", 100).row(e.conversation).sequences for e in examples]
    lengths = [len(one.ids) for (one,) in masked]
    assert found.exact
    assert found.tokens == sum(lengths)
    assert found.supervised == sum(one.learnt + one.lost for (one,) in masked)
    assert found.over == sum(length > 100 for length in lengths) > 0
    assert found.longest == max(lengths)
    assert found.longest_row == examples[lengths.index(max(lengths))].row
    assert sum(one.rows for one in found.bins) == 120
    for one in found.bins:
        assert one.rows == sum(one.start <= length < one.end for length in lengths)


@pytest.mark.full
def test_a_sample_comes_close_and_is_stated_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = rows(1500)
    truth = exact(examples, tmp_path / "counts.txt")
    monkeypatch.setattr(token_counts, "SAMPLED_ROWS", 300)
    guess = sample_histogram(examples, starter(), 100)
    assert (guess.rows, guess.counted, guess.exact) == (1500, 300, False)
    assert guess.tokens == pytest.approx(truth.tokens, rel=0.05)
    assert guess.supervised == pytest.approx(truth.supervised, rel=0.05)
    assert guess.over == pytest.approx(truth.over, rel=0.1)
    assert guess.longest == truth.longest
    assert guess == sample_histogram(examples, starter(), 100)


def test_few_rows_are_all_counted_and_long_rows_make_a_smaller_sample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert sample_histogram(rows(40), starter(), 100).exact
    monkeypatch.setattr(token_counts, "SAMPLED_BYTES", 2_000)
    assert sample_histogram(rows(200), starter(), 100).counted < 60
    empty = sample_histogram([], starter(), 100)
    assert (empty.rows, empty.tokens, empty.bins, empty.longest_row) == (0, 0, (), None)


def test_counting_can_be_broken_off_and_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_counts, "CHUNK", 10)
    examples, cache = rows(50), tmp_path / "deep" / "counts.txt"
    for progress in islice(exact_counts(examples, starter(), cache), 3):
        assert progress.total == 50
    assert counted(examples, starter(), cache, 100).counted == 20
    cache.write_text(cache.read_text()[:-2])
    again = exact_counts(examples, starter(), cache)
    assert next(again).done == 19, "the torn line is counted again, the others are not"
    assert [progress.done for progress in again] == [29, 39, 49, 50]
    assert exact(examples, cache) == exact(examples, tmp_path / "fresh.txt")


def test_a_row_that_is_known_costs_nothing_and_another_model_knows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "counts.txt"
    exact(rows(30), cache)
    size = cache.stat().st_size
    moved = [e.model_copy(update={"row": e.row + 9}) for e in rows(30)]
    assert exact(moved, cache).exact
    assert cache.stat().st_size == size
    other = ModelReader("other", masker("qwen3").template, frozenset({2}), "f" * 64)
    assert counted(rows(30), other, cache, 100).counted == 0
    assert exact(rows(30), cache, other).tokens != exact(rows(30), cache).tokens


def test_a_row_that_the_template_refuses_counts_as_nothing(tmp_path: Path) -> None:
    gemma = ModelReader("g", masker("gemma").template, masker("gemma").stop_ids, "a" * 64)
    talk = said(("system", "x"), ("user", "a"), ("assistant", "b"))
    refused = Example(id="ex-1", row=1, conversation=talk)
    found = exact([refused, *rows(3, start=5)], tmp_path / "c.txt", gemma)
    assert found.exact
    assert found.tokens > 0
