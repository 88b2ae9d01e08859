"""Whether a plan fits: what it needs against what is free, and what is said about it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.models import catalog
from core.models.catalog import ResolvedModel
from core.settings import Settings
from core.training import fit, forecast, memory
from core.training.capacity import Capacity
from core.training.fit import Fit, Rows
from core.training.plan import TrainingPlan
from core.training.program.arguments import Capabilities
from core.wording import said
from tests.core.training.conftest import Data

OFFLINE = Settings(offline=True)
HAN = re.compile("[\u4e00-\u9fff]")
NOWHERE = ResolvedModel(name="a/b", id_or_path="a/b", revision=None, local=False, shape=None)


@pytest.fixture(scope="module")
def starter() -> ResolvedModel:
    return catalog.resolve("starter", None, OFFLINE)


def plan(**changes: object) -> TrainingPlan:
    named = {"name": "x", "dataset_id": "d", "split_fingerprint": "f", "base_model": "starter"}
    return TrainingPlan.model_validate({**named, **changes})


def assessed(model: ResolvedModel, available: int | None, root: Path, **changes: object) -> Fit:
    here = Capacity(device="cpu", name="2 CPU cores", total=available, available=available)
    return fit.assess(plan(**changes), model, root, Rows(number=10), here, Capabilities())


def test_the_sum_of_the_parts_is_held_against_what_is_free(
    starter: ResolvedModel, tmp_path: Path
) -> None:
    found = assessed(starter, 100 << 30, tmp_path)
    assert found.verdict == "fits"
    assert found.peak == sum(part.bytes for part in found.parts)
    assert {part.name for part in found.parts} == set(memory.PartName.__args__)  # type: ignore[attr-defined]
    assert found.peak is not None
    assert assessed(starter, round(found.peak / 0.9), tmp_path).verdict == "tight"
    assert assessed(starter, found.peak - 1, tmp_path).verdict == "does_not_fit"
    assert assessed(starter, None, tmp_path).verdict == "unknown"
    assert found.seconds is None
    assert found.cost is None


def test_a_measured_peak_replaces_the_estimate(starter: ResolvedModel, tmp_path: Path) -> None:
    found = fit.with_peak(assessed(starter, 1_000_000, tmp_path), 900_000)
    assert (found.peak, found.measured, found.verdict) == (900_000, True, "fits")
    assert found.parts, "the parts still tell what takes most"
    assert fit.verdict_of(970_000, 1_000_000, measured=True) == "tight"


def test_what_a_machine_can_not_do_is_unknown_and_says_why(
    starter: ResolvedModel, tmp_path: Path
) -> None:
    found = assessed(starter, 1 << 40, tmp_path, method="qlora")
    assert (found.verdict, found.peak, found.parts) == ("unknown", None, ())
    assert "NVIDIA GPU" in found.sentences[0]
    assert "not known here" in assessed(NOWHERE, 1 << 40, tmp_path).sentences[0]


def test_disk_holds_checkpoints_and_what_is_published(
    starter: ResolvedModel, tmp_path: Path
) -> None:
    disk = assessed(starter, 1 << 40, tmp_path, rank=16).disk
    assert disk is not None
    assert starter.shape is not None
    adapter = 4 * 16 * starter.shape.linear_widths
    assert disk.published == adapter
    assert disk.checkpoints == 4 * 3 * adapter
    assert disk.prepared == 8 * 10 * 1024
    assert disk.fits
    whole = assessed(starter, 1 << 40, tmp_path, method="full").disk
    assert whole is not None
    assert whole.published == starter.shape.weight_bytes
    full = whole.model_copy(update={"free": 1000})
    assert full.fits is False
    assert fit.free_disk(tmp_path / "missing") is None


def test_every_sentence_has_its_chinese(starter: ResolvedModel, tmp_path: Path) -> None:
    sizes = (1 << 40, 1_500_000_000, 1000, None)
    found = [assessed(starter, size, tmp_path) for size in sizes]
    found.append(fit.with_peak(found[0], 10**9))
    found.append(assessed(starter, round((found[0].peak or 0) / 0.9), tmp_path))
    found.append(assessed(starter, 1, tmp_path, precision="bfloat16", method="full"))
    found.append(assessed(NOWHERE, 1, tmp_path))
    texts = [sentence for one in found for sentence in one.sentences]
    texts += [part.formula for one in found for part in one.parts]
    assert len({one.verdict for one in found}) == 4
    assert [text for text in texts if not HAN.search(said(text, "zh"))] == []


# -- with data ------------------------------------------------------------------------------------


def test_a_plan_on_data_counts_its_longest_row(data: Data) -> None:
    given = forecast.subject(data.workspace, OFFLINE, data.plan("starter", max_length=512))
    assert given.rows.longest is not None
    assert 20 < given.rows.longest < 120
    found = forecast.of(data.workspace, OFFLINE, given)
    assert found.parts[4].formula.startswith(f"{4 * given.rows.longest:,} tokens")
    assert found.seconds is None, "nothing was measured here"
    assert found.currency == ""


def test_a_batch_that_ran_out_of_memory_is_made_smaller(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = forecast.subject(data.workspace, OFFLINE, data.plan("starter", batch_size=32))
    parts = fit.counter(OFFLINE, given.model, given.rows)(given.plan)
    assert parts is not None
    needed = sum(part.bytes for part in parts)
    here = Capacity(device="cpu", name="", total=1 << 40, available=needed * 2)
    monkeypatch.setattr("core.training.capacity.look", lambda: here)
    as_it_is = forecast.smaller_batch(data.workspace, OFFLINE, given)
    assert (as_it_is.fits, as_it_is.changes) == (True, {})
    smaller = forecast.smaller_batch(data.workspace, OFFLINE, given, out_of_memory=True)
    assert smaller.fits
    assert smaller.changes["batch_size"] < 32
    assert smaller.changes["batch_size"] * smaller.changes["gradient_accumulation"] == 32


def test_what_is_known_of_one_batch_tells_of_a_smaller_one(data: Data) -> None:
    plan = data.plan("starter", batch_size=8, gradient_accumulation=1)
    given = forecast.subject(data.workspace, OFFLINE, plan)
    count = fit.counter(OFFLINE, given.model, given.rows)
    half = plan.edited({"batch_size": 4, "gradient_accumulation": 2})
    by_formula = [forecast.corrected(count, plan, None)(one) or 0 for one in (plan, half)]
    more = forecast.corrected(count, plan, by_formula[0] + 10**9)
    assert more(plan) == by_formula[0] + 10**9
    assert more(half) == pytest.approx(by_formula[1] + 10**9 / 2, rel=0.02)
    less = forecast.corrected(count, plan, by_formula[0] - 10**6)
    assert less(half) == by_formula[1] - 10**6
