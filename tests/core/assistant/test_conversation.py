"""The whole job by conversation, in English and Chinese, with restarts and second thoughts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.assistant import chats, driver, news, suggestions
from core.assistant.records import AssistantSaid, Decision, Said, ToolUsed, Trouble, UserSaid
from core.data.records import Question
from core.errors import RunError, ServingError
from core.settings import EndpointSetting
from eval.records import EvaluationRequest
from tests.core.assistant.talking import Talk, cards, last_said, tea_file, tools, troubles
from tests.fakes_actions import World


@dataclass(frozen=True)
class Words:
    """What the person says at each step, and a word each answer must have."""

    hello: tuple[str, str]
    three: tuple[str, str]
    start: tuple[str, str]
    progress: tuple[str, str]
    compare: tuple[str, str]
    evaluate: tuple[str, str]
    report: tuple[str, str]
    trained: str


ENGLISH = Words(
    hello=("here is my data", "rows can be used"),
    three=("use 3 epochs", "epochs = 3"),
    start=("yes, start", "has started"),
    progress=("how is it going?", "step 5 of 12"),
    compare=("compare them", "are ready"),
    evaluate=("evaluate", "held-out questions"),
    report=("show me the report", "Tuning helped"),
    trained="best validation loss 0.432",
)
CHINESE = Words(
    hello=("这是我的数据", "行全部可用"),
    three=("训练3轮", "轮数 = 3"),
    start=("好的，开始吧", "已经开始训练"),
    progress=("进度怎么样？", "第 5 步，共 12 步"),
    compare=("对比一下", "都准备好了"),
    evaluate=("评估", "留出的问题"),
    report=("看报告", "微调有效"),
    trained="最低验证损失 0.432",
)


@pytest.mark.full
@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_the_whole_job_with_a_restart_between_all_steps(tmp_path: Path, words: Words) -> None:
    talk = Talk(tmp_path / "home")
    chat = talk.say(words.hello[0], tea_file(tmp_path))
    said = [item.text for item in chat.items if isinstance(item, AssistantSaid)]
    assert words.hello[1] in said[0]
    assert "40" in said[0]
    assert chat.pending is not None
    assert chat.pending.verb == "start_training"
    assert tools(chat)[-1] == ("start_training", "waiting")
    assert cards(chat) == ["dataset", "plan"]

    talk = talk.restart()
    first = chat.pending
    chat = talk.say(words.three[0])
    assert words.three[1] in last_said(chat)
    assert chat.pending is not None
    assert chat.pending.arguments["plan"]["epochs"] == 3
    assert chat.pending.call_id != first.call_id

    talk = talk.restart()
    chat = talk.say(words.start[0])
    assert words.start[1] in last_said(chat)
    assert chat.pending is None
    assert talk.world.newest().plan.epochs == 3
    assert cards(chat)[-1] == "run"

    talk = talk.restart()
    talk.world.change(status="running", step=5, total_steps=12, loss=1.2345, eta_s=65.0)
    chat = talk.say(words.progress[0])
    assert words.progress[1] in last_said(chat)
    assert "1.234" in last_said(chat)

    talk.world.succeed()
    talk = talk.restart()
    told = news.news(talk.actions, talk.chat_id)
    assert told is not None
    assert words.trained in last_said(told)
    assert cards(told)[-1] == "run"
    assert news.news(talk.restart().actions, talk.chat_id) is None

    chat = talk.say(words.compare[0])
    assert words.compare[1] in last_said(chat)
    assert "412" in last_said(chat)
    assert cards(chat)[-1] == "pair"

    chat = talk.say(words.evaluate[0])
    assert words.evaluate[1] in last_said(chat)
    assert cards(chat)[-1] == "evaluation"

    talk = talk.restart()
    ended = talk.world.finish_evaluation()
    told = news.news(talk.actions, talk.chat_id)
    assert told is not None
    assert words.report[1] in last_said(told)
    chat = talk.say(words.report[0])
    assert words.report[1] in last_said(chat)
    assert chat.items[-2].model_dump() == {
        "kind": "card_shown", "card": "report", "id": ended.id,
    }  # fmt: skip
    assert troubles(chat) == []
    assert all(item.done for item in chat.items if isinstance(item, AssistantSaid))
    assert talk.chat() == chat


def test_a_double_click_starts_one_run(planned: Talk) -> None:
    talk = planned
    talk.world.slow_s = 0.2

    async def click() -> None:
        async for _ in driver.decide(talk.actions, talk.chat_id, Decision(approved=True)):
            pass

    async def clicks() -> None:
        await asyncio.gather(click(), click(), click())

    asyncio.run(clicks())
    assert len(talk.world.runs) == 1
    assert tools(talk.chat())[-1] == ("start_training", "done")


def test_pending_is_cleared_on_disk_before_the_run_starts(planned: Talk) -> None:
    talk = planned
    seen = []
    talk.world.errors["start_training"] = RunError("Another run is live.", fix="Wait.")
    original = talk.world.errors

    class Watching(dict[str, RunError]):
        def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
            seen.append(talk.chat().pending)
            return original.get(key)

    talk.world.errors = Watching()  # type: ignore[assignment]
    chat = talk.decide(Decision(approved=True))
    assert seen == [None]
    assert troubles(chat) == ["Another run is live."]
    assert tools(chat)[-1] == ("start_training", "failed")
    assert "not started" in last_said(chat)


def test_edited_arguments_are_checked_again_and_used(planned: Talk) -> None:
    talk, chat = planned, planned.chat()
    assert chat.pending is not None
    wrong = {"plan": chat.pending.arguments["plan"] | {"epochs": -1, "rank": "many"}}
    refused = talk.decide(Decision(approved=True, arguments=wrong))
    trouble = refused.items[-1]
    assert isinstance(trouble, Trouble)
    assert "epochs: " in trouble.where
    assert "rank: " in trouble.where
    assert refused.pending == chat.pending
    assert talk.world.runs == {}

    talk.decide(Decision(approved=True, arguments={"plan": {"epochs": "7", "seed": 11}}))
    plan = talk.world.newest().plan
    assert (plan.epochs, plan.seed) == (7, 11)
    assert plan.reasons["epochs"] == "Your choice."


def test_a_decline_starts_nothing_and_forgets_the_changes(planned: Talk) -> None:
    talk = planned
    talk.say("use 9 epochs")
    chat = talk.decide(Decision(approved=False, reason="too long"))
    assert chat.pending is None
    assert "nothing was started" in last_said(chat)
    assert tools(chat)[-1] == ("start_training", "declined")
    assert talk.world.runs == {}
    again = talk.say("train")
    assert again.pending is not None
    assert again.pending.arguments["plan"]["epochs"] != 9
    assert talk.say("取消").pending is None
    assert talk.decide(Decision(approved=True)).pending is None
    assert talk.world.runs == {}


def test_what_waits_goes_on_waiting_through_other_talk(planned: Talk) -> None:
    talk, waiting = planned, planned.chat().pending
    for text in ("what is in my data?", "why these settings?", "thanks", "wait", "blah blah"):
        assert talk.say(text).pending == waiting
    assert talk.say("go ahead").pending is None
    assert len(talk.world.runs) == 1


def test_settings_accumulate_and_epochs_take_back_steps(planned: Talk) -> None:
    talk = planned
    talk.say("lr 1e-4 and call it Tea Bot")
    talk.say("100 steps")
    chat = talk.say("no, 2 epochs")
    assert chat.pending is not None
    plan = chat.pending.arguments["plan"]
    assert (plan["learning_rate"], plan["name"]) == (1e-4, "Tea Bot")
    assert (plan["epochs"], plan["max_steps"]) == (2, None)
    doubled = talk.say("double the learning rate")
    assert doubled.pending is not None
    assert doubled.pending.arguments["plan"]["learning_rate"] == pytest.approx(2e-4)


def test_an_impossible_setting_keeps_the_plan_that_waits(planned: Talk) -> None:
    talk, before = planned, planned.chat().pending
    chat = talk.say("rank 999")
    assert chat.pending == before
    assert "rank" in troubles(chat)[0]
    assert "rank must be a whole number" in last_said(talk.say("rank 2.5"))
    after = talk.say("3 epochs").pending
    assert after is not None
    assert after.arguments["plan"]["rank"] != 999


def test_bad_rows_are_told_and_a_hopeless_file_is_kept_out(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "home")
    chat = talk.say("", tea_file(tmp_path, bad=3))
    said = [item.text for item in chat.items if isinstance(item, AssistantSaid)]
    assert "37 of its 40 rows" in said[0]
    assert "3 have errors" in said[0]
    assert "row 38" in said[0]

    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    before = chat.pending
    chat = talk.say("", empty)
    assert troubles(chat)
    assert tools(chat)[-1] == ("import_data", "failed")
    assert chat.pending == before


def test_two_files_are_both_checked_and_the_last_usable_is_proposed(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "home")
    broken = tmp_path / "broken.jsonl"
    broken.write_text("not json\n")
    chat = talk.say(
        "", tea_file(tmp_path, "a.jsonl"), tea_file(tmp_path, "b.jsonl", rows=50), broken
    )
    assert [status for verb, status in tools(chat) if verb == "import_data"] == [
        "done", "done", "failed",
    ]  # fmt: skip
    assert chat.pending is not None
    assert chat.pending.arguments["plan"]["name"].startswith("b")


def test_the_purpose_is_kept_in_the_persons_words(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "home")
    chat = talk.say("I want it to answer like our tea shop", tea_file(tmp_path))
    assert chat.pending is not None
    assert chat.pending.arguments["plan"]["description"] == "I want it to answer like our tea shop"


def test_only_dropped_files_can_be_read(tmp_path: Path) -> None:
    from core.assistant.tools_data import _file
    from core.assistant.turn import Turn
    from core.errors import DataError

    talk = Talk(tmp_path / "home")
    turn = Turn(talk.actions, talk.chat_id, lambda _: None)
    for name in ("/etc/passwd", "../secret.jsonl", "tea.jsonl"):
        with pytest.raises(DataError):
            _file(turn, name)
    assert _file(turn, "support_desk.jsonl").name == "support_desk.jsonl"


def test_stop_and_resume(started: Talk) -> None:
    talk = started
    talk.world.change(status="running", step=3, total_steps=12)
    chat = talk.say("stop")
    assert talk.world.newest().status == "stopping"
    assert "checkpoint" in last_said(chat)
    talk.world.change(status="stopped", last_checkpoint="step-3")
    told = news.news(talk.actions, talk.chat_id)
    assert told is not None
    assert "step-3" in last_said(told)
    chat = talk.say("resume")
    assert chat.pending is not None
    assert chat.pending.verb == "resume_run"
    assert chat.pending.arguments == {"run": talk.world.newest().id}
    assert talk.world.newest().status == "stopped"
    talk.say("yes")
    assert talk.world.newest().status == "running"
    assert talk.world.newest().attempt == 2
    talk.world.change(status="stopped")
    assert news.news(talk.actions, talk.chat_id) is not None


def test_do_not_stop_stops_nothing(started: Talk) -> None:
    talk = started
    talk.world.change(status="running", step=3, total_steps=12)
    talk.say("don't stop")
    talk.say("别停")
    assert talk.world.newest().status == "running"


def test_a_failed_run_says_why_and_what_to_do(started: Talk) -> None:
    talk = started
    talk.world.fail()
    told = news.news(talk.actions, talk.chat_id)
    assert told is not None
    for words in ("failed at step 4", "not a number", "Lower the learning rate", "resume"):
        assert words in last_said(told)


def test_news_leave_out_what_ended_before_the_conversation(started: Talk) -> None:
    talk = started
    talk.world.succeed()
    other = "chat-0123456789abcdef"
    assert news.news(talk.actions, other) is None
    assert news.news(talk.actions, other) is None
    assert news.news(talk.actions, talk.chat_id) is not None


def test_news_are_told_once_even_if_the_app_died_between_two_files(started: Talk) -> None:
    talk = started
    memory = chats.load_memory(talk.actions.workspace, talk.chat_id)
    talk.world.succeed()
    told = news.news(talk.actions, talk.chat_id)
    chats.save_memory(talk.actions.workspace, talk.chat_id, memory)
    assert news.news(talk.actions, talk.chat_id) == told


def test_news_wait_while_a_turn_is_under_way(started: Talk) -> None:
    talk = started
    talk.world.succeed()
    with chats.turn(talk.actions.workspace, talk.chat_id):
        assert news.news(talk.actions, talk.chat_id) is None
    assert news.news(talk.actions, talk.chat_id) is not None


def test_compare_before_anything_is_trained_and_when_the_engine_fails(started: Talk) -> None:
    talk = started
    assert "no finished run" in last_said(talk.say("compare them"))
    talk.world.succeed()
    talk.world.errors["open_pair"] = ServingError(
        "No memory left.", "engine.log", "Close programs."
    )
    chat = talk.say("compare them")
    assert troubles(chat) == ["No memory left."]
    assert tools(chat)[-1] == ("open_pair", "failed")
    assert "nothing that was trained is lost" in last_said(chat)
    del talk.world.errors["open_pair"]
    assert cards(talk.say("compare them"))[-1] == "pair"
    assert "stopped" in last_said(talk.say("stop the engine"))


def test_a_report_that_is_not_there_is_made(started: Talk) -> None:
    talk = started
    talk.world.succeed()
    chat = talk.say("did it help?")
    assert len(talk.world.evaluations) == 1
    assert "no report of" in [i.text for i in chat.items if isinstance(i, AssistantSaid)][-2]
    talk.say("evaluate")
    assert len(talk.world.evaluations) == 1


def test_evaluate_takes_a_number_of_samples(started: Talk) -> None:
    talk = started
    talk.world.succeed()
    talk.say("evaluate on 5 samples")
    assert next(iter(talk.world.evaluations.values())).request.limit == 5


JUDGE = EndpointSetting(base_url="http://judge.example/v1", model="judge-1")
RUBRIC = """
id: tea
criteria:
  - id: polite
    text: The answer is polite.
    kind: judge
"""


def test_data_leaves_the_machine_only_after_a_yes(tmp_path: Path, started: Talk) -> None:
    talk = started
    talk.world.succeed()
    talk = Talk(talk.home, talk.world, judge=JUDGE)
    rubric = tmp_path / "tea.rubric.yaml"
    rubric.write_text(RUBRIC)
    chat = talk.say("evaluate with this", rubric)
    assert chat.pending is not None
    assert "judge-1" in chat.pending.warnings[0]
    assert talk.world.evaluations == {}
    talk.say("ok")
    request = next(iter(talk.world.evaluations.values())).request
    assert "polite" in request.rubric


def test_a_broken_rubric_says_which_line(tmp_path: Path, started: Talk) -> None:
    talk = started
    rubric = tmp_path / "tea.yaml"
    rubric.write_text("id: tea\ncriteria: 5\n")
    chat = talk.say("use this rubric", rubric)
    assert "rubric" in troubles(chat)[0]


def test_a_new_conversation_keeps_the_old_one(tmp_path: Path, planned: Talk) -> None:
    talk = planned
    chat = talk.say("new conversation")
    assert [type(item) for item in chat.items] == [AssistantSaid]
    assert chat.pending is None
    archived = [path for path in (tmp_path / "home" / "chats").iterdir() if path.is_dir()]
    assert len(archived) == 2
    assert "40" in last_said(talk.say("what is in my data?"))


def test_unknown_words_get_help_that_fits(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "home")
    assert "Drop a" in last_said(talk.say("tell me a joke"))
    talk.say("", tea_file(tmp_path))
    assert "“Start”" in last_said(talk.say("tell me a joke"))
    assert "“开始”" in last_said(talk.say("讲个笑话"))


def test_suggestions_fit_how_things_stand(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "home")

    def offered() -> list[str]:
        return [one.text for one in suggestions.suggestions(talk.actions, talk.chat())]

    assert offered() == ["Use the example data", "What can you do?"]
    talk.say("", tea_file(tmp_path))
    assert offered()[0] == "Start"
    talk.say("开始")
    assert offered() == ["进度怎么样？", "停止", "数据里有什么？"]
    talk.world.succeed()
    assert offered()[:2] == ["对比一下", "评估"]
    for text in offered()[:2]:
        assert "没听懂" not in last_said(talk.say(text))
    assert len(talk.world.evaluations) == 1
    assert offered()[0] == "进度怎么样？"
    talk.world.finish_evaluation()
    assert offered()[0] == "看报告"


@pytest.mark.parametrize("place", [0, 1])
def test_every_suggestion_is_understood(place: int) -> None:
    from core.assistant.understanding import Known, understand

    asked = Question(id="assistant", en="Who?", zh="谁？", options=("Ann", "Bob"), chosen="Ann")
    known = Known(questions=(asked,))
    for key, said in suggestions.SAYINGS.items():
        pending = key in ("start", "cancel", "yes", "no")
        words = said[place].format(epochs=3, answer="Bob")
        intent = understand(words, pending=pending, known=known).intent
        assert intent != "unknown", (key, said)


def test_lists(started: Talk) -> None:
    talk = started
    assert "tea" in last_said(talk.say("list datasets"))
    assert "starting" in last_said(talk.say("list runs"))
    assert "starter" in last_said(talk.say("which models are there?"))
    assert "启动中" in last_said(talk.say("有哪些训练"))


def test_snapshots_grow_and_the_message_is_saved_first(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "home")
    grown = talk.snapshots("hello")
    lengths = [len(chat.items) for chat in grown]
    assert lengths == sorted(lengths)
    assert isinstance(grown[0].items[0], UserSaid)
    assert grown[-1].driver == "offline"


def test_closing_the_tab_does_not_end_the_turn(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "home")
    said = Said(text="", files=(str(tea_file(tmp_path)),))

    async def leave_early() -> None:
        async for _ in driver.say(talk.actions, talk.chat_id, said):
            break

    asyncio.run(leave_early())
    with chats.turn(talk.actions.workspace, talk.chat_id):
        assert talk.chat().pending is not None


def test_an_app_killed_in_the_middle_shows_no_endless_spinner(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "home")
    chat = talk.say("hello")
    used = ToolUsed(call_id="c", verb="open_pair", arguments={}, status="running")
    growing = AssistantSaid(text="I am", done=False)
    chats.save(
        talk.actions.workspace, chat.model_copy(update={"items": (*chat.items, used, growing)})
    )
    items = talk.restart().chat().items
    assert items[-2].model_dump()["status"] == "failed"
    assert items[-1].model_dump()["done"] is True
    assert talk.restart().say("hello").items[-1].model_dump()["done"] is True


def test_an_error_of_the_assistants_own_is_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = Talk(tmp_path / "home")

    def breaks(self: object) -> None:
        raise KeyError("boom")

    monkeypatch.setattr("core.assistant.turn.Turn.look", breaks)
    chat = talk.say("hello")
    assert "KeyError" in troubles(chat)[0]
    assert "boom" not in troubles(chat)[0]


def test_an_unwritable_disk_is_said_to_whoever_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from core.errors import WorkspaceError

    talk = Talk(tmp_path / "home")

    def full(*_: object) -> None:
        raise WorkspaceError("Could not write a file.", str(errno.ENOSPC), "Free some space.")

    monkeypatch.setattr("core.assistant.chats.save", full)
    with pytest.raises(WorkspaceError):
        talk.say("hello")


def test_a_world_with_several_runs_takes_the_newest_finished(started: Talk) -> None:
    talk = started
    first = talk.world.succeed()
    talk.say("train")
    talk.say("start")
    assert len(talk.world.runs) == 2
    talk.world.change(status="running", step=1, total_steps=9)
    talk.say("compare them")
    assert talk.world.opened == [first.id]
    chat = talk.say(f"compare {talk.world.newest().id}")
    assert talk.world.opened == [first.id, talk.world.newest().id]
    assert troubles(chat) == []
    assert isinstance(talk.world, World)


def interrupted_evaluation(talk: Talk) -> Talk:
    talk.world.succeed()
    run = talk.world.newest()
    rubric = talk.actions.rubric_for(run.id).as_yaml()
    talk.actions.start_evaluation(EvaluationRequest(run_id=run.id, rubric=rubric))
    talk.world.finish_evaluation(status="interrupted", done=4, problem="It ended.", fix="Go on.")
    return talk


@pytest.mark.parametrize("words", ["resume", "continue the evaluation", "继续", "继续评估"])
def test_an_interrupted_evaluation_goes_on(started: Talk, words: str) -> None:
    talk = interrupted_evaluation(started)
    offered = [one.text for one in suggestions.suggestions(talk.actions, talk.chat())]
    assert "Continue the evaluation" in offered
    chat = talk.say(words)
    assert tools(chat)[-1] == ("resume_evaluation", "done")
    assert [one.status for one in talk.actions.evaluations()] == ["starting"]
    assert cards(chat)[-1] == "evaluation"


def test_a_run_goes_on_when_it_is_meant(started: Talk) -> None:
    talk = interrupted_evaluation(started)
    talk.world.change(status="stopped", last_checkpoint="step-3", result=None)
    chat = talk.say("resume training")
    assert chat.pending is not None
    assert chat.pending.verb == "resume_run"


def test_troubles_and_problems_are_told_in_the_persons_language(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "home")
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    chat = talk.say("这是我的数据", empty)
    assert troubles(chat) == ["empty.jsonl 是空文件。"]
    chat = talk.say("看看这个", tea_file(tmp_path, bad=2))
    assert "第一个问题：第 39 条数据" in "\n".join(
        item.text for item in chat.items if isinstance(item, AssistantSaid)
    )
    assert "Only" not in last_said(chat)
    talk.world.errors["start_training"] = RunError("Another run is just being started.")
    chat = talk.say("开始")
    assert troubles(chat)[-1] == "另一个训练任务正在启动。"
    chat = talk.say("训练")
    said = last_said(talk.say("为什么这样设置？"))
    assert "学习率 = 0.002：该基础模型的制作者经试验推荐。" in said
    assert "Recommended" not in said
