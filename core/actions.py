"""Every verb the product offers, typed once: chat, buttons and terminal call these.

Each method reads and writes records in the workspace; none of them prints, draws or asks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal

from core.batch_actions import BatchActions
from core.compare_actions import CompareActions
from core.deletion_actions import DeletionActions
from core.errors import RunError
from core.evaluation_actions import EvaluationActions
from core.library_actions import LibraryActions
from core.messages import Message
from core.model_actions import ModelActions
from core.preflight_actions import PreflightActions
from core.queue_actions import QueueActions
from core.run_actions import Say, silent
from core.serving import chat
from core.serving.pairs import open_pair
from core.serving.records import Generation, Pair, Sampling
from core.serving_actions import ServingActions
from core.training import runs
from core.training.standing import stands
from core.training_actions import TrainingActions
from eval import comparison
from eval.records import Comparison, Sample

__all__ = ["Actions", "Say"]


@dataclass(frozen=True)
class Actions(
    TrainingActions,
    DeletionActions,
    PreflightActions,
    QueueActions,
    CompareActions,
    BatchActions,
    EvaluationActions,
    ServingActions,
    LibraryActions,
    ModelActions,
):
    """The verbs over one workspace and its settings; those about data, models, runs and
    serving are inherited."""

    # -- serving ------------------------------------------------------------------------------

    def open_pair(self, run_id: str, say: Say = silent) -> Pair:
        """Serve a finished run beside its base and prove that it is what was trained.

        Raises RunError when the run has no adapter yet or another one trains on the GPU,
        ServingError when it can't be served.
        """
        run = runs.status(self.workspace, run_id)
        if not run.has_model:
            how = stands(run.status)
            raise RunError(
                f"Run '{run.plan.name}' {how}, so there is no tuned model to talk to.",
                run.id,
                "Wait for it to succeed, or resume it.",
            )
        self._need_gpu()
        return open_pair(self.engines, run, say)

    def ask_both(
        self,
        pair: Pair,
        messages: Sequence[Message],
        sampling: Sampling,
        tuned_messages: Sequence[Message] | None = None,
    ) -> AsyncIterator[tuple[Generation, Generation]]:
        """Both sides' growing answers, each at its own speed; close the iterator to stop both.

        In a longer conversation the tuned side gets its own earlier answers in `tuned_messages`.
        """
        return chat.stream_both(pair.base, pair.tuned, messages, sampling, tuned_messages)

    def samples(
        self, dataset_id: str, part: Literal["validation", "test"] = "test"
    ) -> tuple[Sample, ...]:
        """The questions of a held-out part, with the answers that the data gives."""
        return comparison.samples(self.examples(dataset_id), self.split(dataset_id), part)

    async def compare_samples(
        self, pair: Pair, samples: Sequence[Sample], sampling: Sampling
    ) -> list[Comparison]:
        """Both sides' answers to many questions, asked concurrently."""
        return await comparison.compare(samples, pair.base, pair.tuned, sampling)
