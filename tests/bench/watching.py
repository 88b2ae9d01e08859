"""What a page costs the trainer that it watches: a run beside an open page, and one beside none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil

from core.actions import Actions
from core.settings import Settings
from core.training.events import StepLogged
from core.training.job import Launch
from core.workspace import Workspace
from tests.bench import opening, step_time

ROUNDS = 2
STEPS, FROM, TO = 400, 100, 380
"""Steps of a run, and those between which it is measured: the page is open by the first."""
LOOK_S = 0.5


def measure(home: Path) -> dict[str, object]:
    """Processor seconds of the trainer a step, in the order alone, watched, watched, alone."""
    with opening.running_app(home):
        actions = Actions(Workspace.open(home), Settings(home=home))
        alone: list[float] = []
        watched: list[float] = []
        for number in range(ROUNDS):
            for is_watched in (False, True) if number % 2 == 0 else (True, False):
                (watched if is_watched else alone).append(_cpu_a_step(actions, is_watched))
    return {
        "cpu_s_step_alone": round(median(alone), 4),
        "cpu_s_step_watched": round(median(watched), 4),
        "ratio": round(median(watched) / median(alone), 3),
        "runs_each": ROUNDS,
    }


def _cpu_a_step(actions: Actions, is_watched: bool) -> float:
    """Processor seconds a step between two looks at the trainer, far apart."""
    plan = step_time.plan_in(actions, "lora").model_copy(update={"max_steps": STEPS})
    run = actions.start_training(plan)
    with _page() if is_watched else _nobody():
        early, late = _look(actions, run.id, FROM), _look(actions, run.id, TO)
        while actions.run(run.id).run.is_live:
            time.sleep(LOOK_S)
    return (late[1] - early[1]) / (late[0] - early[0])


def _look(actions: Actions, run_id: str, step: int) -> tuple[int, float]:
    """The step, and the trainer's processor seconds, once it has come to `step`."""
    while (run := actions.run(run_id).run).step < step and run.is_live:
        time.sleep(LOOK_S)
    folder = actions.workspace.run(run_id)
    launch = Launch.model_validate_json(folder.launch.read_bytes())
    used = psutil.Process(launch.process.pid).cpu_times()
    steps = [e.step for e in actions.run(run_id).events if isinstance(e, StepLogged)]
    return steps[-1], used.user + used.system


@contextmanager
def _nobody() -> Iterator[None]:
    yield


@contextmanager
def _page() -> Iterator[None]:
    """The train room in a browser, with the live run in it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=list(opening.CHROMIUM)
        )
        page = browser.new_page()
        page.goto(f"{opening.URL}?room=train")
        page.locator("#train-run h3").wait_for(state="visible")
        try:
            yield
        finally:
            browser.close()
