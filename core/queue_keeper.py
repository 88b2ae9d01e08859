"""The program that starts what waits: `python -m core.queue_keeper WORKSPACE`.

It lives as long as any run of the workspace waits, and one is enough. So a queue goes on with no
app open, and also when a trainer was killed outright and could not start its successor.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path

from core.actions import Actions
from core.disk import await_lease
from core.errors import DuotuneError
from core.identifiers import now
from core.settings import read_settings
from core.training import queue
from core.workspace import Workspace

POLL_S = 2.0
"""A freed slot is noticed this soon: a small share of what loading a model takes."""
TROUBLE_S = 30.0
"""Pause after an error that nobody foresaw, which may be gone then, such as a full disk."""
TRIES = 20


def main(arguments: list[str]) -> int:
    """Keep the queue going until nothing waits; 0 then, 1 when it had to give up."""
    if len(arguments) != 1:
        print("Usage: python -m core.queue_keeper WORKSPACE", file=sys.stderr)
        return 2
    workspace = Workspace.open(Path(arguments[0]))
    while True:
        lease = await_lease(workspace.keeper_lease)
        if lease is None:
            return 0  # another one does it
        try:
            kept = keep(Actions(workspace, read_settings()))
            workspace.keeper_mark.unlink(missing_ok=True)
        finally:
            os.close(lease)
        # Whoever asked for a start in this instant saw the lease held, and relies on this look.
        if not kept or not queue.anything_waits(workspace):
            return 0 if kept else 1


def keep(actions: Actions) -> bool:
    """Start what waits until nothing does; False when errors that nobody foresaw won't end."""
    troubles = 0
    while queue.anything_waits(actions.workspace):
        troubles = 0 if _advanced(actions) else troubles + 1
        if troubles >= TRIES:
            return False
        time.sleep(TROUBLE_S if troubles else POLL_S)
    return True


def _advanced(actions: Actions) -> bool:
    """The program's boundary: what goes wrong is told in its log, and tried again."""
    try:
        for run_id in actions.advance_queue(_say):
            _say(f"Started {run_id}.")
    except DuotuneError as error:
        _say(str(error))
        return False
    except Exception:  # noqa: BLE001  nobody foresaw it; the queue must not end with it
        traceback.print_exc()
        return False
    return True


def _say(words: str) -> None:
    print(f"{now()} {words}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
