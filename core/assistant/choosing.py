"""What to do about a request: one rule an intent, used by the offline driver."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from core.assistant import choosing_data as data
from core.assistant import names, telling
from core.assistant.hearing import Heard, Step
from core.assistant.phrases import Intent
from core.assistant.records import Language
from core.assistant.replies import joined, reply
from core.assistant.settings_said import SettingsSaid
from core.assistant.situation import Situation, waiting_plan
from core.assistant.suggestions import suggested
from core.assistant.understanding import Request

VALUE_EXAMPLES = {
    "learning_rate": ("learning rate 1e-4", "学习率 1e-4"),
    "batch_size": ("batch size 8", "批大小 8"),
    "rank": ("rank 8", "秩 8"),
    "alpha": ("alpha 32", "alpha 32"),
    "max_length": ("max length 512", "最大长度 512"),
    "max_steps": ("100 steps", "100步"),
    "epochs": ("3 epochs", "3轮"),
    "seed": ("seed 42", "随机种子 42"),
}
WHOLE = frozenset(("rank", "alpha", "batch_size", "max_length", "max_steps", "seed"))

OF_A_RUN = re.compile(r"\b(?:run|train(?:ing)?)\b|训练|微调")
"""Whether going on is meant of a run, when an evaluation could go on too."""


Chooser = Callable[[Heard, Request], Step]


def choose(heard: Heard, request: Request) -> Step:
    """The first step for a request; nothing was done for it yet."""
    return CHOOSERS.get(request.intent, _unknown)(heard, request)


def left_over(settings: SettingsSaid, language: Language) -> list[str]:
    told = []
    if settings.fixed:
        fields = ", ".join(names.pick(names.FIELDS, each, language) for each in settings.fixed)
        told.append(reply("fixed", language, fields=fields))
    elif settings.unused:
        told.append(reply("unused", language, numbers=", ".join(settings.unused)))
    return told


def _train(heard: Heard, request: Request) -> Step:
    if heard.situation.dataset_id is None:
        return Step(_talk("no_data", "help_data")(heard, request).text)
    return Step("", "propose_plan", plan_arguments(heard, request))


def _change(heard: Heard, request: Request) -> Step:
    settings, language = request.settings, heard.language
    if broken := [name for name in WHOLE if isinstance(settings.values.get(name), float)]:
        name = names.pick(names.FIELDS, broken[0], language)
        return Step(reply("not_whole", language, field=name))
    if values_of(settings, heard.situation):
        return _train(heard, request)
    if settings.fixed:
        return Step(joined(left_over(settings, language), language))
    field = next(iter([*settings.vague, *settings.factors, *settings.added]))
    example = VALUE_EXAMPLES[field][1 if language == "zh" else 0]
    plan = waiting_plan(heard.situation)
    if plan is None or getattr(plan, field) is None:
        return Step(reply("which_value_unknown", language, example=example))
    now = names.value(getattr(plan, field))
    name = names.pick(names.FIELDS, field, language)
    return Step(reply("which_value", language, field=name, value=now, example=example))


def _explain(heard: Heard, request: Request) -> Step:
    if plan := waiting_plan(heard.situation):
        return Step(telling.reasons(plan, heard.language))
    if heard.situation.dataset_id is None:
        return _train(heard, request)
    return Step("", "propose_plan", {})


def _describe(heard: Heard, request: Request) -> Step:
    if heard.situation.dataset_id is None:
        return Step(_talk("no_data", "help_data")(heard, request).text)
    return Step("", "dataset")


def _progress(heard: Heard, request: Request) -> Step:
    situation = heard.situation
    if situation.live is None and situation.evaluation is not None and request.run is None:
        return Step("", "report")
    if situation.newest is None:
        return Step(_talk("no_run", "help_data")(heard, request).text)
    return Step("", "run", _of(request))


def _stop(heard: Heard, request: Request) -> Step:
    if heard.situation.live is None:
        return Step(reply("no_live_run", heard.language))
    return Step("", "stop_run", _of(request))


def _resume(heard: Heard, request: Request) -> Step:
    situation = heard.situation
    means_run = request.run or (situation.resumable and OF_A_RUN.search(heard.text.casefold()))
    if situation.unfinished is not None and not means_run:
        return Step("", "resume_evaluation")
    if situation.resumable is None:
        return Step(reply("no_resumable", heard.language))
    return Step("", "resume_run", _of(request))


def _compare(heard: Heard, request: Request) -> Step:
    if heard.situation.finished is None:
        return _unfinished(heard)
    return Step(reply("opening", heard.language), "open_pair", _of(request))


def _evaluate(heard: Heard, request: Request) -> Step:
    if heard.situation.finished is None:
        return _unfinished(heard)
    limit = {"limit": request.limit} if request.limit else {}
    return Step("", "start_evaluation", _of(request) | limit)


def _report(heard: Heard, request: Request) -> Step:
    """The report; where there is none of the newest run yet, it is made."""
    situation = heard.situation
    if request.run or situation.evaluation or situation.report_is_of_finished:
        return Step("", "report", _of(request))
    if situation.finished is not None:
        told = reply("report_missing", heard.language, name=situation.finished.name)
        return Step(told, "start_evaluation")
    return Step("", "report") if situation.report_id else _unfinished(heard)


def _unfinished(heard: Heard) -> Step:
    """Nothing is trained yet: say how far it is."""
    text = reply("no_finished", heard.language)
    live = heard.situation.live
    far = telling.run(live, heard.language) if live else ""
    return Step(joined((text, far), heard.language))


def _hold(heard: Heard, _: Request) -> Step:
    return Step(reply("waits", heard.language))


def _unknown(heard: Heard, _: Request) -> Step:
    """Honest about it, with what can be said now."""
    language, situation = heard.language, heard.situation
    if situation.dataset_id is None and situation.newest is None:
        return Step(joined((reply(key, language) for key in ("unknown", "help_data")), language))
    said = [f"“{each.text}”" for each in suggested(situation, language)]
    could = reply("could_say", language, said=("、" if language == "zh" else ", ").join(said))
    return Step(joined((reply("unknown", language), could, reply("help_all", language)), language))


def _help(heard: Heard, _: Request) -> Step:
    return Step("\n\n".join(reply(key, heard.language) for key in ("help_data", "help_all")))


def _talk(*keys: str) -> Chooser:
    return lambda heard, _: Step(
        joined((reply(key, heard.language) for key in keys), heard.language)
    )


def _use(verb: str) -> Chooser:
    return lambda _heard, _request: Step("", verb)


CHOOSERS: dict[Intent, Chooser] = {
    "describe_data": _describe,
    "train": _train,
    "change": _change,
    "approve": _talk("nothing_waits"),
    "decline": _talk("left_alone"),
    "hold": _hold,
    "leave": _talk("left_alone"),
    "progress": _progress,
    "stop_run": _stop,
    "resume": _resume,
    "compare": _compare,
    "evaluate": _evaluate,
    "report": _report,
    "list_runs": _use("runs"),
    "list_datasets": _use("datasets"),
    "list_models": _use("models"),
    "stop_engine": _use("stop_engine"),
    "explain_plan": _explain,
    "repair": data.repair,
    "answer": data.answer,
    "unmask": data.unmask,
    "undo_data": data.undo,
    "changes": data.changes,
    "leaks": data.leaks,
    "show_row": data.show_row,
    "tokens": data.tokens,
    "help": _help,
    "thanks": _talk("thanks"),
    "greeting": _talk("greeting", "help_data"),
    "unknown": _unknown,
}


def _of(request: Request) -> dict[str, Any]:
    return {"run": request.run} if request.run else {}


def plan_arguments(heard: Heard, request: Request) -> dict[str, Any]:
    changes = values_of(request.settings, heard.situation)
    if request.purpose and "description" not in changes:
        changes["description"] = request.purpose
    return {"changes": changes} if changes else {}


def values_of(settings: SettingsSaid, situation: Situation) -> dict[str, float | int | str]:
    """Values for a plan; relative ones are worked out from the plan that waits."""
    values = dict(settings.values)
    plan = waiting_plan(situation)
    for field, factor in settings.factors.items() if plan else ():
        values[field] = _rounded(field, getattr(plan, field) * factor)
    for field, more in settings.added.items() if plan else ():
        values[field] = _rounded(field, getattr(plan, field) + more)
    return values


def _rounded(field: str, value: float) -> float | int:
    return max(1, math.floor(value)) if field in WHOLE else value
