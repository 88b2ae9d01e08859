"""What a pre-flight found, in sentences and in rows of a table."""

from __future__ import annotations

from core.training.eta import Eta, Measured, eta, step_seconds
from core.training.fit import GB, Fit
from core.training.plan import TrainingPlan
from core.training.preflight_folder import Preflight


def sentences(preflight: Preflight) -> tuple[str, ...]:
    """How a pre-flight stands, and what it measured when it is done."""
    if preflight.failure is not None:
        told = (preflight.failure.problem, preflight.failure.fix)
        if preflight.batching is None:
            return told
        options = (option.sentence for option in preflight.batching.options)
        return (told[0], preflight.batching.sentence, *options)
    if preflight.status == "cancelled":
        return ("The pre-flight was cancelled.",)
    if preflight.measured is None:
        done = f"{preflight.step} of {preflight.total_steps or '?'}"
        return (f"The pre-flight is {preflight.phase}; steps done: {done}.",)
    return (*_measured(preflight.measured), *_foretold(preflight.measured, preflight.plan))


def _measured(found: Measured) -> list[str]:
    each = step_seconds(found.samples, found.mean_tokens)
    told = [f"{len(found.samples)} typical steps took {each:.2f} s each."]
    if found.peak_bytes is not None:
        told.append(f"The longest batch took {found.peak_bytes / GB:.1f} GB of memory at most.")
    return told


def _foretold(found: Measured, plan: TrainingPlan) -> list[str]:
    run = eta(found, plan)
    told = [f"The whole run of {run.steps:,} steps takes about {duration(run.total)}."]
    if plan.workers > 1:
        told.append(
            f"Measured with one worker: {plan.workers} also exchange gradients, and share a model "
            "that is tuned in full."
        )
    return told


def phases(found: Eta) -> tuple[tuple[str, str], ...]:
    """Each phase of a run with its time, for a table."""
    return tuple((name, duration(getattr(found, name))) for name in found._fields[:-1])


def parts(fit: Fit) -> tuple[tuple[str, str, str], ...]:
    """Each part of memory with its size and how it was counted, for a table; largest first."""
    ordered = sorted(fit.parts, key=lambda part: -part.bytes)
    return tuple((part.name, size(part.bytes), part.formula) for part in ordered)


def size(count: int) -> str:
    """Bytes in words, such as `1.4 GB` or `20 MB`."""
    return f"{count / GB:.1f} GB" if count >= GB else f"{count / 1e6:.0f} MB"


def duration(seconds: float) -> str:
    """Seconds in words, such as `45 s`, `12 min` or `3.4 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"
