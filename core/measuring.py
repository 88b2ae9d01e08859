"""What a pre-flight comes to for a plan: whether it fits, how long it takes, what it costs."""

from __future__ import annotations

from core.messages import Record
from core.preflight_actions import PreflightActions
from core.training.batching import Batching
from core.training.eta import Eta, cost, eta, step_seconds
from core.training.fit import Verdict
from core.training.plan import TrainingPlan
from core.training.preflight_folder import Preflight

PHASES = Eta._fields[:-1]


class Measurement(Record):
    """A pre-flight with what follows from it; None is not measured."""

    preflight: Preflight
    verdict: Verdict
    peak_bytes: int | None = None
    """Of memory, on the device that trains."""
    free_bytes: int | None = None
    """What a run may take there."""
    step_seconds: float | None = None
    """Of a step with the mean tokens of an epoch's steps."""
    steps: int | None = None
    phases: dict[str, float] = {}  # noqa: RUF012  frozen with the record
    """Seconds of the whole run by phase (`core.training.eta.Eta`)."""
    seconds: float | None = None
    """Of the whole run: the sum of its phases."""
    cost: float | None = None
    """Of those seconds; None also where the settings name no price."""
    currency: str = ""
    batching: Batching | None = None
    """What would fit, when it does not."""

    @property
    def can_start(self) -> bool:
        """Whether it was measured, and memory is enough."""
        return self.preflight.measured is not None and self.verdict != "does_not_fit"


def measurement(actions: PreflightActions, plan: TrainingPlan, found: Preflight) -> Measurement:
    """What a pre-flight that has ended comes to for `plan`.

    The plan may differ from the measured one in what changes neither memory nor a step's time.
    Raises ModelError or DataError when what the plan names is gone.
    """
    if found.measured is None:
        verdict: Verdict = "does_not_fit" if found.out_of_memory else "unknown"
        return Measurement(preflight=found, verdict=verdict, batching=found.batching)
    fit, told = actions.fit(plan), eta(found.measured, plan)
    crowded = fit.verdict == "does_not_fit"
    return Measurement(
        preflight=found,
        verdict=fit.verdict,
        peak_bytes=found.measured.peak_bytes,
        free_bytes=fit.capacity.available,
        step_seconds=step_seconds(found.measured.samples, found.measured.mean_tokens),
        steps=told.steps,
        phases={name: getattr(told, name) for name in PHASES},
        seconds=told.total,
        cost=cost(told.total, actions.settings.gpu_price),
        currency=actions.settings.gpu_currency,
        batching=actions.smaller_batch(plan) if crowded else None,
    )
