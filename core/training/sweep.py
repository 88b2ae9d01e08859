"""A small sweep: one plan with several values of a few settings, as queued runs to compare."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from core.disk import write_atomic
from core.errors import PlanError, RunError
from core.identifiers import new_id, now
from core.messages import Record
from core.training.defaults import alpha_for
from core.training.plan import TrainingPlan, misfits
from core.training.plan_changes import PlanChanges
from core.training.records import Run, Status
from core.workspace import Workspace

MOST_RUNS = 12
"""More are no small sweep: their best is found by luck as much as by its settings."""
NOT_VARIED = ("name", "description", "base_model", "revision", "start_from", "licence_accepted")
"""Values for these make other plans rather than variants of one."""


class Sweep(Record):
    """Runs that differ only in the settings that were varied."""

    id: str
    created: str
    """ISO time, UTC."""
    plan: TrainingPlan
    """What all of them have in common, under the sweep's name."""
    varied: dict[str, tuple[Any, ...]]
    """The values that were tried, by setting."""
    run_ids: tuple[str, ...]


class Trial(Record):
    """One run of a sweep."""

    run_id: str
    values: dict[str, Any]
    """Of the settings that were varied."""
    status: Status
    best_loss: float | None
    """Lowest validation loss so far; None when it was never measured."""
    best_step: int | None
    seconds: float | None
    """Wall time of a finished run."""


class SweepResult(Record):
    """A sweep as it stands now."""

    sweep: Sweep
    trials: tuple[Trial, ...]
    """The lowest validation loss first; those without one last."""
    best: str | None
    """The run with the lowest validation loss, once all have ended; None before."""
    sentence: str
    """What the comparison comes to, and what it does not."""


def variants(plan: TrainingPlan, varied: Mapping[str, Sequence[Any]]) -> tuple[TrainingPlan, ...]:
    """A plan for every combination of values, each with a name that says them.

    A varied rank takes its alpha along, unless alpha is varied too. Raises PlanError for a setting
    that can't be varied, a value that does not fit, or more than MOST_RUNS combinations.
    """
    _need_variable(varied)
    count = math.prod(map(len, varied.values()))
    if not 2 <= count <= MOST_RUNS:
        raise PlanError(
            f"This sweep comes to {count} runs; a small sweep has 2 to {MOST_RUNS}.",
            fix="Vary one or two settings with two to four values each.",
        )
    return tuple(
        _variant(plan, dict(zip(varied, values, strict=True)))
        for values in itertools.product(*varied.values())
    )


def _need_variable(varied: Mapping[str, Sequence[Any]]) -> None:
    known = [name for name in PlanChanges.model_fields if name not in NOT_VARIED]
    for name, values in varied.items():
        if name not in known:
            raise PlanError(
                f"The setting '{name}' can't be varied.", fix=f"These can: {', '.join(known)}."
            )
        if len(set(map(str, values))) < len(values):
            raise PlanError(f"A value of {name} stands twice.", name, "Give each value once.")


def _variant(plan: TrainingPlan, values: dict[str, Any]) -> TrainingPlan:
    told = ", ".join(f"{name} {value}" for name, value in values.items())
    changes = PlanChanges.parse(values).model_dump(exclude_none=True)
    if "rank" in changes and "alpha" not in changes:
        changes["alpha"] = alpha_for(changes["rank"], changes.get("method", plan.method)).value
    changes["name"] = f"{plan.name[: 78 - len(told)]}: {told}"[:80]
    try:
        return plan.edited(changes)
    except ValidationError as error:
        raise PlanError(
            f"These settings can't be used: {'; '.join(misfits(error))}.", fix="Correct them."
        ) from error


def start(
    workspace: Workspace,
    plan: TrainingPlan,
    varied: Mapping[str, Sequence[Any]],
    start_run: Callable[[TrainingPlan], Run],
) -> Sweep:
    """Queue a run for every combination; `start_run` starts or queues one.

    Raises what `variants` raises before anything is started. When a start is refused, the runs
    that were queued before it stay, and the sweep holds those.
    """
    plans = variants(plan, varied)
    sweep = Sweep(
        id=new_id("swp"),
        created=now(),
        plan=plan,
        varied={name: tuple(values) for name, values in varied.items()},
        run_ids=(),
    )
    for one in plans:
        run = start_run(one)
        sweep = sweep.model_copy(update={"run_ids": (*sweep.run_ids, run.id)})
        _save(workspace, sweep)
    return sweep


def _save(workspace: Workspace, sweep: Sweep) -> None:
    path = workspace.sweep(sweep.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, sweep.model_dump_json(indent=1))


def load(workspace: Workspace, sweep_id: str) -> Sweep:
    """A sweep by its id; raises RunError when there is none that can be read."""
    try:
        return Sweep.model_validate_json(workspace.sweep(sweep_id).read_bytes())
    except (OSError, ValidationError) as error:
        raise RunError(
            f"There is no sweep {sweep_id} in this workspace, or its record is damaged.",
            str(workspace.sweeps),
            "`duotune sweeps` lists them.",
        ) from error


def all_sweeps(workspace: Workspace) -> tuple[Sweep, ...]:
    """All sweeps, newest first; a damaged record is left out, and asking for it says so."""
    if not workspace.sweeps.is_dir():
        return ()
    found = []
    for path in sorted(workspace.sweeps.glob("swp-*.json"), reverse=True):
        try:
            found.append(Sweep.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError):
            continue
    return tuple(found)


def result(sweep: Sweep, runs: Mapping[str, Run]) -> SweepResult:
    """How its runs compare; `runs` are the workspace's runs by id, deleted ones missing."""
    here = [runs[name] for name in sweep.run_ids if name in runs]
    trials = sorted((_trial(sweep, run) for run in here), key=_order)
    ended = not any(run.is_live for run in here)
    best = trials[0].run_id if ended and trials and trials[0].best_loss is not None else None
    return SweepResult(
        sweep=sweep, trials=tuple(trials), best=best, sentence=_sentence(trials, ended)
    )


def _trial(sweep: Sweep, run: Run) -> Trial:
    plan = run.plan.model_dump(mode="json")
    kept = run.result
    return Trial(
        run_id=run.id,
        values={name: plan[name] for name in sweep.varied},
        status=run.status,
        best_loss=kept.best_loss if kept else None,
        best_step=kept.best_step if kept else None,
        seconds=kept.seconds if kept else None,
    )


def _order(trial: Trial) -> tuple[bool, float]:
    return trial.best_loss is None, trial.best_loss or 0.0


def _sentence(trials: Sequence[Trial], ended: bool) -> str:
    measured = [trial for trial in trials if trial.best_loss is not None]
    if not ended:
        return f"{len(measured)} of {len(trials)} runs are done."
    if not measured:
        return "No run of this sweep has a validation loss, so they can't be ranked."
    first = measured[0]
    values = ", ".join(f"{name} {value}" for name, value in first.values.items())
    told = f"The lowest validation loss is {first.best_loss:.4f}, with {values}."
    if len(measured) > 1 and first.best_loss and measured[1].best_loss is not None:
        ahead = measured[1].best_loss / first.best_loss - 1
        told += f" The next is {100 * ahead:.1f}% higher."
    return (
        f"{told} The best of several looks better than it is: evaluate it on the test part before "
        "you believe it."
    )
