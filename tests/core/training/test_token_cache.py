"""Rows become token ids once: the second run reads them from disk, and only what is whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import PlanError
from core.models.catalog import STARTER_FOLDER
from core.models.masks import Masker
from core.models.templates import ChatTemplate
from core.training.plan import TrainingPlan
from tests.core.training.conftest import Data

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def template() -> ChatTemplate:
    from transformers import AutoTokenizer

    return ChatTemplate.of(AutoTokenizer.from_pretrained(STARTER_FOLDER), "starter")


@pytest.fixture
def told() -> list[str]:
    """What the person is warned of."""
    return []


@pytest.fixture
def load(data: Data, template: ChatTemplate, told: list[str]) -> Callable[..., Any]:
    from core.training.program import token_cache

    def load_rows(**changes: Any) -> Any:
        plan = plan_of(data, **changes)
        stops = frozenset([template.tokenizer.eos_token_id])
        masker = Masker(template, stops, plan.max_length)
        return token_cache.load(data.workspace, plan, masker, told.append)

    return load_rows


def plan_of(data: Data, **changes: Any) -> TrainingPlan:
    return data.plan("starter", **changes)


def entries(data: Data) -> list[Path]:
    return sorted(p for p in data.workspace.prepared.iterdir() if p.is_dir())


def test_rows_are_prepared_once(
    data: Data, load: Callable[..., Any], told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load()
    monkeypatch.setattr("core.models.masks.Masker.rows", lambda *_: 1 / 0)
    second = load(learning_rate=1e-5, seed=8, rank=4)
    assert (first.reused, second.reused) == (False, True)
    assert second.mask_sha256 == first.mask_sha256
    for one, other in zip(first.parts, second.parts, strict=True):
        assert list(other.input_ids) == list(one.input_ids)
        assert list(other.labels) == list(one.labels)
        assert (other.rows, other.tokens, other.ends) == (one.rows, one.tokens, one.ends)
        assert other.tokens == sum(map(len, other.input_ids))
        learnt = sum(label != -100 for row in other.labels for label in row)
        assert other.supervised == learnt > 0
    assert len(second.parts.train.rows) == 48
    assert told == []


def test_the_cache_says_what_preparing_in_memory_says(
    data: Data, load: Callable[..., Any], template: ChatTemplate
) -> None:
    from core.data import store
    from core.training.program.preparation import Preparer, notes

    stops = frozenset([template.tokenizer.eos_token_id])
    chosen = set(data.split.train)
    rows = [e for e in store.load_examples(data.workspace, data.dataset.id) if e.id in chosen]
    made = Preparer(Masker(template, stops, 40)).prepare(rows)
    kept = load(max_length=40).parts.train
    assert kept.cut_rows
    assert list(kept.input_ids) == made.input_ids
    assert list(kept.labels) == made.labels
    assert notes("train", kept) == notes("train", made)


def test_rows_on_disk_are_not_held_in_memory(load: Callable[..., Any]) -> None:
    import pyarrow as pa

    before = pa.total_allocated_bytes()
    parts = load().parts
    assert parts.train.stored is not None
    assert parts.train.stored[0]["input_ids"] == parts.train.input_ids[0]
    assert pa.total_allocated_bytes() - before < 4096


def test_a_share_of_the_rows_is_nested_and_validated_alike(load: Callable[..., Any]) -> None:
    whole, half, quarter = (load(train_share=share) for share in (1.0, 0.5, 0.25))
    rows = [found.parts.train.rows for found in (quarter, half, whole)]
    assert [len(found) for found in rows] == [12, 24, 48]
    assert rows[0] < rows[1] < rows[2]
    assert half.parts.validation.rows == whole.parts.validation.rows
    assert not load(train_share=0.5, seed=8).reused
    assert load(seed=8).reused


@pytest.mark.parametrize("changes", [{"max_length": 64}, {"packing": True}])
def test_what_decides_the_content_decides_the_entry(
    data: Data, load: Callable[..., Any], changes: dict[str, Any]
) -> None:
    load()
    assert not load(**changes).reused
    assert len(entries(data)) == 2
    assert load(**changes).reused


def test_another_template_makes_another_entry(
    data: Data, load: Callable[..., Any], template: ChatTemplate
) -> None:
    from core.training.program import token_cache

    load()
    other = ChatTemplate(template.tokenizer, template.text + "\n", template.kwargs)
    masker = Masker(other, frozenset([template.tokenizer.eos_token_id]), 128)
    plan = plan_of(data)
    assert not token_cache.load(data.workspace, plan, masker, lambda _: None).reused


def test_packs_hold_every_row_whole(load: Callable[..., Any]) -> None:
    train = load(packing=True, max_length=128).parts.train
    rows = sorted(tuple(row) for row in train.input_ids)
    found = []
    for pack in train.trained:
        assert sum(pack["seq_lengths"]) == len(pack["input_ids"]) <= 128
        begin = 0
        for length in pack["seq_lengths"]:
            found.append(tuple(pack["input_ids"][begin : begin + length]))
            begin += length
    assert sorted(found) == rows
    assert len(train.trained) < len(rows)


@pytest.mark.parametrize("damage", ["bytes", "missing", "facts", "manifest"])
def test_a_damaged_entry_is_told_and_made_anew(
    data: Data, load: Callable[..., Any], told: list[str], damage: str
) -> None:
    first = list(load().parts.train.input_ids)
    (entry,) = entries(data)
    if damage == "bytes":
        content = bytearray((entry / "train.arrow").read_bytes())
        content[len(content) // 2] ^= 1
        (entry / "train.arrow").write_bytes(content)
    else:
        names = {"missing": "validation.arrow", "facts": "facts.json", "manifest": "MANIFEST.json"}
        (entry / names[damage]).unlink()
    again = load()
    assert not again.reused
    assert list(again.parts.train.input_ids) == first
    assert len(told) == 1
    assert "is damaged" in told[0]
    assert load().reused


def test_old_entries_make_room(
    data: Data, load: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.training.program import token_cache

    load()
    (oldest,) = entries(data)
    os.utime(oldest, (1, 1))
    load(max_length=64)
    dead = data.workspace.prepared / f".{oldest.name}.99999999"
    dead.mkdir()
    size = sum(path.stat().st_size for path in oldest.iterdir())
    monkeypatch.setattr(token_cache, "KEPT_BYTES", 2 * size)
    load(max_length=32)
    assert oldest not in entries(data)
    assert len(entries(data)) == 2
    assert not dead.exists()


def test_nothing_is_kept_of_a_dataset_that_is_gone(data: Data, load: Callable[..., Any]) -> None:
    load()
    (entry,) = entries(data)
    other = entry.with_name(entry.name.replace(data.dataset.id, "ds-000000000000"))
    shutil.copytree(entry, other)
    load()
    assert entries(data) == [entry]


def test_another_split_than_the_plans_is_refused(load: Callable[..., Any]) -> None:
    with pytest.raises(PlanError, match="not the one that was agreed to"):
        load(split_fingerprint="other")
