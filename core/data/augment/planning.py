"""What is wanted of an augmentation, and which rows it comes to: made before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from core.data.augment.balancing import Growth, grow, growth_tasks, train_pairs, unable
from core.data.augment.context import Chosen, Context, choose
from core.data.augment.noise import NoiseRequest
from core.data.augment.paraphrase import Cost, estimate
from core.data.augment.records import ParaphraseRequest
from core.errors import DataError
from core.messages import Record


class GrowthRequest(Record):
    """How small classes grow by rewordings of their rows."""

    floor: int | None = Field(default=None, ge=1)
    """Rows that every class should have; None is half of the median class."""
    how: ParaphraseRequest = ParaphraseRequest()
    """Its rows and variants say nothing here: the plan does."""


AugmentRequest = ParaphraseRequest | NoiseRequest | GrowthRequest


class AugmentOptions(Record):
    """What an augmentation's job is told; one of the three requests is there."""

    paraphrase: ParaphraseRequest | None = None
    noise: NoiseRequest | None = None
    growth: GrowthRequest | None = None
    judged: bool = False
    """Whether a judge is asked, where every other filter passes."""

    @classmethod
    def of(cls, request: AugmentRequest, judged: bool = False) -> AugmentOptions:
        """The options for a request of any kind."""
        match request:
            case NoiseRequest():
                return cls(noise=request)
            case GrowthRequest():
                return cls(growth=request, judged=judged)
        return cls(paraphrase=request, judged=judged)

    @property
    def wording(self) -> ParaphraseRequest:
        """How rows are reworded."""
        return self.growth.how if self.growth else self.paraphrase or ParaphraseRequest()


@dataclass(frozen=True)
class AugmentPlan:
    """Which rows, what it takes, and for small classes how much they lack."""

    chosen: Chosen
    cost: Cost
    """Nothing for noise, which asks no model."""
    growth: Growth | None = None


def make_plan(context: Context, options: AugmentOptions) -> AugmentPlan:
    """The rows that a request comes to.

    Raises DataError when there is nothing to do: no noise is named, no row can be reworded, there
    are no classes, or all are large enough.
    """
    if options.noise is not None:
        return _noise_plan(context, options.noise)
    growth = _growth(context, options.growth) if options.growth else None
    chosen = _able(choose(context, options.wording))
    if growth is not None:
        chosen = Chosen(growth_tasks(growth, context), chosen.left_out)
    return AugmentPlan(chosen, estimate(chosen.tasks, options.judged), growth)


def _noise_plan(context: Context, request: NoiseRequest) -> AugmentPlan:
    if not request.kinds:
        raise DataError(
            "No kind of noise is named.", fix="Choose among case, punctuation, width and typos."
        )
    rows = ParaphraseRequest(rows=request.rows, variants=request.copies, seed=request.seed)
    return AugmentPlan(_able(choose(context, rows)), estimate(()))


def _able(chosen: Chosen) -> Chosen:
    if not chosen.tasks:
        raise DataError(
            "No row of the train part can be reworded.",
            fix="Rows without words of a user, very long ones and rows made from others are not.",
        )
    return chosen


def _growth(context: Context, request: GrowthRequest) -> Growth:
    pairs = train_pairs(context)
    if not pairs:
        raise DataError(
            "The rows of the train part have no classes.",
            fix="Classes are labels, or short answers that repeat; other data has no balance.",
        )
    growth = grow(pairs, request.floor, unable(context), request.how.seed)
    if not growth.variants:
        raise DataError(
            "No class is small enough to grow, or none of its rows can be reworded.",
            fix="Ask for more rows in each class.",
        )
    return growth
