"""The whole page in a real browser, over fakes: every room, language and theme, and a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.data.examples import SUPPORT_DESK
from core.disk import write_atomic
from core.processes import ProcessId
from eval.evaluations import Launch
from eval.folder import ReportFolder
from eval.records import EvaluationRequest
from tests.ui.browser import Visited, visit
from tests.ui.fake_parts import FakeActions
from ui import shell

pytestmark = pytest.mark.slow
FINISHED = re.compile("finished|已完成")


@pytest.fixture
def app(actions: FakeActions) -> Iterator[shell.RunningApp]:
    actions.pace.step_s, actions.pace.question_s = 0.03, 0.002
    running = shell.launch(actions)
    yield running
    running.close()


@pytest.fixture
def trained(actions: FakeActions, app: shell.RunningApp, wait: object) -> str:
    """A workspace with data, a finished run and a report."""
    plan = actions.propose_plan(actions.import_data(SUPPORT_DESK).id).plan
    run = actions.start_training(plan.model_copy(update={"name": "Fennel desk"}))
    assert callable(wait)
    wait(lambda: actions.run(run.id).run.status == "succeeded")
    rubric = actions.rubric_for(run.id).as_yaml()
    report = actions.start_evaluation(EvaluationRequest(run_id=run.id, rubric=rubric, limit=40))
    wait(lambda: actions.evaluation(report.id).status == "succeeded")
    return run.id


def test_the_job_from_data_to_verdict_in_the_chat(
    app: shell.RunningApp, actions: FakeActions, small: Path
) -> None:
    with visit(app.address) as seen:
        page = seen.page
        expect(page.locator("#chat-messages")).to_contain_text("What should your model learn?")
        seen.attach(str(small))
        seen.say("Here is my <b>data</b>")
        expect(page.locator("#chat-messages .dt-said")).to_contain_text("<b>data</b>")
        expect(page.locator("#chat-messages .dt-card").first).to_contain_text(
            "40 of 42 in the file"
        )
        plan = page.locator("#chat-plan")
        expect(plan).to_contain_text("28 training · 6 validation · 6 test rows")
        plan.locator("input[name=rank]").fill("8")
        plan.locator("input[name=rank]").press("Tab")
        expect(plan.locator("input[name=alpha]")).to_have_value("16")
        plan.locator("input[name=epochs]").fill("400")
        plan.locator("input[name=epochs]").press("Tab")
        expect(plan.locator("[role=alert]")).to_contain_text("epochs")
        expect(plan.locator("button[type=submit]")).to_be_disabled()
        plan.locator("input[name=epochs]").fill("4")
        plan.locator("input[name=epochs]").press("Tab")
        expect(plan.locator("[role=alert]")).to_have_count(0)
        plan.locator("input[name=name]").fill("Orders, first try")
        plan.locator("button[type=submit]").click()
        run = page.locator("#chat-run")
        expect(run.locator("h3")).to_have_text("Orders, first try")
        expect(run.locator("path.dt-train")).to_be_visible()
        expect(run.locator(".dt-badge")).to_have_text(FINISHED)
        expect(run.locator("circle.dt-validation").first).to_be_visible()
        started = actions.runs()[0].plan
        assert (started.rank, started.alpha, started.epochs) == (8, 16, 4)
        assert len(actions.runs()) == 1
        seen.say("Evaluate it")
        expect(page.locator("#chat-verdict")).to_contain_text("95% interval")
        seen.assert_sound()


def test_stopping_resuming_and_a_reload_lose_nothing(
    app: shell.RunningApp, actions: FakeActions, small: Path
) -> None:
    actions.pace.step_s = 0.15
    actions.import_data(small)
    with visit(f"{app.address}/?room=train") as seen:
        page = seen.page
        page.locator("#train-plan button[type=submit]").click()
        run = page.locator("#train-run")
        expect(run.locator("path.dt-train")).to_be_visible()
        run.locator("button[data-do=stop]").click()
        expect(run.locator("button[data-do=resume]")).to_be_visible()
        seen.reload()
        expect(page.locator("#room-train-button")).to_have_attribute("aria-selected", "true")
        actions.pace.step_s = 0.01
        expect(run.locator(".dt-next")).to_contain_text("steps remain")
        run.locator("button[data-do=resume]").click()
        expect(run.locator(".dt-badge")).to_have_text(FINISHED)
        expect(page.locator("#train-runs")).to_contain_text("finished")
        page.get_by_role("button", name="Log").click()
        expect(page.locator("#train-log")).to_contain_text("step 40/40")
        page.locator("#train-log-search textarea, #train-log-search input").first.fill("STEP 7/")
        page.keyboard.press("Enter")
        expect(page.locator("#train-log mark")).to_have_text("step 7/")
        steer_in_the_train_room(seen)
        seen.room("chat")
        expect(page.locator("#chat-run .dt-badge")).to_have_text(FINISHED)
        seen.assert_sound()


def steer_in_the_train_room(seen: Visited) -> None:
    """Name a run, copy its plan, change the method, and take the plan away as a file."""
    page, tools, plan = (
        seen.page,
        seen.page.locator("#train-tools"),
        seen.page.locator("#train-plan"),
    )
    tools.locator("summary", has_text="Name and note").click()
    tools.locator("input[name=name]").last.fill("Orders <2>")
    tools.locator("button[data-do=label]").click()
    expect(page.locator("#train-run h3")).to_have_text("Orders <2>")
    tools.locator("button[data-do=clone]").click()
    expect(plan.locator("input[name=name]")).to_have_value("Orders <2> (2)")
    plan.locator("select[name=method]").select_option("full")
    expect(plan.locator("[data-setting=rank]")).to_be_hidden()
    expect(plan.locator(".dt-fit-verdict")).to_contain_text("It fits.")
    plan.locator("summary", has_text="Files").click()
    with page.expect_download() as download:
        plan.locator("button[data-do=save]").click()
    assert 'method = "full"' in download.value.path().read_text()


def test_a_pending_plan_and_the_chat_survive_a_restart_of_the_app(
    app: shell.RunningApp, actions: FakeActions
) -> None:
    with visit(app.address) as seen:
        seen.page.locator("#chat-suggestions button").first.click()
        expect(seen.page.locator("#chat-plan button[type=submit]")).to_be_visible()
    app.close()
    again = shell.launch(actions)
    try:
        with visit(again.address) as seen:
            expect(seen.page.locator("#chat-messages .dt-said")).to_be_visible()
            plan = seen.page.locator("#chat-plan")
            expect(plan.locator("button[type=submit]")).to_be_visible()
            plan.locator("button[data-do=ask]").click()
            plan.locator("textarea").fill("Use another model")
            plan.locator("button[data-do=decline]").click()
            expect(plan.locator("form")).to_have_count(0)
            assert actions.runs() == ()
    finally:
        again.close()


def test_the_data_room(app: shell.RunningApp, small: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    with visit(f"{app.address}/?room=data") as seen:
        page = seen.page
        seen.upload("#data-upload", str(empty))
        expect(page.locator(".toast-wrap")).to_contain_text("empty.jsonl is empty")
        page.locator(".toast-wrap button[aria-label]").last.click()
        seen.upload("#data-upload", str(small))
        expect(page.locator("#data-summary")).to_contain_text("of 42 in the file")
        page.locator("#data-severity label", has_text="error").click()
        expect(page.locator("#data-problems tbody tr")).to_have_count(2)
        page.locator("#data-next").click()
        expect(page.locator("#data-dialogue h3")).to_have_text("Row 2")
        page.locator("#data-row input").fill("41")
        page.locator("#data-row input").press("Enter")
        expect(page.locator("#data-dialogue")).to_contain_text("Row 41 is not usable")
        expect(page.locator("#data-dialogue h3")).to_have_text("Row 40")
        expect(page.locator("#data-dialogue .dt-badge").first).to_have_text("test")
        with page.expect_download() as download:
            page.locator("#data-csv").click()
        assert "no_assistant" in download.value.path().read_text()


def test_two_panes_stream_and_stop(
    app: shell.RunningApp, actions: FakeActions, trained: str
) -> None:
    with visit(f"{app.address}/?room=compare") as seen:
        page = seen.page
        expect(page.locator("#compare-engine")).to_contain_text("The engine is off")
        page.locator("#compare-open").click()
        expect(page.locator("#compare-engine")).to_contain_text("checked against the trained one")
        page.locator("#compare-sample").click()
        expect(page.locator("#compare-reference")).to_contain_text("The data's answer")
        page.locator("#compare-send").click()
        expect(page.locator("#compare-talk .dt-turn-tools")).to_contain_text("The data's answer")
        expect(page.locator("#compare-base")).to_contain_text("Thank you for the question")
        expect(page.locator("#compare-tuned-figures")).to_contain_text("first token 48 ms")
        expect(page.locator("#compare-base-figures")).to_contain_text("first token 61 ms")
        actions.pace.token_s = 0.4
        page.locator("#compare-question textarea").fill("And my kettle?")
        page.locator("#compare-send").click()
        expect(page.locator("#compare-tuned .bot").last).to_contain_text("[REFUND]")
        page.locator("#compare-stop").click()
        expect(page.locator("#compare-tuned-figures")).to_contain_text("stopped")
        said = page.locator("#compare-tuned .bot").last.inner_text()
        page.wait_for_timeout(1200)
        assert page.locator("#compare-tuned .bot").last.inner_text() == said
        page.locator("#compare-close").click()
        expect(page.locator("#compare-engine")).to_contain_text("The engine is off")
        actions.pace.fail_engine = "vLLM could not start: no memory."
        page.locator("#compare-open").click()
        expect(page.locator("#compare-engine [role=alert]")).to_contain_text("no memory")
        seen.assert_sound()


def test_the_report_room(app: shell.RunningApp, trained: str) -> None:
    with visit(f"{app.address}/?room=report") as seen:
        page = seen.page
        expect(page.locator("#report-verdict")).to_contain_text("Tuning helped")
        frame = page.frame_locator("#report-page iframe")
        expect(frame.locator("h1").first).to_be_visible()
        assert page.locator("#report-page iframe").get_attribute("sandbox") is not None
        assert "allow-scripts" not in str(
            page.locator("#report-page iframe").get_attribute("sandbox")
        )
        with page.expect_download() as download:
            page.locator("#report-md").click()
        assert download.value.suggested_filename.endswith(".md")
        page.locator("#report-curve [data-do=curve]").click()
        expect(page.locator("#report-curve")).to_contain_text("Train what is missing: 2")
        page.locator("#report-start").click()
        expect(page.locator("#report-list button")).to_have_count(2)
        expect(page.locator("#report-list button").first).to_contain_text("finished")
        seen.assert_sound()


def test_an_interrupted_evaluation_can_be_continued(
    app: shell.RunningApp, actions: FakeActions, trained: str
) -> None:
    cut = ReportFolder.of(actions.workspace, "rep-20991121-100000-abcd")
    rubric = actions.rubric_for(trained).as_yaml()
    request = EvaluationRequest(run_id=trained, rubric=rubric, limit=5)
    dead = Launch(created="2099-11-21T10:00:00+00:00", process=ProcessId(pid=999_999, started=0))
    write_atomic(cut.request, request.model_dump_json())
    write_atomic(cut.launch, dead.model_dump_json())
    with visit(f"{app.address}/?room=report&lang=zh") as seen:
        page = seen.page
        expect(page.locator("#report-verdict")).to_contain_text("可以继续评估")
        page.locator("#report-continue").click()
        expect(page.locator("#report-list button").first).to_contain_text(FINISHED)
        expect(page.locator("#report-continue")).to_be_hidden()
        expect(page.locator("#report-verdict h3")).to_be_visible()
        seen.assert_sound()


def test_a_fixed_number_of_steps_disables_the_epochs(app: shell.RunningApp, small: Path) -> None:
    with visit(app.address) as seen:
        seen.attach(str(small))
        seen.say("use 20 steps")
        plan = seen.page.locator("#chat-plan")
        expect(plan.locator("input[name=epochs]")).to_be_disabled()
        plan.locator(".dt-advanced > summary").click()
        plan.locator("input[name=max_steps]").fill("")
        plan.locator("input[name=max_steps]").press("Tab")
        expect(plan.locator("input[name=epochs]")).to_be_enabled()
        seen.assert_sound()


@pytest.mark.parametrize(
    ("query", "context"),
    [
        ("lang=zh", {"color_scheme": "dark"}),
        ("", {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN"}),
        ("lang=en", {"viewport": {"width": 390, "height": 844}}),
    ],
)
def test_every_room_in_every_guise(
    app: shell.RunningApp, trained: str, query: str, context: dict[str, object]
) -> None:
    with visit(f"{app.address}/?{query}", **context) as seen:
        page = seen.page
        chinese = query != "lang=en"
        expect(page.locator("html")).to_have_attribute("lang", "zh-CN" if chinese else "en")
        expect(page.locator("#room-train-button")).to_have_text("训练" if chinese else "Train")
        if context.get("color_scheme") == "dark":
            background = "getComputedStyle(document.body).backgroundColor"
            assert page.evaluate(background) == "rgb(20, 19, 18)"
        for name in shell.ROOMS:
            seen.room(name)
            page.wait_for_timeout(300)
            assert seen.overflow() <= 0, name
            if name == "train":
                look_into_tabs(seen)
            labels = page.locator(f"#room-{name}").inner_text()
            assert ("Finished run" in labels) is (not chinese and name in ("compare", "report"))
            assert "__i18n__" not in labels
        expect(page.locator("#report-verdict h3")).to_have_text(
            "微调有效" if chinese else "Tuning helped"
        )
        seen.assert_sound()


def look_into_tabs(seen: Visited) -> None:
    """Every tab of the Train room can be reached and fits; the first one again in the end."""
    for tab in ("compare", "sweeps", "library", "models", "runs"):
        seen.page.locator(f"#train-tab-{tab}-button").click()
        expect(seen.page.locator(f"#train-tab-{tab}")).to_be_visible()
        assert seen.overflow() <= 0, tab


def test_the_language_can_be_switched_and_is_remembered(app: shell.RunningApp) -> None:
    with visit(app.address, locale="en-US") as seen:
        page = seen.page
        expect(page.locator("#room-data-button")).to_have_text("Data")
        seen.room("data")
        with seen.leaving():
            page.locator("[data-language=zh]").click()
            expect(page.locator("#room-data-button")).to_have_text("数据")
        expect(page.locator("#room-data-button")).to_have_attribute("aria-selected", "true")
        seen.go(app.address)
        expect(page.locator("#header")).to_contain_text("引擎未启动")
        seen.assert_sound()


def test_the_plan_can_be_decided_by_keyboard_alone(app: shell.RunningApp, small: Path) -> None:
    with visit(app.address) as seen:
        page = seen.page
        seen.attach(str(small))
        seen.say("train")
        expect(page.locator("#chat-plan input[name=seed]")).to_be_attached()
        page.locator("#chat-plan input[name=alpha]").focus()
        for _ in range(3):  # past the advanced settings and the parts of memory, both folded
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.type") == "submit"
        page.keyboard.press("Enter")
        expect(page.locator("#chat-run .dt-badge")).to_be_visible()
