"""What tools answer about what training and more data are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from core.messages import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eval.around.records import Baseline
    from eval.curve.standing import CurveRun, CurveStanding
    from eval.need.records import NeedForTraining

AT_WORK = ("queued", "starting", "running", "stopping")
CurveNext = Literal["start", "wait", "mend", "evaluate", "nothing"]
"""What a learning curve asks for: its missing runs, patience, a run's mending, an evaluation."""


class WayTried(Record):
    """One way to do without training; shares from 0 to 1, None means not measured."""

    kind: Literal["base", "system_prompt", "few_shot"]
    name: str
    name_zh: str
    level: float | None
    low: float | None
    high: float | None
    questions: int
    no_answer: int
    note: str = ""
    note_zh: str = ""


class NeedSeen(Record):
    """What a base model reaches on validation questions without training."""

    kind: Literal["need"] = "need"
    base_model: str
    ways: tuple[WayTried, ...]
    best: WayTried | None
    """The way that reaches most; None when none was measured."""
    sentence: str
    sentence_zh: str


class CurvePart(Record):
    """One run of a learning curve, as far as it is; shares from 0 to 1."""

    share: float
    rows: int
    run_name: str = ""
    """"" while nobody started it."""
    status: str = ""
    is_evaluated: bool
    level: float | None = None
    """The headline's, once the curve is whole."""
    low: float | None = None
    high: float | None = None


class CurveSeen(Record):
    """Whether more data would help: a run's learning curve, or what it lacks."""

    kind: Literal["curve"] = "curve"
    run_id: str
    run_name: str
    criterion: str = ""
    """What the levels are shares of; "" while there is no curve."""
    parts: tuple[CurvePart, ...]
    still_rising: bool | None = None
    sentence: str
    sentence_zh: str
    next: CurveNext
    next_run: str | None = None
    """Id of the run that it is about."""
    next_name: str = ""


class CurveStarted(Record):
    """The runs of a learning curve that were missing, queued."""

    kind: Literal["curve_started"] = "curve_started"
    run_id: str
    runs: tuple[str, ...]
    """Their names."""


WorthResult = NeedSeen | CurveSeen | CurveStarted


def need_seen(found: NeedForTraining) -> NeedSeen:
    ways = tuple(_way(one) for one in found.baselines.results)
    measured = [way for way in ways if way.level is not None]
    return NeedSeen(
        base_model=found.base_model,
        ways=ways,
        best=max(measured, key=lambda way: way.level or 0.0, default=None),
        sentence=found.sentence,
        sentence_zh=found.sentence_zh,
    )


def _way(one: Baseline) -> WayTried:
    from eval.need.baselines import NAMES

    en, zh = NAMES[one.kind]
    return WayTried(
        name=en,
        name_zh=zh,
        level=one.headline.base,
        questions=one.headline.pairs,
        no_answer=one.left_out,
        **one.model_dump(include={"kind", "low", "high", "note", "note_zh"}),
    )


def curve_seen(
    found: CurveStanding, names: Mapping[str, str], evaluating: str | None = None
) -> CurveSeen:
    """A learning curve as it stands.

    `names` are those of runs by id; `evaluating` is the run of the evaluation under way.
    """
    points = found.curve.points if found.curve else (None,) * len(found.runs)
    next_step, about = _next(found, evaluating)
    return CurveSeen(
        run_id=found.run_id,
        run_name=names.get(found.run_id, found.run_id),
        criterion=found.curve.criterion if found.curve else "",
        parts=tuple(
            CurvePart(
                share=one.share,
                rows=one.rows,
                run_name=names.get(one.run_id, one.run_id) if one.run_id else "",
                status=one.status,
                is_evaluated=one.report_id is not None,
                level=point.tuned if point else None,
                low=point.low if point else None,
                high=point.high if point else None,
            )
            for one, point in zip(found.runs, points, strict=True)
        ),
        still_rising=found.curve.still_rising if found.curve else None,
        sentence=found.sentence,
        sentence_zh=found.sentence_zh,
        next=next_step,
        next_run=about,
        next_name=names.get(about, about) if about else "",
    )


def _next(found: CurveStanding, evaluating: str | None) -> tuple[CurveNext, str | None]:
    """What the curve asks for next, and of which run."""
    lacking = [one for one in found.runs if one.report_id is None]
    if not lacking:
        return "nothing", None
    if any(one.run_id is None for one in lacking):
        return "start", None
    if at_work := next((one.run_id for one in lacking if one.status in AT_WORK), evaluating):
        return "wait", at_work
    if broken := next((one.run_id for one in lacking if one.status != "succeeded"), None):
        return "mend", broken
    return "evaluate", _first_to_evaluate(lacking)


def _first_to_evaluate(lacking: list[CurveRun]) -> str | None:
    """The run itself before its parts: these are evaluated as it was."""
    whole = (one.run_id for one in lacking if one.share == 1)
    return next(whole, lacking[0].run_id)
