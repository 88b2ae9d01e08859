"""The Report room in a real browser: votes by key, the rubric's form, failures, two reports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from core.data.examples import SUPPORT_DESK
from eval.folder import ReportFolder
from eval.records import EvaluationRequest
from eval.rendering import page as rendering
from tests.eval.made_up_parts import around
from tests.ui.browser import visit
from tests.ui.fake_parts import FakeActions
from ui import shell

pytestmark = [pytest.mark.slow, pytest.mark.thorough]


@pytest.fixture
def app(actions: FakeActions) -> Iterator[shell.RunningApp]:
    running = shell.launch(actions)
    yield running
    running.close()


@pytest.fixture
def reports(actions: FakeActions, wait: object) -> list[str]:
    """Two finished evaluations of one run; the newest has everything around its verdict."""
    plan = actions.propose_plan(actions.import_data(SUPPORT_DESK).id).plan
    run = actions.start_training(plan.model_copy(update={"name": "Fennel desk"}))
    assert callable(wait)
    wait(lambda: actions.run(run.id).run.status == "succeeded")
    rubric = actions.rubric_for(run.id).as_yaml()
    made = []
    for _ in range(2):
        request = EvaluationRequest(run_id=run.id, rubric=rubric, limit=40)
        started = actions.start_evaluation(request)
        wait(lambda one=started: actions.evaluation(one.id).status == "succeeded")
        made.append(started.id)
    newest = actions.evaluations()[0].id
    report = actions.report(newest).model_copy(update=around())
    rendering.write(report, ReportFolder.of(actions.workspace, newest).root)
    return [newest, *(one for one in made if one != newest)]


def tab(page: Page, name: str) -> None:
    page.locator(f"#report-tab-{name}-button").click()


def test_votes_are_blind_and_cast_by_key(
    app: shell.RunningApp, actions: FakeActions, reports: list[str]
) -> None:
    with visit(f"{app.address}/?room=report") as seen:
        page = seen.page
        expect(page.locator("#report-verdict .dt-glance li")).not_to_have_count(0)
        tab(page, "votes")
        ballot = page.locator("#report-ballot")
        expect(ballot.locator(".dt-vote")).to_be_visible()
        expect(ballot.locator("h4").first).to_have_text("Answer A")
        assert "Base" not in " ".join(ballot.locator("h4").all_inner_texts())
        page.locator("body").press("a")
        expect(ballot.locator(".dt-voted")).to_contain_text("You preferred")
        expect(ballot.locator("h4").first).to_contain_text(":")
        (vote,) = actions.report_votes(reports[0])
        assert vote.vote == "first"
        page.locator("body").press("Enter")
        expect(ballot.locator(".dt-voted")).to_have_count(0)
        page.locator("body").press("t")
        expect(ballot.locator(".dt-voted")).to_contain_text("equally good")
        expect(page.locator("#report-votes table")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_text("Save as preference pairs").click()
        assert download.value.suggested_filename.endswith("preferences.jsonl")
        seen.assert_sound()


def test_a_criterion_is_added_and_used_for_the_next_evaluation(
    app: shell.RunningApp, actions: FakeActions, reports: list[str]
) -> None:
    with visit(f"{app.address}/?room=report") as seen:
        page = seen.page
        tab(page, "rubric")
        form = page.locator("#report-rubric-form")
        before = form.locator(".dt-criteria > li").count()
        form.get_by_text("Add a criterion").click()
        form.locator("[name=name]").fill("Short enough")
        form.locator("[name=text]").fill("At most 200 characters.")
        expect(form.locator("[name='length.max_chars']")).to_be_hidden()
        form.locator("[name=check]").select_option("length")
        form.locator("[name='length.max_chars']").fill("200")
        form.locator("[data-do=put]").click()
        expect(form.locator(".dt-criteria > li")).to_have_count(before + 1)
        expect(form).to_contain_text("At most so many characters: 200")
        tab(page, "report")
        page.locator("#report-start").click()
        expect(page.locator("#report-list button")).to_have_count(3)
        rubric = actions.evaluations()[0].request.rubric
        assert "short_enough" in rubric
        tab(page, "rubric")
        page.locator("#report-yaml-fold button").first.click()
        box = page.locator("#report-yaml textarea")
        page.wait_for_timeout(500)  # opening it asks whether there is a text
        expect(box).to_have_value(rubric)
        box.fill("id: x\ncriteria:\n  - {id: a, text: A, kind: chek}\n")
        page.locator("#report-yaml-apply").click()
        expect(page.get_by_text("line 3").first).to_be_visible()
        seen.assert_sound()


def test_rows_near_a_failure_are_excluded_and_two_reports_compared(
    app: shell.RunningApp, actions: FakeActions, reports: list[str]
) -> None:
    with visit(f"{app.address}/?room=report") as seen:
        page = seen.page
        tab(page, "failures")
        group = page.locator("#report-failures .dt-failure").first
        row = int(group.locator("[name=rows]").first.get_attribute("value") or "0")
        group.locator("[name=rows]").first.check()
        group.locator("[data-do=exclude]").click()
        expect(page.locator("#report-next")).to_contain_text("Train again")
        newest = actions.datasets()[0]
        assert row not in [example.row for example in actions.examples(newest.id)]
        page.locator("#report-next [data-do=train-again]").click()
        expect(page.locator("#report-next .dt-next-run")).to_have_count(0)
        assert actions.runs()[0].plan.dataset_id == newest.id
        tab(page, "two")
        page.locator("#report-other input").click()
        page.locator("#report-other [role=option]").first.click()
        expect(page.locator("#report-two")).to_contain_text("40 common questions")
        seen.assert_sound()


@pytest.mark.parametrize("query", ["lang=zh&__theme=dark", "lang=en"])
def test_every_tab_fits_a_phone(app: shell.RunningApp, reports: list[str], query: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}}
    with visit(f"{app.address}/?room=report&{query}", **phone) as seen:
        page = seen.page
        expect(page.locator("#report-verdict h3").first).to_be_visible()
        for name in ("report", "failures", "votes", "two", "rubric"):
            tab(page, name)
            expect(page.locator(f"#report-tab-{name}")).to_be_visible()
            assert seen.overflow() <= 0, name
        seen.assert_sound()
