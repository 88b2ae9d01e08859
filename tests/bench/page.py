"""What a page costs while two models answer: its memory, and how long its tasks keep it busy.

The Compare room, in a real browser, over a fake server: 40 earlier messages of some length, then
two answers of 50 tokens a second each, for DUOTUNE_BENCH_MINUTES (1).
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from core.actions import Say
from core.comparing import sessions
from core.comparing.records import Question
from core.serving.contenders import Contender, Lane, Offer
from core.serving.records import Generation
from core.settings import Settings
from tests.fakes import Behaviour, FakeServer, pieces
from tests.ui.browser import visit
from tests.ui.fake_parts import FakeActions, install
from ui import shell

MINUTES = "DUOTUNE_BENCH_MINUTES"
TOKENS_PER_S = 50
EARLIER = 13
"""Turns before; with a question and two answers each shown turn is three messages."""
WORDS = ("order", "kettle", "refund", "```python\nprint(1)\n```", "- one\n- two", "订单", "and")
LONG_MS = 100
TASK = "ThreadControllerImpl::RunTask"
WATCH = """() => { window.longTasks = []; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.longTasks.push(entry.duration);
}).observe({ type: "longtask", buffered: true }); }"""


def measure(home: Path, seconds: float = 0.0) -> dict[str, object]:
    """Heap in MB at the start and end of two streams, and the long tasks in between.

    A task's processor time says what it costs the page; on a busy machine it lasts longer.
    """
    seconds = seconds or 60 * float(os.environ.get(MINUTES, "1"))
    words = int(TOKENS_PER_S * seconds)
    text = " ".join(random.Random(7).choices(WORDS, k=words))
    tokens = len(pieces(text))
    models = {side: Behaviour(text, piece_s=1 / TOKENS_PER_S) for side in ("base", "tuned")}
    with FakeServer(models) as server:
        actions = _actions(home, server)
        app = shell.launch(actions)
        try:
            with visit(f"{app.address}/?room=compare") as seen:
                return _watched(seen.page, actions, seconds, tokens)
        finally:
            app.close()


def _actions(home: Path, server: FakeServer) -> FakeActions:
    """The app's verbs with two models behind the fake server, and a conversation to go on with."""
    who = tuple(Contender(kind="endpoint", name=side) for side in ("base", "tuned"))
    lanes = tuple(
        Lane(contender=one, title=one.name, endpoint=server.endpoint(one.name)) for one in who
    )
    actions = install(lambda *_: None, home, Settings(home=home))
    offers = tuple(Offer(contender=one, title=one.name) for one in who)
    for verb, does in (
        ("contenders", lambda: offers),
        ("open_lanes", lambda chosen, say: tuple(_lane(lanes, one, say) for one in chosen)),
        ("stream_lane", super(FakeActions, actions).stream_lane),
    ):
        object.__setattr__(actions, verb, does)
    session = sessions.start(actions.workspace, who, [one.name for one in who])
    rich = " ".join(random.Random(8).choices(WORDS, k=120))
    for number in range(EARLIER):
        turn = sessions.ask(actions.workspace, session.id, Question(text=f"Question {number}"))
        for which in range(2):
            answer = Generation(text=f"{number} {rich}", done=True, finish_reason="stop")
            sessions.answered(actions.workspace, session.id, turn.id, which, answer)
    return actions


def _lane(lanes: tuple[Lane, ...], chosen: Contender, say: Say) -> Lane:
    say("ready")
    return next(lane for lane in lanes if lane.contender == chosen)


def _watched(page: Page, actions: FakeActions, seconds: float, tokens: int) -> dict[str, object]:
    page.locator("#compare-tab-history-button").click()
    page.locator("#compare-history [data-do=open]").click()
    page.locator("#compare-talk .dt-now .dt-answer").first.wait_for()
    earlier = page.locator("#compare-talk [data-do=earlier]")
    while earlier.count():
        shown = page.locator("#compare-talk .dt-turn-of-all").count()
        earlier.click()
        page.wait_for_function(
            "before => document.querySelectorAll('#compare-talk .dt-turn-of-all').length > before",
            arg=shown,
        )
    messages = page.locator("#compare-talk .dt-answer, #compare-talk .dt-asked").count()
    before = _heap(page)
    page.evaluate(WATCH)
    with _traced(page) as cpu_ms:
        page.locator("#compare-question textarea").fill("And now?")
        page.locator("#compare-send").click()
        page.wait_for_function("() => document.querySelector('.dt-now[aria-busy=true]')")
        page.wait_for_function(
            "() => !document.querySelector('.dt-now[aria-busy=true]')",
            timeout=4000 * seconds + 60_000,
        )
    lasted: list[float] = page.evaluate("() => window.longTasks")
    said = actions.comparisons()[0].turns[-1].answers
    return {
        "seconds": seconds,
        "messages_on_screen": messages,
        "heap_mb_before": round(before, 1),
        "heap_mb_after": round(_heap(page), 1),
        "tasks_over_100_ms_of_processor": sum(each > LONG_MS for each in cpu_ms),
        "longest_task_ms_of_processor": round(max(cpu_ms)),
        "processor_share": round(sum(cpu_ms) / 1000 / seconds, 3),
        "tasks_that_lasted_over_100_ms": sum(each > LONG_MS for each in lasted),
        "longest_task_lasted_ms": round(max(lasted, default=0.0)),
        "tokens_lost": sum(tokens - (answer.tokens or 0) for answer in said if answer),
    }


@contextmanager
def _traced(page: Page) -> Iterator[list[float]]:
    """Processor time in ms of each task of the page's main thread meanwhile, there at the end."""
    client, events, over = page.context.new_cdp_session(page), list[dict[str, Any]](), list[bool]()
    client.on("Tracing.dataCollected", lambda told: events.extend(told["value"]))
    client.on("Tracing.tracingComplete", lambda _: over.append(True))
    wanted = {"includedCategories": ["toplevel"]}
    client.send("Tracing.start", {"traceConfig": wanted, "transferMode": "ReportEvents"})
    cpu_ms: list[float] = []
    try:
        yield cpu_ms
    finally:
        client.send("Tracing.end")
        while not over:
            page.wait_for_timeout(50)
        client.detach()
    names = [e for e in events if e["name"] == "thread_name"]
    main = {(e["pid"], e["tid"]) for e in names if e["args"]["name"] == "CrRendererMain"}
    tasks = [e for e in events if e["name"] == TASK and (e["pid"], e["tid"]) in main]
    cpu_ms.extend(task.get("tdur", 0) / 1000 for task in tasks)


def _heap(page: Page) -> float:
    """Memory that the page's script holds after a collection, in MB."""
    client = page.context.new_cdp_session(page)
    client.send("HeapProfiler.collectGarbage")
    used = client.send("Runtime.getHeapUsage")["usedSize"]
    client.detach()
    return float(used) / 1e6
