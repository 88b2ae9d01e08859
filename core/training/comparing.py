"""Several runs side by side: the settings that differ, and what came of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import RunError
from core.messages import Record
from core.training import status as statuses
from core.training.events import AnyEvent, DataPrepared
from core.training.plan_diff import differences
from core.training.records import EvaluationFact, Run, Status
from core.workspace import Workspace

MOST = 8
"""Runs that can be read side by side."""


class SettingRow(Record):
    """A setting that differs, with its value in each run."""

    field: str
    values: tuple[Any, ...]
    """In the order of the runs."""


class RunFigures(Record):
    """What came of one run, all of it measured; None is not measured."""

    id: str
    name: str
    status: Status
    best_loss: float | None
    """Lowest validation loss of the kept model."""
    best_step: int | None
    last_loss: float | None
    """Training loss of the last logged step."""
    last_validation_loss: float | None
    steps: int
    seconds: float | None
    """Wall time of all attempts, waiting between them left out."""
    tokens_per_s: float | None
    train_rows: int | None
    train_tokens: int | None
    evaluations: tuple[EvaluationFact, ...] = ()
    """Finished ones, newest first."""


class RunComparison(Record):
    """Runs side by side."""

    runs: tuple[RunFigures, ...]
    settings: tuple[SettingRow, ...]
    """In the plan's own order; none when all plans decide the same."""
    same_data: bool
    """Whether all were trained on the same rows under the same split: only then do their
    validation losses compare."""


def compare(
    workspace: Workspace,
    runs: Sequence[Run],
    evaluations: Mapping[str, tuple[EvaluationFact, ...]] | None = None,
) -> RunComparison:
    """Put runs side by side, in the order given.

    `evaluations` are those of each run, by its id. Raises RunError for fewer than two runs, one
    twice, or more than can be read.
    """
    ids = [run.id for run in runs]
    if not 2 <= len(runs) <= MOST or len(set(ids)) < len(ids):
        raise RunError(f"Choose 2 to {MOST} different runs to compare.", ", ".join(ids))
    plans = [run.plan for run in runs]
    known = evaluations or {}
    differing = {
        difference.field for plan in plans[1:] for difference in differences(plans[0], plan)
    }
    values = [plan.model_dump(mode="json") for plan in plans]
    return RunComparison(
        runs=tuple(_figures(workspace, run, known.get(run.id, ())) for run in runs),
        settings=tuple(
            SettingRow(field=name, values=tuple(each[name] for each in values))
            for name in type(plans[0]).model_fields
            if name in differing
        ),
        same_data=len({(plan.dataset_id, plan.split_fingerprint) for plan in plans}) == 1,
    )


def _figures(workspace: Workspace, run: Run, evaluations: tuple[EvaluationFact, ...]) -> RunFigures:
    events = statuses.read_events(workspace.run(run.id))
    prepared = next((e for e in reversed(events) if isinstance(e, DataPrepared)), None)
    return RunFigures(
        id=run.id,
        name=run.plan.name,
        status=run.status,
        best_loss=run.result.best_loss if run.result else None,
        best_step=run.result.best_step if run.result else None,
        last_loss=run.loss,
        last_validation_loss=run.validation_loss,
        steps=run.step,
        seconds=spent_s(events),
        tokens_per_s=run.tokens_per_s,
        train_rows=prepared.train_rows if prepared else None,
        train_tokens=prepared.train_tokens if prepared else None,
        evaluations=evaluations,
    )


def spent_s(events: Sequence[AnyEvent]) -> float | None:
    """Seconds between the first and the last event of each attempt, added up."""
    moments: dict[int, list[float]] = {}
    for event in events:
        moments.setdefault(event.attempt, []).append(event.at.timestamp())
    spans = [max(found) - min(found) for found in moments.values() if len(found) > 1]
    return sum(spans) if spans else None
