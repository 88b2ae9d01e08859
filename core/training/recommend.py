"""A plan with recommended settings, why each has its value, and what to mind before starting."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from core.data import store
from core.data.records import Dataset, Example, Split
from core.errors import PlanError
from core.messages import Record
from core.models import catalog
from core.models.catalog import ModelFacts, ResolvedModel
from core.settings import Settings
from core.training import readiness, timing
from core.training.plan import MAX_LORA_RANK, TrainingPlan
from core.workspace import Workspace

MODEL_REASON = "Recommended for this base model by its makers' own trials."
LORA_REASON = (
    "Rank 16 holds what up to a few thousand rows teach (Thinking Machines, LoRA Without Regret)."
)
RATE_REASON = (
    "LoRA wants about 10 times the rate of full fine-tuning, so 1e-4 to 2e-4 "
    "(Thinking Machines, LoRA Without Regret)."
)
CPU_HEADS = (32, 64, 80, 96, 112, 128, 160, 192, 224, 256, 512)
"""Attention head sizes that the engine serves without a GPU."""
OURS = ("reasons", "template_sha256", "mask_sha256")
"""Fields of a plan that are not for a person to set."""
ROOM_REASON = "The rows of this data are longer than usual: less would cut some of their answers."
LONGEST_ROWS = 4096
"""Tokens; room for longer rows is only made when a person asks for it, for memory's sake."""
FEW_ROWS, FEW_STEPS = 50, 10
TOKENS_PER_CHARACTER = {"latin": 0.3, "han": 0.7}
"""Rough averages over current tokenizers: only ever said with 'about'."""


class Proposal(Record):
    """A plan to agree to, with what the person should know before."""

    plan: TrainingPlan
    warnings: tuple[str, ...]
    train_rows: int
    validation_rows: int
    test_rows: int
    steps: int
    """Estimate of the optimizer steps; the run counts them exactly once it has its tokens."""
    seconds: float | None
    """Estimate of the wall time; None while nothing like it was measured on this machine."""
    basis: str | None
    """Where the estimate of seconds comes from; None means not measured yet."""


class Advice(NamedTuple):
    """A recommended value and its reason."""

    value: float | int | str
    reason: str


def propose(
    workspace: Workspace,
    settings: Settings,
    dataset: Dataset,
    split: Split,
    changes: Mapping[str, Any],
) -> Proposal:
    """Recommend a plan for this data, put the person's changes in, and say what to mind.

    Raises PlanError when a value can't be used or there is nothing to train on, ModelError when
    the base model can't.
    """
    if not split.train:
        raise PlanError(
            "The training part of this data is empty, so there is nothing to learn.",
            dataset.id,
            "Add rows, or mark some with split: train.",
        )
    base = str(changes.get("base_model") or catalog.default_model(settings))
    model = catalog.resolve(base, changes.get("revision"), settings)
    facts = next((f for f in catalog.models(settings) if f.name == base), None)
    plan = _plan(dataset, split, model, facts, changes)
    chosen = set(split.train)
    train = [e for e in store.load_examples(workspace, dataset.id) if e.id in chosen]
    _need_context(plan, model)
    if "max_length" not in changes:
        plan = roomier(plan, model, train)
    seen = readiness.look_with(model, plan, train)
    learnt = readiness.warnings(plan, seen) if seen else _guessed_lengths(plan, train)
    plan = plan.model_copy(update=seen.hashes if seen else {})
    steps = count_steps(plan, len(split.train))
    estimate = timing.estimate(workspace, plan, dataset, steps)
    return Proposal(
        plan=plan,
        warnings=(*_warnings(plan, split, model, steps), *learnt),
        train_rows=len(split.train),
        validation_rows=len(split.validation),
        test_rows=len(split.test),
        steps=steps,
        seconds=estimate.seconds if estimate else None,
        basis=estimate.basis if estimate else None,
    )


def count_steps(plan: TrainingPlan, rows: int) -> int:
    """Optimizer steps when each row is one sequence."""
    if plan.max_steps is not None:
        return plan.max_steps
    batches = math.ceil(rows / plan.batch_size)
    return math.ceil(plan.epochs * math.ceil(batches / plan.gradient_accumulation))


def _plan(
    dataset: Dataset,
    split: Split,
    model: ResolvedModel,
    facts: ModelFacts | None,
    changes: Mapping[str, Any],
) -> TrainingPlan:
    advice = _advice(len(split.train), model, facts)
    values: dict[str, Any] = {name: given.value for name, given in advice.items()}
    reasons = {name: given.reason for name, given in advice.items()}
    rank = changes.get("rank")
    if isinstance(rank, int) and 1 <= rank <= MAX_LORA_RANK and changes.get("alpha") is None:
        values["alpha"] = 2 * rank
        reasons["alpha"] = "Twice the rank, as for the recommended one."
    values |= {name: value for name, value in changes.items() if value is not None}
    reasons |= {name: "Your choice." for name in changes if name in reasons}
    try:
        return TrainingPlan.model_validate(
            {
                "name": f"{dataset.name} on {model.shown_name.rpartition('/')[2]}"[:80],
                **values,
                "dataset_id": dataset.id,
                "split_fingerprint": split.fingerprint,
                "base_model": model.name,
                "revision": model.revision,
                "reasons": reasons,
            }
        )
    except ValidationError as error:
        raise _refused(error) from error


def _refused(error: ValidationError) -> PlanError:
    told = []
    for item in error.errors(include_url=False):
        name = ".".join(map(str, item["loc"]))
        if item["type"] == "extra_forbidden":
            told.append(f"there is no setting '{name}'")
        else:
            told.append(f"{name} = {item['input']!r}: {item['msg'][0].lower()}{item['msg'][1:]}")
    known = ", ".join(name for name in TrainingPlan.model_fields if name not in OURS)
    unknown = any(item["type"] == "extra_forbidden" for item in error.errors(include_url=False))
    return PlanError(
        f"These settings can't be used: {'; '.join(told)}.",
        fix=f"Settings are: {known}." if unknown else "Correct them, or leave them out.",
    )


def _advice(rows: int, model: ResolvedModel, facts: ModelFacts | None) -> dict[str, Advice]:
    """Defaults by rows and model size, with the model's own recommendations over them."""
    advice = {
        "rank": Advice(16, LORA_REASON),
        "alpha": Advice(32, "Twice the rank, the field's usual scale."),
        "learning_rate": Advice(2e-4, RATE_REASON),
        "epochs": _epochs(rows),
        **_batch(rows, model, facts),
        "max_length": _length(model),
        "evaluations": Advice(5, "Often enough to keep the best of several checkpoints."),
    }
    own = facts.recommended if facts else {}
    return advice | {name: Advice(value, MODEL_REASON) for name, value in own.items()}


def _epochs(rows: int) -> Advice:
    source = "(Microsoft's fine-tuning guidance)"
    for limit, value in ((100, 5.0), (500, 3.0), (2000, 2.0)):
        if rows < limit:
            return Advice(value, f"{rows} rows, fewer than {limit}: {value:g} passes {source}.")
    return Advice(1.0, f"{rows} rows are many: one pass {source}.")


def _batch(rows: int, model: ResolvedModel, facts: ModelFacts | None) -> dict[str, Advice]:
    """Effective batch 8 or 16, in small bites for a big model: activations need the memory."""
    effective = 16 if rows >= 500 else 8
    size = model.shape.parameters if model.shape else facts.parameters if facts else None
    bite = min(effective, 4) if size is None or size >= 1_000_000_000 else effective
    reason = f"{effective} rows a step: small batches suit LoRA (8 to 32 is usual)."
    return {
        "batch_size": Advice(bite, reason),
        "gradient_accumulation": Advice(effective // bite, reason),
    }


def _length(model: ResolvedModel) -> Advice:
    context = model.shape.context if model.shape else None
    if context is not None and context < 1024:
        return Advice(context, f"The model reads at most {context} tokens.")
    return Advice(1024, "Room for most support dialogues; longer rows are cut, and counted.")


# -- what to mind -----------------------------------------------------------------------------


def _warnings(
    plan: TrainingPlan,
    split: Split,
    model: ResolvedModel,
    steps: int,
) -> list[str]:
    found = []
    rows = len(split.train)
    if rows < FEW_ROWS:
        found.append(f"Only {rows} training rows: expect a change of tone rather than knowledge.")
    if plan.max_steps == 0:
        found.append("0 steps train nothing: the tuned model will be exactly the base.")
    elif steps < FEW_STEPS:
        found.append(f"Only about {steps} optimizer steps: raise epochs, or lower batch_size.")
    if not split.validation:
        found.append(
            "There is no validation part, so overfitting can't be seen: the last step is kept."
        )
    head = model.shape.head_dim if model.shape else None
    if head is not None and head not in CPU_HEADS and catalog.gpu_name() is None:
        found.append(
            f"The engine can't serve this model without a GPU (attention heads of size {head}): "
            "it can be trained here, but not compared."
        )
    return found


def _need_context(plan: TrainingPlan, model: ResolvedModel) -> None:
    """Raises PlanError when rows may be longer than the model reads."""
    context = model.shape.context if model.shape else None
    if context is not None and plan.max_length > context:
        raise PlanError(
            f"max_length is {plan.max_length}, but {model.shown_name} reads {context} tokens.",
            fix=f"Set max_length to {context} or less.",
        )


def roomier(plan: TrainingPlan, model: ResolvedModel, train: Sequence[Example]) -> TrainingPlan:
    """The plan with the least max_length that cuts no row of a sample, as far as the model reads.

    A row that is cut loses its end, and with it the answer. Nothing changes while the model's
    tokenizer is not on this machine.
    """
    context = model.shape.context if model.shape else None
    limit = min(LONGEST_ROWS, context or LONGEST_ROWS)
    while (seen := readiness.look_with(model, plan, train)) and seen.totals.cut_rows:
        if plan.max_length >= limit:
            break
        longer = min(2 * plan.max_length, limit)
        reasons = {**plan.reasons, "max_length": ROOM_REASON}
        plan = plan.model_copy(update={"max_length": longer, "reasons": reasons})
    return plan


def _guessed_lengths(plan: TrainingPlan, train: Sequence[Example]) -> list[str]:
    """What may be cut, while the model's tokenizer is not on this machine."""
    long = [e.row for e in train if about_tokens(e) > plan.max_length]
    if not long:
        return []
    return [
        f"About {len(long)} training rows may be longer than {plan.max_length} tokens and would be "
        f"cut at the end (row {long[0]} first); the run counts them exactly before it trains."
    ]


def about_tokens(example: Example) -> float:
    """A rough guess at a row's tokens, from its characters and their script."""
    text = "".join(message.content for message in example.conversation.messages)
    han = sum("\u4e00" <= character <= "\u9fff" for character in text)
    rates = TOKENS_PER_CHARACTER
    turns = 5 * len(example.conversation.messages)  # what a template adds to each turn
    return han * rates["han"] + (len(text) - han) * rates["latin"] + turns
