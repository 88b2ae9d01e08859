"""Verdicts, evaluations, the journey and the header, from made-up reports."""

from __future__ import annotations

from typing import Any

from core.comparing.records import Source
from core.serving.contenders import Contender, Lane
from core.serving.records import Generation
from eval.records import Evaluation, EvaluationRequest, Report
from eval.report import reports
from tests.eval.made_up import comparisons, dataset, evidence, pair, run_view
from ui.opening import Opening
from ui.present import pair as pair_shown
from ui.present import verdict
from ui.present.header import header
from ui.present.journey import Standing, journey
from ui.words import Voice

EN, ZH = Voice("en"), Voice("zh")


def report(**kinds: int) -> Report:
    return reports.build(evidence(comparisons(**kinds)))


BETTER = report(wins=80, losses=2, both_right=10, both_wrong=8)
SAME = report(wins=5, losses=5, both_right=50, both_wrong=40)


def evaluation(**facts: Any) -> Evaluation:
    given: dict[str, Any] = {
        "id": "rep-0001", "request": EvaluationRequest(run_id="run-0001", rubric=""),
        "created": "2026-11-21T10:30:05+00:00", "status": "running", "phase": "answers",
        "done": 40, "total": 160, "failed": 0,
    }  # fmt: skip
    return Evaluation.model_validate({**given, **facts})


def test_the_verdict_card_has_both_scores_and_the_interval() -> None:
    card = verdict.card(BETTER, EN)
    assert "Tuning helped" in card
    assert "95% interval" in card
    assert "100 held-out questions" in card
    assert BETTER.verdict.sentence.split("“")[0].strip() in card
    assert "微调有效" in verdict.card(BETTER, ZH)
    assert verdict.sentence(BETTER, ZH) == BETTER.verdict.sentence_zh


def test_no_difference_is_an_answer() -> None:
    assert "No difference shown" in verdict.card(SAME, EN)
    assert verdict.short(SAME, EN).startswith("No difference shown")


def test_what_is_not_measured_is_never_a_zero() -> None:
    nothing = BETTER.headline.estimate.model_copy(
        update={"base": None, "tuned": None, "difference": None, "low": None, "high": None}
    )
    assert verdict.bars(nothing, EN).count("not measured") == 2
    unmeasured = BETTER.model_copy(
        update={"headline": BETTER.headline.model_copy(update={"estimate": nothing})}
    )
    assert "not measured · 100 held-out" in verdict.card(unmeasured, EN)


def test_an_evaluation_shows_its_progress_or_its_problem() -> None:
    live = verdict.evaluation(evaluation(failed=3), None, EN)
    assert "Collecting answers: 40 of 160 · 3 could not be had" in live
    assert 'aria-valuenow="25"' in live
    failed = evaluation(status="failed", problem="No <room>.", fix="Free some.")
    assert "No &lt;room&gt;." in verdict.evaluation(failed, None, EN)
    listed = verdict.choices([evaluation()], {"run-0001": "Desk"}, None, EN)
    assert listed["items"][0]["title"] == "Desk"


def test_the_journey_follows_what_there_is() -> None:
    def states(standing: Standing) -> str:
        told = journey(standing, EN)
        parts = told.split('class="dt-step-')[1:]
        return " ".join(part.split('"')[0] for part in parts)

    run = run_view().run.model_copy(update={"has_model": True})
    live = run.model_copy(update={"status": "running"})
    assert states(Standing()) == "now next next next next"
    assert states(Standing(dataset())) == "done now next next next"
    assert states(Standing(dataset(), plan_waits=True)) == "done now next next next"
    assert states(Standing(dataset(), run=live)) == "done done now next next"
    assert states(Standing(dataset(), run=run, served=True)) == "done done done now next"
    measuring = Standing(dataset(), run=run, evaluation=evaluation())
    assert states(measuring) == "done done done next now"
    assert states(Standing(dataset(), run=run, report=BETTER)) == "done done done done done"
    cleared = run.model_copy(update={"has_model": False})
    assert states(Standing(dataset(), run=cleared, served=True)) == "done done now next next"


def test_the_header_tells_what_goes_on() -> None:
    live = run_view().run.model_copy(update={"status": "running", "step": 4})
    value = header(None, [live], [evaluation()], EN)
    assert [one["text"] for one in value["status"]] == [
        "Support desk: Step 4 of 100",
        "Collecting answers: 40 of 160",
    ]
    assert header(None, [], [], ZH)["status"] == [{"text": "引擎未启动", "tone": "plain"}]


def test_figures_under_an_answer() -> None:
    growing = Generation(text="a", done=False)
    done = Generation(
        text="a b", done=True, finish_reason="length", tokens=2, first_token_s=0.0484,
        tokens_per_s=51.6,
    )  # fmt: skip
    assert "writing" in pair_shown.figures(growing, EN)
    told = pair_shown.figures(done, EN)
    assert "first token 48 ms · 52 tokens/s · 2 tokens · cut at the token limit" in told
    unknown = pair_shown.figures(Generation(text="a", done=True), EN)
    assert unknown.count("not measured") == 3
    assert "same answer as the first" in pair_shown.figures(done, EN, same_as=done)
    assert "same answer as the first" not in pair_shown.figures(done, EN, same_as=growing)


def opened(**changes: Any) -> Opening:
    """Base and tuned, both to be asked, the tuned one proven."""
    made = pair()
    base = Contender(kind="base", name="starter")
    tuned = Contender(kind="run", name=made.run_id)
    check = made.check.model_copy(update=changes)
    lanes = (
        Lane(contender=base, title="Base", endpoint=made.base),
        Lane(contender=tuned, title="Tuned", endpoint=made.tuned, check=check),
    )
    return Opening(done=True, lanes=lanes, errors=(None, None))


def test_the_engines_card() -> None:
    who = [(lane.contender, lane.title) for lane in opened().lanes if lane is not None]
    assert "412 tokens" in pair_shown.engine(opened(), who, EN)
    assert "identical to base" in pair_shown.engine(opened(trained_change=0.0), who, EN)
    assert "loading" in pair_shown.engine(Opening(doing="loading <w>"), who, EN)
    assert "<w>" not in pair_shown.engine(Opening(doing="loading <w>"), who, EN)
    assert "engine is off" in pair_shown.engine(None, who, EN)
    source = Source(dataset_id="ds-1", row=6, reference="It is open.")
    told = pair_shown.reference(source, EN)
    assert "row 6" in told
    assert "It is open." in told


def test_cautions_stand_in_the_readers_language() -> None:
    report = BETTER.model_copy(update={"warnings": ("Only here.",), "warnings_zh": ("仅此。",)})
    assert "仅此。" in verdict.card(report, ZH)
    assert "Only here." not in verdict.card(report, ZH)
    assert "Only here." in verdict.card(report, EN)
