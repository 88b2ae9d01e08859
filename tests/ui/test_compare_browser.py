"""The Compare room in a real browser: blind votes by key, a lane that fails, history and links."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.comparing.answering import Answered
from core.comparing.batch import ITEMS, BatchFolder, BatchProgress, BatchRequest
from core.comparing.prompts import Item
from core.data.jobs import JobResult
from core.disk import append_line, write_atomic
from core.messages import Message
from core.serving.contenders import Contender
from core.serving.records import Generation
from tests.ui.browser import Visited, visit
from tests.ui.fake_parts import FakeActions
from ui import shell

pytestmark = pytest.mark.slow
PICTURES = os.environ.get("DUOTUNE_TEST_PICTURES")
"""A folder to leave pictures in, for whoever wants to look."""


@pytest.fixture
def app(
    actions: FakeActions, small: Path, wait: Callable[[Callable[[], object]], None]
) -> Iterator[shell.RunningApp]:
    actions.pace.step_s, actions.pace.token_s = 0.001, 0.01
    dataset = actions.import_data(small)
    for name in ("Orders", "Second try"):
        plan = actions.propose_plan(dataset.id).plan
        run = actions.start_training(plan.model_copy(update={"name": name}))
        wait(lambda run=run: actions.run(run.id).run.status == "succeeded")  # type: ignore[misc]
    answered_batch(actions)
    running = shell.launch(actions)
    yield running
    running.close()


def answered_batch(actions: FakeActions) -> None:
    """A batch that was answered before."""
    folder = BatchFolder.of(actions.workspace, "bat-0001")
    who = (Contender(kind="base", name="starter"), Contender(kind="run", name="run-1"))
    items = tuple(
        Item(id=f"i{n}", row=n, messages=(Message(role="user", content=f"Question {n}"),))
        for n in range(1, 4)
    )
    request = BatchRequest(
        name="Made before", contenders=who, titles=("Base", "Tuned"), items=3,
        created="2026-11-21T10:00:00+00:00",
    )  # fmt: skip
    write_atomic(folder.items, ITEMS.dump_json(items))
    write_atomic(folder.request, request.model_dump_json())
    write_atomic(folder.result, JobResult().model_dump_json())
    progress = BatchProgress(phase="asking", done=6, total=6, tokens=60, seconds=2.0)
    append_line(folder.progress, progress.model_dump_json())
    for item in items:
        for which in range(2):
            text = "<b>same</b>" if item.row == 1 else f"answer {which}"
            answer = Generation(text=text, done=True, finish_reason="stop")
            one = Answered(item=item.id, contender=which, generation=answer)
            append_line(folder.answers, one.model_dump_json())


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.wait_for_timeout(400)
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def ask(page: Page, text: str) -> None:
    page.locator("#compare-question textarea").fill(text)
    page.locator("#compare-send").click()
    expect(page.locator(".dt-now .dt-asked")).to_have_text(text)


def test_blind_votes_by_key_history_and_a_link(app: shell.RunningApp, actions: FakeActions) -> None:
    with visit(f"{app.address}/?room=compare") as seen:
        page = seen.page
        page.locator("#compare-blind input").check()
        expect(page.locator("#compare-side-1")).to_contain_text("Answer 1")
        ask(page, "Where is my order?")
        expect(page.locator(".dt-vote")).to_be_focused()
        talk = page.locator("#compare-talk").inner_html()
        assert "Second try" not in talk
        assert "starter" not in talk
        picture(page, "blind")
        page.keyboard.press("2")
        expect(page.locator(".dt-now .dt-voted")).to_contain_text("Vote: ")
        ask(page, "And my kettle?")
        expect(page.locator(".dt-vote")).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(page.locator(".dt-now .dt-voted")).to_have_text("Vote: equally good")
        (session,) = actions.comparisons()
        assert [turn.vote for turn in session.turns] == ["2", "tie"]
        make_a_row(page, actions)
        seen.reload()
        expect(page.locator(".dt-now .dt-asked")).to_have_text("And my kettle?")
        past_and_link(app, seen, actions)
        look_into_a_batch(page)
        seen.assert_sound()


def make_a_row(page: Page, actions: FakeActions) -> None:
    card = page.locator("#compare-base")
    card.get_by_text("Mark as bad").click()
    card.locator("textarea").fill("In five days.\nPromised.")
    card.locator("[data-do=bad]").click()
    expect(page.locator(".toast-body")).to_contain_text("to be added to the data: 1")
    (row,) = actions.corrections()
    assert row.wanted == "In five days.\nPromised."
    assert row.messages[0].content == "You are a shop."


def past_and_link(app: shell.RunningApp, seen: Visited, actions: FakeActions) -> None:
    page = seen.page
    page.locator("#compare-tab-history-button").click()
    past = page.locator("#compare-history")
    expect(past).to_contain_text("Where is my order?")
    expect(past.locator("table")).to_contain_text("p = 1.00")
    past.locator("summary", has_text="Link").click()
    past.locator("[data-do=share]").click()
    past.locator("summary", has_text="Link").click()
    link = past.locator("a").first.get_attribute("href")
    assert link is not None
    picture(page, "history")
    past.locator("[data-do=add-rows]").click()
    expect(page.locator(".toast-body").last).to_contain_text("Rows added: 1")
    assert len(actions.datasets()) == 2
    with page.context.expect_page() as opened:
        past.locator("a").first.click()
    expect(opened.value.locator("h1")).to_have_text("Where is my order?")
    assert opened.value.locator("button, input, script, a").count() == 0
    opened.value.close()
    past.locator("[data-do=open]").click()
    expect(page.locator(".dt-now .dt-asked")).to_have_text("And my kettle?")


def look_into_a_batch(page: Page) -> None:
    page.locator("#compare-tab-batch-button").click()
    page.locator("#compare-batches [data-do=show]").click()
    results = page.locator("#compare-results")
    expect(results.locator("tbody tr")).to_have_count(3)
    expect(results).to_contain_text("<b>same</b>")
    results.locator("select[name=sort]").select_option("differs")
    results.locator("[data-do=filter]").click()
    expect(results.locator("tbody tr")).to_have_count(2)
    with page.expect_download() as download:
        results.locator("[data-do=csv]").click()
    assert download.value.path().read_text(encoding="utf-8-sig").count("answer 1") == 2
    picture(page, "batch")


@pytest.mark.thorough
def test_three_lanes_one_fails_and_is_tried_again_on_a_phone_in_chinese(
    app: shell.RunningApp, actions: FakeActions
) -> None:
    newest, older = (f"run:{run.id}" for run in actions.runs())
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    with visit(f"{app.address}/?room=compare&lang=zh", **phone) as seen:
        page = seen.page
        page.locator("#compare-who input").click()
        page.get_by_role("option", name="Orders", exact=True).click()
        page.keyboard.press("Escape")
        expect(page.locator("#compare-talk .dt-lane")).to_have_count(3)
        actions.pace.fail_answer.add(older)
        ask(page, "订单在哪里？")
        broken = page.locator(".dt-now .dt-lane").nth(2)
        expect(broken.locator("[role=alert]")).to_be_visible()
        expect(page.locator("#compare-tuned .bot")).to_contain_text("[DELIVERY]")
        actions.pace.fail_answer.clear()
        broken.locator("[data-do=again]").click()
        expect(broken.locator("[role=alert]")).to_have_count(0)
        expect(broken.locator(".bot")).to_contain_text("[DELIVERY]")
        assert seen.overflow() <= 0
        picture(page, "phone")
        (session,) = actions.comparisons()
        assert session.turns[0].repeated == 1
        assert [one.key for one in session.contenders][1:] == [newest, older]
        seen.assert_sound()
