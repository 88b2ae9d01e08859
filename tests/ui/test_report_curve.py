"""The fold that says whether more data would help: asked first, filled run by run, then drawn."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import RunError
from core.training.records import Run
from eval.curve.learning_curve import CurvePoint, LearningCurve
from eval.curve.standing import CurveRun, CurveStanding
from eval.records import Evaluation, EvaluationRequest
from eval.rendering import charts
from tests.eval.made_up import RUBRIC, run_view
from ui.markup import Html
from ui.present import report_curve as shown
from ui.rooms.report import curve as fold
from ui.rooms.report.curve import CurveFold
from ui.visit import Visit
from ui.watched import Watched
from ui.words import Voice

EN, ZH = Voice("en"), Voice("zh")
VISIT = Visit(EN, "chat-main", "report")
PICTURE = "<svg></svg>"
SHARES = {"run-a": 0.25, "run-b": 0.5, "run-c": 1.0}


def run(name: str, status: str = "succeeded") -> Run:
    whole = run_view().run
    plan = whole.plan.model_copy(update={"train_share": SHARES[name], "name": name.upper()})
    return whole.model_copy(update={"id": name, "plan": plan, "status": status})


def evaluation(number: int, run_id: str, status: str = "succeeded", **facts: Any) -> Evaluation:
    given: dict[str, Any] = {
        "id": f"rep-{number}", "request": EvaluationRequest(run_id=run_id, rubric=RUBRIC, limit=30),
        "created": "2026-11-21T10:00:00+00:00", "status": status, "phase": "answers", "done": 3,
        "total": 30, "failed": 0,
    }  # fmt: skip
    return Evaluation.model_validate(given | facts)


def standing(*stands: tuple[str, str | None], curve: LearningCurve | None = None) -> CurveStanding:
    """Three runs, each with its status ("" is not started) and its report."""
    runs = tuple(
        CurveRun(share=share, rows=int(600 * share), run_id=run_id if status else None,
                 status=status, report_id=report_id)
        for (run_id, share), (status, report_id) in zip(SHARES.items(), stands, strict=True)
    )  # fmt: skip
    said = curve.sentence if curve else "No curve yet."
    return CurveStanding(
        run_id="run-c", runs=runs, curve=curve, sentence=said, sentence_zh="还没有曲线。"
    )


CURVE = LearningCurve(
    criterion="exact & right",
    points=tuple(
        CurvePoint(share=share, rows=int(600 * share), report_id="rep-1", tuned=tuned,
                   low=tuned - 0.05, high=tuned + 0.05, more=None)
        for share, tuned in zip(SHARES.values(), (0.3, 0.5, 0.7), strict=True)
    ),
    still_rising=True, sentence="It still gained.", sentence_zh="仍有提升。",
)  # fmt: skip


def drawn(found: CurveStanding, *evaluations: Evaluation, voice: Voice = EN) -> str:
    newest = {one.request.run_id: one for one in evaluations}
    around = shown.Around({name: name.upper() for name in SHARES}, newest)
    return shown.standing(shown.Curve(found, Html(PICTURE if found.curve else "")), around, voice)


def asked(html: str) -> list[tuple[str, str]]:
    """What each button asks for, and of which run."""
    found = re.findall(r'data-do="([^"]+)"(?: data-run="([^"]*)")?', html)
    return [(do, run_id) for do, run_id in found]


def test_what_is_missing_can_be_trained_and_then_evaluated() -> None:
    html = drawn(standing(("", None), ("", None), ("succeeded", "rep-1")))
    assert asked(html) == [("curve-train", "")]
    assert "Train what is missing: 2" in html
    waiting = drawn(standing(("queued", None), ("succeeded", None), ("succeeded", "rep-1")))
    assert asked(waiting) == [], "training first: it needs the memory"
    assert waiting.count("once all are trained") == 2
    trained = standing(("succeeded", None), ("succeeded", None), ("succeeded", "rep-1"))
    running = evaluation(2, "run-a", "running")
    broke = evaluation(3, "run-b", "failed", problem="No memory & no disk.")
    html = drawn(trained, running, broke)
    assert asked(html) == [("curve-evaluate", "run-b")]
    assert "Collecting answers: 3 of 30" in html
    assert "No memory &amp; no disk." in html
    ended = drawn(standing(("failed", None), ("succeeded", None), ("succeeded", "rep-1")))
    assert "The Train room says why it ended" in ended


def test_a_whole_curve_is_a_sentence_a_picture_and_a_table() -> None:
    found = standing(*[("succeeded", "rep-1")] * 3, curve=CURVE)
    html = drawn(found)
    assert "It still gained." in html
    assert "exact &amp; right" in html
    assert "45% to 55%" in html
    assert asked(html) == []
    assert PICTURE in html
    chinese = drawn(found, voice=ZH)
    assert "dt-levels-zh" in chinese
    assert "还没有曲线。" in chinese


@pytest.mark.full
def test_the_picture_keeps_its_text_and_takes_the_pages_colours() -> None:
    svg = charts.levels(CURVE.points, 300)
    assert svg is not None
    page = charts.for_page(svg)
    both = shown.picture(CURVE)
    assert page in both
    assert both.count("<svg") == 2, "one for a screen, one for a phone"
    assert all(f">{text}<" in page for text in ("150", "300", "600", "30%", "50%", "70%"))
    assert '<tspan class="zh">训练行</tspan>' in page
    assert "var(--accent)" in page
    assert "#0102" not in page
    unmeasured = [one.model_copy(update={"tuned": None}) for one in CURVE.points[1:]]
    assert charts.levels((CURVE.points[0], *unmeasured), 300) is None


class Room:
    """A report room over runs and evaluations that are given."""

    def __init__(self, found: CurveStanding | RunError) -> None:
        self.found, self.looks = found, 0
        self.started: list[EvaluationRequest] = []
        self.resumed: list[str] = []
        self.runs = [run(name) for name in SHARES]
        self.evaluations = [evaluation(1, "run-c")]
        self.watch = Watched(None)  # type: ignore[arg-type]
        self.actions = SimpleNamespace(
            learning_curve=self.look, start_evaluation=self.started.append,
            resume_evaluation=self.resumed.append,
            evaluation=lambda name: next(e for e in self.evaluations if e.id == name),
        )  # fmt: skip
        for name in ("runs", "evaluations"):
            setattr(self.watch, name, lambda name=name: tuple(getattr(self, name)))
        self.watch.view = lambda name: SimpleNamespace(run=run(name))  # type: ignore[attr-defined]

    def look(self, _run_id: str) -> CurveStanding:
        self.looks += 1
        if isinstance(self.found, RunError):
            raise self.found
        return self.found


def folded(room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> CurveFold:
    room.actions.workspace = SimpleNamespace(dataset=lambda _: tmp_path)
    monkeypatch.setattr(fold, "say", lambda words, _: None)
    made = CurveFold.__new__(CurveFold)  # its widget needs a page, and isn't drawn here
    made.room = room  # type: ignore[assignment]
    return made


def test_rows_are_read_once_it_is_asked_and_again_when_a_run_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    room = Room(standing(("succeeded", None), ("", None), ("succeeded", "rep-1")))
    tab = folded(room, monkeypatch, tmp_path)
    report = evaluation(2, "run-a")
    whole = tab.whole(report)
    assert whole is not None
    assert whole.id == "run-c", "a share's report shows the curve of the whole run"
    (question,) = tab.draw(VISIT, report, "")
    assert (asked(question["html"]), room.looks) == ([("curve", "")], 0)
    for _ in range(3):
        (told,) = tab.draw(VISIT, report, "run-c")
    assert asked(told["html"]) == [("curve-evaluate", "run-a"), ("curve-train", "")]
    assert room.looks == 1
    room.runs[0] = run("run-a", "failed")
    tab.draw(VISIT, report, "run-c")
    assert room.looks == 2
    assert tab.draw(VISIT, None, "run-c") == [{"html": ""}]
    assert tab.draw(VISIT, evaluation(9, "run-gone"), "run-c") == [{"html": ""}]
    first = evaluation(9, "run-c", "running")
    assert tab.draw(VISIT, first, "") == [{"html": ""}], "too early to ask"


def test_a_run_is_asked_what_the_whole_one_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    room = Room(standing(("succeeded", None), ("", None), ("succeeded", "rep-1")))
    tab = folded(room, monkeypatch, tmp_path)
    report = evaluation(2, "run-a")
    tab.do(run("run-c"), report, {"do": "curve-evaluate", "run": "run-a"}, EN)
    (request,) = room.started
    assert request == evaluation(1, "run-a").request
    ended = evaluation(3, "run-a", "interrupted")
    room.evaluations.append(ended)
    tab.do(run("run-c"), report, {"do": "curve-evaluate", "run": "run-a"}, EN)
    assert (room.started, room.resumed) == ([request], [ended.id]), "answers that it has are kept"


def test_why_there_can_be_no_curve_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    room = Room(RunError("Only 9 training rows.", "ds-1", "Add data."))
    tab = folded(room, monkeypatch, tmp_path)
    (told,) = tab.draw(VISIT, evaluation(2, "run-a"), "run-c")
    assert "Add data." in told["html"]
    assert 'role="alert"' in told["html"]
