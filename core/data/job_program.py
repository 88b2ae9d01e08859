"""The data job program: `python -m core.data.job_program FOLDER` does one long piece of work.

It runs apart from the app, so that a page stays quick, and can be ended at any moment.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from core.data import store, versions
from core.data.jobs import JobFolder, JobProgress, JobRequest, JobResult
from core.disk import await_lease, write_atomic
from core.errors import DuotuneError
from core.workspace import Workspace

ALREADY_RUNNING = 3
TELL_EVERY_S = 0.5


def main() -> int:
    """Do what the folder named on the command line asks for; 0 when it is done."""
    folder = JobFolder(Path(sys.argv[1]).resolve())
    lease = await_lease(folder.lease)
    if lease is None:
        print("Another process does this already.", file=sys.stderr)
        return ALREADY_RUNNING
    try:
        return _run(folder)
    finally:
        os.close(lease)


def _run(folder: JobFolder) -> int:
    """The named boundary: whatever goes wrong becomes result.json, so that a person is told."""
    try:
        request = JobRequest.model_validate_json(folder.request.read_bytes())
        workspace = Workspace.open(Path(os.environ["DUOTUNE_HOME"]))
        result = WORK[request.kind](workspace, request, folder)
    except DuotuneError as error:
        result = JobResult(problem=error.problem, where=error.where, fix=error.fix)
    except Exception as error:  # noqa: BLE001  what nobody foresaw is typed here, and only here
        traceback.print_exc()
        result = JobResult(
            problem=f"The work on the data met an unexpected error: {type(error).__name__}: "
            f"{error}",
            where=str(folder.log),
            fix="Start it again. The log has the details.",
        )
    write_atomic(folder.result, result.model_dump_json())
    return int(bool(result.problem))


def _inspect(workspace: Workspace, request: JobRequest, folder: JobFolder) -> JobResult:
    """Read the texts of a dataset of which only the structure was checked."""
    dataset = store.load(workspace, request.dataset_id)
    done = versions.inspect(workspace, dataset, _teller(folder, dataset.summary.rows))
    return JobResult(dataset_id=done.id)


def _teller(folder: JobFolder, total: int | None) -> Callable[[str, int], None]:
    told = 0.0

    def tell(phase: str, rows: int) -> None:
        nonlocal told
        if time.monotonic() - told >= TELL_EVERY_S:
            told = time.monotonic()
            folder.tell(JobProgress(phase=phase, done=rows, total=total))

    return tell


WORK: dict[str, Callable[[Workspace, JobRequest, JobFolder], JobResult]] = {"inspect": _inspect}

if __name__ == "__main__":
    sys.exit(main())
