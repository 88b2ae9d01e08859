"""What to do about requests on plans and runs beyond starting and stopping, by rule."""

from __future__ import annotations

from typing import Any

from core.assistant.hearing import Heard, Step
from core.assistant.replies import reply
from core.assistant.understanding import Request
from core.assistant.wanted import values_of


def diagnose(heard: Heard, request: Request) -> Step:
    """Why a run ended badly; of one that did not, how it stands."""
    if request.run or heard.situation.ended_badly is not None:
        return Step("", "diagnose", of(request))
    if heard.situation.newest is not None:
        return Step("", "run")
    return Step(reply("nothing_failed", heard.language))


def remedy(heard: Heard, request: Request) -> Step:
    if not request.run and heard.situation.ended_badly is None:
        return Step(reply("nothing_failed", heard.language))
    return Step("", "apply_remedy", of(request))


def extend(heard: Heard, request: Request) -> Step:
    """So many epochs more; without a number, as any going on."""
    epochs = request.settings.added.get("epochs") or request.settings.values.get("epochs")
    if epochs is None:
        situation = heard.situation
        if situation.resumable is not None:
            return Step("", "resume_run", of(request))
        return Step(reply("which_value_unknown", heard.language, example=_more(heard)))
    if heard.situation.extendable is None:
        return Step(reply("no_extendable", heard.language))
    return Step("", "resume_run", of(request) | {"extend": float(epochs)})


def _more(heard: Heard) -> str:
    return "延长 2 轮" if heard.language == "zh" else "extend it by 2 epochs"


def clone(heard: Heard, request: Request) -> Step:
    if heard.situation.newest is None:
        return Step(reply("no_run_to_clone", heard.language))
    wanted = values_of(request.settings, heard.situation)
    changes = {name: value for name, value in wanted.items() if value is not None}
    return Step("", "clone_run", of(request) | ({"changes": changes} if changes else {}))


def sweep(heard: Heard, request: Request) -> Step:
    if heard.situation.dataset_id is None:
        return Step(reply("no_data", heard.language))
    wanted = {n: v for n, v in request.settings.values.items() if v is not None}
    named = request.varied.items()
    varied = {name: list(values) for name, values in named if values or name not in wanted}
    if not varied:
        return Step(reply("sweep_which", heard.language))
    others = {name: value for name, value in wanted.items() if name not in varied}
    return Step("", "start_sweep", {"varied": varied} | ({"changes": others} if others else {}))


def compare(heard: Heard, request: Request) -> Step:
    if len(request.runs) == 1 or len(heard.situation.run_names) < 2:
        return Step(reply("compare_which", heard.language))
    return Step("", "compare_runs", {"runs": list(request.runs)} if request.runs else {})


def fits(heard: Heard, _: Request) -> Step:
    if heard.situation.dataset_id is None:
        return Step(reply("nothing_to_measure", heard.language))
    return Step("", "fit")


def measure(heard: Heard, _: Request) -> Step:
    if heard.situation.dataset_id is None:
        return Step(reply("nothing_to_measure", heard.language))
    return Step("", "start_preflight")


def stop_preflight(heard: Heard, _: Request) -> Step:
    if heard.situation.preflight is None:
        return Step(reply("no_preflight", heard.language))
    return Step("", "cancel_preflight")


def move(_: Heard, request: Request) -> Step:
    """To the front of the queue; the queue itself where no run was named."""
    if request.run is None:
        return Step("", "queue")
    return Step("", "move_run", {"run": request.run})


def keep(heard: Heard, request: Request) -> Step:
    if heard.situation.finished is None:
        return Step(reply("no_finished", heard.language))
    name = {"name": request.new_name} if request.new_name else {}
    return Step("", "keep_run", of(request) | name)


def rename(heard: Heard, request: Request) -> Step:
    if heard.situation.newest is None:
        return Step(reply("no_run", heard.language))
    if request.new_name is None:
        return Step(reply("rename_to_what", heard.language))
    return Step("", "rename_run", of(request) | {"name": request.new_name})


def delete(heard: Heard, request: Request) -> Step:
    if heard.situation.newest is None:
        return Step(reply("no_run", heard.language))
    return Step("", "delete_run", of(request))


def of(request: Request) -> dict[str, Any]:
    """The run that is meant, where one was named."""
    return {"run": request.run} if request.run else {}
