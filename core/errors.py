"""Errors a person can act on: what happened, where, and what to do next.

DuotuneError
├── DataError        a file or its rows cannot be used
├── PlanError        a training plan cannot be carried out as written
├── ModelError       a base model cannot be found, read or trusted
├── RunError         a run is not in a state that allows what was asked
├── ServingError     the engine cannot start, answer, or prove what it serves
├── JudgeError       a judge endpoint gave nothing that can be counted
├── RubricError      a rubric file is not a rubric
├── SettingError     a setting or environment variable is missing or unsafe
└── WorkspaceError   the disk does not allow what was asked (missing, full, read-only)
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class DuotuneError(Exception):
    """Something a person can act on; arguments are positional so that it survives pickling."""

    def __init__(self, problem: str, where: str = "", fix: str = "") -> None:
        super().__init__(problem, where, fix)
        self.problem, self.where, self.fix = problem, where, fix

    def __str__(self) -> str:
        return "\n".join(part for part in (self.problem, self.where, self.fix) if part)


class DataError(DuotuneError):
    """A file, or every row in it, cannot be used."""


class PlanError(DuotuneError):
    """A training plan cannot be carried out as written."""


class ModelError(DuotuneError):
    """A base model cannot be found, read or trusted."""


class RunError(DuotuneError):
    """A run is not in a state that allows what was asked."""


class ServingError(DuotuneError):
    """The engine cannot start, answer, or prove what it serves."""


class JudgeError(DuotuneError):
    """A judge endpoint gave nothing that can be counted."""


class RubricError(DuotuneError):
    """A rubric file is not a rubric."""


class SettingError(DuotuneError):
    """A setting or environment variable is missing or unsafe."""


class WorkspaceError(DuotuneError):
    """The disk does not allow what was asked: missing, full or read-only."""


DISK_FIXES = {
    errno.ENOSPC: "Free some space on that disk, then try again. Nothing saved before was changed.",
    errno.EDQUOT: "Your disk quota is used up: free some space, then try again.",
    errno.EROFS: "That disk is read-only: choose another workspace with DUOTUNE_HOME.",
    errno.EACCES: "This user may not write there: choose another workspace with DUOTUNE_HOME.",
    errno.EPERM: "This user may not write there: choose another workspace with DUOTUNE_HOME.",
}


@contextmanager
def disk_errors(path: Path, doing: str) -> Iterator[None]:
    """Turn the operating system's refusals into a WorkspaceError that names path and remedy."""
    try:
        yield
    except OSError as error:
        fix = DISK_FIXES.get(error.errno or 0, "Check that this path can be written.")
        raise WorkspaceError(f"Could not {doing}: {error.strerror}.", str(path), fix) from error
