"""Published copies of adapters: kept while an engine may read them, removed when none does.

Any of them can be made again from its run in milliseconds, under the same name.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from core.serving import adapters
from core.training import checkpoints, manifests
from core.workspace import RunFolder, Workspace

if TYPE_CHECKING:
    from core.serving.engines import Engines

UNUSED_S = 3600.0
"""How long a copy lies that no engine has, before it is cleared away."""
PARTS = (adapters.CONFIG, adapters.WEIGHTS)


def name_of(folder: Path) -> str | None:
    """What an adapter is served as, as its manifest has its content; None where it is none."""
    manifest = manifests.read(folder)
    if manifest is None or not all(part in manifest.files for part in PARTS):
        return None
    return adapters.name_of([manifest.files[part].sha256 for part in PARTS])


def of_run(folder: RunFolder) -> tuple[str, ...]:
    """Names under which adapters of a run may have been published: its result, its checkpoints."""
    places = [folder.adapter, *(each.path for each in checkpoints.complete(folder.checkpoints))]
    return tuple(name for place in places if (name := name_of(place)) is not None)


def runs_of(workspace: Workspace, names: Iterable[str]) -> tuple[str, ...]:
    """Runs whose adapters are served under any of these names, by id."""
    wanted = set(names)
    runs = sorted(path.name for path in workspace.runs.glob("run-*")) if wanted else []
    return tuple(each for each in runs if wanted & {*of_run(workspace.run(each))})


def registered(engines: Engines) -> frozenset[str]:
    """Adapters that a living engine has, or one that may be started again."""
    living = [engines.folder(engine) for engine in engines.living()]
    return frozenset(name for each in (*living, *engines.crashed()) for name in each.registered())


def remove(engines: Engines, names: Iterable[str]) -> tuple[str, ...]:
    """Remove copies that no engine has; returns which."""
    places = {engines.workspace.adapter(name) for name in set(names) - registered(engines)}
    gone = sorted(place for place in places if place.is_dir())
    for place in gone:
        shutil.rmtree(place)
    return tuple(place.name for place in gone)


def sweep(engines: Engines) -> tuple[str, ...]:
    """Remove copies that no engine has and nobody published lately; returns which."""
    if not engines.workspace.adapters.is_dir():
        return ()
    oldest = time.time() - UNUSED_S
    found = engines.workspace.adapters.glob("ad-*")
    return remove(engines, [place.name for place in found if place.stat().st_mtime < oldest])
