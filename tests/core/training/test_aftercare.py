"""What is measured of a finished model: by hand where that can be computed by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import RunError
from core.training.events import AfterCare
from tests.core.training.conftest import Data
from tests.core.training.training_rig import Rig, make_rig

pytestmark = pytest.mark.slow


@pytest.fixture
def rig(data: Data, tiny_model: Path) -> Rig:
    """An adapter of rank 8 and scale 2, with B still zero."""
    return make_rig(data, tiny_model, data.plan(str(tiny_model), max_steps=1))


def finished(rig: Rig, folder: Path, stop_ids: frozenset[int] | None = None) -> Any:
    """The rig's adapter as it is now, saved and taken for published."""
    from core.training.program import aftercare

    model = rig.trainer.model
    model.save_pretrained(folder)
    with model.disable_adapter():
        base = aftercare.preferred(model, aftercare.choose(rig.parts))
    return aftercare.Finished(model, folder, stop_ids or rig.stop_ids, base)


def fill_b(model: Any, value: float) -> None:
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            weight.data.fill_(value)


def test_an_adapter_of_zeros_has_changed_nothing_and_is_told(rig: Rig, tmp_path: Path) -> None:
    from core.training.program import aftercare

    found = aftercare.check(finished(rig, tmp_path), aftercare.choose(rig.parts))
    assert (found.prompts, found.changed, found.update_norm) == (6, 0, 0.0)
    assert found.tensors == 2 * 7 * 2, "A and B of 7 layers in 2 blocks"
    assert any("On none of 6 texts" in note for note in aftercare.notes(found))


def test_the_norm_is_that_of_the_products_and_a_change_is_seen(rig: Rig, tmp_path: Path) -> None:
    from core.training.program import aftercare

    model = rig.trainer.model
    fill_b(model, 0.5)
    total = 0.0
    for layer in model.modules():
        if hasattr(layer, "lora_A"):
            a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
            total += float((2.0 * b.detach() @ a.detach()).pow(2).sum())
    found = aftercare.check(finished(rig, tmp_path), aftercare.choose(rig.parts))
    assert found.update_norm == pytest.approx(total**0.5, rel=1e-5)
    assert total > 0
    assert found.changed > 0


def test_weights_that_are_not_those_on_disk_are_refused(rig: Rig, tmp_path: Path) -> None:
    from core.training.program import aftercare

    published = finished(rig, tmp_path)
    fill_b(rig.trainer.model, 1e-3)
    with pytest.raises(RunError, match="does not load as it was written"):
        aftercare.check(published, aftercare.choose(rig.parts))


def test_answers_that_end_are_told_from_those_that_do_not(rig: Rig, tmp_path: Path) -> None:
    from core.training.program import aftercare

    asked = aftercare.choose(rig.parts)
    longest = max(len(question.answer) for question in asked.chosen)
    assert asked.limit == max(2 * longest, 16)
    assert all(question.answer[-1] in rig.stop_ids for question in asked.chosen)
    every = frozenset(range(rig.trainer.model.config.vocab_size))
    never = frozenset((max(every) - 1,))
    ended = aftercare.check(finished(rig, tmp_path, every), asked)
    assert (ended.asked, ended.stopped) == (6, 6)
    assert not any("never ended" in note for note in aftercare.notes(ended))
    endless = aftercare.check(finished(rig, tmp_path, never), asked)
    assert (endless.asked, endless.stopped, endless.limit_tokens) == (6, 0, asked.limit)
    assert any(
        f"never ended its answer within {asked.limit} tokens on 6 of 6 prompts" in note
        for note in aftercare.notes(endless)
    )


def test_answers_that_time_ran_out_for_count_neither_way(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.training.program import aftercare

    monkeypatch.setattr(aftercare, "GENERATING_S", 0.0)
    never = frozenset((rig.trainer.model.config.vocab_size - 2,))
    found = aftercare.check(finished(rig, tmp_path, never), aftercare.choose(rig.parts))
    assert (found.asked, found.stopped) == (0, 0)
    assert not any("never ended" in note for note in aftercare.notes(found))


def test_whole_models_are_compared_on_disk(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    from core.training.program import aftercare

    names = ("before", "after", "other")
    before, after, other = (tmp_path / name for name in names)
    tensors = {"a": torch.zeros(3, 4), "b": torch.ones(5)}
    changed = {"a": torch.full((3, 4), 0.5), "b": torch.ones(5)}
    for folder, held in ((before, tensors), (after, changed), (other, {"c": torch.ones(2)})):
        folder.mkdir()
        save_file(held, folder / "model.safetensors")
    assert aftercare.weights_norm(before, after) == pytest.approx((12 * 0.25) ** 0.5)
    assert aftercare.weights_norm(before, before) == 0.0
    assert aftercare.weights_norm(before, other) is None


def test_what_is_told_depends_on_what_was_measured() -> None:
    from core.training.program import aftercare

    good = AfterCare(
        tensors=4,
        update_norm=1.0,
        prompts=8,
        changed=3,
        asked=8,
        stopped=5,
        limit_tokens=64,
        seconds=1.0,
    )
    assert aftercare.notes(good) == []
    (note,) = aftercare.notes(good.model_copy(update={"stopped": 3}))
    assert "within 64 tokens on 5 of 8 prompts" in note
    (note,) = aftercare.notes(good.model_copy(update={"changed": 0}))
    assert "hardly changed" in note
    unmeasured = good.model_copy(update={"prompts": 0, "changed": 0, "asked": 0, "stopped": 0})
    assert aftercare.notes(unmeasured) == []
