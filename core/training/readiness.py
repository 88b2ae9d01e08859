"""Whether a plan is worth a start: what a bounded sample of its training rows teaches.

The trainer asks the same of every row before it trains; here a fraction of a second has to do.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.data.records import Example
from core.errors import ModelError, PlanError
from core.messages import Record
from core.models import readers
from core.models.catalog import ResolvedModel
from core.models.masks import Masked, Masker
from core.training.learning import Totals, count_rows, ending
from core.training.plan import TrainingPlan

LOOKED_AT = 200
"""Rows that are looked at before a start."""
LOOKED_AT_CHARACTERS = 300_000
"""About a tenth of a second for a tokenizer."""
AGAIN = "Ask for a new plan for this data and start that."


class Look(Record):
    """What a sample of the training rows tells before a start."""

    of: int
    """Training rows in all; the totals are those of the plan when they count as many."""
    totals: Totals
    template_sha256: str
    mask_sha256: str
    """Of what the sample teaches: the trainer finds the same, or says so."""

    @property
    def hashes(self) -> dict[str, str]:
        """What a plan keeps of it."""
        return {"template_sha256": self.template_sha256, "mask_sha256": self.mask_sha256}


def look(train: Sequence[Example], masker: Masker) -> Look:
    """Look at a sample of the training rows: the same rows each time.

    Raises ModelError when the tokenizer or the template can't be trained with.
    """
    chosen = sample(train)
    rows = list(masker.rows(example.conversation for example in chosen))
    for masked in (masked for row in rows for masked in row.sequences if masked.endless):
        raise endless_turn(masked)
    return Look(
        of=len(train),
        totals=count_rows(chosen, rows, masker.max_length),
        template_sha256=masker.template.sha256,
        mask_sha256=masker.mask_sha256(rows),
    )


def look_with(
    model: ResolvedModel, plan: TrainingPlan, train: Sequence[Example], offline: bool = True
) -> Look | None:
    """Look with a model's own tokenizer; None where it is not here and can't be fetched."""
    reader = readers.find(model, offline)
    return look(train, reader.masker(plan.max_length)) if reader else None


def sample(
    examples: Sequence[Example], rows: int = LOOKED_AT, characters: int = LOOKED_AT_CHARACTERS
) -> list[Example]:
    """Evenly spaced rows: so many, or fewer when they are long."""
    count = min(rows, len(examples))
    while True:
        chosen = evenly(examples, count)
        size = sum(len(m.content) for e in chosen for m in e.conversation.messages)
        if size <= characters or count <= 1:
            return chosen
        count //= 2


def evenly(examples: Sequence[Example], count: int) -> list[Example]:
    """So many rows, evenly spaced, with the first and the last."""
    if count <= 1:
        return list(examples[:count])
    step = (len(examples) - 1) / (count - 1)
    return [examples[round(place * step)] for place in range(count)]


# -- what must hold -------------------------------------------------------------------------------


def endless_turn(masked: Masked) -> ModelError:
    """The error for an answer whose end is no token that generation stops at."""
    return ModelError(
        "The chat template does not end the assistant's turn with a token that "
        "generation stops at, so the tuned model would never stop.",
        f"the turn ends with {ending(masked)!r}",
        "Pick an instruct or chat model whose tokenizer's eos_token ends a turn.",
    )


def need_learning(rows: int, supervised: int, ends: int, max_length: int) -> None:
    """Raises PlanError when rows teach nothing, or never where to stop."""
    if not supervised:
        raise PlanError(
            f"None of {rows} training rows has anything to learn within {max_length} tokens.",
            fix="Raise max_length, or look at the data's assistant turns.",
        )
    if not ends:
        raise PlanError(
            f"In all of {rows} training rows the end of the answer lies beyond {max_length} "
            "tokens and is cut, so the tuned model would never learn to stop.",
            fix="Raise max_length, or shorten the rows.",
        )


def need_worth(plan: TrainingPlan, seen: Look) -> None:
    """Raises PlanError when the sample teaches nothing, or never where to stop."""
    totals = seen.totals
    need_learning(totals.rows, totals.supervised, totals.ends, plan.max_length)


def need_template(plan: TrainingPlan, template_sha256: str) -> None:
    """Raises PlanError when the model's chat template is not the one the plan was made with."""
    if plan.template_sha256 not in (None, template_sha256):
        raise PlanError(
            "The base model's chat template is not the one that this plan was made with.",
            plan.base_model,
            AGAIN,
        )


def need_agreed(plan: TrainingPlan, seen: Look) -> None:
    """Raises PlanError when the sample teaches something else than when the plan was made."""
    need_template(plan, seen.template_sha256)
    if plan.mask_sha256 not in (None, seen.mask_sha256):
        raise PlanError(
            "What would be learnt of this data is not what it was when this plan was made, because "
            "the model's tokenizer has changed.",
            plan.base_model,
            AGAIN,
        )


def warnings(plan: TrainingPlan, seen: Look) -> list[str]:
    """What the rows would lose, or that a start would be refused."""
    try:
        need_worth(plan, seen)
    except PlanError as refusal:
        return [refusal.problem]
    cut = seen.totals.cut_rows
    if not cut:
        return []
    told = f"Longer than {plan.max_length} tokens, and cut at the end: {len(cut)} "
    if seen.totals.rows == seen.of:
        return [f"{told}training rows (row {cut[0]} first)."]
    return [
        f"{told}of {seen.totals.rows} training rows looked at (row {cut[0]} first); the run counts "
        "them exactly before it trains."
    ]
