"""Whether a plan fits this machine: memory by part, disk and time, at once and without torch."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from heapq import nlargest
from pathlib import Path
from typing import Literal, NamedTuple

from core.data.example_file import ExampleFile
from core.errors import ModelError, PlanError
from core.messages import Record
from core.models import catalog, readers
from core.models.catalog import ResolvedModel
from core.settings import Settings
from core.training import architecture, capacity, memory, sizes
from core.training.architecture import Architecture
from core.training.capacity import Capacity
from core.training.memory import Part
from core.training.plan import TrainingPlan
from core.training.program import arguments
from core.training.program.arguments import Capabilities

Verdict = Literal["fits", "tight", "does_not_fit", "unknown"]

FITS = 0.85
"""Share of the free memory up to which an estimate surely fits."""
MEASURED_FITS = 0.95
"""The same of a measured peak."""
CHECKPOINTS = 4
"""On disk at most: the best, the last, the one before, and the one that is being written."""
OTHER_BYTES = 50_000_000
"""What a run writes beside its checkpoints: tokenizer copies, log, events."""
TOKEN_BYTES = 8
"""Of the cache of prepared rows: an id and a label, four bytes each."""
LONGEST_LOOKED_AT = 8
"""Rows, longest as text, of which one surely is about the longest in tokens."""
GB = 1e9


class Disk(Record):
    """What a run writes, in bytes."""

    checkpoints: int
    published: int
    prepared: int
    """Rows as tokens, kept for the next run on the same data."""
    download: int
    """Weights of a Hub model that is not on this machine yet."""
    other: int
    free: int | None
    """On the workspace's disk; None where it could not be measured."""

    @property
    def total(self) -> int:
        return self.checkpoints + self.published + self.prepared + self.download + self.other

    @property
    def fits(self) -> bool | None:
        """None while it is not known what is free."""
        return None if self.free is None else self.total < self.free


class Fit(Record):
    """What a plan needs, against what is there."""

    capacity: Capacity
    parts: tuple[Part, ...]
    """Memory by part, by formula; empty while the model's dimensions are not known."""
    peak: int | None
    """Bytes of memory at most: measured by a pre-flight, else the parts' sum."""
    measured: bool
    verdict: Verdict
    disk: Disk | None
    """None while the model's dimensions are not known."""
    seconds: float | None = None
    """Wall time of the run; None means not measured."""
    basis: str | None = None
    """Where the seconds come from."""
    cost: float | None = None
    """Of those seconds at the price that the settings name; None without a price or a time."""
    currency: str = ""
    sentences: tuple[str, ...] = ()

    @property
    def largest(self) -> Part | None:
        """The part that takes most."""
        return max(self.parts, key=lambda part: part.bytes, default=None)


Count = Callable[[TrainingPlan], tuple[Part, ...] | None]


class Rows(NamedTuple):
    """What is known of the rows of a plan."""

    longest: int | None = None
    """Tokens of the longest one; None counts max_length."""
    tokens: int | None = None
    """Of all rows together; None counts max_length for each of `number`."""
    number: int = 0
    """Of training and validation."""
    train: int = 0


def assess(
    plan: TrainingPlan,
    model: ResolvedModel,
    workspace_root: Path,
    rows: Rows | None = None,
    here: Capacity | None = None,
    machine: Capabilities | None = None,
) -> Fit:
    """Estimate what a plan needs here; time is left to whoever has measured it.

    A model whose dimensions are not known, or a plan that this machine can't carry out, gets the
    verdict `unknown`, and a sentence that says so.
    """
    rows, here = rows or Rows(), here or capacity.look()
    shape = architecture.of_model(model)
    if shape is None:
        why = f"The dimensions of {model.shown_name} are not known here, so no memory is estimated."
        return _unknown(here, why)
    try:
        choices = arguments.decide(plan, machine or capacity.capabilities(), shape.parameters)
    except (PlanError, ModelError) as error:
        return _unknown(here, error.problem)
    parts = memory.parts(plan, choices, shape, rows.longest)
    disk = disk_of(plan, shape, rows, model, workspace_root)
    found = Fit(
        capacity=here,
        parts=parts,
        peak=sum(part.bytes for part in parts),
        measured=False,
        verdict="unknown",
        disk=disk,
    )
    return judged(found)


def counter(
    settings: Settings, model: ResolvedModel, rows: Rows, machine: Capabilities | None = None
) -> Count:
    """The parts of memory of plans that differ in some settings.

    None for a plan that this machine can't carry out, and for a base model that is not known here.
    """
    here = machine or capacity.capabilities()
    offline = settings.model_copy(update={"offline": True})

    def count(plan: TrainingPlan) -> tuple[Part, ...] | None:
        try:
            same = plan.base_model == model.name
            other = model if same else catalog.resolve(plan.base_model, plan.revision, offline)
            shape = architecture.of_model(other)
            if shape is None:
                return None
            choices = arguments.decide(plan, here, shape.parameters)
        except (PlanError, ModelError):
            return None
        return memory.parts(plan, choices, shape, rows.longest)

    return count


def smaller_models(settings: Settings, model: ResolvedModel) -> tuple[str, ...]:
    """Names of the catalog's smaller base models, the largest of them first."""
    shape = architecture.of_model(model)
    size = shape.parameters if shape else 0
    found = [one for one in catalog.models(settings) if one.parameters and one.parameters < size]
    return tuple(one.name for one in sorted(found, key=lambda one: -(one.parameters or 0)))


def with_peak(fit: Fit, peak: int) -> Fit:
    """The same with a peak that was measured, in bytes."""
    return judged(fit.model_copy(update={"peak": peak, "measured": True}))


def judged(fit: Fit) -> Fit:
    """The same with the verdict and the sentences that follow from its figures."""
    verdict = verdict_of(fit.peak, fit.capacity.available, fit.measured)
    sentences = [_memory_sentence(fit, verdict)]
    if fit.largest is not None and not fit.measured:
        share = fit.largest.bytes / max(sum(part.bytes for part in fit.parts), 1)
        sentences.append(f"The largest part is {fit.largest.name}: {share:.0%}.")
    if fit.disk is not None:
        sentences += _disk_sentence(fit.disk)
    return fit.model_copy(update={"verdict": verdict, "sentences": tuple(sentences)})


def verdict_of(peak: int | None, available: int | None, measured: bool) -> Verdict:
    """`fits` below 85% of the free memory (95% of it when measured), `tight` up to all of it."""
    if peak is None or not available:
        return "unknown"
    if peak > available:
        return "does_not_fit"
    return "fits" if peak <= (MEASURED_FITS if measured else FITS) * available else "tight"


def _unknown(here: Capacity, why: str) -> Fit:
    return Fit(
        capacity=here,
        parts=(),
        peak=None,
        measured=False,
        verdict="unknown",
        disk=None,
        sentences=(why,),
    )


def _memory_sentence(fit: Fit, verdict: Verdict) -> str:
    needed = f"{(fit.peak or 0) / GB:.1f}"
    if fit.capacity.available is None:
        return f"It needs about {needed} GB of memory; how much is free could not be measured."
    free = f"{fit.capacity.available / GB:.1f}"
    if verdict == "does_not_fit":
        return f"It needs about {needed} GB of memory, and only {free} GB are free."
    if fit.measured:
        return f"A pre-flight took {needed} GB of memory at most, and {free} GB are free."
    if verdict == "tight":
        return (
            f"It needs about {needed} GB of the {free} GB of memory that are free: a pre-flight "
            "would show whether that is enough."
        )
    return f"It needs about {needed} GB of memory, and {free} GB are free."


def _disk_sentence(disk: Disk) -> list[str]:
    if disk.free is None or disk.fits:
        return []
    return [
        f"It writes about {disk.total / GB:.1f} GB to disk, and only {disk.free / GB:.1f} GB are "
        "free."
    ]


# -- disk -------------------------------------------------------------------------------------


def disk_of(
    plan: TrainingPlan,
    shape: Architecture,
    rows: Rows,
    model: ResolvedModel,
    workspace_root: Path,
) -> Disk:
    """Bytes that a run writes: checkpoints and result as `sizes` counts them.

    A model that is not here yet is downloaded, at two bytes a weight.
    """
    if model.shape is None:
        trained = memory.trained_parameters(plan, shape)
        checkpoint, published = 12 * trained, 4 * trained
        if not plan.publishes_adapter:
            published = 2 * shape.parameters
    else:
        checkpoint = sizes.checkpoint_bytes(plan, model)
        published = sizes.published_bytes(plan, model)
    tokens = rows.tokens if rows.tokens is not None else rows.number * plan.max_length
    return Disk(
        checkpoints=CHECKPOINTS * checkpoint,
        published=published,
        prepared=TOKEN_BYTES * tokens * (2 if plan.packing else 1),
        download=0 if model.shape or model.local else 2 * shape.parameters,
        other=OTHER_BYTES,
        free=free_disk(workspace_root),
    )


def free_disk(folder: Path) -> int | None:
    """Bytes free on the disk that holds a folder; None where it can't be asked."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


# -- the rows ---------------------------------------------------------------------------------


def longest_tokens(model: ResolvedModel, plan: TrainingPlan, rows: ExampleFile) -> int | None:
    """About the tokens of the longest row, as far as they are trained on.

    Of the rows that are longest as text, the one with most tokens. None while the model's
    tokenizer is not on this machine.
    """
    reader = readers.find(model)
    if reader is None or not len(rows):
        return None
    chosen = nlargest(LONGEST_LOOKED_AT, range(len(rows)), key=lambda place: len(rows.line(place)))
    found = [rows[place] for place in chosen]
    talks = [example.conversation for example in found]
    if plan.objective == "dpo":
        talks += [worse for example in found if (worse := example.worse) is not None]
    masked = reader.masker(plan.max_length).rows(talks)
    return max((one.kept for row in masked for one in row.sequences), default=None)
