"""What differs between two plans."""

from core.training.plan import TrainingPlan
from core.training.plan_diff import Difference, differences

PLAN = TrainingPlan(name="a", dataset_id="ds-1", split_fingerprint="f", base_model="starter")


def test_what_differs_is_told_in_the_plan_s_own_order() -> None:
    other = PLAN.model_copy(update={"epochs": 3.0, "method": "dora", "trackers": ("trackio",)})

    assert differences(PLAN, other) == (
        Difference(field="method", before="lora", after="dora"),
        Difference(field="epochs", before=2.0, after=3.0),
        Difference(field="trackers", before=[], after=["trackio"]),
    )


def test_another_name_or_reason_is_no_difference() -> None:
    other = PLAN.model_copy(update={"name": "b", "reasons": {"rank": "Your choice."}})

    assert differences(PLAN, other) == ()
