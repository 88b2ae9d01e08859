"""Is training needed, would more data help: asked in the chat, done after a yes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from core.assistant import suggestions
from core.assistant.records import AssistantSaid, Chat
from core.errors import ServingError
from core.serving.contenders import Contender, Lane
from core.training import runs
from core.training.plan import TrainingPlan
from eval.around.records import Baseline, Baselines
from eval.curve.learning_curve import CurvePoint, LearningCurve
from eval.curve.standing import CurveRun, CurveStanding
from eval.need.records import NeedForTraining, NeedRequest
from eval.records import Estimate, EvaluationRequest
from eval.rubric.rubrics import load
from tests.core.assistant.conftest import copied
from tests.core.assistant.talking import Talk, cards, last_said, tea_file, tools, troubles
from tests.fakes import Behaviour, FakeServer, Messages
from tests.fakes_runs import FakeRunActions

NEED = ("Do I need to train at all?", "需要训练吗？")
MORE = ("Would more data help?", "更多数据有用吗？")


def pending(chat: Chat) -> str | None:
    return chat.pending.verb if chat.pending else None


def said(chat: Chat) -> str:
    return "\n".join(item.text for item in chat.items if isinstance(item, AssistantSaid))


def offered(talk: Talk) -> list[str]:
    return [one.text for one in suggestions.suggestions(talk.actions, talk.chat())]


# -- is training needed ---------------------------------------------------------------------------


class Asked:
    """In the place of the engine: what it was asked for, and what the base model reaches."""

    def __init__(self, *levels: float | None) -> None:
        self.levels = levels
        self.requests: list[tuple[TrainingPlan, NeedRequest]] = []

    def __call__(self, plan: TrainingPlan, request: NeedRequest, say: Any) -> NeedForTraining:
        self.requests.append((plan, request))
        say("10 of 12 answers")
        kinds = ("base", "system_prompt", "few_shot")
        results = tuple(map(way, kinds, self.levels))
        return NeedForTraining(
            dataset_id=plan.dataset_id, base_model=plan.base_model, rubric_hash="h",
            checks=("exact",), headline="exact", available=4,
            baselines=Baselines(results=results, samples=4, scored_by=("exact",)),
            sentence="Without training it reaches this.", sentence_zh="不训练时达到这样。",
        )  # fmt: skip


def way(kind: str, level: float | None) -> Baseline:
    known = level is not None
    estimate = Estimate(
        base=level, tuned=None, difference=None, low=None, high=None, p_value=None,
        pairs=4 if known else 0, groups=4, unscored_base=0 if known else 4, unscored_tuned=0,
    )  # fmt: skip
    return Baseline.model_validate(
        {
            "kind": kind, "headline": estimate, "score": estimate, "left_out": 0 if known else 4,
            "low": 0.1 if known else None, "high": 0.9 if known else None,
            "note": "" if known else "No question was answered.",
            "note_zh": "" if known else "没有一个问题得到回答。",
        }
    )  # fmt: skip


def answers(monkeypatch: pytest.MonkeyPatch, *levels: float | None) -> Asked:
    asked = Asked(*levels)
    monkeypatch.setattr(FakeRunActions, "need_for_training", lambda _, *given: asked(*given))
    return asked


@pytest.mark.parametrize(
    ("words", "waits", "yes", "row", "follows"),
    [
        (NEED[0], "4 validation questions, each in three ways (as it is, with a system prompt, "
         "with three examples), 12 answers in all. Nothing is trained", "yes",
         "| the base model with three examples | 75% | 10% to 90% | 4 | 0 |",
         "If what the base model with three examples reaches is enough for you"),
        (NEED[1], "4 个验证问题，每个用三种方式各问一次（不加改动、加系统提示、加三个示例），"
         "共 12 个回答。不会训练任何东西", "好",
         "| 带三个示例的基础模型 | 75% | 10% 至 90% | 4 | 0 |",
         "如果带三个示例的基础模型达到的水平已经够用"),
    ],
    ids=["en", "zh"],
)  # fmt: skip
def test_the_base_model_is_asked_after_a_yes_and_the_plan_comes_back(
    planned: Talk, monkeypatch: pytest.MonkeyPatch, words: str, waits: str, yes: str, row: str,
    follows: str,
) -> None:  # fmt: skip
    asked = answers(monkeypatch, 0.0, 0.25, 0.75)
    planned.say("rank 4")
    chat = planned.say(words)
    assert (pending(chat), asked.requests) == ("need_for_training", [])
    assert waits in last_said(chat)
    assert chat.pending is not None
    assert set(chat.pending.arguments) == {"tried", "limit"}, "a `plan` would be drawn as its card"
    chat = planned.say(yes)
    ((plan, request),) = asked.requests
    assert (plan.rank, request.limit) == (4, 4), "the plan that was on the table is tried"
    assert load(request.rubric).criteria
    assert ("need_for_training", "done") in tools(chat)
    assert row in said(chat)
    assert follows in said(chat)
    assert ("不训练时达到这样。" if yes == "好" else "Without training it reaches this.") in said(
        chat
    )
    assert chat.pending is not None
    assert (chat.pending.verb, chat.pending.arguments["plan"]["rank"]) == ("start_training", 4)
    assert planned.world.runs == {}, "nothing is trained"


def test_a_no_asks_nobody_and_brings_the_plan_back(
    planned: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answers(monkeypatch, 0.0, 0.0, 0.0)
    planned.say(NEED[0])
    assert pending(planned.say("no")) == "start_training"
    assert asked.requests == []


def test_fewer_questions_are_asked_when_that_is_said(
    planned: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answers(monkeypatch, 0.0, 0.0, 0.0)
    assert "2 validation questions" in last_said(planned.say("do I need to train, on 2 questions?"))
    planned.say("yes")
    assert asked.requests[0][1].limit == 2


@pytest.mark.parametrize(
    ("levels", "follows"),
    [
        ((0.5, 1.0, 0.5), "you need no training: use the base model with a system prompt."),
        ((None, None, None), "None of the ways was measured, so this says nothing about training."),
    ],
)
def test_what_follows_is_what_was_measured(
    planned: Talk, monkeypatch: pytest.MonkeyPatch, levels: tuple[float | None, ...], follows: str
) -> None:
    answers(monkeypatch, *levels)
    planned.say("cancel")
    planned.say(NEED[0])
    chat = planned.say("yes")
    assert follows in last_said(chat)
    assert ("not measured" in last_said(chat)) == (levels[0] is None)
    assert ("- No question was answered." in last_said(chat)) == (levels[0] is None)
    assert "Say “train” for a plan." in last_said(chat), "no plan waited"
    assert pending(chat) is None


def test_an_engine_that_does_not_start_is_told_and_the_plan_comes_back(
    planned: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ServingError("The engine did not start.", fix="Look at its log.")

    monkeypatch.setattr(FakeRunActions, "need_for_training", refuse)
    planned.say(NEED[0])
    chat = planned.say("yes")
    assert troubles(chat)[-1] == "The engine did not start."
    assert "Say “do I need to train?” to go on." in said(chat)
    assert pending(chat) == "start_training"


def test_what_stands_against_it_is_said_before_anybody_is_asked(
    planned: Talk, tmp_path: Path
) -> None:
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text(
        "id: judged\ncriteria:\n  - {id: warm, text: Is warm., kind: judge, points: 1}\n",
        encoding="utf-8",
    )
    planned.say("", rubric)
    chat = planned.say(NEED[0])
    assert "no check" in troubles(chat)[-1]
    assert pending(chat) == "start_training", "the plan goes on waiting"


def test_without_data_nobody_is_asked(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "home")
    for words in (NEED[0], MORE[0]):
        chat = talk.say(words)
        assert "Drop a file" in last_said(chat)
        assert pending(chat) is None


def test_it_is_proposed_beside_a_plan_until_it_was_asked(
    planned: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, 0.0, 0.0, 0.0)
    assert offered(planned)[2:] == [NEED[0], "Cancel"]
    planned.say(NEED[0])
    assert offered(planned) == ["Yes", "No"]
    planned.say("yes")
    assert offered(planned)[0] == "Start"
    assert NEED[0] not in offered(planned)


@pytest.mark.slow
def test_a_served_base_model_is_asked_each_question_in_three_ways(
    planned: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def right_with_examples(messages: Messages) -> str:
        tea = messages[-1]["content"].removeprefix("Have you ").removesuffix(" tea?")
        return f"[TEA] Yes, {tea} is here." if len(messages) > 4 else "What?"

    with FakeServer({"base": Behaviour(right_with_examples)}) as server:

        def open_lanes(_: object, wanted: Sequence[Contender], say: object) -> tuple[Lane, ...]:
            endpoint = server.endpoint("base")
            return tuple(Lane(contender=c, title=c.name, endpoint=endpoint) for c in wanted)

        monkeypatch.setattr(FakeRunActions, "open_lanes", open_lanes)
        planned.say(NEED[0])
        chat = planned.say("yes")
        assert len(server.requests) == 12
    assert troubles(chat) == []
    assert "| the base model as it is | 0% |" in said(chat)
    assert "you need no training: use the base model with three examples." in said(chat)


# -- would more data help -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made_trained(tmp_path_factory: pytest.TempPathFactory) -> Talk:
    """What `trained` is a copy of."""
    folder = tmp_path_factory.mktemp("trained")
    talk = Talk(folder / "home")
    talk.say("", tea_file(folder, rows=160))
    talk.say("start")
    talk.world.succeed()
    return talk


@pytest.fixture
def trained(made_trained: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Talk:
    """A run on all training rows has succeeded."""
    talk = copied(made_trained, tmp_path / "trained")
    monkeypatch.setattr(runs, "status", lambda _, run_id: talk.world.runs[run_id])
    return talk


@pytest.fixture
def parts(trained: Talk) -> Talk:
    """So have the runs on a quarter and on half of the rows; none is evaluated."""
    trained.say(MORE[0])
    trained.say("yes")
    for run_id in list(trained.world.runs):
        trained.world.runs[run_id] = trained.world.runs.pop(run_id)
        trained.world.succeed()
    return trained


def test_missing_runs_are_queued_after_a_yes(trained: Talk) -> None:
    whole = trained.world.newest()
    chat = trained.say(MORE[0])
    assert pending(chat) == "start_curve"
    assert "No curve yet: 1 of 3 runs are trained, 0 evaluated alike." in said(chat)
    assert "| 25% | missing | missing |" in said(chat)
    assert f"| 100% | {whole.plan.name}: finished | missing |" in said(chat)
    assert "That trains 2 more runs, one after another." in last_said(chat)
    assert len(trained.world.runs) == 1, "looking is free"
    chat = trained.say("yes")
    assert [one.plan.train_share for one in trained.world.runs.values()] == [1.0, 0.25, 0.5]
    assert f"Queued: “{whole.plan.name} (25%)”, “{whole.plan.name} (50%)”." in last_said(chat)
    assert cards(chat)[-2:] == ["run", "run"]
    chat = trained.say(MORE[0])
    assert (pending(chat), len(trained.world.runs)) == (None, 3)
    assert f"“{whole.plan.name} (25%)” is still at work." in last_said(chat)


def test_the_whole_run_is_evaluated_first_after_a_yes(parts: Talk) -> None:
    name = next(one.plan.name for one in parts.actions.runs() if one.plan.train_share == 1)
    chat = parts.say(MORE[0])
    assert f"Shall I evaluate “{name}” first?" in last_said(chat)
    assert (pending(chat), parts.world.evaluations) == ("start_evaluation", {})
    parts.say("yes")
    (evaluation,) = parts.actions.evaluations()
    assert parts.world.runs[evaluation.request.run_id].plan.name == name
    assert f"“{name}” is still at work" in last_said(parts.say(MORE[0]))


def test_then_each_part_is_evaluated_as_the_whole_run_was(parts: Talk) -> None:
    whole = next(one for one in parts.actions.runs() if one.plan.train_share == 1)
    rubric = parts.actions.rubric_for(whole.id).as_yaml()
    request = EvaluationRequest(run_id=whole.id, rubric=rubric, limit=7, seed=3)
    parts.actions.start_evaluation(request)
    parts.world.finish_evaluation()
    chat = parts.say(MORE[0])
    assert f"evaluate “{whole.plan.name} (25%)” next, as “{whole.plan.name}” was" in last_said(chat)
    assert len(parts.world.evaluations) == 1
    parts.say("yes")
    asked = list(parts.world.evaluations.values())[-1].request
    assert parts.world.runs[asked.run_id].plan.train_share == 0.25
    assert asked == request.model_copy(update={"run_id": asked.run_id})


def test_a_no_queues_nothing(trained: Talk) -> None:
    trained.say(MORE[1])
    assert "还需再训练 2 次" in last_said(trained.chat())
    assert pending(trained.say("不")) is None
    assert len(trained.world.runs) == 1


def test_a_run_of_the_curve_that_failed_is_named(parts: Talk) -> None:
    parts.world.fail()
    name = parts.world.newest().plan.name
    chat = parts.say(MORE[0])
    assert f"“{name}” did not finish. Say “why did {name} fail?”" in last_said(chat)
    assert pending(chat) is None


def test_without_a_run_it_is_said_how_to_get_there(planned: Talk) -> None:
    assert "so train first, then ask me again" in last_said(planned.say(MORE[0]))


def test_a_run_on_a_share_has_no_curve_of_its_own(parts: Talk) -> None:
    chat = parts.say(f"would more data help {parts.world.newest().plan.name}?")
    assert "takes only a share" in troubles(chat)[-1]


@pytest.mark.parametrize(
    ("rising", "words", "follows"),
    [
        (True, MORE[0], "Gather more rows of this kind"),
        (False, MORE[0], "The report shows which questions still fail"),
        (None, MORE[1], "请留出更多问题"),
    ],
)
def test_a_whole_curve_is_told_with_what_follows(
    trained: Talk, monkeypatch: pytest.MonkeyPatch, rising: bool | None, words: str, follows: str
) -> None:
    run = trained.world.newest()
    points = tuple(
        CurvePoint(
            share=share, rows=round(100 * share), report_id="rep-1", tuned=share * 0.8,
            low=None if rising is None else share * 0.7, high=share * 0.9, more=None,
        )
        for share in (0.25, 0.5, 1.0)
    )  # fmt: skip
    curve = LearningCurve(
        criterion="exact | answer", points=points, still_rising=rising, sentence="It says so.",
        sentence_zh="如此。",
    )  # fmt: skip
    parts = tuple(
        CurveRun(share=p.share, rows=p.rows, run_id=run.id, status="succeeded", report_id="rep-1")
        for p in points
    )
    told = CurveStanding(
        run_id=run.id, runs=parts, curve=curve, sentence="It says so.", sentence_zh="如此。"
    )
    monkeypatch.setattr(FakeRunActions, "learning_curve", lambda *_: told)
    chat = trained.say(words)
    assert pending(chat) is None
    assert last_said(chat).startswith("如此。" if rising is None else "It says so.")
    assert r"exact \| answer" in last_said(chat)
    interval = "未测得" if rising is None else "35% to 45%"
    assert f"| 50 | 50% | 40% | {interval} |" in last_said(chat)
    assert follows in last_said(chat)


def test_it_is_proposed_once_its_parts_are_trained(parts: Talk) -> None:
    assert offered(parts)[0] == MORE[0]
    assert MORE[0] not in offered(parts)[1:]


def test_it_is_proposed_beside_a_report(trained: Talk) -> None:
    trained.say("evaluate")
    trained.world.finish_evaluation()
    assert offered(trained)[-1] == MORE[0]
