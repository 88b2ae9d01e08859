"""How long a run may take, told only from what was measured on the same kind of machine."""

from __future__ import annotations

from typing import NamedTuple

from core.data import store
from core.data.records import Dataset
from core.errors import DuotuneError
from core.models.catalog import ResolvedModel
from core.training import architecture, machine, preflight, runs
from core.training import status as statuses
from core.training.architecture import Architecture
from core.training.eta import eta
from core.training.events import AnyEvent, DataPrepared, PhaseChanged, StepLogged
from core.training.plan import TrainingPlan
from core.training.records import Run
from core.workspace import Workspace

FAR = 4.0
"""A model this many times larger or smaller uses a machine too differently to compare."""


class Estimate(NamedTuple):
    """Seconds, and where they come from."""

    seconds: float
    basis: str


class Speed(NamedTuple):
    """What an earlier run took."""

    run: Run
    tokens_per_row: float
    tokens_per_s: float
    other_s: float
    """Loading, preparing, checking and saving: what training itself did not take."""


def estimate(
    workspace: Workspace,
    plan: TrainingPlan,
    dataset: Dataset,
    steps: int,
    model: ResolvedModel | None = None,
) -> Estimate | None:
    """Seconds that a run takes: by a pre-flight of this plan, else by an earlier run.

    A finished run of the same base model tells tokens per second; one of another base model, not
    more than FAR times larger or smaller, tells how much arithmetic a second this machine does for
    training. None when nothing like it was measured here. `model` is the plan's base model, without
    which no pre-flight is looked for.
    """
    if model is not None and (measured := preflight.measured(workspace, plan, model)):
        found = eta(measured, plan)
        each = found.training / found.steps if found.steps else 0.0
        return Estimate(found.total, f"A pre-flight of this plan took {each:.2f} s a step.")
    finished = [run for run in runs.list_runs(workspace) if run.status == "succeeded"]
    same = (run for run in finished if run.plan.base_model == plan.base_model)
    others = (run for run in finished if run.plan.base_model != plan.base_model)
    asked = _Asked(workspace, plan, dataset, steps)
    found_by = (asked.by_same_model(run) for run in same)
    if estimate := next((one for one in found_by if one), None):
        return estimate
    wanted = architecture.of_model(model) if model else None
    if wanted is None:
        return None
    return next((one for run in others if (one := asked.by_arithmetic(run, wanted))), None)


class _Asked(NamedTuple):
    """What is to be estimated."""

    workspace: Workspace
    plan: TrainingPlan
    dataset: Dataset
    steps: int

    def by_same_model(self, run: Run) -> Estimate | None:
        """By the tokens per second of a run of the same base model, for as much arithmetic."""
        speed, tokens = _speed(self.workspace, run), self._tokens(run)
        if speed is None or tokens is None:
            return None
        per_s = speed.tokens_per_s * _passes(run.plan) / _passes(self.plan)
        return Estimate(
            speed.other_s + tokens / per_s,
            f"Run '{run.plan.name}' trained this base model at {speed.tokens_per_s:,.0f} tokens "
            f"per second on this kind of machine ({machine.look().words}).",
        )

    def by_arithmetic(self, run: Run, wanted: Architecture) -> Estimate | None:
        """By the arithmetic that a run of another base model did in a second."""
        speed, tokens = _speed(self.workspace, run), self._tokens(run)
        before = _architecture(self.workspace, run)
        if speed is None or tokens is None or before is None:
            return None
        if not 1 / FAR <= before.parameters / wanted.parameters <= FAR:
            return None
        flop_per_s = flop(run.plan, before) * speed.tokens_per_s
        return Estimate(
            speed.other_s + tokens * flop(self.plan, wanted) / flop_per_s,
            f"Run '{run.plan.name}' of another base model did {flop_per_s / 1e9:,.1f} billion "
            "operations per second on this kind of machine "
            f"({machine.look().words}); this is rough.",
        )

    def _tokens(self, run: Run) -> float | None:
        """Of the whole run that is asked for, by those of a row in the measured one."""
        speed, scale = _speed(self.workspace, run), _scale(self.workspace, run, self.dataset)
        if speed is None or scale is None:
            return None
        sides = _sides(self.plan) / _sides(run.plan)
        return self.steps * self.plan.effective_batch * speed.tokens_per_row * sides * scale


def flop(plan: TrainingPlan, model: Architecture) -> float:
    """Floating-point operations that training does for one token: 2 x parameters a pass.

    Three passes when every weight is trained, forward and twice as much backward (Kaplan et al.,
    arXiv 2001.08361, section 2.1); an adapter needs no gradients of the frozen weights, so two;
    one more where activations are computed twice, and one more for DPO's reference. Attention's
    own share is left out.
    """
    active = model.layers * sum(m.inputs * m.outputs for m in model.matrices.values())
    return 2.0 * _passes(plan) * (active + model.vocabulary * model.hidden)


def _passes(plan: TrainingPlan) -> int:
    again = (plan.gradient_checkpointing == "on") + (plan.objective == "dpo")
    return (2 if plan.trains_adapter else 3) + again


def _sides(plan: TrainingPlan) -> int:
    """Sequences of a row: a preference pair is read with either answer."""
    return 2 if plan.objective == "dpo" else 1


def _architecture(workspace: Workspace, run: Run) -> Architecture | None:
    job = statuses.read_job(workspace.run(run.id))
    return architecture.of_model(job.model) if job else None


def _speed(workspace: Workspace, run: Run) -> Speed | None:
    """Measured figures of a run that was done in one go on a machine like this one."""
    folder = workspace.run(run.id)
    job, events = statuses.read_job(folder), statuses.read_events(folder)
    if job is None or job.machine != machine.look().words or run.attempt != 1 or run.result is None:
        return None
    prepared = next((e for e in events if isinstance(e, DataPrepared)), None)
    trained = _training_s(events)
    if prepared is None or not prepared.train_rows or not run.tokens_per_s or trained is None:
        return None
    return Speed(
        run,
        prepared.train_tokens / prepared.train_rows,
        run.tokens_per_s,
        max(run.result.seconds - trained, 0.0),
    )


def _training_s(events: tuple[AnyEvent, ...]) -> float | None:
    """Seconds from the start of training to its last step; validation included."""
    began = next(
        (e.at for e in events if isinstance(e, PhaseChanged) and e.phase == "training"), None
    )
    ended = next((e.at for e in reversed(events) if isinstance(e, StepLogged)), None)
    return (ended - began).total_seconds() if began and ended else None


def _scale(workspace: Workspace, run: Run, dataset: Dataset) -> float | None:
    """How much longer this data's rows are than those of the measured run, by characters."""
    if run.plan.dataset_id == dataset.id:
        return 1.0
    try:
        other = store.load(workspace, run.plan.dataset_id)
    except DuotuneError:
        return None
    rows = [d.summary.characters / max(d.summary.usable, 1) for d in (dataset, other)]
    return rows[0] / rows[1] if rows[1] else None
