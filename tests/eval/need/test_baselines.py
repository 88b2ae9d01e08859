"""Baselines: what a base model is given, what it reaches, and whether training was needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.records import Example, Split
from core.errors import RunError
from core.messages import Conversation, Message
from core.serving.records import Sampling
from eval.around.asked_records import AskedAnswer
from eval.curve import learning_curve
from eval.curve.learning_curve import CurveStep
from eval.evidence import Facts
from eval.need import baselines
from eval.need import prompts as baseline_prompts
from eval.need.before_training import Trial, before_training
from eval.need.prompts import Wanted
from eval.records import Outcome, Verdict
from eval.report import reports
from eval.report.compare_reports import Found
from eval.rubric.rubrics import load
from tests.eval import made_up
from tests.eval.made_up import comparisons, evidence, said
from tests.eval.made_up_parts import judging
from tests.fakes import Behaviour, FakeServer, Messages

RUBRIC = load(made_up.RUBRIC)
WANTED = Wanted(system_prompt="", purpose="Answer customers.", most=20, seed=7)


def example(i: int, answer: str = "[REFUND] Done.", system: str = "") -> Example:
    turns = [
        *([Message(role="system", content=system)] if system else []),
        Message(role="user", content=f"Trained {i}?"),
        Message(role="assistant", content=answer),
    ]
    return Example(id=f"ex-{i}", row=i + 1, conversation=Conversation(messages=tuple(turns)))


TRAIN = [example(i, f"[{('REFUND', 'REPAIR', 'OTHER')[i % 3]}] Done {i}.") for i in range(30)]
SPLIT = Split(
    dataset_id="ds-0001", train=tuple(e.id for e in TRAIN), validation=(), test=(), seed=7,
    given=False, fingerprint="f" * 64,
)  # fmt: skip


def test_the_system_prompt_is_the_persons_else_the_datas_else_a_description() -> None:
    samples = [made_up.sample(i) for i in range(50)]
    labels = ("[OTHER]", "[REFUND]", "[REPAIR]")
    told = baseline_prompts.prompts(TRAIN, samples, labels, WANTED)
    assert told.source == "described"
    assert "Answer customers." in told.system_prompt
    assert "[REPAIR]" in told.system_prompt
    assert len(told.sample_ids) == 20
    own = [example(i, system="You are the desk.") for i in range(9)]
    assert baseline_prompts.prompts(own, samples, (), WANTED).system_prompt == "You are the desk."
    given = WANTED._replace(system_prompt="Be brief.")
    assert baseline_prompts.prompts(own, samples, (), given).source == "given"
    again = baseline_prompts.prompts(TRAIN, samples, labels, WANTED)
    assert again == told


def test_three_examples_of_different_labels_stand_before_the_question() -> None:
    samples = [made_up.sample(0)]
    told = baseline_prompts.prompts(TRAIN, samples, (), WANTED)
    prompted, shown = baseline_prompts.questions(told, TRAIN, samples, made_up_sampling())
    assert [m.role for m in prompted.messages] == ["system", "user"]
    assert [m.role for m in shown.messages] == ["user", "assistant"] * 3 + ["user"]
    assert shown.messages[-1].content == "Question 0?"
    labels = {m.content.split("]")[0] for m in shown.messages if m.role == "assistant"}
    assert len(labels) == 3


def made_up_sampling() -> Sampling:
    return Sampling(max_tokens=16)


@pytest.mark.parametrize(
    ("prompted", "needed"), [("Something else.", True), ("[REFUND] Done.", False)]
)
def test_training_was_needed_when_no_baseline_reaches_it(prompted: str, needed: bool) -> None:
    compared = comparisons(40, 0, 0, 0)
    told = baseline_prompts.prompts(
        TRAIN, [c.sample for c in compared], (), WANTED._replace(most=40)
    )
    rows = [
        AskedAnswer.model_validate(
            {"part": part, "id": c.sample.id, "side": "base", "asked": "", "answer": said(text)}
        )
        for c in compared
        for part, text in (("system_prompt", prompted), ("few_shot", "Something else."))
    ]
    found = reports.build(evidence(compared, facts=Facts(baselines=told), answers=rows)).baselines
    assert found is not None
    assert found.needed is needed
    assert found.samples == 40
    assert ("may not be needed" in found.sentence) is not needed
    assert ("可能不需要训练" in found.sentence_zh) is not needed


def test_a_baseline_without_answers_is_left_out_and_not_zero() -> None:
    compared = comparisons(30, 0, 0, 0)
    told = baseline_prompts.prompts(TRAIN, [c.sample for c in compared], (), WANTED)
    found = baselines.measure(compared, RUBRIC, told, [])
    by_kind = {one.kind: one for one in found.results}
    assert by_kind["few_shot"].left_out == 20
    assert by_kind["few_shot"].headline.base is None
    assert by_kind["few_shot"].note
    assert found.needed is None


@pytest.mark.slow
def test_before_training_the_base_model_is_tried_once(tmp_path: Path) -> None:
    def shown_how(messages: Messages) -> str:
        return "[REFUND] Done." if len(messages) > 3 else "What?"

    samples = tuple(made_up.sample(i) for i in range(24))
    trial = Trial(TRAIN, samples, RUBRIC, WANTED)
    failed: list[bool] = []
    with FakeServer({"base": Behaviour(shown_how)}) as server:
        base = server.endpoint("base")
        found = before_training(base, trial, tmp_path / "tried.jsonl", failed.append)
        assert len(server.requests) == 3 * 20
        assert before_training(base, trial, tmp_path / "tried.jsonl", failed.append) == found
        assert len(server.requests) == 3 * 20
    levels = {one.kind: one.headline.base for one in found.results}
    assert levels == {"base": 0.0, "system_prompt": 0.0, "few_shot": 1.0}
    assert (found.best, found.needed) == ("few_shot", None)
    assert "reaches 100%" in found.sentence
    assert failed == [False] * 60


def test_a_learning_curve_nests_its_parts_in_whole_groups() -> None:
    rows = [e.model_copy(update={"group": f"g{i // 2}"}) for i, e in enumerate(TRAIN * 4)]
    rows = [e.model_copy(update={"id": f"ex-{i}"}) for i, e in enumerate(rows)]
    split = SPLIT.model_copy(update={"train": tuple(e.id for e in rows)})
    quarter, half, whole = learning_curve.plan(split, rows, seed=7)
    assert (len(quarter.train_ids), len(half.train_ids), len(whole.train_ids)) == (30, 60, 120)
    assert set(quarter.train_ids) < set(half.train_ids) < set(whole.train_ids)
    groups = {e.id: e.group for e in rows}
    outside = {groups[i] for i in set(whole.train_ids) - set(half.train_ids)}
    assert not outside & {groups[i] for i in half.train_ids}
    with pytest.raises(RunError, match="only 8"):
        learning_curve.plan(SPLIT, TRAIN, seed=7)


def test_a_learning_curve_says_whether_the_last_step_still_gained() -> None:
    def step(share: float, wins: int) -> tuple[CurveStep, Found]:
        compared = [
            made_up.comparisons(1, 0, 0, 0)[0].model_copy(
                update={"sample": made_up.sample(i), "tuned": said("[REFUND] Done." * (i < wins))}
            )
            for i in range(60)
        ]
        made = evidence(compared)
        found = Found(reports.build(made), made.rubric, compared, made.verdicts)
        ids = tuple(f"ex-{i}" for i in range(int(100 * share)))
        return CurveStep(share=share, train_ids=ids), found

    rising = learning_curve.assemble([step(0.25, 10), step(1.0, 50)])
    assert rising.still_rising
    assert [p.tuned for p in rising.points] == [pytest.approx(1 / 6), pytest.approx(5 / 6)]
    assert rising.points[1].more is not None
    assert "from 25 to 100" in rising.sentence
    flat = learning_curve.assemble([step(1.0, 31), step(0.5, 30)])
    assert flat.still_rising is False
    assert "没有显示出提升" in flat.sentence_zh
    with pytest.raises(RunError, match="at least two"):
        learning_curve.assemble([step(1.0, 31)])


def test_a_learning_curve_rests_on_no_judge_that_failed_its_exam() -> None:
    judged = "  - {id: warm, text: Warm., kind: judge, headline: true}\n"

    def step(share: float, met: Outcome, rubric: str, wins: int = 30) -> tuple[CurveStep, Found]:
        compared = comparisons(wins, 0, 0, 60 - wins)
        loaded = load(rubric)
        checked = [c for c in loaded.criteria if c.kind == "check"]
        verdicts = made_up.verdicts_of(loaded.model_copy(update={"criteria": checked}), compared)
        verdicts += [
            Verdict(
                sample_id=c.sample.id, criterion_id="warm", side=side, reason="",
                outcome=met if side == "tuned" else "not_met",
            )
            for c in compared for side in made_up.SIDES
        ]  # fmt: skip
        given = evidence(compared, loaded, verdicts=verdicts, judging=judging(reliable=False))
        ids = tuple(f"ex-{i}" for i in range(int(100 * share)))
        found = Found(reports.build(given), loaded, compared, verdicts)
        return CurveStep(share=share, train_ids=ids), found

    both = made_up.RUBRIC + judged
    curve = learning_curve.assemble([step(0.25, "not_met", both), step(1.0, "met", both)])
    assert curve.criterion == "exact answer"
    assert curve.still_rising is False
    first, last = curve.points
    assert first.tuned == last.tuned == pytest.approx(0.5)
    only = f"id: o\ncriteria:\n{judged}"
    with pytest.raises(RunError, match="not reliable"):
        learning_curve.assemble([step(0.25, "not_met", only), step(1.0, "met", only)])
