"""Runs side by side, sweeps, and the models that are kept."""

from __future__ import annotations

from typing import Any

from core.errors import RunError
from core.library_actions import Deletion
from ui import leaving
from ui.components import html, widget
from ui.present import library, run_compare
from ui.rooms.train.room import TrainRoom
from ui.visit import Visit
from ui.words import Voice

SWEEPS = 10
"""Newest ones that are shown."""


class Comparing:
    """The tab in which runs are put side by side."""

    def __init__(self, room: TrainRoom) -> None:
        self.room = room
        self.choose = widget("acts", "train-compare", role="acts")
        self.result = html("train-compared")

    def draw(self, visit: Visit) -> list[Any]:
        """All runs to choose from; the comparison stays until another one is asked for."""
        return [{"html": run_compare.choose(self.room.watch.runs(), visit.voice)}]

    def compare(self, values: dict[str, str], voice: Voice) -> str:
        """The runs that are ticked, side by side.

        Raises RunError for fewer than two, or more than can be read.
        """
        ids = [run_id for run_id in values.get("runs", "").split(",") if run_id]
        return run_compare.comparison(self.room.actions.compare_runs(ids), voice)


class Sweeping:
    """The tab of the sweeps."""

    def __init__(self, room: TrainRoom) -> None:
        self.room = room
        self.view = widget("acts", "train-sweeps", role="acts")

    def draw(self, visit: Visit) -> list[Any]:
        """The newest sweeps with what came of them so far."""
        watch = self.room.watch
        found = [watch.sweep_result(sweep) for sweep in watch.sweeps()[:SWEEPS]]
        names = {run.id: run.plan.name for run in watch.runs()} if found else {}
        return [{"html": run_compare.sweeps(found, names, visit.voice)}]


class Library:
    """The tab of the models that are kept."""

    def __init__(self, room: TrainRoom) -> None:
        self.room = room
        self.view = widget("acts", "train-library", role="acts")

    def draw(self, visit: Visit, going: Deletion | None = None) -> list[Any]:
        """Every model in the library; `going` is what deleting one of them would take along."""
        watch = self.room.watch
        shown = [library.Shown(one, leaving.of_kept(watch, one)) for one in watch.shelf()]
        return [{"html": library.library(shown, visit.voice, going)}]

    def do(self, asked: dict[str, Any], visit: Visit) -> tuple[list[Any], str]:
        """What a button of a model's card asks for: the drawn library, and what to say of it.

        Raises RunError when the model is not there any more, or can't be changed while served.
        """
        actions, voice = self.room.actions, visit.voice
        do, name = str(asked["do"]), str(asked.get("id", ""))
        if do == "look-delete":
            return self.draw(visit, actions.deletion(name)), ""
        told = ""
        if do == "remove":
            self.remove(name)
        elif do == "delete":
            told = voice("library.deleted", name=actions.delete_kept(name).name)
        elif do == "try":
            actions.try_kept(name)
            told = voice("library.tried", name=name)
        elif do == "label":
            self._label(name, asked.get("values", {}))
        return self.draw(visit), told

    def _label(self, name: str, values: dict[str, str]) -> None:
        new_name = values.get("name", "").strip()
        if new_name and new_name != name:
            name = self.room.actions.rename_kept(name, new_name).entry.name
        self.room.actions.note_kept(name, values.get("note", ""))

    def remove(self, name: str) -> None:
        """Take a model out; raises RunError when it is not there any more."""
        if not name:
            raise RunError("Say which model to take out.")
        self.room.actions.remove_kept(name)
