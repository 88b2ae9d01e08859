"""What the assistant asks before it does something that waits for a yes, where no card asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.assistant.records import Language, Pending
from core.assistant.replies import reply

if TYPE_CHECKING:
    from core.actions import Actions


def question(actions: Actions, pending: Pending, language: Language) -> str:
    """The question in words; "" for a plan, whose card asks."""
    match pending.verb:
        case "resume_run":
            run = actions.run(pending.arguments["run"]).run
            facts = {"name": run.plan.name, "checkpoint": run.last_checkpoint}
            return reply("resume_waits", language, **facts)
        case "repair":
            return _repair(actions, pending, language)
        case "unmask":
            return _unmask(actions, pending, language)
        case "start_evaluation" | "resume_evaluation":
            return reply("judge_waits", language)
    return ""


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
