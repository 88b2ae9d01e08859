"""The verbs about batches and speed: what `core.actions.Actions` offers of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.comparing import batch, prompts, results, speed
from core.comparing.batch import Batch, BatchRequest
from core.comparing.clients import Clients
from core.comparing.prompts import Item
from core.comparing.results import ResultRow
from core.comparing.speed import Speed, SpeedProgress
from core.serving.contenders import Lane
from core.serving_actions import ServingActions


@dataclass(frozen=True)
class BatchActions(ServingActions):
    """The verbs about many questions at once, over one workspace and its settings."""

    def read_prompts(self, file: Path) -> tuple[Item, ...]:
        """The questions of a file; raises DataError naming every row that holds none."""
        return prompts.read_prompts(file)

    def start_batch(self, request: BatchRequest, items: Sequence[Item]) -> Batch:
        """Ask many questions of all contenders in a process of its own; returns at once.

        Raises RunError for no contender or too many, or while another run trains on the GPU.
        """
        if any(each.kind != "endpoint" for each in request.contenders):
            self._need_gpu()
        return batch.start(self.workspace, self.settings, request, items)

    def resume_batch(self, batch_id: str) -> Batch:
        """Go on with one that ended early, or ask again what failed; nothing is asked twice."""
        if any(each.kind != "endpoint" for each in self.batch(batch_id).request.contenders):
            self._need_gpu()
        return batch.resume(self.workspace, self.settings, batch_id)

    def batch(self, batch_id: str) -> Batch:
        return batch.status(self.workspace, batch_id)

    def batches(self) -> tuple[Batch, ...]:
        """All batches, newest first."""
        return batch.list_batches(self.workspace)

    def batch_rows(self, batch_id: str) -> tuple[ResultRow, ...]:
        """The questions of a batch with what was answered so far."""
        found = self.batch(batch_id)
        return results.rows(
            batch.items(self.workspace, batch_id),
            batch.answers(self.workspace, batch_id),
            len(found.request.contenders),
        )

    def batch_file(self, batch_id: str) -> Path:
        """Where the answers of a batch come in."""
        return batch.BatchFolder.of(self.workspace, batch_id).answers

    def cancel_batch(self, batch_id: str) -> Batch:
        """End a batch; what it has stays."""
        return batch.cancel(self.workspace, batch_id)

    def delete_batch(self, batch_id: str) -> Batch:
        """Remove a batch with its answers; raises RunError while it runs."""
        return batch.delete(self.workspace, batch_id)

    # -- speed --------------------------------------------------------------------------------

    def measure_speed(
        self, lanes: Sequence[Lane], items: Sequence[Item], clients: Clients, run_id: str = ""
    ) -> AsyncIterator[SpeedProgress]:
        """How fast everybody answers the same questions, one at a time, and what engines hold.

        The last value has the result, which is kept. Raises RunError without questions.
        """
        return speed.measure(self.workspace, self.settings, lanes, items, clients, run_id)

    def speeds(self) -> tuple[Speed, ...]:
        """All measurements of speed, newest first."""
        return speed.list_speeds(self.workspace)
