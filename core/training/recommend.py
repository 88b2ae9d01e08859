"""A plan with recommended settings, why each has its value, and what to mind before starting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from core.data import store
from core.data.augment.labels import answered_labels
from core.data.records import Dataset, Example, Split
from core.errors import PlanError
from core.messages import Record
from core.models import catalog, readers
from core.models.catalog import ResolvedModel
from core.settings import Settings
from core.training import forecast, machine, pairs, readiness, refusals, risks, share, start_from
from core.training.defaults import Case, alpha_for, recommended
from core.training.fit import Fit
from core.training.plan import MAX_LORA_RANK, Method, Objective, TrainingPlan, misfits
from core.training.plan_changes import NOT_CHANGED
from core.training.program.arguments import total_steps
from core.training.readiness import Look
from core.workspace import Workspace

ROOM_REASON = "The rows of this data are longer than usual: less would cut some of their answers."
LONGEST_ROWS = 4096
"""Tokens; room for longer rows is only made when a person asks for it, for memory's sake."""
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
    fit: Fit | None = None
    """What it needs of memory, disk, time and money, against what is there."""


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
    _need_rows(split)
    begun = start_from.inherited(workspace, changes)
    changes = {**changes, **begun}
    base = str(changes.get("base_model") or catalog.default_model(settings))
    model = catalog.resolve(base, changes.get("revision"), settings)
    facts = next((f for f in catalog.models(settings) if f.name == base), None)
    examples = store.load_examples(workspace, dataset.id)
    classes = len(set(answered_labels(_train(split, examples)).values()))
    case = _case(changes, Case(_rows(split, changes), model, facts, classes=classes))
    plan = start_from.explained(_plan(dataset, split, case, changes), begun)
    split = share.taken(plan, split, examples)
    train = _train(split, examples)
    start_from.find(workspace, plan)
    pairs.need_pairs(plan, train)
    refusals.need_possible(plan, machine.look())
    _need_context(plan, model)
    if "max_length" in changes:
        seen = readiness.look_with(model, plan, train)
    else:
        plan, seen = roomier(plan, model, train)
    learnt = readiness.warnings(plan, seen) if seen else _guessed_lengths(plan, train)
    plan = plan.model_copy(update=seen.hashes if seen else {})
    steps = total_steps(plan, pairs.count_trained(plan, train))
    minded = risks.Case(plan, model, split, train, steps, machine.look(), _thinks(model))
    rows = forecast.rows_of(plan, model, dataset, split, examples)
    fit = forecast.of(workspace, settings, forecast.Subject(plan, model, dataset, rows))
    return Proposal(
        plan=plan,
        warnings=(*_licence(plan, settings), *risks.of(minded), *learnt),
        train_rows=len(split.train),
        validation_rows=len(split.validation),
        test_rows=len(split.test),
        steps=steps,
        seconds=fit.seconds,
        basis=fit.basis,
        fit=fit,
    )


def _train(split: Split, examples: Sequence[Example]) -> list[Example]:
    chosen = set(split.train)
    return [example for example in examples if example.id in chosen]


def _rows(split: Split, changes: Mapping[str, Any]) -> int:
    """About how many rows are trained on; a share that is none is refused later."""
    wanted = changes.get("train_share")
    part = wanted if isinstance(wanted, float) and 0 < wanted <= 1 else 1.0
    return max(1, round(part * len(split.train)))


def _need_rows(split: Split) -> None:
    if not split.train:
        raise PlanError(
            "The training part of this data is empty, so there is nothing to learn.",
            split.dataset_id,
            "Add rows, or mark some with split: train.",
        )


def _case(changes: Mapping[str, Any], case: Case) -> Case:
    """The case with the method that is asked for; a value that is none is refused later."""
    method: Method = changes.get("method") or "lora"
    objective: Objective = changes.get("objective") or "sft"
    return case._replace(method=method, objective=objective)


def _plan(dataset: Dataset, split: Split, case: Case, changes: Mapping[str, Any]) -> TrainingPlan:
    model, advice, rank = case.model, recommended(case), changes.get("rank")
    if isinstance(rank, int) and 1 <= rank <= MAX_LORA_RANK and changes.get("alpha") is None:
        advice["alpha"] = alpha_for(rank, case.method)
    values: dict[str, Any] = {name: given.value for name, given in advice.items()}
    reasons = {name: given.reason for name, given in advice.items()}
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
                "hardware": machine.look().words,
            }
        )
    except ValidationError as error:
        raise _refused(error) from error


def _refused(error: ValidationError) -> PlanError:
    known = ", ".join(name for name in TrainingPlan.model_fields if name not in NOT_CHANGED)
    unknown = any(item["type"] == "extra_forbidden" for item in error.errors(include_url=False))
    return PlanError(
        f"These settings can't be used: {'; '.join(misfits(error))}.",
        fix=f"Settings are: {known}." if unknown else "Correct them, or leave them out.",
    )


# -- what to mind -----------------------------------------------------------------------------


def _need_context(plan: TrainingPlan, model: ResolvedModel) -> None:
    """Raises PlanError when rows may be longer than the model reads."""
    context = model.shape.context if model.shape else None
    if context is not None and plan.max_length > context:
        raise PlanError(
            f"max_length is {plan.max_length}, but {model.shown_name} reads {context} tokens.",
            fix=f"Set max_length to {context} or less.",
        )


def roomier(
    plan: TrainingPlan, model: ResolvedModel, train: Sequence[Example]
) -> tuple[TrainingPlan, Look | None]:
    """The plan with the least max_length that cuts no row of a sample, as far as the model reads.

    A row that is cut loses its end, and with it the answer. Returned with what the sample tells;
    nothing changes, and nothing is told, while the model's tokenizer is not on this machine.
    """
    context = model.shape.context if model.shape else None
    limit = min(LONGEST_ROWS, context or LONGEST_ROWS)
    while (seen := readiness.look_with(model, plan, train)) and seen.totals.cut_rows:
        if plan.max_length >= limit:
            break
        longer = min(2 * plan.max_length, limit)
        reasons = {**plan.reasons, "max_length": ROOM_REASON}
        plan = plan.model_copy(update={"max_length": longer, "reasons": reasons})
    return plan, seen


def _licence(plan: TrainingPlan, settings: Settings) -> list[str]:
    """What the person must accept before a start."""
    question = refusals.licence_question(plan, settings)
    return [] if question is None else [f"{question.problem} {question.fix}"]


def _thinks(model: ResolvedModel) -> bool | None:
    """Whether the model's template knows of thinking; None while it is not on this machine."""
    reader = readers.find(model)
    return None if reader is None else risks.THINKING in reader.template.text


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
