"""The data job program: `python -m core.data.job_program FOLDER` does one long piece of work.

It runs apart from the app, so that a page stays quick, and can be ended at any moment.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.data import splitting, store, versions
from core.data.jobs import JobFolder, JobProgress, JobRequest, JobResult, token_counts_file
from core.data.programs import Unforeseen, alone, outcome
from core.data.whole.watching import Stopped
from core.disk import write_atomic
from core.settings import Settings, read_settings
from core.workspace import Workspace

UNFORESEEN = Unforeseen(
    "The work on the data met an unexpected error", "Start it again. The log has the details."
)
STOPPED = 4
TELL_EVERY_S = 0.5


def main() -> int:
    """Do what the folder named on the command line asks for; 0 when it is done."""
    folder = JobFolder(Path(sys.argv[1]).resolve())
    try:
        return alone(folder, lambda: outcome(folder, lambda: _run(folder), UNFORESEEN))
    except Stopped:
        return STOPPED


def _run(folder: JobFolder) -> JobResult:
    request = JobRequest.model_validate_json(folder.request.read_bytes())
    workspace = Workspace.open(Path(os.environ["DUOTUNE_HOME"]))
    return WORK[request.kind](workspace, request, folder)


class Teller:
    """Writes down how far the work is, not too often; stops it when it was cancelled."""

    def __init__(self, folder: JobFolder, total: int | None = None) -> None:
        self.folder, self.total = folder, total
        self._phase, self._told = "", 0.0

    def __call__(
        self, phase: str, done: int, counts: Mapping[str, int] | None = None, last: bool = False
    ) -> None:
        """Raises Stopped when the work was cancelled; `last` is always written."""
        if phase == self._phase and not last and time.monotonic() - self._told < TELL_EVERY_S:
            return
        if self.folder.cancelled.exists():
            raise Stopped
        self._phase, self._told = phase, time.monotonic()
        said = JobProgress(phase=phase, done=done, total=self.total, counts=dict(counts or {}))
        self.folder.tell(said)


def _inspect(workspace: Workspace, request: JobRequest, folder: JobFolder) -> JobResult:
    """Read the texts of a dataset of which only the structure was checked."""
    dataset = store.load(workspace, request.dataset_id)
    done = versions.inspect(workspace, dataset, Teller(folder, dataset.summary.rows))
    return JobResult(dataset_id=done.id)


def _tokens(workspace: Workspace, request: JobRequest, folder: JobFolder) -> JobResult:
    """Count the tokens of every row for a model; what was counted before is kept."""
    from core.models import catalog, readers
    from core.training.token_counts import exact_counts

    settings = _settings(request.options)
    model = catalog.resolve(request.options["model"], None, settings)
    reader = readers.read(model, settings.offline)
    examples = store.load_examples(workspace, request.dataset_id)
    teller = Teller(folder, len(examples))
    for now in exact_counts(examples, reader, token_counts_file(workspace, request.dataset_id)):
        teller("counting tokens", now.done, last=now.done == now.total)
    return JobResult(dataset_id=request.dataset_id)


def _augment(workspace: Workspace, request: JobRequest, folder: JobFolder) -> JobResult:
    """Make proposals for more rows; what was answered before is not asked again."""
    from core.data.augment.context import Context
    from core.data.augment.planning import AugmentOptions
    from core.data.augment.working import propose

    options = AugmentOptions.model_validate(request.options)
    teller = Teller(folder)
    teller("comparing rows", 0)
    split = splitting.frozen_split(workspace, request.dataset_id)
    context = Context(store.load_examples(workspace, request.dataset_id), split)
    stop = _until_cancelled(folder)
    outcome = propose(context, options, _settings(request.options), folder.proposals, teller, stop)
    write_atomic(folder.outcome, outcome.model_dump_json())
    if outcome.gave_up:
        return JobResult(
            problem=outcome.gave_up,
            fix="See that the endpoint answers, then go on: what it answered is not asked again.",
        )
    if not outcome.finished:
        raise Stopped
    return JobResult(dataset_id=request.dataset_id)


def _until_cancelled(folder: JobFolder) -> Callable[[], bool]:
    """Whether the work shall end; from here on, being told to end waits for the row at hand."""
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    return lambda: bool(told) or folder.cancelled.exists()


def _settings(options: Mapping[str, Any]) -> Settings:
    """Settings of this process; the app's word that no hub may be asked holds here, too."""
    settings = read_settings()
    offline = settings.offline or bool(options.get("offline"))
    return settings.model_copy(update={"offline": offline})


WORK: dict[str, Callable[[Workspace, JobRequest, JobFolder], JobResult]] = {
    "inspect": _inspect,
    "tokens": _tokens,
    "augment": _augment,
}

if __name__ == "__main__":
    sys.exit(main())
