"""The download program: `python -m core.models.download_program FOLDER` fetches one base model.

It runs apart from the app, so that a download outlives a closed page, and can be ended any time.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from core.data.jobs import JobFolder, JobResult
from core.disk import append_line, await_lease, write_atomic
from core.errors import DuotuneError
from core.models.downloads import DownloadRequest
from core.models.fetching import FetchProgress, fetch_model
from core.settings import read_settings

ALREADY_RUNNING = 3
CHUNK_BYTES = 1 << 20
"""What the hub's client writes at a time; its own 10 MB are lost whenever a line breaks."""


def main() -> int:
    """Fetch what the folder named on the command line asks for; 0 when it is here."""
    folder = JobFolder(Path(sys.argv[1]).resolve())
    if await_lease(folder.lease) is None:
        print("Another process does this already.", file=sys.stderr)
        return ALREADY_RUNNING
    result = run(folder)
    write_atomic(folder.result, result.model_dump_json())
    return int(bool(result.problem))


def run(folder: JobFolder) -> JobResult:
    """The named boundary: whatever goes wrong becomes a result, so that a person is told."""

    def tell(progress: FetchProgress) -> None:
        append_line(folder.progress, progress.model_dump_json())

    from huggingface_hub import constants

    constants.DOWNLOAD_CHUNK_SIZE = CHUNK_BYTES
    try:
        request = DownloadRequest.model_validate_json(folder.request.read_bytes())
        fetch_model(request.model, request.revision, read_settings(), tell)
    except DuotuneError as error:
        return JobResult(problem=error.problem, where=error.where, fix=error.fix)
    except Exception as error:  # noqa: BLE001  what nobody foresaw is typed here, and only here
        traceback.print_exc()
        return JobResult(
            problem=f"The download met an unexpected error: {type(error).__name__}: {error}",
            where=str(folder.log),
            fix="Start it again. The log has the details.",
        )
    return JobResult()


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # files that are still arriving would be waited for, though one has failed
