"""What a person may change of a plan."""

import pytest

from core.errors import PlanError
from core.training.plan import TrainingPlan
from core.training.plan_changes import NOT_CHANGED, PlanChanges


def test_every_field_of_a_plan_can_be_changed_or_is_named_as_not_for_a_person_to_set() -> None:
    assert set(PlanChanges.model_fields) == set(TrainingPlan.model_fields) - set(NOT_CHANGED)


def test_texts_from_a_terminal_become_values() -> None:
    given = {"packing": "true", "epochs": "2.5", "trackers": "trackio, tensorboard", "liger": "off"}

    changes = PlanChanges.parse(given)

    assert changes.model_dump(exclude_none=True) == {
        "packing": True,
        "epochs": 2.5,
        "trackers": ("trackio", "tensorboard"),
        "liger": "off",
    }


@pytest.mark.parametrize(
    "given", [{"method": "magic"}, {"epochs": "many"}, {"trackers": "comet"}, {"packing": "maybe"}]
)
def test_a_value_that_does_not_fit_is_refused_by_its_name(given: dict[str, str]) -> None:
    with pytest.raises(PlanError, match=next(iter(given))):
        PlanChanges.parse(given)
