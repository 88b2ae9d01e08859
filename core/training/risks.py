"""What to mind before a plan is started: each sentence names a risk that this plan has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core.data.records import Example, Split
from core.models.catalog import ResolvedModel
from core.models.folders import Shape
from core.serving.launch import CPU_HEADS
from core.training import pairs, readiness
from core.training.machine import Machine
from core.training.plan import TrainingPlan

FEW_ROWS, FEW_STEPS = 50, 10
MANY_PASSES = 8
"""From so many passes over the same rows, they are learnt by heart rather than understood."""
USUAL_RATE = {"full": 1e-4, "adapter": 1e-3}
"""Above these, training of models from SMALL parameters on often diverges."""
SMALL = 100_000_000
THINKING = "<think>"


class Case(NamedTuple):
    """What is looked at for risks."""

    plan: TrainingPlan
    model: ResolvedModel
    split: Split
    train: Sequence[Example]
    steps: int
    machine: Machine
    thinks: bool | None
    """Whether the model's template knows of thinking; None when it is not here yet."""

    @property
    def shape(self) -> Shape | None:
        return self.model.shape


def of(case: Case) -> list[str]:
    """Everything to mind, the gravest first."""
    return [*_of_rows(case), *_of_validation(case), *_of_method(case), *_of_machine(case)]


def _of_rows(case: Case) -> Iterator[str]:
    plan, rows = case.plan, len(case.split.train)
    if rows < FEW_ROWS:
        yield f"Only {rows} training rows: expect a change of tone rather than knowledge."
    if plan.max_steps == 0:
        yield "0 steps train nothing: the tuned model will be exactly the base."
    elif case.steps < FEW_STEPS:
        yield f"Only about {case.steps} optimizer steps: raise epochs, or lower batch_size."
    if plan.max_steps is None and plan.epochs >= MANY_PASSES:
        yield (
            f"{plan.epochs:g} passes over the same rows: the model may repeat them word for word. "
            "Watch the validation loss."
        )
    thinking = _thinking_rows(case.train)
    if thinking and case.thinks is False:
        yield (
            f"{thinking} of the training rows looked at hold reasoning between <think> tags, and "
            "this base model answers without: it will learn to write the tags as text."
        )
    elif case.thinks and not thinking:
        yield (
            "This base model can think before it answers, and the data holds no reasoning: it is "
            "trained and served with thinking off."
        )


def _thinking_rows(train: Sequence[Example]) -> int:
    return sum(
        any(THINKING in m.content for m in example.conversation.messages if m.role == "assistant")
        for example in readiness.sample(train)
    )


def _of_validation(case: Case) -> Iterator[str]:
    plan = case.plan
    if not case.split.validation:
        yield "There is no validation part, so overfitting can't be seen: the last step is kept."
        if plan.early_stopping is not None:
            yield "Without a validation part, early_stopping never stops the run."
    elif plan.early_stopping is not None and plan.early_stopping >= plan.evaluations:
        yield (
            f"early_stopping waits for {plan.early_stopping} measurements without a better one, "
            f"and there are only {plan.evaluations}: it never stops the run."
        )


def _of_method(case: Case) -> Iterator[str]:
    plan = case.plan
    limit = USUAL_RATE["full" if plan.method == "full" else "adapter"]
    size = case.shape.parameters if case.shape else None
    if plan.learning_rate > limit and size is not None and size >= SMALL:
        yield (
            f"A learning rate of {plan.learning_rate:g} is unusually high for this method (at most "
            f"{limit:g} is usual): training may diverge."
        )
    if plan.method == "full":
        yield (
            "Full fine-tuning changes every weight, so other abilities can suffer, and the result "
            "is a whole model."
        )
    if plan.method == "dora":
        yield "Engines load no DoRA adapter: the result is merged into a whole model."
    yield from pairs.notes(plan)
    if plan.objective == "dpo" and plan.start_from is None:
        yield (
            "Preferences usually follow supervised training: without start_from, the base model "
            "itself is the start."
        )


def _of_machine(case: Case) -> Iterator[str]:
    head = case.shape.head_dim if case.shape else None
    if case.machine.gpus:
        return
    if head is not None and head not in CPU_HEADS:
        yield (
            f"vLLM can't serve this model without a GPU (attention heads of size {head}): it is "
            "compared here through transformers, slowly."
        )
    if case.plan.precision == "bfloat16":
        yield "Without a GPU, bfloat16 was measured 4 to 5 times slower than float32."
    if case.plan.compile:
        yield "Without a GPU, compiling was measured 30 times slower in short runs."
