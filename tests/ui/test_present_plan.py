"""A plan as fields, its memory, and what else can be done with it."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest

from core.models.licences import LICENCES
from core.training.batching import Batching, Option
from core.training.capacity import Capacity
from core.training.fit import Fit, judged
from core.training.memory import Part
from core.training.plan import Method, TrainingPlan
from core.training.plan_changes import PlanChanges
from core.training.plan_diff import differences
from core.training.preflight_folder import Preflight
from core.training.records import Failure
from ui.present import plan_fit, plan_tools
from ui.present import plan_settings as fields
from ui.present.plan import Card, value
from ui.present.plan_fit import Room
from ui.words import Voice

EN, ZH = Voice("en"), Voice("zh")
HAN = re.compile("[\u4e00-\u9fff]")
PLAN = TrainingPlan(name="Desk", dataset_id="ds-1", split_fingerprint="f", base_model="starter")
GB = 1_000_000_000


def shown(plan: TrainingPlan, voice: Voice = EN) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in fields.settings(plan, fields.Choices(), voice)}


def test_every_setting_that_can_be_changed_has_one_place_in_the_card() -> None:
    assert sorted([*fields.EDITABLE, "licence_accepted"]) == sorted(PlanChanges.model_fields)
    assert len(set(fields.EDITABLE)) == len(fields.EDITABLE)
    assert {one["group"] for one in shown(PLAN).values()} == {"", *fields.GROUPS}


def test_kinds_limits_and_choices_come_from_the_plan_itself() -> None:
    kinds = {name: one["kind"] for name, one in shown(PLAN).items()}
    assert kinds["packing"] == "switch"
    assert kinds["trackers"] == "several"
    assert kinds["max_steps"] == "integer"
    assert kinds["dropout"] == "number"
    assert [one["value"] for one in shown(PLAN)["method"]["options"]] == list(get_args(Method))
    assert shown(PLAN)["rank"]["max"] == 128
    assert fields.in_range("dropout", EN) == "0 to less than 1."
    assert fields.in_range("learning_rate", EN) == "Above 0, up to 0.1."
    assert fields.in_range("name", EN) == ""


def test_every_setting_of_the_advanced_view_is_explained_in_both_languages() -> None:
    chinese = shown(PLAN, ZH)
    for name in fields.EDITABLE:
        if name in fields.MAIN:
            continue
        assert HAN.search(chinese[name]["why"]), name
        if name not in fields.TOLD:
            assert "None" not in fields.explained(name, EN)
            assert HAN.search(fields.explained(name, ZH)), fields.explained(name, EN)


@pytest.mark.parametrize(
    ("changes", "hidden"),
    [
        ({}, {"beta", "workers"}),
        ({"method": "full"}, {"beta", "workers", *fields.OF_ADAPTERS}),
        ({"objective": "dpo", "launcher": "ray"}, {"packing"}),
    ],
)
def test_what_a_method_does_not_read_is_hidden(changes: dict[str, str], hidden: set[str]) -> None:
    plan = PLAN.edited(changes)
    assert {name for name, one in shown(plan).items() if one["hidden"]} == hidden


def test_a_restricted_licence_asks_for_a_yes_and_a_free_one_for_nothing() -> None:
    gemma = LICENCES["gemma"]
    asked = value(Card(key="k", plan=PLAN, proposal=None, terms=gemma), EN)["licence"]
    assert asked["url"] == gemma.url
    assert asked["text"] == gemma.restrictions
    assert asked["accepted"] is False
    agreed = PLAN.model_copy(update={"licence_accepted": gemma.name})
    assert value(Card(key="k", plan=agreed, proposal=None, terms=gemma), ZH)["licence"]["accepted"]
    free = Card(key="k", plan=PLAN, proposal=None, terms=LICENCES["mit"])
    assert value(free, EN)["licence"] is None


# -- memory ---------------------------------------------------------------------------------------


def fit(peak: int, available: int | None = 10 * GB) -> Fit:
    here = Capacity(device="cpu", name="2 CPU cores", total=16 * GB, available=available)
    parts = (
        Part(name="weights", bytes=peak // 2, formula="4 x 4"),
        Part(name="overhead", bytes=peak - peak // 2, formula="850"),
    )
    return judged(
        Fit(capacity=here, parts=parts, peak=peak, measured=False, verdict="unknown", disk=None)
    )


def test_memory_is_a_bar_by_part_with_its_verdict() -> None:
    told = plan_fit.room(Room(fit(2 * GB)), EN)
    assert "It fits." in told
    assert "width:10.00%" in told
    assert "model 1.0 GB" in told
    assert "4 x 4" in told
    assert "data-do" not in told, "this page can't measure"
    assert HAN.search(plan_fit.room(Room(fit(2 * GB)), ZH))


def test_what_does_not_fit_shows_how_it_could() -> None:
    option = Option(
        kind="length", changes={"max_length": 512}, bytes=GB, same_result=False, sentence="Shorter."
    )
    batching = Batching(
        fits=True, changes={"batch_size": 2, "gradient_accumulation": 4}, bytes=GB, limit=GB,
        sentence="2 instead of 8.", options=(option,),
    )  # fmt: skip
    told = plan_fit.room(Room(fit(20 * GB), batching, can_measure=True), EN)
    assert "It does not fit." in told
    applied = [json.loads(one.replace("&quot;", '"')) for one in re.findall('apply="(.*?)"', told)]
    assert applied == [{"batch_size": 2, "gradient_accumulation": 4}, {"max_length": 512}]
    assert 'data-do="measure"' in told


def test_nothing_known_says_so_and_draws_no_bar() -> None:
    told = plan_fit.room(Room(fit(0, None).model_copy(update={"peak": None, "parts": ()})), EN)
    assert "Not known." in told
    assert "dt-memory" not in told
    assert plan_fit.room(Room(), EN) == ""


def preflight(**facts: Any) -> Preflight:
    given = {
        "id": "pre-1", "plan": PLAN, "created": "2026-11-21T10:30:05+00:00", "status": "running",
        "phase": "training", "step": 2, "total_steps": 8, "measured": None, "failure": None,
        "out_of_memory": False,
    }  # fmt: skip
    return Preflight.model_validate({**given, **facts})


def test_a_measurement_shows_how_far_it_is_and_how_it_ended() -> None:
    going = plan_fit.room(Room(fit(GB), preflight=preflight(), can_measure=True), EN)
    assert "Step 2 of 8 · training" in going
    assert 'data-do="cancel-measure" data-id="pre-1"' in going
    failure = Failure(problem="Memory ran out.", fix="Less.")
    ended = preflight(status="failed", failure=failure)
    told = plan_fit.room(Room(fit(GB), preflight=ended, can_measure=True), EN)
    assert "Memory ran out." in told
    assert 'data-do="measure"' in told
    measured = fit(GB).model_copy(update={"measured": True})
    again = plan_fit.room(Room(measured, can_measure=True), EN)
    assert 'data-do="remeasure"' in again
    assert "measured peak" in again


# -- tools ----------------------------------------------------------------------------------------


def test_differences_are_said_in_words_of_the_card() -> None:
    other = PLAN.edited({"rank": 8, "packing": True, "max_steps": 20, "method": "dora"})
    told = plan_tools.difference(differences(PLAN, other), "what is recommended", EN)
    assert told.count("<tr>") == 5
    assert "LoRA (usual)" in told
    assert "by epochs" in told
    assert "<td>off</td><td>on</td>" in told
    assert "Nothing differs" in plan_tools.difference((), "Desk", EN)
    elsewhere = other.model_copy(update={"dataset_id": "ds-2"})
    assert "data" in plan_tools.difference(differences(other, elsewhere), "Desk", EN)


def test_a_sweep_varies_only_what_a_loss_can_compare() -> None:
    told = plan_tools.tools(PLAN.edited({"method": "full"}), [("run-1", "<b>")], EN)
    varied = re.findall('<option value="([a-z_]+)"', told)
    assert "learning_rate" in varied
    assert not {"rank", "trackers", "base_model", "workers"} & set(varied)
    assert "&lt;b&gt;" in told
