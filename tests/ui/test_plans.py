"""The card and the plan agree: what is shown is what runs, and recommended values keep why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.assistant.records import Pending
from core.data import deleting
from core.errors import DuotuneError, PlanError
from core.training.plan import TrainingPlan
from core.training.preflight_folder import Preflight
from tests.ui.fake_parts import FakeActions
from ui.plans import Page, Plans
from ui.present.plan import NOTHING
from ui.watch import Watch
from ui.words import Voice

EN = Voice("en")


@pytest.fixture
def plans(actions: FakeActions, small: Path) -> Plans:
    actions.import_data(small)
    return Plans(Watch(actions))


@pytest.fixture
def plan(plans: Plans) -> TrainingPlan:
    return plans.proposal(plans.actions.datasets()[0].id, {}).plan


def as_typed(value: dict[str, Any]) -> dict[str, str]:
    """What the card's form sends: its fields as texts, hidden and empty ones left out."""
    shown = {one["name"]: one["value"] for one in value["settings"] if not one["hidden"]}
    texts = {n: ",".join(v) if isinstance(v, list) else str(v) for n, v in shown.items()}
    return {name: text for name, text in texts.items() if text not in ("", "None")}


def setting(value: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in value["settings"] if one["name"] == name)


def test_an_unchanged_card_stands_for_exactly_the_plan(plans: Plans, plan: TrainingPlan) -> None:
    value = plans.card_value("k", plan, {}, EN)
    assert plans.exactly(plan, as_typed(value)).plan == plan
    assert value["errors"] == []
    assert "28 training" in value["facts"][0]["value"]
    assert value["facts"][3]["value"] == "not measured on this machine yet"


def test_changing_one_value_moves_what_follows_from_it(plans: Plans, plan: TrainingPlan) -> None:
    changes = {**as_typed(plans.card_value("k", plan, {}, EN)), "rank": "8"}
    value = plans.card_value("k", plan, changes, EN, touched=["rank"])
    assert setting(value, "rank")["value"] == 8
    assert setting(value, "alpha")["value"] == 16
    assert "Your choice." in setting(value, "rank")["why"]
    assert value["revised"] is True


def test_what_is_approved_is_what_the_card_showed(plans: Plans, plan: TrainingPlan) -> None:
    shown = {**as_typed(plans.card_value("k", plan, {}, EN)), "rank": "8", "alpha": "64"}
    started = plans.agreed(plan, shown)
    assert (started.rank, started.alpha) == (8, 64)
    assert started.reasons["learning_rate"] == plan.reasons["learning_rate"]


def test_limits_come_from_the_plan_itself(plans: Plans, plan: TrainingPlan) -> None:
    value = plans.card_value("k", plan, {}, EN)
    assert setting(value, "rank")["max"] == 128
    assert "1 to 128." in setting(value, "rank")["why"]
    assert setting(value, "max_steps")["kind"] == "integer"
    assert setting(value, "learning_rate")["value"] == f"{plan.learning_rate:f}".rstrip("0")


@pytest.mark.parametrize("changes", [{"epochs": "400"}, {"rank": "many"}, {"base_model": "/nope"}])
def test_what_cannot_run_becomes_an_error_of_the_card(
    plans: Plans, plan: TrainingPlan, changes: dict[str, str]
) -> None:
    value = plans.card_value("k", plan, changes, EN)
    assert value["errors"]
    assert value["settings"]
    with pytest.raises(DuotuneError):
        plans.exactly(plan, changes)


def test_nonsense_is_refused_by_name(plans: Plans, plan: TrainingPlan) -> None:
    with pytest.raises(PlanError, match="rank"):
        plans.exactly(plan, {"rank": "many"})


def test_the_card_of_what_waits(plans: Plans, plan: TrainingPlan) -> None:
    assert plans.pending_value(None, EN) == NOTHING
    waiting = Pending(
        call_id="c1", verb="start_training", arguments={"plan": plan.model_dump(mode="json")},
        warnings=("Few rows.",),
    )  # fmt: skip
    value = plans.pending_value(waiting, EN)
    assert value["key"] == "c1"
    assert value["warnings"][0] == "Few rows."
    other = Pending(call_id="c2", verb="stop_run", arguments={"run_id": "run-1"})
    value = plans.pending_value(other, EN)
    assert value["title"] == "Stop the run"
    assert value["facts"] == [{"name": "run_id", "value": "run-1"}]
    assert "can be resumed" in value["consequences"][0]


def test_shared_reasons_are_said_once(plans: Plans, plan: TrainingPlan) -> None:
    alike = plan.model_copy(update={"reasons": {"rank": "R.", "alpha": "R.", "epochs": "E."}})
    from ui.present.plan import Card, value

    shown = value(Card(key="k", plan=alike, proposal=None), EN)
    assert shown["reasons"] == [{"names": "LoRA rank, LoRA alpha", "text": "R."}]
    assert setting(shown, "rank")["why"] == "1 to 128."
    assert setting(shown, "epochs")["why"].startswith("E.")


def test_a_fixed_number_of_steps_puts_the_epochs_out_of_use(
    plans: Plans, plan: TrainingPlan
) -> None:
    usual = plans.card_value("k", plan, {}, EN)
    assert setting(usual, "epochs")["disabled"] is False
    typed = {**as_typed(usual), "max_steps": "20"}
    fixed = plans.card_value("k", plan, typed, EN, touched=["max_steps"])
    assert setting(fixed, "epochs")["disabled"] is True
    assert "fixed number of steps decides" in setting(fixed, "epochs")["why"]
    back = {name: value for name, value in typed.items() if name != "max_steps"}
    again = plans.card_value("k", plan, back, EN, touched=["max_steps"])
    assert setting(again, "epochs")["disabled"] is False
    assert setting(again, "epochs")["value"] == setting(usual, "epochs")["value"]


def test_reasons_warnings_and_errors_are_said_in_chinese(plans: Plans, plan: TrainingPlan) -> None:
    value = plans.card_value("k", plan, {}, Voice("zh"))
    told = [one["text"] for one in value["reasons"]] + value["warnings"]
    told += [one["why"] for one in value["settings"]]
    assert any("行训练数据" in text for text in told)
    assert not [text for text in told if "rows" in text or "Recommended" in text]
    wrong = {**as_typed(value), "epochs": "400"}
    errors = plans.card_value("k", plan, wrong, Voice("zh"), touched=["epochs"])["errors"]
    assert "不能大于 100" in errors[0]


def test_a_licence_that_was_not_accepted_stops_the_start(
    plans: Plans, plan: TrainingPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(_: FakeActions, name: str, accepted: str | None = None) -> PlanError | None:
        return None if accepted == "Terms" else PlanError(f"Accept the terms of {name}.")

    monkeypatch.setattr(FakeActions, "licence_question", ask)
    typed = as_typed(plans.card_value("k", plan, {}, EN))
    with pytest.raises(PlanError, match="terms of starter"):
        plans.agreed(plan, typed)
    assert plans.agreed(plan, {**typed, "licence_accepted": "Terms"}).licence_accepted == "Terms"


def test_another_method_brings_its_own_recommendations(plans: Plans, plan: TrainingPlan) -> None:
    led = {"base_model": plan.base_model, "method": "full", "objective": "sft"}
    full = plans.card_value("k", plan, led, EN, touched=["method"])
    rate = plans.proposal(plan.dataset_id, {"method": "full"}).plan.learning_rate
    assert rate != plan.learning_rate
    typed = as_typed(full)
    assert float(typed["learning_rate"]) == rate
    assert "rank" not in typed
    again = plans.card_value("k", plan, {**typed, "epochs": "4"}, EN, touched=["epochs"])
    assert "Your choice" not in setting(again, "learning_rate")["why"]
    assert "Your choice" in setting(again, "epochs")["why"]


def test_memory_is_looked_at_once_and_again_after_it_ran_out(
    plans: Plans, plan: TrainingPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    real = FakeActions.smaller_batch

    def smaller(self: FakeActions, plan: TrainingPlan, out_of_memory: bool = False) -> Any:
        asked.append(out_of_memory)
        return real(self, plan, out_of_memory)

    monkeypatch.setattr(FakeActions, "smaller_batch", smaller)
    assert plans.room(plan, Page()).fit is plans.room(plan, Page()).fit
    assert asked == [], "it fits"
    failed = Preflight(
        id="pre-1", plan=plan, created="", status="failed", phase="training", step=1,
        total_steps=None, measured=None, failure=None, out_of_memory=True,
    )  # fmt: skip
    assert plans.room(plan, Page(has_tools=True, preflight=failed)).batching is not None
    assert asked == [True]


def test_a_plan_that_waits_for_data_that_is_gone_says_so(plans: Plans, plan: TrainingPlan) -> None:
    assert plans.card_value("k", plan, {}, EN)["errors"] == []
    deleting.remove(plans.actions.workspace, (plan.dataset_id,))
    errors = plans.card_value("k", plan, {}, EN)["errors"]
    assert errors[0] == f"There is no dataset {plan.dataset_id} in this workspace."
