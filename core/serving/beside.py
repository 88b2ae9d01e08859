"""Which engines stay when another one is to be started, so that nobody's answer is cut off."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from core.errors import ServingError
from core.serving import published, room
from core.serving.engine_folder import EngineFolder
from core.serving.launch import Wanted
from core.serving.records import Engine
from core.workspace import Workspace

LATELY_S = 300.0
"""Asked within so many seconds, an engine of another model stays where memory allows: somebody may
be in the middle of a conversation, and to start it again takes half a minute."""


def kept(
    workspace: Workspace,
    living: Sequence[EngineFolder],
    taken: Collection[str],
    missing: Sequence[Wanted],
) -> frozenset[str]:
    """Living engines that are left as they are, by id; those that were `taken` are among them.

    `missing` are still to be started. An engine that is being asked is never given up: raises
    ServingError naming who is asked where it leaves too little memory for them.
    """
    stay = set(taken)
    others = [folder for folder in living if folder.root.name not in stay]
    asked = [folder for folder in others if folder.asked()]
    room_left = room.left_beside(missing)
    if asked and not room_left:
        raise _refusal(workspace, asked)
    stay.update(folder.root.name for folder in asked)
    if room_left:
        stay.update(f.root.name for f in others if _was_asked_lately(f, missing))
    return frozenset(stay)


def _was_asked_lately(folder: EngineFolder, missing: Sequence[Wanted]) -> bool:
    """Not of an engine that one for the same model takes the place of."""
    engine = folder.load()
    if engine is None or any(engine.model_path == each.given for each in missing):
        return False
    return time.time() - folder.last_asked() < LATELY_S


def _refusal(workspace: Workspace, asked: Sequence[EngineFolder]) -> ServingError:
    names = ", ".join(_who(workspace, folder) for folder in asked)
    return ServingError(
        f"{names} is being asked now, and there is not enough memory for another model server "
        "beside it.",
        ", ".join(folder.root.name for folder in asked),
        "Wait until the answers are complete, or stop the model server, then try again.",
    )


def _who(workspace: Workspace, folder: EngineFolder) -> str:
    """The base, and the runs whose adapters are asked."""
    engine: Engine | None = folder.load()
    runs = published.runs_of(workspace, folder.asked())
    return " + ".join([engine.base_model if engine else folder.root.name, *runs])
