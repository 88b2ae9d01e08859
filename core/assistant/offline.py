"""The offline driver: decides the next step of a turn by rule, without a language model."""

from __future__ import annotations

from typing import Any

from core.assistant import names, telling
from core.assistant.choosing import choose, left_over
from core.assistant.choosing_worth import after_curve, after_need
from core.assistant.data_said import held_out_of
from core.assistant.hearing import Heard, Step
from core.assistant.replies import joined, reply
from core.assistant.results import (
    Failed,
    PlanProposed,
    Result,
    RunSeen,
)
from core.assistant.results_data import (
    DataChanged,
    DataSeen,
)
from core.assistant.results_runs import RunDiagnosed
from core.assistant.results_worth import CurveSeen
from core.assistant.situation import other_epochs
from core.assistant.understanding import Known, Request, understand
from core.assistant.wanted import plan_arguments, values_of

EXAMPLE = "support_desk.jsonl"


def next_step(heard: Heard, results: list[Result]) -> Step:
    """The next step, given what the tools of this turn answered so far."""
    if heard.decided:
        return _after_decision(heard, results)
    known = Known(
        models=heard.models,
        runs=heard.situation.run_names,
        kept=heard.situation.kept_names,
        datasets=heard.situation.dataset_names,
        questions=heard.situation.questions,
        files=heard.known_files,
    )
    request = understand(heard.text, pending=heard.situation.pending is not None, known=known)
    if files := [name for name in heard.files if name not in heard.rubrics]:
        return _files(heard, request, files, results)
    if heard.files and request.intent != "evaluate":
        return Step(reply("rubric_kept", heard.language, file=heard.files[0]))
    if request.intent == "demo_data":
        return _upload(heard, request, [EXAMPLE], results)
    if results:
        return _after(heard, request, results)
    if request.data.is_against and request.data.file:
        return Step("", "leaks", {"against": request.data.file})
    return choose(heard, request)


# -- files ----------------------------------------------------------------------------------------


def _files(heard: Heard, request: Request, files: list[str], results: list[Result]) -> Step:
    """Files to learn from; or one to compare with, when that is what the person asks."""
    if not request.data.is_against:
        return _upload(heard, request, files, results)
    named = request.data.file if request.data.file in files else None
    held_out = held_out_of(files, named)
    others = [name for name in files if name != held_out]
    if not others and heard.situation.dataset_id is None:
        return _upload(heard, request, files, results)
    if len(results) < len(others):
        return Step("", "import_data", {"file": others[len(results)]})
    if len(results) == len(others):
        seen = [each for each in results if isinstance(each, DataSeen)]
        told = "\n\n".join(telling.tell(each, heard.language) for each in seen)
        if others and not seen:
            return Step(telling.tell(results[-1], heard.language))
        return Step(told, "leaks", {"against": held_out})
    return Step(telling.tell(results[-1], heard.language))


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
    text = "\n\n".join(telling.tell(each, heard.language) for each in seen)
    return _then_plan(heard, text, seen[-1], arguments)


def _then_plan(heard: Heard, text: str, seen: DataSeen, arguments: dict[str, Any]) -> Step:
    """Propose a plan once the texts are read and there is enough to train on."""
    if seen.too_few:
        return Step(joined((text, reply("data_too_few", heard.language)), heard.language))
    return Step(text, "propose_plan", arguments) if seen.inspected else Step(text)


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
        return _after_refusal(heard, results)
    if not results:
        return Step(reply("ended", heard.language))
    if isinstance(results[0], DataChanged):
        return _after_change(heard, results)
    last = results[-1]
    if heard.decided == "need_for_training":
        return Step(_proposed(heard, last)) if len(results) > 1 else after_need(heard, last)
    if isinstance(last, RunSeen):
        return Step(reply("started", heard.language, name=last.name))
    return Step(_told(heard, last))


def _after_refusal(heard: Heard, results: list[Result]) -> Step:
    """Leave everything as it is; a plan that waited before a repair was proposed comes back."""
    if results:
        return Step(_proposed(heard, results[-1]))
    if heard.decided == "start_training":
        return Step(reply("declined", heard.language))
    told, situation = reply("left_alone", heard.language), heard.situation
    plans = heard.decided in ("repair", "unmask") or situation.set_aside
    plans = plans and situation.can_train and situation.is_inspected
    return Step(told, "propose_plan" if plans else None)


def _after(heard: Heard, request: Request, results: list[Result]) -> Step:
    if isinstance(results[0], DataChanged):
        return _after_change(heard, results)
    last = results[-1]
    if isinstance(last, RunDiagnosed):
        return _after_diagnosis(heard, last)
    if isinstance(last, CurveSeen):
        return after_curve(heard, last)
    if isinstance(last, PlanProposed):
        if request.intent == "explain_plan":
            return Step(telling.reasons(last.plan, heard.language))
        return Step(_changes_told(heard, request, last))
    return Step(_told(heard, last))


def _after_diagnosis(heard: Heard, found: RunDiagnosed) -> Step:
    """Say why, then ask for a yes to what helps."""
    text = telling.tell(found, heard.language)
    verb = {"continue": "resume_run", "again": "apply_remedy"}.get(found.remedy or "")
    return Step(text, verb, {"run": found.run_id}) if verb else Step(text)


def _after_change(heard: Heard, results: list[Result]) -> Step:
    """Say what changed; the plan was for the data as it was before, so propose it anew."""
    first = results[0]
    assert isinstance(first, DataChanged)
    if len(results) > 1:
        return Step(_proposed(heard, results[-1]))
    text = telling.tell(first, heard.language)
    return _then_plan(heard, text, first.data, {"dataset_id": first.data.dataset_id})


def _told(heard: Heard, result: Result) -> str:
    """A result in words, with what can be done next where that is not obvious."""
    language, text = heard.language, telling.tell(result, heard.language)
    if result.kind == "evaluation" and result.status == "starting" and not result.already:
        return reply("evaluating", language, name=result.run_name)
    if isinstance(result, RunSeen) and result.can_be_tried:
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
            f"{names.value(getattr(proposed.plan, field), language)}"
            for field in wanted
        ]
        parts.append(reply("plan_changed", language, changes=separator.join(named)))
    parts.append(_proposed(heard, proposed))
    return joined([*parts, *left_over(request.settings, language)], language)


def _failed(result: Result, verb: str) -> bool:
    return isinstance(result, Failed) and result.verb == verb
