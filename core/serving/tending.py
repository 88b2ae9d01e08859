"""What an app does for its engines now and then: restarts one that crashed, ends leftovers.

That an engine ends when nobody asks is the server program's own doing, so it holds without an app.
"""

from __future__ import annotations

import math
import time
from pathlib import Path

from core.disk import append_line
from core.errors import ServingError
from core.serving import checking, failures, sleeping, states
from core.serving.engine_folder import EngineFolder
from core.serving.engines import Engines, Say
from core.serving.records import Adapter, Engine
from core.serving.vllm_server import ANY

SEEN_S = 120.0
"""Only what was seen alive so lately is started again: not what a reboot ended days ago."""
AGAIN_S = 600.0
"""A second crash within so many seconds is left as it is: a third would come as well."""


def tend(engines: Engines, is_needed: bool, say: Say) -> None:
    """Look after the engines once; `is_needed`: some work goes on that will ask them again.

    Raises ServingError when something can't be ended.
    """
    for engine in engines.all_running():
        engines.folder(engine).seen.touch()
        if is_needed:
            engines.folder(engine).note_use(ANY)
    for folder in engines.crashed():
        if _age(folder.seen) < SEEN_S:
            _again(engines, folder, say)
    engines.end_orphans()


def _age(path: Path) -> float:
    """Seconds since a file was touched; for ever when there is none."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return math.inf


def _again(engines: Engines, folder: EngineFolder, say: Say) -> None:
    """Start a crashed engine once more, with its adapters, or say why not."""
    why = failures.last_error(folder.log)
    if _lately(folder):
        folder.stopped.write_text(states.CRASHED, encoding="ascii")
        say(
            "The model server ended by itself twice within ten minutes, so it is not started "
            f"again. {why}"
        )
        return
    append_line(folder.crashes, str(time.time()))
    say(f"The model server ended by itself and is started again. {why}")
    try:
        engine = engines.restart(folder, say)
    except ServingError as error:
        say(error.problem)
        return
    if engine is not None:
        count = _restore(engines, folder, engine)
        say(f"The model server is back, with {count} adapters.")


def _lately(folder: EngineFolder) -> bool:
    try:
        last = float(folder.crashes.read_text(encoding="ascii").split()[-1])
    except (OSError, ValueError, IndexError):
        return False
    return time.time() - last < AGAIN_S


def _restore(engines: Engines, folder: EngineFolder, engine: Engine) -> int:
    """Register the adapters that an engine had; returns how many it has again."""
    count = 0
    with checking.connect(engine, folder.key().get_secret_value()) as client:
        for name in folder.registered():
            place = engines.workspace.adapter(name)
            if not place.is_dir():
                folder.forget(name)
                continue
            checking.load(client, Adapter(id=name, folder=str(place), rank=engine.max_rank))
            count += 1
    return count


def give_back(engines: Engines, say: Say) -> None:
    """Have the engines' memory free for a trainer: asleep where they can, stopped otherwise.

    Raises ServingError when memory stays.
    """
    living = engines.living()
    slept = {e.id for e in living if sleeping.sleep(engines.folder(e), e, say)}
    if not slept:
        engines.stop_all(say)
        return
    for engine in living:
        if engine.id not in slept:
            engines.stop(engine, say)
