"""What a plan needs and how long it takes here: measured where it was, else estimated."""

from __future__ import annotations

from typing import NamedTuple

from core import slots
from core.data import splitting, store
from core.data.example_file import ExampleFile
from core.data.records import Dataset, Split
from core.models import catalog
from core.models.catalog import ResolvedModel
from core.settings import Settings
from core.training import batching, capacity, fit, preflight, share, timing
from core.training.batching import Batching, Estimate
from core.training.eta import cost
from core.training.fit import Count, Fit, Rows
from core.training.memory import Part
from core.training.plan import TrainingPlan
from core.training.program.arguments import total_steps
from core.workspace import Workspace

OOM_FACTOR = 1.05
"""A plan that ran out of memory takes at least so many times what was free."""


class Subject(NamedTuple):
    """A plan with what is known of its model and data."""

    plan: TrainingPlan
    model: ResolvedModel
    dataset: Dataset
    rows: Rows


def subject(workspace: Workspace, settings: Settings, plan: TrainingPlan) -> Subject:
    """Look up what a plan names.

    Raises ModelError when the base model can't be used, DataError when the data is not there.
    """
    model = catalog.resolve(plan.base_model, plan.revision, settings)
    dataset = store.load(workspace, plan.dataset_id)
    examples = store.load_examples(workspace, plan.dataset_id)
    split = share.taken(plan, splitting.frozen_split(workspace, plan.dataset_id), examples)
    return Subject(plan, model, dataset, rows_of(plan, model, dataset, split, examples))


def rows_of(
    plan: TrainingPlan,
    model: ResolvedModel,
    dataset: Dataset,
    split: Split,
    examples: ExampleFile,
) -> Rows:
    """What the estimate needs to know of a plan's rows; `split` has only those it takes."""
    number = len(split.train) + len(split.validation)
    longest = fit.longest_tokens(model, plan, examples)
    # hardly any tokenizer has more than a token a character
    tokens = min(dataset.summary.characters, number * (longest or plan.max_length))
    return Rows(longest=longest, tokens=tokens, number=number, train=len(split.train))


def of(workspace: Workspace, settings: Settings, given: Subject) -> Fit:
    """Memory by part against what is free, disk, time and cost.

    A pre-flight's peak and time count before any estimate; what was not measured and can't be
    estimated is None.
    """
    plan, model, dataset, rows = given
    holders = [slots.holder(workspace, slot) for slot in slots.here()]
    here = capacity.look(given_back=any(holders))
    found = fit.assess(plan, model, workspace.root, rows, here)
    measured = preflight.measured(workspace, plan, model)
    if measured is not None and measured.peak_bytes is not None:
        found = fit.with_peak(found, measured.peak_bytes)
    steps = total_steps(plan, rows.train)
    took = timing.estimate(workspace, plan, dataset, steps, model)
    if took is None:
        return found
    return _priced(
        found.model_copy(update={"seconds": took.seconds, "basis": took.basis}), settings
    )


def _priced(found: Fit, settings: Settings) -> Fit:
    """The same with what its time costs, where the settings name a price."""
    price, currency = settings.gpu_price, settings.gpu_currency
    total = cost(found.seconds, price)
    if total is None:
        return found
    told = f"At {price:g} {currency} an hour it costs about {total:.2f} {currency}."
    sentences = (*found.sentences, told)
    return found.model_copy(update={"cost": total, "currency": currency, "sentences": sentences})


def smaller_batch(
    workspace: Workspace, settings: Settings, given: Subject, out_of_memory: bool = False
) -> Batching:
    """How the plan's batch can be made to fit what is free, and what else a person could give up.

    `out_of_memory` says that the plan was tried and there was not enough.
    """
    plan, model, _, rows = given
    limit = round(fit.FITS * (capacity.look().available or 0))
    measured = preflight.measured(workspace, plan, model)
    known = measured.peak_bytes if measured else None
    if out_of_memory:
        known = max(known or 0, round(OOM_FACTOR * limit))
    estimate = corrected(fit.counter(settings, model, rows), plan, known)
    return batching.fit_batch(plan, limit, estimate, fit.smaller_models(settings, model))


def corrected(count: Count, plan: TrainingPlan, known: int | None) -> Estimate:
    """Peak bytes by formula, corrected by what is known of one plan's.

    What the plan takes beyond the formula is put down to its batch, and shrinks with it; what it
    takes less, to what does not depend on the batch.
    """
    own = count(plan)
    beyond = known - _total(own) if own and known is not None else 0

    def peak(other: TrainingPlan) -> int | None:
        parts = count(other)
        if parts is None:
            return None
        share = _of_batch(parts) / max(_of_batch(own), 1) if own and beyond > 0 else 1.0
        return round(_total(parts) + beyond * share)

    return peak


def _total(parts: tuple[Part, ...]) -> int:
    return sum(part.bytes for part in parts)


def _of_batch(parts: tuple[Part, ...]) -> int:
    return sum(part.bytes for part in parts if part.name in ("activations", "logits"))
