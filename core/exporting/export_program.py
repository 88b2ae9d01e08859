"""The export program: `python -m core.exporting.export_program FOLDER` makes one export.

It runs apart from the app, so that an export outlives a closed page, and can be ended any time.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from core.data.jobs import JobResult
from core.disk import append_line, await_lease, write_atomic
from core.errors import DuotuneError
from core.exporting.carrying import Carrier
from core.exporting.records import ExportFolder, ExportProgress, ExportRequest
from core.settings import read_settings
from core.workspace import Workspace

ALREADY_RUNNING = 3


def main() -> int:
    """Make what the folder named on the command line asks for; 0 when it is there."""
    folder = ExportFolder(Path(sys.argv[1]).resolve())
    if await_lease(folder.lease) is None:
        print("Another process does this already.", file=sys.stderr)
        return ALREADY_RUNNING
    result = run(folder)
    write_atomic(folder.result, result.model_dump_json())
    return int(bool(result.problem))


def run(folder: ExportFolder) -> JobResult:
    """The named boundary: whatever goes wrong becomes a result, so that a person is told."""

    def tell(progress: ExportProgress) -> None:
        append_line(folder.progress, progress.model_dump_json())

    try:
        settings = read_settings()
        request = ExportRequest.model_validate_json(folder.request.read_bytes())
        carrier = Carrier(Workspace.open(settings.home), settings, folder, request, tell)
        write_atomic(folder.made, carrier.run().model_dump_json(indent=1))
    except DuotuneError as error:
        return JobResult(problem=error.problem, where=error.where, fix=error.fix)
    except Exception as error:  # noqa: BLE001  what nobody foresaw is typed here, and only here
        traceback.print_exc()
        return JobResult(
            problem=f"The export met an unexpected error: {type(error).__name__}: {error}",
            where=str(folder.log),
            fix="Start it again. The log has the details.",
        )
    return JobResult()


if __name__ == "__main__":
    sys.exit(main())
