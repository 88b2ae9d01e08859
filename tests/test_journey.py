"""A person's whole way, in a real browser, on real TRL and real vLLM, in English and in Chinese."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.actions import Actions
from core.data.examples import SUPPORT_DESK, SUPPORT_DESK_RUBRIC
from core.disk import lease_is_held
from core.settings import Settings
from core.training.records import Run
from core.workspace import Workspace
from tests.bench.opening import answers
from tests.ui.browser import Visited, visit

ROOT = Path(__file__).parent.parent
PORT = 7917
MEASURED = re.compile("tokens/s|每秒")
PICTURES = os.environ.get("DUOTUNE_PICTURES")
"""A folder for screenshots of the journey, for whoever wants to look."""
pytestmark = [pytest.mark.slow, pytest.mark.thorough, pytest.mark.timeout(800)]


@dataclass
class App:
    """The app as its own process, over a workspace that outlives it."""

    actions: Actions
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{PORT}"

    def kill(self) -> None:
        """End it the hard way, as a crash would."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def start_again(self) -> None:
        self.process = start(self.actions.workspace.root)

    def newest_run(self) -> Run:
        return self.actions.runs()[0]


def start(home: Path) -> subprocess.Popen[bytes]:
    env = {**os.environ, "DUOTUNE_HOME": str(home), "DUOTUNE_PORT": str(PORT)}
    app = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=env)
    wait_until(lambda: answers(f"http://127.0.0.1:{PORT}/"), 60, "the app answers")
    return app


def wait_until(happened: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s until {what}"
        time.sleep(0.3)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    home = tmp_path_factory.mktemp("journey")
    actions = Actions(Workspace.open(home), Settings(home=home))
    running = App(actions, start(home))
    yield running
    running.process.terminate()
    running.process.wait(20)
    actions.stop_engine()


def picture(seen: Visited, name: str) -> None:
    if PICTURES:
        seen.page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def rows(part: str, count: int) -> list[str]:
    marked = f'"split": "{part}"'
    return [line for line in SUPPORT_DESK.read_text().splitlines() if marked in line][:count]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Enough rows for a verdict, few enough for a short run; one of them broken."""
    lines = rows("train", 120) + rows("validation", 8)
    lines += [*rows("test", 32), '{"messages": [{"role": "user"}]}']
    path = tmp_path / "desk.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_in_english_with_the_app_killed_in_between(app: App, file: Path) -> None:
    with visit(f"{app.address}/?lang=en") as seen:
        chat, plan = seen.page.locator("#chat-messages"), seen.page.locator("#chat-plan")
        seen.attach(str(file))
        seen.say("Here are our support dialogues")
        expect(chat).to_contain_text("160 of its 161 rows can be used")
        expect(plan.locator("button[type=submit]")).to_be_visible()
        seen.say("use 60 steps and call it Fennel desk")
        expect(plan.locator("input[name=name]")).to_have_value("Fennel desk")
        picture(seen, "en-plan")
        plan.locator("button[type=submit]").click()
        wait_until(lambda: bool(app.actions.runs()), 30, "the run is there")
        wait_until(lambda: app.newest_run().step >= 3, 120, "training has begun")
        before = app.newest_run()
        app.kill()
        lease = app.actions.workspace.run(before.id).lease
        assert lease_is_held(lease), "training goes on without the app"
        wait_until(lambda: app.newest_run().step > before.step, 60, "training advances")
        app.start_again()
    with visit(f"{app.address}/?lang=en") as seen:
        chat, run = seen.page.locator("#chat-messages"), seen.page.locator("#chat-run")
        expect(chat).to_contain_text("Here are our support dialogues")
        expect(run.locator("h3")).to_have_text("Fennel desk")
        expect(run.locator("path.dt-train")).to_be_visible()
        picture(seen, "en-training-after-restart")
        wait_until(lambda: not app.newest_run().is_live, 400, "training ends")
        assert app.newest_run().status == "succeeded", app.newest_run().failure
        expect(run.locator(".dt-badge")).to_contain_text("finished")
        seen.say("compare them")
        wait_until(lambda: app.actions.engine() is not None, 200, "the engine is up")
        ask_both(seen, "My kettle is broken. Can you repair it?")
        picture(seen, "en-compare")
        seen.room("chat")
        seen.attach(str(SUPPORT_DESK_RUBRIC))
        seen.say("use this rubric")
        expect(chat).to_contain_text("support_desk.rubric.yaml")
        seen.say("evaluate it")
        see_the_report(app, seen, known=0)
        picture(seen, "en-report")
        seen.assert_sound()


def ask_both(seen: Visited, question: str) -> None:
    """Open the Compare room, ask, and see two whole answers with their figures."""
    seen.room("compare")
    page = seen.page
    expect(page.locator("#compare-run input")).not_to_have_value("")
    box = page.locator("#compare-question textarea")
    expect(box).to_be_enabled(timeout=200_000)
    box.fill(question)
    page.locator("#compare-send").click()
    for side in ("base", "tuned"):
        expect(page.locator(f"#compare-{side}-figures")).to_contain_text(MEASURED, timeout=120_000)
        expect(page.locator(f"#compare-{side} .bot")).not_to_be_empty()
    expect(page.locator("#compare-talk .dt-asked").last).to_have_text(question)


def see_the_report(app: App, seen: Visited, known: int) -> None:
    """Wait for one more evaluation than were known, and find its verdict on screen."""
    wait_until(lambda: len(app.actions.evaluations()) > known, 90, "an evaluation was started")
    wait_until(
        lambda: app.actions.evaluations()[0].status not in ("starting", "running"),
        400,
        "the evaluation ends",
    )
    evaluation = app.actions.evaluations()[0]
    assert evaluation.status == "succeeded", evaluation.problem
    report = app.actions.report(evaluation.id)
    expect(seen.page.locator("#chat-verdict")).to_contain_text("95%", timeout=60_000)
    seen.room("report")
    expect(seen.page.locator("#report-verdict")).to_contain_text("95%")
    assert report.samples == 32
    signature = next(one for one in report.criteria if one.criterion_id == "signature")
    assert (signature.estimate.difference or 0) > 0.3, "a short run teaches at least how to sign"


def test_in_chinese(app: App, file: Path) -> None:
    known = len(app.actions.runs())
    reports = len(app.actions.evaluations())
    with visit(f"{app.address}/?lang=zh", locale="zh-CN") as seen:
        plan = seen.page.locator("#chat-plan")
        seen.attach(str(file))
        seen.say("这是我们的客服对话")
        expect(plan.locator("button[type=submit]")).to_be_visible()
        seen.say("训练60步，名字叫茴香客服")
        expect(plan.locator("input[name=name]")).to_have_value("茴香客服")
        picture(seen, "zh-plan")
        seen.say("开始")
        wait_until(lambda: len(app.actions.runs()) > known, 60, "the run is there")
        wait_until(lambda: not app.newest_run().is_live, 400, "training ends")
        assert app.newest_run().status == "succeeded", app.newest_run().failure
        expect(seen.page.locator("#chat-run .dt-badge")).to_contain_text("已完成")
        seen.say("对比一下")
        ask_both(seen, "你好，我的水壶坏了，可以修吗？")
        picture(seen, "zh-compare")
        seen.room("chat")
        seen.attach(str(SUPPORT_DESK_RUBRIC))
        seen.say("用这个评分标准")
        expect(seen.page.locator("#chat-messages")).to_contain_text("使用评分标准")
        seen.say("评估一下")
        see_the_report(app, seen, known=reports)
        picture(seen, "zh-report")
        seen.assert_sound()
