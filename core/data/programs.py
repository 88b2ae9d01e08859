"""What programs on a job's folder share: one process a folder, and each end becomes a result."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from typing import NamedTuple

from core.data.jobs import JobFolder, JobResult
from core.data.whole.watching import Stopped
from core.disk import await_lease, write_atomic
from core.errors import DuotuneError

ALREADY_RUNNING = 3


class Unforeseen(NamedTuple):
    """How an error that nobody foresaw is told."""

    problem: str
    """Goes before the error's own words."""
    fix: str


def alone(folder: JobFolder, work: Callable[[], JobResult]) -> int:
    """Do the work as the folder's only process and write its result; the program's exit status."""
    lease = await_lease(folder.lease)
    if lease is None:
        print("Another process does this already.", file=sys.stderr)
        return ALREADY_RUNNING
    try:
        result = work()
        write_atomic(folder.result, result.model_dump_json())
        return int(bool(result.problem))
    finally:
        os.close(lease)


def outcome(folder: JobFolder, work: Callable[[], JobResult], unforeseen: Unforeseen) -> JobResult:
    """The named boundary: whatever goes wrong becomes a result, so that a person is told.

    Raises Stopped, which is no failure, where the work was cancelled.
    """
    try:
        return work()
    except Stopped:
        raise
    except DuotuneError as error:
        return JobResult(problem=error.problem, where=error.where, fix=error.fix)
    except Exception as error:  # noqa: BLE001  what nobody foresaw is typed here, and only here
        traceback.print_exc()
        return JobResult(
            problem=f"{unforeseen.problem}: {type(error).__name__}: {error}",
            where=str(folder.log),
            fix=unforeseen.fix,
        )
