"""The export program: `python -m core.exporting.export_program FOLDER` makes one export.

It runs apart from the app, so that an export outlives a closed page, and can be ended any time.
"""

from __future__ import annotations

import sys
from pathlib import Path

from core.data.jobs import JobResult
from core.data.programs import Unforeseen, alone, outcome
from core.disk import append_line, write_atomic
from core.exporting.carrying import Carrier
from core.exporting.records import ExportFolder, ExportProgress, ExportRequest
from core.settings import read_settings
from core.workspace import Workspace

UNFORESEEN = Unforeseen(
    "The export met an unexpected error", "Start it again. The log has the details."
)


def main() -> int:
    """Make what the folder named on the command line asks for; 0 when it is there."""
    folder = ExportFolder(Path(sys.argv[1]).resolve())
    return alone(folder, lambda: run(folder))


def run(folder: ExportFolder) -> JobResult:
    """Make it; whatever goes wrong is in the result."""

    def tell(progress: ExportProgress) -> None:
        append_line(folder.progress, progress.model_dump_json())

    def work() -> JobResult:
        settings = read_settings()
        request = ExportRequest.model_validate_json(folder.request.read_bytes())
        carrier = Carrier(Workspace.open(settings.home), settings, folder, request, tell)
        write_atomic(folder.made, carrier.run().model_dump_json(indent=1))
        return JobResult()

    return outcome(folder, work, UNFORESEEN)


if __name__ == "__main__":
    sys.exit(main())
