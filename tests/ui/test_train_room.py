"""What clicks in the Train room do, called as the page calls them, over fakes."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import gradio as gr
import pytest

from core.errors import ModelError, PlanError, RunError
from core.training.preflight_folder import Preflight
from tests.ui.fake_parts import FakeActions, install
from ui.live import KEEP
from ui.rooms.train.page import Page
from ui.rooms.train.room import Draft
from ui.rooms.train.wiring import act_on_plan, act_on_run
from ui.services import Services
from ui.visit import Visit
from ui.words import Voice

VISIT = Visit(Voice("en"), "chat-main", "", "page-1")
EN = VISIT.voice


@pytest.fixture(scope="module")
def actions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeActions]:
    """One workspace for all: a dataset, and the runs that tests leave behind."""
    home = tmp_path_factory.mktemp("train-room")
    rows = [
        {"messages": [
            {"role": "user", "content": f"Where is order {n}?"},
            {"role": "assistant", "content": f"[DELIVERY] Order {n} is on its way."},
        ]}
        for n in range(30)
    ]  # fmt: skip
    (home / "orders.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.training.queue.wake", lambda _: None)  # a process of its own
        made = install(patch.setattr, home / "workspace")
        made.pace.step_s = 0.001
        made.import_data(home / "orders.jsonl")
        yield made


@pytest.fixture(scope="module")
def page(actions: FakeActions) -> Page:
    with gr.Blocks():
        return Page(Services(actions))


@pytest.fixture(scope="module")
def draft(actions: FakeActions) -> Draft:
    return Draft(dataset_id=actions.datasets()[0].id)


@pytest.fixture(scope="module")
def finished(page: Page, draft: Draft, actions: FakeActions) -> str:
    return trained(page, draft, actions)


def trained(page: Page, draft: Draft, actions: FakeActions) -> str:
    """A run that has succeeded."""
    run = page.planning.start(draft)
    until(actions, lambda: actions.run(run.id).run.status == "succeeded")
    return run.id


def until(actions: FakeActions, holds: Callable[[], bool]) -> None:
    """Wait, and let the queue go on meanwhile, as its keeper would."""
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        actions.advance_queue()
        time.sleep(0.01)


def asked(do: str, **given: Any) -> dict[str, Any]:
    return {"do": do, "values": {}, **given}


def setting(value: dict[str, Any], name: str) -> Any:
    return next(one["value"] for one in value["settings"] if one["name"] == name)


def file_of(value: dict[str, Any]) -> Path:
    return Path(unquote(value["file"]["url"].removeprefix("gradio_api/file=")))


# -- the plan -------------------------------------------------------------------------------------


def test_what_is_asked_before_training_is_about_the_plan_of_the_card(
    page: Page, draft: Draft, actions: FakeActions
) -> None:
    split = actions.split(draft.dataset_id or "")
    told = page.needing.draw(draft, EN)["html"]
    assert f"asks starter {len(split.validation)} of the validation questions" in told
    wrong = draft.revised({"changes": {"rank": "-3"}, "touched": ["rank"]})
    assert page.needing.draw(wrong, EN) == {"html": ""}, "the card says what is wrong"


def test_a_plan_is_saved_opened_again_and_compared(
    page: Page, draft: Draft, actions: FakeActions, tmp_path: Path
) -> None:
    changed = draft.revised(
        {"changes": {"rank": "4", "name": "Orders: first"}, "touched": ["rank"]}
    )
    drawn = act_on_plan(page, changed, asked("save"), VISIT)
    file = file_of(drawn[page.planning.card])
    assert file.name == "Orders-first.plan.toml"
    assert file.is_relative_to(actions.workspace.exchange)
    opened, here = page.planning.open(file, None)
    assert here
    shown = page.planning.value(opened, EN)
    assert (setting(shown, "rank"), setting(shown, "name")) == (4, "Orders: first")
    drawn = act_on_plan(page, opened, asked("differ", values={"with": "recommended"}), VISIT)
    assert "LoRA rank" in drawn[page.planning.card]["difference"]
    back = act_on_plan(page, opened, asked("reset"), VISIT)
    assert setting(back[page.planning.card], "rank") != 4
    assert back[page.planning.card]["key"] != shown["key"]

    elsewhere = tmp_path / "elsewhere.toml"
    text = file.read_text(encoding="utf-8").replace(str(draft.dataset_id), "ds-gone")
    elsewhere.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError, match="not in this workspace"):
        page.planning.open(elsewhere, None)
    moved, here = page.planning.open(elsewhere, draft.dataset_id)
    assert not here
    assert page.planning.exact(moved).rank == 4


def test_a_script_is_a_zip_with_what_it_needs(page: Page, draft: Draft) -> None:
    drawn = act_on_plan(page, draft, asked("script"), VISIT)
    with zipfile.ZipFile(file_of(drawn[page.planning.card])) as packed:
        names = {Path(name).name for name in packed.namelist()}
    assert {"train.py", "train.jsonl", "plan.toml"} <= names


@pytest.mark.full
def test_a_sweep_queues_its_runs_and_the_queue_can_be_changed(
    page: Page, draft: Draft, actions: FakeActions
) -> None:
    before = len(actions.runs())
    for values in ({"setting1": "rank", "values1": " , "}, {"setting1": "rank", "values1": "4"}):
        with pytest.raises(PlanError):
            act_on_plan(page, draft, asked("sweep", values=values), VISIT)
    assert len(actions.runs()) == before
    actions.pace.step_s = 0.01
    values = {"setting1": "rank", "values1": "4，8, 16", "setting2": "", "values2": ""}
    drawn = act_on_plan(page, draft, asked("sweep", values=values), VISIT)
    first, middle, last = (actions.run(run_id).run for run_id in actions.sweeps()[0].run_ids)
    assert [run.plan.rank for run in (first, middle, last)] == [4, 8, 16]
    assert drawn[page.sweeping.view]["html"].count("<tr>") == 4

    panel = page.running.drawn(VISIT, last.id)[page.running.panel]
    assert panel["status"] == "waiting, place 2"
    panel = act_on_run(page, asked("up", id=last.id), VISIT)[page.running.panel]
    assert panel["status"] == "waiting, place 1"
    assert page.room.watch.view(middle.id).run.place == 2
    act_on_run(page, asked("stop", id=middle.id), VISIT)
    assert page.room.watch.view(middle.id).run.status == "stopped"
    actions.pace.step_s = 0.001
    until(actions, lambda: not any(run.is_live for run in actions.runs()))
    assert "lowest validation loss" in page.sweeping.draw(VISIT)[0]["html"]


def test_a_measurement_is_followed_until_it_has_ended(
    page: Page, draft: Draft, actions: FakeActions, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = page.planning.exact(draft)
    pre = Preflight(
        id="pre-1", plan=plan, created="2026-11-21T10:30:05+00:00", status="running",
        phase="training", step=1, total_steps=4, measured=None, failure=None, out_of_memory=False,
    )  # fmt: skip
    known, asked_again = [pre], list[bool]()

    def begin(_: FakeActions, plan: object, *, again: bool) -> Preflight:
        asked_again.append(again)
        return pre

    monkeypatch.setattr(FakeActions, "start_preflight", begin)
    monkeypatch.setattr(page.room.watch, "preflights", lambda: tuple(known))
    drawn = act_on_plan(page, draft, asked("measure"), VISIT)
    assert "Step 1 of 4" in drawn[page.planning.card]["room"]
    following = drawn[page.planning.draft]
    assert following.preflight == "pre-1"
    assert asked_again == [False]
    known[:] = [pre.model_copy(update={"status": "cancelled"})]
    card, kept = page._measuring(VISIT, following)
    assert "cancelled" in card["room"]
    assert card["revised"] is False, "what the person typed meanwhile stays"
    assert kept == following
    assert page._measuring(VISIT, draft) == [KEEP, KEEP]


# -- runs -----------------------------------------------------------------------------------------


def test_a_run_is_copied_named_kept_and_deleted(
    page: Page, draft: Draft, actions: FakeActions
) -> None:
    finished = trained(page, draft, actions)
    drawn = act_on_run(page, asked("clone", id=finished), VISIT)
    copied = drawn[page.planning.draft]
    assert copied.plan is not None
    assert setting(drawn[page.planning.card], "name").endswith("(2)")
    values = {"name": "Desk", "note": "Good."}
    drawn = act_on_run(page, asked("label", id=finished, values=values), VISIT)
    assert drawn[page.running.panel]["name"] == "Desk"
    assert "Good." in drawn[page.running.tools]["html"]
    drawn = act_on_run(page, asked("keep", id=finished, values={"name": "desk"}), VISIT)
    assert "desk" in drawn[page.library.view]["html"]
    drawn = act_on_run(page, asked("delete", id=finished), VISIT)
    assert drawn[page.running.chosen] is None
    assert finished not in [run.id for run in actions.runs()]
    values = {"name": "Front desk", "note": "for Ann"}
    shown, _ = page.library.do(asked("label", id="desk", values=values), VISIT)
    assert "for Ann" in shown[0]["html"]
    shown, _ = page.library.do(asked("look-delete", id="Front-desk"), VISIT)
    assert "gone for good" in shown[0]["html"], "it is named before anything is deleted"
    assert len(actions.library()) == 1
    _, told = page.library.do(asked("delete", id="Front-desk"), VISIT)
    assert told == "'Front-desk' is deleted."
    assert actions.library() == ()


def test_training_on_is_looked_at_before_it_is_started(
    page: Page, draft: Draft, actions: FakeActions
) -> None:
    finished = trained(page, draft, actions)
    with pytest.raises(RunError, match="number"):
        act_on_run(page, asked("look-longer", id=finished, values={"epochs": "two"}), VISIT)
    drawn = act_on_run(page, asked("look-longer", id=finished, values={"epochs": "2"}), VISIT)
    longer = drawn[page.running.going_on]
    assert "Train 2 more" in drawn[page.running.tools]["html"]
    values = page.draw(VISIT, None, Draft(), finished, "", longer)
    tools = values[page.live().index(page.running.tools)]
    assert tools == drawn[page.running.tools], "the clock takes nothing away"
    before = actions.run(finished).run.plan.epochs
    act_on_run(page, asked("extend", id=finished, epochs="2"), VISIT)
    assert actions.run(finished).run.attempt == 2
    assert actions.run(finished).run.plan.epochs == before + 2


def test_stopping_and_going_on(page: Page, draft: Draft, actions: FakeActions) -> None:
    actions.pace.step_s = 0.05
    run = page.planning.start(draft)
    until(actions, lambda: actions.run(run.id).run.step > 0)
    act_on_run(page, asked("stop", id=run.id), VISIT)
    until(actions, lambda: actions.run(run.id).run.status == "stopped")
    drawn = page.running.drawn(VISIT, run.id)
    assert [one["do"] for one in drawn[page.running.panel]["actions"]] == ["resume"]
    assert "remain" in drawn[page.running.panel]["next"]
    actions.pace.step_s = 0.001
    act_on_run(page, asked("resume", id=run.id), VISIT)
    until(actions, lambda: actions.run(run.id).run.status == "succeeded")
    with pytest.raises(RunError):
        act_on_run(page, asked("fly", id=run.id), VISIT)


def test_the_log_is_searched_and_left_alone_meanwhile(page: Page, finished: str) -> None:
    found = page.running.found(finished, "step 40/40", EN)
    assert "1 of 41 lines" in found
    log = page.live().index(page.running.log)
    assert page.draw(VISIT, None, Draft(), finished, "step", None)[log] is KEEP
    assert "loading the model" in page.running.found(finished, " ", EN)


# -- several runs, and models ---------------------------------------------------------------------


def test_runs_are_compared_when_two_are_ticked(page: Page, draft: Draft, finished: str) -> None:
    other = page.planning.start(draft.revised({"changes": {"rank": "4"}, "touched": ["rank"]}))
    told = page.comparing.compare({"runs": f"{finished},{other.id}"}, EN)
    assert "LoRA rank" in told
    with pytest.raises(RunError):
        page.comparing.compare({"runs": finished}, EN)


def test_a_model_is_looked_at_and_used(page: Page, draft: Draft) -> None:
    drawn = page.models.inspected(page.models.inspect(" starter "), EN)
    assert 'data-do="use"' in drawn[page.models.found]["html"]
    with pytest.raises(ModelError, match="No model"):
        page.models.inspect(" ")
    before = draft.revised(
        {"changes": {"revision": "abc", "epochs": "4"}, "touched": ["revision", "epochs"]}
    )
    used = page.planning.with_model(before, "starter")
    assert used.changes == {"epochs": "4", "base_model": "starter"}
    assert set(used.touched) == {"epochs", "base_model"}
    assert used.key != draft.key


def test_an_empty_workspace_says_what_to_do_first(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        empty = install(patch.setattr, tmp_path / "empty")
    with gr.Blocks():
        page = Page(Services(empty))
    values = dict(zip(page.live(), page.draw(VISIT, None, Draft(), None, "", None), strict=True))
    assert "Add one in the Data room" in values[page.planning.card]["empty"]
    assert "Nothing is training" in values[page.running.panel]["empty"]
    assert values[page.needing.view] == {"html": ""}
    assert "No sweep yet" in values[page.sweeping.view]["html"]
    with pytest.raises(PlanError):
        page.planning.start(Draft())
