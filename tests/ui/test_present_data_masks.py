"""What masks hide, as the Data room shows it, and what is told after it was put back."""

from __future__ import annotations

import pytest

from core.data.mask_keys import Forgotten
from core.data.records import Change
from core.data.unmasking import Hidden, Unmasked
from tests.eval.made_up import dataset as made_up_dataset
from ui.present import data_masks
from ui.words import Voice

EN, ZH = Voice("en"), Voice("zh")
SOME = Hidden(values={"email": 1200, "card": 1}, rows=900, unknown_rows=2, final_since="")


def test_hidden_values_are_counted_by_type_with_the_way_back() -> None:
    told = data_masks.masks(made_up_dataset(), SOME, EN)
    assert "email addresses <b>1,200</b>" in told
    assert "1,201 values in 900 rows" in told
    assert "no key knows it: 2 rows" in told
    assert "Valid card" in told
    assert 'data-do="unmask"' in told
    assert 'data-do="forget"' in told
    assert "邮箱地址 <b>1,200</b>" in data_masks.masks(made_up_dataset(), SOME, ZH)


def test_without_masks_there_is_no_card() -> None:
    assert data_masks.masks(made_up_dataset(), None, EN) == ""


def test_values_that_were_put_back_are_not_offered_again() -> None:
    back = made_up_dataset().model_copy(update={"change": Change(kind="unmasked")})
    told = data_masks.masks(back, SOME, EN)
    assert 'data-do="unmask"' not in told
    assert 'data-do="forget"' in told


def test_a_missing_key_is_told_and_offers_nothing() -> None:
    lost = Hidden(
        values={}, rows=0, unknown_rows=3, final_since="",
        problem="There is no key that says what the masks in <b> hide.", where="/x/y.json",
        fix="Put a copy of the key there, or use the version from before the masking.",
    )  # fmt: skip
    told = data_masks.masks(made_up_dataset(), lost, EN)
    assert "/x/y.json" in told
    assert "masks in &lt;b&gt; hide" in told
    assert "data-do" not in told
    assert "找不到 &lt;b&gt; 的掩码密钥" in data_masks.masks(made_up_dataset(), lost, ZH)


def test_a_final_masking_says_since_when_and_what_is_kept() -> None:
    final = Hidden(values={}, rows=0, unknown_rows=3, final_since="2026-11-21T10:00:00+00:00",
                   problem="final")  # fmt: skip
    told = data_masks.masks(made_up_dataset(), final, EN)
    assert "deleted on 2026-11-21, so masks stay for good: 3 rows" in told
    assert "still holds the values" in told
    assert "data-do" not in told


@pytest.mark.parametrize("voice", [EN, ZH])
def test_all_that_happened_is_told_afterwards(voice: Voice) -> None:
    done = Unmasked(
        dataset=made_up_dataset(), is_new=False, values=7, rows=6, held_values=5, held_rows=4,
        unknown_rows=3, equal_rows=2,
    )  # fmt: skip
    told = data_masks.unmasked(done, voice)
    assert len(told.splitlines()) == 5
    assert all(str(count) in told for count in range(2, 8))
    assert made_up_dataset().name in told
    plain = done.model_copy(
        update={"is_new": True, "held_values": 0, "unknown_rows": 0, "equal_rows": 0}
    )
    assert len(data_masks.unmasked(plain, voice).splitlines()) == 1


def test_how_many_versions_are_final_is_told() -> None:
    done = Forgotten(versions=("ds-1", "ds-2"), values=3, open_versions=(), source="x")
    assert data_masks.forgotten(done, EN) == "The key is deleted, for 2 versions."
