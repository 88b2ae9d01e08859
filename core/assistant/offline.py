"""The offline driver: decides the next step of a turn by rule, without a language model."""

from __future__ import annotations

from pathlib import Path

from core.assistant import names, telling
from core.assistant.choosing import Heard, Step, choose, left_over, plan_arguments, values_of
from core.assistant.replies import joined, reply
from core.assistant.results import DataSeen, Failed, PlanProposed, Result, RunSeen
from core.assistant.situation import other_epochs
from core.assistant.understanding import Known, Request, understand

EXAMPLE = "support_desk.jsonl"
RUBRIC_ENDINGS = (".yaml", ".yml")


def next_step(heard: Heard, results: list[Result]) -> Step:
    """The next step, given what the tools of this turn answered so far."""
    if heard.decided:
        return _after_decision(heard, results)
    known = Known(models=heard.models, runs=heard.situation.run_names)
    request = understand(heard.text, pending=heard.situation.pending is not None, known=known)
    if files := [name for name in heard.files if not is_rubric(name)]:
        return _upload(heard, request, files, results)
    if heard.files and request.intent != "evaluate":
        return Step(reply("rubric_kept", heard.language, file=heard.files[0]))
    if request.intent == "demo_data":
        return _upload(heard, request, [EXAMPLE], results)
    if results:
        return _after(heard, request, results)
    return choose(heard, request)


# -- files ----------------------------------------------------------------------------------------


def _upload(heard: Heard, request: Request, files: list[str], results: list[Result]) -> Step:
    """Check every file, then propose a plan for the last usable one."""
    checked = [r for r in results if isinstance(r, DataSeen) or _failed(r, "import_data")]
    if len(checked) < len(files):
        return Step("", "import_data", {"file": files[len(checked)]})
    seen = [result for result in checked if isinstance(result, DataSeen)]
    if not seen:
        return Step(telling.tell(checked[-1], heard.language))
    if len(results) > len(checked):
        return Step(_proposed(heard, results[-1]))
    arguments = plan_arguments(heard, request) | {"dataset_id": seen[-1].dataset_id}
    text = "\n\n".join(telling.data(each, heard.language) for each in seen)
    return Step(text, "propose_plan", arguments)


def _proposed(heard: Heard, result: Result) -> str:
    """The plan in a sentence and what to say next, or why there is none."""
    language, text = heard.language, telling.tell(result, heard.language)
    if isinstance(result, PlanProposed):
        ask = reply("plan_ask", language, epochs=other_epochs(result.plan))
        text = joined((text, ask), language)
    return text


# -- after a tool ---------------------------------------------------------------------------------


def _after_decision(heard: Heard, results: list[Result]) -> Step:
    if heard.declined:
        key = "declined" if heard.decided == "start_training" else "left_alone"
        return Step(reply(key, heard.language))
    if not results:
        return Step(reply("ended", heard.language))
    last = results[-1]
    if isinstance(last, RunSeen):
        return Step(reply("started", heard.language, name=last.name))
    return Step(_told(heard, last))


def _after(heard: Heard, request: Request, results: list[Result]) -> Step:
    last = results[-1]
    if isinstance(last, PlanProposed):
        if request.intent == "explain_plan":
            return Step(telling.reasons(last.plan, heard.language))
        return Step(_changes_told(heard, request, last))
    return Step(_told(heard, last))


def _told(heard: Heard, result: Result) -> str:
    """A result in words, with what can be done next where that is not obvious."""
    language, text = heard.language, telling.tell(result, heard.language)
    if result.kind == "evaluation" and result.status == "starting" and not result.already:
        return reply("evaluating", language, name=result.run_name)
    if isinstance(result, RunSeen) and result.status == "succeeded" and result.changes_model:
        text = joined((text, reply("next_compare", language)), language)
    return text


def _changes_told(heard: Heard, request: Request, proposed: PlanProposed) -> str:
    """The new plan, what was changed, and what was not understood of it."""
    language, parts = heard.language, []
    wanted = values_of(request.settings, heard.situation)
    if wanted:
        separator = "，" if language == "zh" else ", "
        named = [
            f"{names.pick(names.FIELDS, field, language)} = "
            f"{names.value(getattr(proposed.plan, field))}"
            for field in wanted
        ]
        parts.append(reply("plan_changed", language, changes=separator.join(named)))
    parts.append(_proposed(heard, proposed))
    return joined([*parts, *left_over(request.settings, language)], language)


def _failed(result: Result, verb: str) -> bool:
    return isinstance(result, Failed) and result.verb == verb


def is_rubric(name: str) -> bool:
    """Whether a dropped file is meant as a rubric."""
    return Path(name).suffix.casefold() in RUBRIC_ENDINGS
