"""What the assistant asks before it does something that waits for a yes, where no card asks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.assistant import asking_worth, choosing_library, telling_runs
from core.assistant.names import plural, value
from core.assistant.records import Language, Pending
from core.assistant.replies import joined, reply
from core.data import deletion_text
from core.training import sweep
from core.training.plan import TrainingPlan
from core.wording import said

if TYPE_CHECKING:
    from core.actions import Actions


def question(actions: Actions, pending: Pending, language: Language) -> str:
    """The question in words; "" for a plan, whose card asks."""
    ask = ASKS.get(pending.verb)
    return ask(actions, pending, language) if ask else ""


def _resume(actions: Actions, pending: Pending, language: Language) -> str:
    run = actions.run(pending.arguments["run"]).run
    extend = pending.arguments.get("extend")
    if extend is None:
        facts = {"name": run.plan.name, "checkpoint": run.last_checkpoint}
        return reply("resume_waits", language, **facts)
    how = actions.continuation(run.id, extend).sentences
    told = joined((said(sentence, language) for sentence in how), language)
    more = f"{extend:g}" if language == "zh" else f"{extend:g} more {plural('epoch', extend)}"
    return reply("extend_waits", language, name=run.plan.name, epochs=more, how=told)


def _remedy(actions: Actions, pending: Pending, language: Language) -> str:
    """The doctor's one change, with what it would be instead of what it was."""
    run = actions.run(pending.arguments["run"]).run
    found = actions.diagnose(run.id)
    if found is not None and found.remedy is not None and found.remedy.kind == "continue":
        facts = {"name": run.plan.name, "checkpoint": run.last_checkpoint}
        return reply("resume_waits", language, **facts)
    changes = found.remedy.changes if found and found.remedy else {}
    if not changes:
        return reply("remedy_same", language, name=run.plan.name)
    told = telling_runs.changes(changes, language)
    return reply("remedy_again", language, name=run.plan.name, changes=told)


def _delete_run(actions: Actions, pending: Pending, language: Language) -> str:
    name = actions.run(pending.arguments["run"]).run.plan.name
    return reply("delete_waits", language, name=name)


def _evaluate(actions: Actions, pending: Pending, language: Language) -> str:
    """Whether answers may go to a judge; for a learning curve, whether to go on with it."""
    parts = [reply("judge_waits", language)] if pending.warnings else []
    if "of_curve" in pending.arguments:
        parts.append(asking_worth.evaluation(actions, pending, language))
    return joined(parts, language)


def _sweep(actions: Actions, pending: Pending, language: Language) -> str:
    """How many runs, over which values, and how long they take where that is known."""
    varied = pending.arguments["varied"]
    plans = sweep.variants(TrainingPlan.model_validate(pending.arguments["shared"]), varied)
    time = telling_runs.together([actions.fit(plan).seconds for plan in plans], language)
    values = {name: "/".join(value(one) for one in each) for name, each in varied.items()}
    told = telling_runs.as_typed(values, language)
    return reply("sweep_waits", language, runs=len(plans), varied=told, time=time)


def _delete_data(actions: Actions, pending: Pending, language: Language) -> str:
    """What goes with a dataset and what stays, line by line."""
    going = actions.dataset_deletion(pending.arguments["dataset_id"])
    lines = [reply("delete_data_head", language, name=going.name)]
    lines += [f"- {said(one, language)}" for one in deletion_text.goes(going)]
    if staying := deletion_text.stays(going):
        lines += ["", reply("delete_data_stays", language)]
        lines += [f"- {said(one, language)}" for one in staying]
    return "\n".join([*lines, "", reply("delete_data_waits", language)])


def _repair(actions: Actions, pending: Pending, language: Language) -> str:
    """What a repair would do, with how often."""
    dataset_id, codes = pending.arguments["dataset_id"], pending.arguments["codes"]
    counts: dict[str, int] = {}
    for offer in actions.repairs(dataset_id):
        if offer.code in codes:
            what = (offer.zh if language == "zh" else offer.en).rstrip(".。")
            counts[what] = counts.get(what, 0) + offer.count
    lines = [
        f"- {reply('repair_line', language, what=what, count=count)}"
        for what, count in counts.items()
    ]
    name = actions.dataset(dataset_id).name
    head, tail = (reply(key, language, name=name) for key in ("repair_head", "repair_waits"))
    return "\n".join([head, *lines, "", tail])


def _unmask(actions: Actions, pending: Pending, language: Language) -> str:
    """How many values would come back."""
    dataset_id = pending.arguments["dataset_id"]
    hidden = actions.hidden(dataset_id)
    facts = {
        "name": actions.dataset(dataset_id).name,
        "values": sum(hidden.values.values()) if hidden else 0,
        "rows": hidden.rows if hidden else 0,
    }
    return reply("unmask_waits", language, **facts)


ASKS: dict[str, Callable[[Actions, Pending, Language], str]] = {
    "resume_run": _resume,
    "apply_remedy": _remedy,
    "start_sweep": _sweep,
    "need_for_training": asking_worth.need,
    "start_curve": asking_worth.curve,
    "delete_run": _delete_run,
    "delete_dataset": _delete_data,
    "repair": _repair,
    "unmask": _unmask,
    "start_evaluation": _evaluate,
    "resume_evaluation": _evaluate,
    "import_model": choosing_library.question,
    "start_export": choosing_library.question,
    "certify": choosing_library.question,
}
"""By the verb that waits."""
