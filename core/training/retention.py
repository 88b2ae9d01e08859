"""How long ended runs are kept: what is cleared away, when, and by which clock.

Days are counted by the workspace itself, from look to look, and a gap between two looks counts as
one day at most. So neither a clock that jumps nor a long holiday clears anything unseen: each run
is shown with its date on several days before.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from core import trash
from core.disk import take_lease, write_atomic
from core.identifiers import now
from core.messages import Record
from core.training.records import DAY_S, WARNED_DAYS, Run
from core.workspace import RunFolder, Workspace

LONGEST_GAP_S = DAY_S
"""Time between two looks counts as no more than this."""
SMALL_BYTES = 20_000_000
"""A file directly in a run's folder that is larger is cleared away too."""
HOUR_S = 3600.0


class Seen(Record):
    """How much time a workspace has seen."""

    at: float
    """The clock at the last look: seconds since the epoch."""
    seconds: float
    """Counted so far."""


class Ended(Record):
    """When a run was first seen to have ended."""

    attempt: int
    status: str
    seconds: float
    """By the workspace's count."""


class Cleared(Record):
    """What was cleared away of a run, and when."""

    at: str
    """ISO time, UTC."""
    bytes: int
    reason: str


def look(workspace: Workspace, at: float | None = None) -> Seen:
    """Count the time since the last look; `at` is the clock's seconds since the epoch."""
    at = time.time() if at is None else at
    before = seen(workspace)
    gap = 0.0 if before is None else min(max(at - before.at, 0.0), LONGEST_GAP_S)
    found = Seen(at=at, seconds=(before.seconds if before else 0.0) + gap)
    write_atomic(workspace.clock, found.model_dump_json())
    return found


def seen(workspace: Workspace) -> Seen | None:
    """The workspace's count at the last look; None before the first one."""
    try:
        return Seen.model_validate_json(workspace.clock.read_bytes())
    except (OSError, ValidationError):
        return None


def dated(workspace: Workspace, runs: list[Run]) -> list[Run]:
    """The same runs, with the date on which each is cleared away."""
    known = seen(workspace)
    return [_dated(workspace, run, known) for run in runs]


def _dated(workspace: Workspace, run: Run, known: Seen | None) -> Run:
    left = _left_s(workspace, run, known)
    if left is None:
        return run
    counted_from = known.at if known is not None else _epoch_s(run.ended)
    moment = datetime.fromtimestamp(counted_from + left, UTC)
    return run.model_copy(update={"clears_at": moment.isoformat(timespec="seconds")})


def _epoch_s(moment: str | None) -> float:
    return datetime.fromisoformat(moment).timestamp() if moment else time.time()


def _left_s(workspace: Workspace, run: Run, known: Seen | None) -> float | None:
    """Seconds until a run is cleared away; None when it never is."""
    days = run.plan.retention_days
    if run.is_live or run.status == "cleared" or run.kept_as or days is None or not run.attempt:
        return None
    ended = _ended(workspace.run(run.id), run)
    if known is None or ended is None:
        return days * DAY_S
    return days * DAY_S - (known.seconds - ended.seconds)


def _ended(folder: RunFolder, run: Run) -> Ended | None:
    try:
        found = Ended.model_validate_json(folder.ended.read_bytes())
    except (OSError, ValidationError):
        return None
    return found if (found.attempt, found.status) == (run.attempt, run.status) else None


def warning(run: Run) -> str:
    """What the person must know of a run that is cleared away soon; "" when that is not soon."""
    if run.clears_at is None:
        return ""
    left = (datetime.fromisoformat(run.clears_at) - datetime.now(UTC)).total_seconds()
    if left > WARNED_DAYS * DAY_S:
        return ""
    return (
        f"The weights and log of run '{run.plan.name}' are cleared away on {run.clears_at[:10]}. "
        "Keep it to have its model in the library."
    )


# -- clearing ---------------------------------------------------------------------------------


def sweep(
    workspace: Workspace,
    runs: tuple[Run, ...],
    in_use: Callable[[Run], bool],
    at: float | None = None,
) -> tuple[str, ...]:
    """Count the time, note which runs have ended, and clear away those whose days are over.

    Returns the ids of those. `in_use` says which ones to leave, such as one that is served. Only
    one process of a workspace does this at a time; the others return at once.
    """
    lease = take_lease(workspace.locks / "retention.lease")
    if lease is None:
        return ()
    try:
        return _swept(workspace, runs, in_use, at)
    finally:
        os.close(lease)


def _swept(
    workspace: Workspace, runs: tuple[Run, ...], in_use: Callable[[Run], bool], at: float | None
) -> tuple[str, ...]:
    known, over = look(workspace, at), []
    for run in runs:
        folder = workspace.run(run.id)
        if run.status == "cleared":
            _empty(workspace, folder)  # one that was cut off goes on
            continue
        left = _left_s(workspace, run, known)
        if left is None:
            continue
        if _ended(folder, run) is None:
            mark = Ended(attempt=run.attempt, status=run.status, seconds=known.seconds)
            write_atomic(folder.ended, mark.model_dump_json())
        elif left <= 0 and not in_use(run):
            days = run.plan.retention_days
            clear(workspace, run.id, f"It ended more than {days} days ago, and nobody kept it.")
            over.append(run.id)
    trash.empty(workspace)
    return tuple(over)


def is_due(workspace: Workspace) -> bool:
    """Whether the last look was more than an hour ago."""
    known = seen(workspace)
    return known is None or abs(time.time() - known.at) > HOUR_S


def clear(workspace: Workspace, run_id: str, reason: str) -> Cleared:
    """Clear away a run's weights and log; its plan, events and figures stay as what happened."""
    folder = workspace.run(run_id)
    size = sum(path.stat().st_size for path in _heavy(folder) for path in _files(path))
    record = Cleared(at=now(), bytes=size, reason=reason)
    write_atomic(folder.cleared, record.model_dump_json(indent=1))  # from here on it is cleared
    _empty(workspace, folder)
    return record


def _empty(workspace: Workspace, folder: RunFolder) -> None:
    for path in _heavy(folder):
        trash.discard(workspace, path)


def _heavy(folder: RunFolder) -> list[Path]:
    """Folders, the log, and what else is large: all that the history can do without."""
    return [
        path
        for path in sorted(folder.root.iterdir())
        if path.is_dir() or path == folder.log or _is_large(folder, path)
    ]


def _is_large(folder: RunFolder, path: Path) -> bool:
    return path != folder.events and path.stat().st_size > SMALL_BYTES


def _files(path: Path) -> list[Path]:
    return [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]
