"""An open app clears away what is due and lets the queue go on, also after trouble."""

from __future__ import annotations

import time

from core.actions import Actions
from core.errors import WorkspaceError
from core.settings import Settings
from core.training import retention
from core.training.records import Run
from core.workspace import Workspace
from ui.upkeep import Upkeep


class Watched(Actions):
    """Notes what is asked of it; the first look meets a full disk."""

    done: list[str] = []  # noqa: RUF012  one test looks at it

    def keep_house(self) -> tuple[str, ...]:
        self.done.append("house")
        if len(self.done) == 1:
            raise WorkspaceError("The disk is full.")
        return ()

    def runs(self) -> tuple[Run, ...]:
        self.done.append("runs")
        return ()


def test_it_looks_at_once_and_again_until_it_is_ended(workspace: Workspace) -> None:
    actions = Watched(workspace, Settings())
    upkeep = Upkeep(actions, poll_s=0.01)
    upkeep.start()
    deadline = time.monotonic() + 5
    while actions.done.count("house") < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    upkeep.end()
    assert actions.done[:2] == ["house", "house"], "no look was counted yet, so it is due again"
    retention.look(workspace)
    upkeep.look()
    assert actions.done[-1] == "runs"
    retention.look(workspace, at=time.time() - 2 * 3600)
    upkeep.look()
    assert actions.done[-1] == "house"
