"""What to do when somebody asks whether training, or more data, is worth it: by rule."""

from __future__ import annotations

from core.assistant import telling, telling_worth
from core.assistant.choosing_data import no_data
from core.assistant.choosing_runs import of
from core.assistant.hearing import Heard, Step
from core.assistant.replies import joined, reply
from core.assistant.results import Result
from core.assistant.results_worth import CurveSeen, NeedSeen
from core.assistant.understanding import Request


def need(heard: Heard, request: Request) -> Step:
    """Ask the base model first; the question says how often before it is done."""
    if none := no_data(heard):
        return none
    return Step("", "need_for_training", {"limit": request.limit} if request.limit else {})


def after_need(heard: Heard, result: Result) -> Step:
    """Say what it reaches; a plan that waited comes back."""
    text, situation = telling.tell(result, heard.language), heard.situation
    if situation.set_aside and situation.can_train and situation.is_inspected:
        return Step(text, "propose_plan")
    if isinstance(result, NeedSeen):
        text = joined((text, reply("need_train", heard.language)), heard.language)
    return Step(text)


def more_data(heard: Heard, request: Request) -> Step:
    """The learning curve of a run; without a run, how to get one."""
    if none := no_data(heard):
        return none
    if heard.situation.finished is None:
        return Step(reply("curve_needs_run", heard.language))
    return Step("", "learning_curve", of(request))


def after_curve(heard: Heard, found: CurveSeen) -> Step:
    """Say how it stands, then ask for a yes to what it lacks."""
    text = telling_worth.tell(found, heard.language)
    if found.next == "start":
        return Step(text, "start_curve", {"run": found.run_id})
    if found.next == "evaluate":
        asked = {"run": found.next_run, "of_curve": found.run_id}
        return Step(text, "start_evaluation", asked)
    return Step(text)
