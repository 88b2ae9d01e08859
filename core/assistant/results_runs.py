"""What tools about runs answer: a diagnosis, what a plan needs, sweeps, comparisons, the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from core.messages import Record
from core.training.preflight_text import sentences as preflight_sentences

if TYPE_CHECKING:
    from core.measuring import Measurement
    from core.training.batching import Batching
    from core.training.comparing import RunComparison, RunFigures
    from core.training.doctor.diagnosing import Diagnosis
    from core.training.fit import Fit
    from core.training.library import Kept
    from core.training.plan import TrainingPlan
    from core.training.preflight_folder import Preflight
    from core.training.records import Run
    from core.training.sweep import SweepResult


class RunDiagnosed(Record):
    """Why a run ended badly, and what one yes would do about it."""

    kind: Literal["diagnosis"] = "diagnosis"
    run_id: str
    run_name: str
    status: str
    cause: str = ""
    """"" for a run that did not end badly."""
    evidence: str = ""
    where: str = ""
    fix: str = ""
    remedy: Literal["continue", "again", "plan"] | None = None
    changes: dict[str, Any] = {}  # noqa: RUF012  never changed
    """Settings that a new start would change, as (before, after)."""


class PlanFits(Record):
    """What a plan needs of memory and time, against what is there."""

    kind: Literal["fit"] = "fit"
    plan_name: str
    verdict: str
    measured: bool
    seconds: float | None
    sentences: tuple[str, ...]
    would_fit: tuple[str, ...] = ()
    changes: dict[str, Any] = {}  # noqa: RUF012  never changed
    """Of batch and accumulation; with them it fits and computes the same."""


class PreflightSeen(Record):
    """A measurement of a plan before it starts."""

    kind: Literal["preflight"] = "preflight"
    id: str
    plan_name: str
    status: str
    sentences: tuple[str, ...]
    verdict: str = "unknown"
    cost: float | None = None
    currency: str = ""
    would_fit: tuple[str, ...] = ()
    changes: dict[str, Any] = {}  # noqa: RUF012  never changed


class SweepStarted(Record):
    """Runs that differ in the settings that were varied, queued."""

    kind: Literal["sweep_started"] = "sweep_started"
    id: str
    runs: int
    varied: dict[str, tuple[Any, ...]]


class SweepSeen(Record):
    """How the runs of a sweep compare so far."""

    kind: Literal["sweep"] = "sweep"
    id: str
    name: str
    trials: tuple[dict[str, Any], ...]
    best: str | None
    sentence: str


class RunsCompared(Record):
    """Runs side by side."""

    kind: Literal["compared"] = "compared"
    runs: tuple[dict[str, Any], ...]
    """Name, status and losses of each."""
    settings: dict[str, tuple[Any, ...]]
    """Values that differ, in the order of the runs."""
    same_data: bool


class QueueSeen(Record):
    """What is at work, and what waits in which order."""

    kind: Literal["queue"] = "queue"
    at_work: tuple[str, ...]
    waiting: tuple[str, ...]
    waits_for: str = ""
    """What the first one waits for."""


class RunKept(Record):
    """A model that was put into the library."""

    kind: Literal["kept"] = "kept"
    run_name: str
    name: str
    folder: str


class RunChanged(Record):
    """A run that was renamed or deleted."""

    kind: Literal["run_changed"] = "run_changed"
    how: Literal["renamed", "deleted"]
    name: str
    """Its name now, or as it was."""
    before: str = ""


RunResult = (
    RunDiagnosed
    | PlanFits
    | PreflightSeen
    | SweepStarted
    | SweepSeen
    | RunsCompared
    | QueueSeen
    | RunKept
    | RunChanged
)


def diagnosed(run: Run, found: Diagnosis | None) -> RunDiagnosed:
    """The facts of a diagnosis; without one the run is well."""
    facts = {"run_id": run.id, "run_name": run.plan.name, "status": run.status}
    if found is None:
        return RunDiagnosed.model_validate(facts)
    remedy = found.remedy
    changes = remedy.changes if remedy else {}
    return RunDiagnosed.model_validate(
        {
            **facts,
            **found.model_dump(include={"cause", "evidence", "where", "fix"}),
            "remedy": remedy.kind if remedy else None,
            "changes": {n: (getattr(run.plan, n), value) for n, value in changes.items()},
        }
    )


def plan_fits(plan: TrainingPlan, fit: Fit, batching: Batching | None) -> PlanFits:
    return PlanFits(
        plan_name=plan.name,
        verdict=fit.verdict,
        measured=fit.measured,
        seconds=fit.seconds,
        sentences=fit.sentences,
        would_fit=ways_out(batching),
        changes=batching.changes if batching else {},
    )


def ways_out(found: Batching | None) -> tuple[str, ...]:
    """What would make a plan fit, in sentences."""
    return (found.sentence, *(one.sentence for one in found.options)) if found else ()


def preflight_seen(found: Preflight, came_to: Measurement | None = None) -> PreflightSeen:
    """How a pre-flight stands; `came_to` says what follows of one that has ended."""
    facts: dict[str, Any] = {}
    if came_to is not None:
        facts = came_to.model_dump(include={"verdict", "cost", "currency"})
        if came_to.preflight.batching is None:  # else its sentences tell it already
            facts["would_fit"] = ways_out(came_to.batching)
        facts["changes"] = came_to.batching.changes if came_to.batching else {}
    return PreflightSeen(
        id=found.id,
        plan_name=found.plan.name,
        status=found.status,
        sentences=preflight_sentences(found),
        **facts,
    )


def sweep_seen(found: SweepResult, names: dict[str, str]) -> SweepSeen:
    """A sweep as it stands; `names` are those of runs by id."""
    return SweepSeen(
        id=found.sweep.id,
        name=found.sweep.plan.name,
        trials=tuple(
            {"name": names.get(one.run_id, one.run_id), **one.model_dump(exclude={"run_id"})}
            for one in found.trials
        ),
        best=names.get(found.best) if found.best else None,
        sentence=found.sentence,
    )


FIGURES = {"name", "status", "best_loss", "last_validation_loss", "steps", "seconds"}


def runs_compared(found: RunComparison) -> RunsCompared:
    return RunsCompared(
        runs=tuple(_figures(run) for run in found.runs),
        settings={row.field: row.values for row in found.settings},
        same_data=found.same_data,
    )


def _figures(run: RunFigures) -> dict[str, Any]:
    newest = next(iter(run.evaluations), None)
    verdict = {"evaluation": newest.verdict} if newest else {}
    return {**run.model_dump(include=FIGURES), **verdict}


def queue_seen(runs: tuple[Run, ...]) -> QueueSeen:
    """The runs of the queue, by what they do."""
    waiting = [run for run in runs if run.status == "queued"]
    return QueueSeen(
        at_work=tuple(run.plan.name for run in runs if run.is_at_work),
        waiting=tuple(run.plan.name for run in waiting),
        waits_for=waiting[0].waits_for if waiting else "",
    )


def kept(run: Run, found: Kept) -> RunKept:
    return RunKept(run_name=run.plan.name, name=found.entry.name, folder=found.folder)
