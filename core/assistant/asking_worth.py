"""What is asked before the base model is tried, and before a learning curve is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.assistant import telling_runs
from core.assistant.names import plural
from core.assistant.records import Language, Pending
from core.assistant.replies import reply
from core.training.plan_changes import PlanChanges

if TYPE_CHECKING:
    from core.actions import Actions


def need(_: Actions, pending: Pending, language: Language) -> str:
    """How many answers it takes to see what the base model reaches without training."""
    from eval.need.baselines import NAMES

    questions = pending.arguments["limit"]
    facts = {"model": pending.arguments["tried"]["base_model"], "questions": questions}
    return reply("need_waits", language, answers=len(NAMES) * questions, **facts)


def curve(actions: Actions, pending: Pending, language: Language) -> str:
    """How many runs a learning curve lacks, and how long they take where that is known."""
    run_id = pending.arguments["run"]
    plans = [
        actions.clone_run(run_id, PlanChanges(train_share=one.share))
        for one in actions.learning_curve(run_id).runs
        if one.run_id is None
    ]
    count = len(plans)
    runs = f"{count}" if language == "zh" else f"{count} more {plural('run', count)}"
    time = telling_runs.together([actions.fit(plan).seconds for plan in plans], language)
    return reply("curve_waits", language, runs=runs, time=time)


def evaluation(actions: Actions, pending: Pending, language: Language) -> str:
    """Which run of a learning curve is to be evaluated."""
    run, whole = pending.arguments["run"], pending.arguments["of_curve"]
    names = {each.id: each.plan.name for each in actions.runs()}
    if run == whole:
        return reply("curve_evaluate_whole_waits", language, name=names[run])
    return reply("curve_evaluate_waits", language, name=names[run], whole=names[whole])
