"""Fit a plan into memory by smaller bites of the same batch, and say what else could be given up.

What decides the result never changes by itself: not the method, not the effective batch, not the
length of rows. `batch_size` and `gradient_accumulation` share one effective batch, and the
gradient is the same either way, because the loss is divided by the tokens of the whole batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

from pydantic import Field

from core.messages import Record
from core.training.plan import TrainingPlan

Estimate = Callable[[TrainingPlan], int | None]
"""Bytes that a plan takes at its peak; None when that is not known."""
OptionKind = Literal["checkpointing", "optimizer", "qlora", "length", "model", "combined"]
Change = tuple[OptionKind, dict[str, Any]]
MAX_ACCUMULATION = 512
SHORTEST = 256
"""Tokens: no shorter rows are proposed."""
ADAPTERS = ("lora", "rslora")
"""Methods that QLoRA can stand in for."""


class Option(Record):
    """One thing that a person may agree to, and that would make the plan fit."""

    kind: OptionKind
    changes: dict[str, Any]
    """Of the plan, the batch of one row included."""
    bytes: int
    same_result: bool
    """Whether it computes the same, only slower."""
    sentence: str


class Batching(Record):
    """How a plan's batch can be made to fit."""

    fits: bool
    """Whether the plan fits once `changes` are made."""
    changes: dict[str, Any] = Field(default_factory=dict)
    """Of batch_size and gradient_accumulation; nothing when it fits as it is, or can't."""
    bytes: int | None
    """At the peak, after the changes."""
    limit: int
    """Bytes that the plan may take."""
    sentence: str
    options: tuple[Option, ...] = ()
    """What would make it fit when smaller bites don't; none of it is done without consent."""


def fit_batch(
    plan: TrainingPlan, limit: int, estimate: Estimate, smaller: tuple[str, ...] = ()
) -> Batching:
    """The largest bite of the effective batch that fits into `limit` bytes.

    `estimate` may measure or compute. `smaller` are names of smaller base models to try where
    nothing else helps.
    """
    needed = estimate(plan)
    if needed is None:
        told = "How much memory this plan takes is not known, so its batch stays as it is."
        return Batching(fits=False, bytes=None, limit=limit, sentence=told)
    if needed <= limit:
        return Batching(fits=True, bytes=needed, limit=limit, sentence="It fits as it is.")
    smallest = plan
    for smallest in bites(plan):
        taken = estimate(smallest)
        if taken is not None and taken <= limit:
            return _bitten(plan, smallest, taken, limit)
        needed = taken if taken is not None else needed
    options = tuple(_options(smallest, plan, limit, estimate, smaller))
    told = f"Even {smallest.batch_size} row at a time would take about {_gb(needed)} of memory."
    if not options:
        told += " Nothing that could be given up here would be enough."
    return Batching(fits=False, bytes=needed, limit=limit, sentence=told, options=options)


def bites(plan: TrainingPlan) -> Iterator[TrainingPlan]:
    """The plan with ever smaller batches and as much more accumulation: the same effective batch.

    Only whole divisions: a batch of 6 becomes 3, 2 and 1.
    """
    share = plan.batch_size * plan.gradient_accumulation
    for size in range(plan.batch_size - 1, 0, -1):
        if share % size == 0 and share // size <= MAX_ACCUMULATION:
            yield plan.model_copy(
                update={"batch_size": size, "gradient_accumulation": share // size}
            )


def _bitten(plan: TrainingPlan, smaller: TrainingPlan, taken: int, limit: int) -> Batching:
    return Batching(
        fits=True,
        changes=_batch(smaller),
        bytes=taken,
        limit=limit,
        sentence=f"{smaller.batch_size} instead of {plan.batch_size} rows at a time, and "
        f"{smaller.gradient_accumulation} times before each step: the same {plan.effective_batch} "
        f"rows a step, in about {_gb(taken)} of memory.",
    )


def _batch(plan: TrainingPlan) -> dict[str, Any]:
    names = ("batch_size", "gradient_accumulation")
    return {name: getattr(plan, name) for name in names}


# -- what else a person could agree to --------------------------------------------------------


def _options(
    smallest: TrainingPlan,
    plan: TrainingPlan,
    limit: int,
    estimate: Estimate,
    models: tuple[str, ...],
) -> Iterator[Option]:
    """Each single thing that would be enough; two or more together where no single one is."""
    given = list(_changes(smallest))
    singles: dict[OptionKind, Option] = {}
    for one in given:
        if one[0] not in singles and (option := _option(smallest, [one], limit, estimate)):
            singles[one[0]] = option
    yield from singles.values()
    for count in range(2, len(given) + 1) if not singles else ():
        if option := _option(smallest, given[:count], limit, estimate):
            yield option
            break
    for name in models:
        change: Change = ("model", {"base_model": name, "revision": None})
        found = (_option(one, [change], limit, estimate) for one in (plan, smallest))
        if option := next((one for one in found if one), None):
            yield option
            break


def _changes(plan: TrainingPlan) -> Iterator[Change]:
    """What could be given up, least first: time, digits of moments, digits of weights, length."""
    if plan.gradient_checkpointing != "on":
        yield "checkpointing", {"gradient_checkpointing": "on"}
    if plan.optimizer == "adamw":
        yield "optimizer", {"optimizer": "adamw_8bit"}
    if plan.method in ADAPTERS and not plan.modules_to_save:
        yield "qlora", {"method": "qlora"}
    length = plan.max_length // 2
    while length >= SHORTEST:
        yield "length", {"max_length": length}
        length //= 2


def _option(
    plan: TrainingPlan, given: list[Change], limit: int, estimate: Estimate
) -> Option | None:
    changes = {name: value for _, one in given for name, value in one.items()}
    taken = estimate(plan.edited(changes))
    if taken is None or taken > limit:
        return None
    kind = given[0][0] if len(given) == 1 else "combined"
    last = dict(given)  # of several lengths, the shortest counts
    words = "; ".join(_words(one, change) for one, change in last.items())
    return Option(
        kind=kind,
        changes={**_batch(plan), **changes},
        bytes=taken,
        same_result=kind == "checkpointing",
        sentence=f"{words} (about {_gb(taken)}).",
    )


def _words(kind: OptionKind, change: dict[str, Any]) -> str:
    if kind == "length":
        return f"Rows of at most {change['max_length']} tokens: longer ones lose their end"
    if kind == "model":
        return f"The smaller base model {change['base_model']}"
    return {
        "checkpointing": "Recompute activations: the same result, about 30% slower",
        "optimizer": "Adam's moments in 8 bits: nearly the same result",
        "qlora": "QLoRA, the base in 4 bits: a somewhat less exact base",
    }[kind]


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
