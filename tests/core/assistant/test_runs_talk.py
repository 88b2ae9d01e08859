"""Runs by conversation: why one failed, sweeps, copies, comparing, measuring, keeping, deleting."""

from __future__ import annotations

import re

import pytest

from core.assistant import news, suggestions
from core.assistant.records import Chat
from core.errors import RunError
from core.training.doctor.diagnosing import Diagnosis
from core.training.doctor.remedies import Remedy
from core.training.eta import Measured
from core.training.records import Failure
from tests.core.assistant.talking import Talk, cards, last_said, tools, troubles
from tests.core.training.test_eta import measured

HAN = re.compile("[\u4e00-\u9fff]")
OOM = Diagnosis(
    run_id="", signature="gpu_oom", cause="The GPU's memory ran out while training.",
    evidence="CUDA out of memory.", where="log.txt, line 5", fix="Take fewer rows at once.",
    remedy=Remedy(kind="again", changes={"batch_size": 2, "gradient_accumulation": 2}),
)  # fmt: skip


def failed(talk: Talk, diagnosis: Diagnosis = OOM) -> Talk:
    talk.world.fail()
    talk.world.diagnosis = diagnosis
    return talk


def two_runs(talk: Talk) -> tuple[str, str]:
    """Ids of the first run and of a second one with another rank; both have succeeded."""
    first = talk.world.succeed(best_loss=0.5)
    talk.say("rank 4, call it Second")
    talk.say("start")
    return first.id, talk.world.succeed(best_loss=0.4).id


def pending(chat: Chat) -> str | None:
    return chat.pending.verb if chat.pending else None


# -- the doctor -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "shall", "yes"),
    [
        ("why did it fail?", "batch size = 2, gradient accumulation = 2? Say “yes”", "yes"),
        ("为什么失败了？", "批大小 = 2，梯度累积 = 2 重新开始", "好的"),
    ],
)
def test_why_it_failed_and_the_remedy_after_a_yes(
    started: Talk, words: str, shall: str, yes: str
) -> None:
    talk = failed(started)
    before = talk.world.newest()
    chat = talk.say(words)
    assert "CUDA out of memory." in str(chat.items)
    assert shall in last_said(chat)
    assert cards(chat)[-1] == "run"
    assert pending(chat) == "apply_remedy"
    assert list(talk.world.runs) == [before.id], "nothing starts unasked"
    chat = talk.say(yes)
    plan = talk.world.newest().plan
    assert (plan.batch_size, plan.gradient_accumulation) == (2, 2)
    assert plan.method == before.plan.method
    assert tools(chat)[-1] == ("apply_remedy", "done")


def test_a_no_to_the_remedy_starts_nothing(started: Talk) -> None:
    talk = failed(started)
    talk.say("why did it fail?")
    assert "leave everything as it is" in last_said(talk.say("no"))
    assert len(talk.world.runs) == 1


def test_a_run_that_can_go_on_is_continued_after_a_yes(started: Talk) -> None:
    talk = failed(started, OOM.model_copy(update={"remedy": Remedy(kind="continue")}))
    chat = talk.say("what went wrong?")
    assert pending(chat) == "resume_run"
    assert "step-3" in last_said(chat)
    talk.say("yes")
    assert talk.world.newest().status == "running"


@pytest.mark.parametrize(("kind", "told"), [("plan", "needs a new plan"), (None, "fewer rows")])
def test_what_no_click_can_mend_is_only_told(started: Talk, kind: str | None, told: str) -> None:
    remedy = Remedy.model_validate({"kind": kind}) if kind else None
    chat = failed(started, OOM.model_copy(update={"remedy": remedy})).say("why did it fail?")
    assert told in last_said(chat)
    assert pending(chat) is None
    assert troubles(started.say("apply the fix"))


def test_a_run_that_is_well_is_told_as_it_stands(started: Talk) -> None:
    started.world.succeed()
    assert "is trained" in last_said(started.say("why did it stop?"))


def test_a_retry_without_a_checkpoint_asks_for_the_remedy(started: Talk) -> None:
    talk = failed(started)
    talk.world.change(last_checkpoint=None)
    assert pending(talk.say("try again")) == "apply_remedy"


def test_a_failed_run_is_first_asked_about(started: Talk) -> None:
    talk = failed(started)
    told = news.news(talk.actions, talk.chat_id)
    assert told is not None
    assert "Say “why did it fail?”" in last_said(told)
    assert suggestions.suggestions(talk.actions, talk.chat())[0].text == "Why did it fail?"


# -- sweeps ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told", "yes"),
    [
        ("try learning rates 1e-4, 2e-4 and 5e-4", "3 runs, one after another", "yes"),
        ("学习率试 1e-4、2e-4 和 5e-4", "一共 3 次训练", "好"),
    ],
)
def test_several_learning_rates_are_tried_after_a_yes(
    planned: Talk, words: str, told: str, yes: str
) -> None:
    chat = planned.say(words)
    assert pending(chat) == "start_sweep"
    assert told in last_said(chat)
    assert "0.0001/0.0002/0.0005" in last_said(chat)
    assert planned.world.runs == {}
    chat = planned.say(yes)
    rates = [run.plan.learning_rate for run in planned.world.runs.values()]
    assert rates == [1e-4, 2e-4, 5e-4]
    assert tools(chat)[-1] == ("start_sweep", "done")


def test_a_plan_that_gave_way_comes_back_after_a_no(planned: Talk) -> None:
    planned.say("rank 8")
    planned.say("try 1 and 2 epochs in a sweep")
    chat = planned.say("no")
    assert chat.pending is not None
    assert chat.pending.verb == "start_training"
    assert chat.pending.arguments["plan"]["rank"] == 8
    assert planned.say("cancel").pending is None
    planned.say("try ranks 8 and 16")
    assert planned.say("no").pending is None, "that plan had been declined"


def test_a_sweep_without_values_goes_around_the_plans_own(planned: Talk) -> None:
    assert planned.chat().pending is not None
    planned.say("rank 8")
    chat = planned.say("try several ranks with 1 epoch")
    assert "4/8/16" in last_said(chat)
    planned.say("yes")
    assert [run.plan.rank for run in planned.world.runs.values()] == [4, 8, 16]
    assert {run.plan.epochs for run in planned.world.runs.values()} == {1}


def test_what_is_no_sweep_asks_nothing(planned: Talk) -> None:
    assert "Which setting shall I vary" in last_said(planned.say("run a sweep"))
    chat = planned.say("try ranks 8 and 8")
    assert "stands twice" in troubles(chat)[-1]
    assert pending(chat) == "start_training", "the plan goes on waiting"
    assert planned.world.runs == {}


@pytest.mark.full
def test_the_result_of_a_sweep_is_told_and_comes_by_itself(planned: Talk) -> None:
    assert "no sweep yet" in troubles(planned.say("how did the sweep go?"))[-1]
    planned.say("try ranks 8 and 16")
    planned.say("yes")
    assert "0 of 2 runs are done." in last_said(planned.say("how did the sweep go?"))
    for run_id, loss in zip(list(planned.world.runs), (0.5, 0.4), strict=True):
        planned.world.runs[run_id] = planned.world.runs.pop(run_id)
        planned.world.succeed(best_loss=loss)
    told = news.news(planned.actions, planned.chat_id)
    assert told is not None
    assert "lowest validation loss is 0.4000, with rank 16" in str(told.items)
    assert "最低的验证损失" in last_said(planned.say("看看对比试验"))


# -- going on, copies -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told", "yes"),
    [
        ("extend it by 2 epochs", "trained 2 more epochs.", "yes"),
        ("2 more epochs", "trained 2 more epochs.", "yes"),
        ("延长两轮", "再训练 2 轮", "好"),
    ],
)
def test_a_finished_run_gets_more_epochs_after_a_yes(
    started: Talk, words: str, told: str, yes: str
) -> None:
    started.world.succeed()
    before = started.world.change(last_checkpoint="checkpoint-12").plan.epochs
    chat = started.say(words)
    assert pending(chat) == "resume_run"
    assert told in last_said(chat)
    assert ("step 12" in last_said(chat)) != ("第 12 步" in last_said(chat))
    started.say(yes)
    assert started.world.newest().plan.epochs == before + 2


def test_more_epochs_of_a_plan_that_waits_change_the_plan(planned: Talk) -> None:
    assert planned.chat().pending is not None
    chat = planned.say("2 more epochs")
    assert pending(chat) == "start_training"


def test_nothing_to_extend_is_said(started: Talk) -> None:
    started.world.succeed()
    assert "no" in last_said(started.say("extend it by 2 epochs")).casefold()
    assert pending(started.chat()) is None


@pytest.mark.parametrize(
    "words", ["clone the run with rank 4 and use DoRA", "和上次一样，但用 DoRA，秩 4"]
)
def test_a_copy_with_changes_waits_as_a_plan(started: Talk, words: str) -> None:
    before = started.world.succeed().plan
    chat = started.say(words)
    assert pending(chat) == "start_training"
    assert cards(chat)[-1] == "plan"
    started.say("yes" if "clone" in words else "好")
    plan = started.world.newest().plan
    assert (plan.rank, plan.method) == (4, "dora")
    assert (plan.name, plan.learning_rate) == (f"{before.name} (2)", before.learning_rate)


def test_a_copy_can_be_changed_further(started: Talk) -> None:
    run = started.world.succeed()
    changed = run.plan.edited({"learning_rate": 3e-4, "seed": 11})
    started.world.change(plan=changed)
    started.say("clone it")
    chat = started.say("3 epochs")
    assert chat.pending is not None
    plan = chat.pending.arguments["plan"]
    assert (plan["learning_rate"], plan["seed"], plan["epochs"]) == (3e-4, 11, 3)


# -- several runs ---------------------------------------------------------------------------------


def test_two_runs_side_by_side(started: Talk) -> None:
    first, second = two_runs(started)
    chat = started.say("compare the two runs")
    assert cards(chat)[-1] == "compared"
    for words in ("rank: 4 / ", "0.4000", "0.5000", "Second"):
        assert words in last_said(chat)
    chat = started.say(f"对比 {first} 和 {second}")
    assert cards(chat)[-1] == "compared"
    assert "/ 4" in last_said(chat)
    assert "最低验证损失" in last_said(chat)
    assert started.world.opened == [], "no model was served"


def test_one_run_is_not_compared(started: Talk) -> None:
    assert "Which two runs?" in last_said(started.say("compare the runs"))


def test_what_is_running_and_who_is_next(started: Talk) -> None:
    name = started.world.newest().plan.name
    started.world.change(status="running")
    assert f"At work: “{name}”" in last_said(started.say("what is running?"))
    started.say("train, call it Second")
    started.say("start")
    reason = "It waits for the processor."
    run = started.world.change(status="queued", place=1, waits_for=reason)
    said = last_said(started.say("排队情况"))
    assert "排队顺序：“Second”" in said
    started.say("put Second first")
    assert started.world.moved == [(run.id, 1)]


# -- what a plan needs ----------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "told"), [("does it fit?", "fits."), ("放得下吗", "放得下。")])
def test_whether_it_fits_is_estimated_at_once(planned: Talk, words: str, told: str) -> None:
    chat = planned.say(words)
    assert told in last_said(chat)
    assert "GB" in last_said(chat)
    assert pending(chat) == "start_training"


def ended(talk: Talk, found: Measured | None = None, failure: Failure | None = None) -> str:
    """What the news are when the pre-flight has ended."""
    assert talk.world.preflight is not None
    facts = {
        "measured": found,
        "failure": failure,
        "status": "done" if found else "failed",
        "out_of_memory": failure is not None,
    }
    talk.world.preflight = talk.world.preflight.model_copy(update=facts)
    told = news.news(talk.actions, talk.chat_id)
    assert told is not None
    return last_said(told)


def test_a_preflight_goes_on_in_the_background_and_tells_what_it_measured(planned: Talk) -> None:
    chat = planned.say("measure it first")
    assert "in the background" in last_said(chat)
    assert pending(chat) == "start_training"
    offered = [one.text for one in suggestions.suggestions(planned.actions, planned.chat())]
    assert "Start" in offered
    told = ended(planned, measured(peak_rss_bytes=10**9))
    assert "1.60 s each" in told
    assert "1.0 GB" in told
    assert news.news(planned.actions, planned.chat_id) is None


def test_a_preflight_in_chinese_leaves_no_english_sentence(planned: Talk) -> None:
    planned.say("先预跑")
    told = ended(planned, measured(peak_rss_bytes=10**9))
    assert all(HAN.search(part) for part in re.split("[。\n]", told) if part.strip())


def test_a_preflight_out_of_memory_says_what_would_fit(planned: Talk) -> None:
    planned.say("measure it first")
    told = ended(planned, failure=Failure(problem="Memory ran out.", fix="Take fewer rows."))
    assert "Memory ran out." in told


@pytest.mark.parametrize("words", ["stop the measurement", "stop", "停止预跑"])
def test_a_preflight_is_ended_and_the_plan_goes_on_waiting(planned: Talk, words: str) -> None:
    planned.say("measure it first")
    chat = planned.say(words)
    assert planned.world.preflight is not None
    assert planned.world.preflight.status == "cancelled"
    assert pending(chat) == "start_training"


def test_a_machine_in_use_is_said(planned: Talk) -> None:
    planned.world.errors["start_preflight"] = RunError("Run 'a' is being trained.", fix="Wait.")
    assert "is being trained" in troubles(planned.say("measure it first"))[-1]


# -- what becomes of a run ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "name", "told"),
    [
        ("keep it", None, "is kept in the library"),
        ("save it to the library as Desk", "Desk", "“Desk”"),
        ("存到模型库，名为 客服", "客服", "已存入模型库，名称“客服”"),
    ],
)
def test_a_model_is_kept(started: Talk, words: str, name: str | None, told: str) -> None:
    run = started.world.succeed()
    assert told in last_said(started.say(words))
    assert started.world.kept == [(run.id, name)]


def test_nothing_is_kept_before_there_is_a_model(started: Talk) -> None:
    assert "no finished run" in last_said(started.say("keep the model"))
    assert started.world.kept == []


@pytest.mark.parametrize("words", ["rename the run to Night Shift", "把训练改名为 Night Shift"])
def test_a_run_is_renamed(started: Talk, words: str) -> None:
    chat = started.say(words)
    assert "“Night Shift”" in last_said(chat)
    assert started.world.newest().plan.name == "Night Shift"


def test_a_plan_that_waits_is_renamed_as_a_plan(planned: Talk) -> None:
    chat = planned.say("rename it to Night Shift")
    assert chat.pending is not None
    assert chat.pending.arguments["plan"]["name"] == "Night Shift"
    assert planned.world.renamed == []


@pytest.mark.parametrize(("words", "yes"), [("delete the run", "yes"), ("删除这次训练", "好")])
def test_a_run_is_deleted_only_after_a_yes(started: Talk, words: str, yes: str) -> None:
    run = started.world.succeed()
    chat = started.say(words)
    assert pending(chat) == "delete_run"
    assert run.plan.name in last_said(chat)
    assert run.id in started.world.runs
    chat = started.say(yes)
    assert started.world.runs == {}
    assert tools(chat)[-1] == ("delete_run", "done")


def test_a_run_at_work_is_not_deleted(started: Talk) -> None:
    started.world.change(status="running")
    chat = started.say("delete the run")
    assert pending(chat) is None
    assert "There is no run that has ended." in troubles(chat)
    assert len(started.world.runs) == 1


# -- a tuned model counts, not how the last attempt ended -----------------------------------------


@pytest.mark.parametrize("status", ["stopped", "failed", "interrupted"])
def test_a_run_that_ended_early_with_a_model_can_be_talked_to(started: Talk, status: str) -> None:
    started.world.succeed()
    run = started.world.change(status=status, last_checkpoint="step-3")
    chat = started.say("compare them")
    assert started.world.opened == [run.id]
    assert cards(chat)[-1] == "pair"
    assert started.actions.find_run("last").has_model


def test_a_run_without_a_model_can_not(started: Talk) -> None:
    started.world.succeed()
    started.world.change(has_model=False)
    assert "no finished run" in last_said(started.say("compare them"))
    assert started.world.opened == []


# -- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "field", "value", "told"),
    [
        ("use DoRA", "method", "dora", "DoRA of rank"),
        ("full fine-tuning", "method", "full", "with full fine-tuning"),
        ("no dropout, keep it for 30 days", "retention_days", 30, "days kept = 30"),
        ("early stopping", "early_stopping", 2, "early stopping = 2"),
        ("全量微调", "method", "full", "用全量微调训练"),
        ("打包", "packing", True, "打包 = 开"),
        ("an effective batch of 12", "gradient_accumulation", 3, "gradient accumulation = 3"),
    ],
)
def test_any_setting_is_changed_by_saying_it(
    planned: Talk, words: str, field: str, value: object, told: str
) -> None:
    chat = planned.say(words)
    assert troubles(chat) == []
    assert chat.pending is not None
    assert chat.pending.arguments["plan"][field] == value
    assert told in last_said(chat)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("QLoRA", "GPU"),
        ("target modules lm_head", "Engines can't load an adapter for lm_head"),
        ("DPO", "rejected answer"),
        ("2 workers", "The local launcher starts one process"),
        ("用两张显卡", "个进程"),
    ],
)
def test_what_can_not_be_done_is_refused_in_a_sentence(
    planned: Talk, words: str, told: str
) -> None:
    before = planned.chat().pending
    chat = planned.say(words)
    assert told in troubles(chat)[-1]
    assert chat.pending == before


def test_a_setting_is_taken_back(planned: Talk) -> None:
    planned.say("early stopping after 3")
    chat = planned.say("no early stopping")
    assert chat.pending is not None
    assert chat.pending.arguments["plan"]["early_stopping"] is None
    assert "early stopping = none" in last_said(chat)


def test_a_run_begins_with_the_newest_model(started: Talk) -> None:
    run = started.world.succeed()
    chat = started.say("train again, start from the last run")
    assert run.id in troubles(chat)[-1], "its folder is not there: the real check was asked"
