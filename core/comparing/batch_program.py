"""The batch program: `python -m core.comparing.batch_program FOLDER` asks what is missing.

It runs apart from the app. Each answer is on disk at once, so that it can be started again.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from core.comparing import batch
from core.comparing.answering import Answered, Lanes, answer_all, missing
from core.comparing.batch import BatchFolder, BatchProgress, BatchRequest
from core.comparing.cache import content_of, open_cache
from core.comparing.folder import ComparingFolder
from core.data.jobs import JobResult
from core.data.programs import Unforeseen, alone, outcome
from core.disk import append_line
from core.errors import ServingError
from core.serving.engines import Engines
from core.serving.lanes import open_lanes
from core.settings import read_settings
from core.workspace import Workspace

UNFORESEEN = Unforeseen(
    "The batch met an unexpected error", "Go on with the batch: answers that it has are kept."
)
TELL_EVERY_S = 0.5
ATTEMPTS = 2
"""Times that a server which stopped answering is started again and asked on."""


def main() -> int:
    """Answer what the folder named on the command line asks for; 0 when it is done."""
    folder = BatchFolder(Path(sys.argv[1]).resolve())
    return alone(folder, lambda: outcome(folder, lambda: _run(folder), UNFORESEEN))


def _run(folder: BatchFolder) -> JobResult:
    settings = read_settings()
    workspace = Workspace.open(settings.home)
    work(workspace, Engines(workspace, settings), folder)
    return JobResult()


def work(workspace: Workspace, engines: Engines, folder: BatchFolder) -> None:
    """Ask what is missing; a server that went away is started again and asked on, once.

    Raises what opening the lanes raises, and ServingError when a server keeps silent.
    """
    request = BatchRequest.model_validate_json(folder.request.read_bytes())
    for attempt in range(1, ATTEMPTS + 1):
        teller = Teller(workspace, folder, request)
        lanes = open_lanes(engines, request.contenders, teller.say)
        alone = folder.root.name  # nobody knows what stands behind an address by the next batch
        contents = [
            content_of(workspace, lane) or f"{alone} {lane.contender.key}" for lane in lanes
        ]
        asked = Lanes(lanes, tuple(contents), request.sampling)
        wanted = missing(teller.items, len(lanes), teller.had)
        teller.begin()
        try:
            with open_cache(ComparingFolder.of(workspace).cache) as cache:
                asyncio.run(answer_all(wanted, asked, cache, request.concurrency, teller.done))
            teller.tell(last=True)
            return
        except ServingError:
            teller.tell(last=True)
            if attempt == ATTEMPTS:
                raise


class Teller:
    """Writes down each answer, and now and then how far it is."""

    def __init__(self, workspace: Workspace, folder: BatchFolder, request: BatchRequest) -> None:
        self.folder = folder
        batch_id = folder.root.name
        self.items = batch.items(workspace, batch_id)
        self.had = batch.answers(workspace, batch_id)
        self.total = len(self.items) * len(request.contenders)
        self.cached = self.tokens = 0
        self._began = self._told = 0.0
        self._phase = "starting"

    def say(self, words: str) -> None:
        """What the engine does now."""
        print(words, flush=True)
        self._phase = words
        self.tell(last=True)

    def begin(self) -> None:
        """From here on time is taken."""
        self._began, self._phase = time.monotonic(), "asking"
        self.tell(last=True)

    def done(self, answer: Answered) -> None:
        """Keep an answer."""
        append_line(self.folder.answers, answer.model_dump_json())
        self.had[answer.item, answer.contender] = answer
        self.cached += answer.cached
        if not answer.cached:
            self.tokens += answer.generation.tokens or 0
        self.tell()

    def tell(self, last: bool = False) -> None:
        """Write down how far it is; not too often, unless it is the last word for now."""
        if not last and time.monotonic() - self._told < TELL_EVERY_S:
            return
        self._told = time.monotonic()
        failed = sum(one.generation.error is not None for one in self.had.values())
        progress = BatchProgress(
            phase=self._phase, done=len(self.had) - failed, total=self.total, failed=failed,
            cached=self.cached, tokens=self.tokens,
            seconds=round(self._told - self._began, 3) if self._began else None,
        )  # fmt: skip
        append_line(self.folder.progress, progress.model_dump_json())


if __name__ == "__main__":
    sys.exit(main())
