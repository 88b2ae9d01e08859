"""What to do about requests on the model library, by rule; and what is asked before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.assistant.hearing import Heard, Step
from core.assistant.records import Language, Pending
from core.assistant.replies import reply
from core.assistant.understanding import Request

if TYPE_CHECKING:
    from core.actions import Actions


def bring(heard: Heard, request: Request) -> Step:
    """Import a model; the folder must be named."""
    said = request.library
    if said.folder is None:
        return Step(reply("import_where", heard.language))
    given = {"folder": said.folder, "base_model": said.base, "name": request.new_name}
    return Step("", "import_model", {key: value for key, value in given.items() if value})


def export(heard: Heard, request: Request) -> Step:
    """Export the model that is named, else the newest; as what must be said."""
    if not _of(request) and heard.situation.finished is None:
        return Step(reply("no_finished", heard.language))
    if request.library.kind is None:
        return Step(reply("export_kind", heard.language))
    return Step("", "start_export", {"kind": request.library.kind} | _of(request))


def parity(heard: Heard, request: Request) -> Step:
    """Prove the model that is named, else the newest."""
    if not _of(request) and heard.situation.finished is None:
        return Step(reply("no_finished", heard.language))
    return Step("", "certify", _of(request))


def _of(request: Request) -> dict[str, Any]:
    """A model of the library that is named, or a run."""
    named = request.kept or request.run
    return {"model": named} if named else {}


def question(actions: Actions, pending: Pending, language: Language) -> str:
    """What is asked before an import, an export or a proof."""
    given = pending.arguments
    if pending.verb == "import_model":
        return reply("import_waits", language, folder=given["folder"])
    name = given["model"]
    if name.startswith("run-"):
        name = actions.run(name).run.plan.name
    key = "export_waits" if pending.verb == "start_export" else "certify_waits"
    return reply(key, language, name=name, kind=given.get("kind", ""))
