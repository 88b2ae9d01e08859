"""What the buttons of the Export and Certificate folds do, for runs and for kept models alike."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from core.certificates.certify import Wish
from core.certificates.questions import PROMPTS
from core.errors import RunError
from core.export_actions import ExportChoices
from core.exporting.offers import KINDS
from core.exporting.records import HubTarget
from ui.files import lend, to_save
from ui.present.certificate import MOST_PROMPTS
from ui.rooms.train.room import TrainRoom
from ui.words import Voice

LEAVING = frozenset(
    {"export", "cancel-export", "delete-export", "fetch", "certify", "cancel-certify"}
)
"""What the folds ask for."""
NOT_SERVED = "It was asked for without the model server."
Values = Mapping[str, str]


class Left(NamedTuple):
    """What came of it."""

    told: str = ""
    file: dict[str, Any] = {}  # noqa: RUF012  never changed
    """Goes with the drawn widget: a file that the browser saves."""


def leave(room: TrainRoom, asked: Mapping[str, Any], voice: Voice) -> Left:
    """Do what a button asks for; raises what the verbs raise."""
    actions, values = room.actions, asked.get("values", {})
    name, export_id = str(asked["id"]), str(asked.get("export", ""))
    match asked["do"]:
        case "export":
            start(room, name, values)
            return Left(voice("exports.started"))
        case "cancel-export":
            actions.cancel_export(export_id)
        case "delete-export":
            actions.delete_export(export_id)
            return Left(voice("exports.deleted"))
        case "fetch":
            made = actions.export_status(export_id).made
            if made is None:
                raise RunError("There is no file to download.", export_id, "Export it again.")
            file = lend(actions.workspace, Path(made.path))
            return Left(file={"file": to_save(file)})
        case "certify":
            wish = wish_of(values) if not export_id else Wish()
            actions.start_certification(name, export_id or None, wish)
            return Left(voice("parity.started"))
        case "cancel-certify":
            actions.cancel_certification(str(asked["certification"]))
    return Left()


def start(room: TrainRoom, name: str, values: Values) -> None:
    """Start an export as the form asks; raises RunError where the form is not complete."""
    actions, given = room.actions, {key: text.strip() for key, text in values.items()}
    kind = next((one for one in KINDS if one == given.get("kind")), None)
    if kind is None:
        raise RunError("Nothing was chosen to export it as.", name, "Choose one, then export.")
    hub = None
    if kind == "hub":
        hub = HubTarget(
            repo=given.get("repo", ""),
            private="public" not in given,
            overwrite="overwrite" in given,
        )
    choices = ExportChoices.model_validate({
        "gguf_type": given.get("gguf") or "f16",
        "hub": hub,
        "override": answered_for(room, name, given),
        "data_licence": given.get("data_licence", ""),
        "wish": wish_of(given),
    })  # fmt: skip
    actions.start_export(name, kind, choices)


def answered_for(room: TrainRoom, name: str, given: Values) -> str:
    """Who takes a model out although its certificate is red; "" where nobody does.

    Raises RunError when the name that was typed is not the model's, or nobody is named.
    """
    confirmed, who = given.get("confirm", ""), given.get("override", "")
    if not confirmed and not who:
        return ""
    title = room.actions.run(name).run.plan.name if name.startswith("run-") else name
    if confirmed != title:
        raise RunError(
            f"Its certificate is red, and what was typed is not its name, '{title}'.",
            name,
            "Type its name letter by letter, or find out first why it is red.",
        )
    if not who:
        raise RunError(
            "Its certificate is red, and nobody answers for exporting it.", name, "Type your name."
        )
    return who


def wish_of(values: Values) -> Wish:
    """How much is to be measured; raises RunError for a number of rows that is none."""
    text = values.get("prompts", "") or str(PROMPTS)
    if not text.isdigit() or not 1 <= int(text) <= MOST_PROMPTS:
        raise RunError(
            f"A certificate asks 1 to {MOST_PROMPTS} rows, and '{text}' is no such number.",
            fix="Write a number, such as 8.",
        )
    serve = "serve" in values
    return Wish(prompts=int(text), serve=serve, why_not="" if serve else NOT_SERVED)
