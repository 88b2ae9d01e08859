"""The download program: `python -m core.models.download_program FOLDER` fetches one base model.

It runs apart from the app, so that a download outlives a closed page, and can be ended any time.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from core.data.jobs import JobFolder, JobResult
from core.data.programs import Unforeseen, alone, outcome
from core.disk import append_line
from core.models.downloads import DownloadRequest
from core.models.fetching import FetchProgress, fetch_model
from core.settings import read_settings

UNFORESEEN = Unforeseen(
    "The download met an unexpected error", "Start it again. The log has the details."
)
CHUNK_BYTES = 1 << 20
"""What the hub's client writes at a time; its own 10 MB are lost whenever a line breaks."""


def main() -> int:
    """Fetch what the folder named on the command line asks for; 0 when it is here."""
    folder = JobFolder(Path(sys.argv[1]).resolve())
    return alone(folder, lambda: run(folder))


def run(folder: JobFolder) -> JobResult:
    """Fetch it; whatever goes wrong is in the result."""

    def tell(progress: FetchProgress) -> None:
        append_line(folder.progress, progress.model_dump_json())

    def work() -> JobResult:
        request = DownloadRequest.model_validate_json(folder.request.read_bytes())
        fetch_model(request.model, request.revision, read_settings(), tell)
        return JobResult()

    from huggingface_hub import constants

    constants.DOWNLOAD_CHUNK_SIZE = CHUNK_BYTES
    return outcome(folder, work, UNFORESEEN)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # files that are still arriving would be waited for, though one has failed
