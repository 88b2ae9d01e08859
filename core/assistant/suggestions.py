"""What the person may want to do next, at most four things, as the page's buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.assistant import chats
from core.assistant.records import Chat, Language
from core.assistant.situation import Situation, look, other_epochs, waiting_plan
from core.data.repairing import harmless
from core.messages import Record

if TYPE_CHECKING:
    from core.actions import Actions

MOST = 4
SAYINGS: dict[str, tuple[str, str]] = {
    "demo": ("Use the example data", "用示例数据"),
    "mend": ("Repair what takes nothing away", "修复所有不删数据的问题"),
    "undo": ("Undo that", "撤销"),
    "answer": ("The assistant is {answer}", "助手是{answer}"),
    "help": ("What can you do?", "你能做什么？"),
    "data": ("What is in my data?", "数据里有什么？"),
    "train": ("Train", "开始训练"),
    "start": ("Start", "开始"),
    "epochs": ("Use {epochs} epochs", "训练{epochs}轮"),
    "need": ("Do I need to train at all?", "需要训练吗？"),
    "more_data": ("Would more data help?", "更多数据有用吗？"),
    "why": ("Why these settings?", "为什么这样设置？"),
    "yes": ("Yes", "好"),
    "no": ("No", "不"),
    "cancel": ("Cancel", "取消"),
    "progress": ("How is it going?", "进度怎么样？"),
    "stop": ("Stop", "停止"),
    "resume": ("Resume", "继续训练"),
    "continue": ("Continue the evaluation", "继续评估"),
    "compare": ("Compare them", "对比一下"),
    "evaluate": ("Evaluate", "评估"),
    "report": ("Show the report", "看报告"),
    "again": ("Train again", "再训练一次"),
    "measuring": ("Does it fit?", "放得下吗？"),
    "stop_measuring": ("Stop the measurement", "停止预跑"),
    "why_failed": ("Why did it fail?", "为什么失败了？"),
}


class Suggestion(Record):
    """A button: what stands on it, and what it says for the person."""

    label: str
    text: str


def suggestions(actions: Actions, chat: Chat) -> tuple[Suggestion, ...]:
    """Up to four next steps that fit how things stand, in the language of the conversation."""
    memory = chats.load_memory(actions.workspace, chat.id)
    return suggested(look(actions, chat, memory), chat.language)


def suggested(situation: Situation, language: Language) -> tuple[Suggestion, ...]:
    """The same, from how things stand."""
    facts = {"epochs": other_epochs(waiting_plan(situation)), "answer": _other_answer(situation)}
    said = [SAYINGS[key][1 if language == "zh" else 0].format(**facts) for key in _keys(situation)]
    return tuple(Suggestion(label=text, text=text) for text in said[:MOST])


def _keys(situation: Situation) -> tuple[str, ...]:
    if situation.pending is not None:
        if situation.pending.verb != "start_training":
            return ("yes", "no")
        need = () if situation.asked_untrained else ("need",)
        return ("start", _about_data(situation) or "epochs", *need, "cancel")
    return _while_at_work(situation) or _after_run(situation)


def _while_at_work(situation: Situation) -> tuple[str, ...]:
    """What fits while something runs or was broken off; nothing when neither is so."""
    if situation.live is not None:
        return ("progress", "stop", "data")
    if situation.preflight is not None:
        return ("measuring", "stop_measuring")
    if situation.evaluation is not None:
        return ("progress", "compare")
    return ("continue", "compare", "again") if situation.unfinished is not None else ()


def _after_run(situation: Situation) -> tuple[str, ...]:
    newest = situation.newest
    if situation.ended_badly is not None:
        return ("why_failed", "resume" if situation.ended_badly.can_resume else "again", "help")
    if newest is not None and newest.can_resume:
        return ("resume", "compare" if newest.has_model else "progress", "again")
    if newest is None or not newest.has_model:
        if situation.dataset_id is None:
            return ("demo", "help")
        if not (situation.can_train and situation.is_inspected):
            return (_about_data(situation) or "data", "help")
        return ("train", _about_data(situation) or "data", "help")
    if situation.report_is_of_finished:
        return ("report", "compare", "again", "more_data")
    if newest.train_share < 1:
        return ("more_data", "compare", "evaluate", "again")
    return ("compare", "evaluate", "again")


def _about_data(situation: Situation) -> str | None:
    """What the data asks for before it is trained on; None when it asks for nothing."""
    if harmless(situation.repairs):
        return "mend"
    if _other_answer(situation):
        return "answer"
    return "undo" if situation.can_undo else None


def _other_answer(situation: Situation) -> str:
    """The likeliest other answer to who the assistant is; "" where that is not asked."""
    asked = (one for one in situation.questions if one.id == "assistant")
    return next((one for q in asked for one in q.options if one != q.chosen), "")
