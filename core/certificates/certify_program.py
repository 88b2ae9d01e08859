"""The certification program: `python -m core.certificates.certify_program FOLDER` makes one.

It runs apart from the app, so that it outlives a closed page, and can be ended any time.
"""

from __future__ import annotations

import sys
from pathlib import Path

from core.certificates.certifications import (
    CertificationFolder,
    CertificationProgress,
    CertificationRequest,
    Proved,
)
from core.data.jobs import JobResult
from core.data.programs import Unforeseen, alone, outcome
from core.disk import append_line, write_atomic
from core.exporting import certifying
from core.serving.engines import Engines
from core.settings import read_settings
from core.workspace import Workspace

UNFORESEEN = Unforeseen(
    "The certification met an unexpected error", "Start it again. The log has the details."
)


def main() -> int:
    """Certify what the folder named on the command line asks for; 0 when that is measured."""
    folder = CertificationFolder(Path(sys.argv[1]).resolve())
    return alone(folder, lambda: run(folder))


def run(folder: CertificationFolder) -> JobResult:
    """Certify it; whatever goes wrong is in the result."""

    def tell(told: str) -> None:
        append_line(folder.progress, CertificationProgress(told=told).model_dump_json())

    def work() -> JobResult:
        settings = read_settings()
        request = CertificationRequest.model_validate_json(folder.request.read_bytes())
        engines = Engines(Workspace.open(settings.home), settings)
        made = certifying.certify(engines, request.name, request.export_id, request.wish, tell)
        proved = Proved(certificate_id=made.id, verdict=made.verdict, sentence=made.sentence)
        write_atomic(folder.proved, proved.model_dump_json())
        return JobResult()

    return outcome(folder, work, UNFORESEEN)


if __name__ == "__main__":
    sys.exit(main())
