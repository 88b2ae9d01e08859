"""What an engine holds: main memory, GPU memory, and how long it took to load."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import psutil

from core.messages import Record
from core.serving.contenders import Lane
from core.serving.engine_folder import EngineFolder
from core.serving.gpu import gpu_memory
from core.serving.records import Engine
from core.workspace import Workspace

MIB = 2**20


class EngineFacts(Record):
    """What one engine holds; None is not measured."""

    engine_id: str
    model: str
    titles: tuple[str, ...]
    """The contenders that it serves."""
    pss_mib: float | None
    """Main memory of its processes, what they share counted once."""
    gpu_mib: float | None
    """GPU memory in use now above what was in use before it started."""
    load_s: float | None
    """Seconds from its start until it answered."""


def engines_of(workspace: Workspace, lanes: Sequence[Lane]) -> tuple[EngineFacts, ...]:
    """What the engines behind some lanes hold just now; models served elsewhere have none here."""
    titles: dict[str, list[str]] = {}
    for lane in lanes:
        if lane.endpoint.engine_id is not None:
            titles.setdefault(lane.endpoint.engine_id, []).append(lane.title)
    found = []
    for engine_id, names in titles.items():
        folder = EngineFolder(workspace.engine(engine_id))
        engine = folder.load()
        if engine is None:
            continue
        found.append(
            EngineFacts(
                engine_id=engine_id,
                model=Path(engine.base_model).name,
                titles=tuple(names),
                pss_mib=_pss(engine.process.pid),
                gpu_mib=_gpu(engine),
                load_s=_load(folder, engine),
            )
        )
    return tuple(found)


def _pss(pid: int) -> float | None:
    """Proportional set size of a process and all below it, in MiB."""
    try:
        leader = psutil.Process(pid)
        family = [leader, *leader.children(recursive=True)]
        return sum(process.memory_full_info().pss for process in family) / MIB
    except (psutil.Error, AttributeError):  # it ended, or the system has no such figure
        return None


def _gpu(engine: Engine) -> float | None:
    memory = gpu_memory() if engine.gpu_used_before is not None else None
    if memory is None or engine.gpu_used_before is None:
        return None
    return float(memory.used - engine.gpu_used_before)


def _load(folder: EngineFolder, engine: Engine) -> float | None:
    """From its record's time to its first healthy answer; that time has whole seconds."""
    try:
        ready = folder.ready.stat().st_mtime
    except OSError:
        return None
    return max(0.0, ready - datetime.fromisoformat(engine.started).timestamp())
