"""Tools for two questions before work is spent: is training needed, would more data help.

What starts an engine or a run waits for the person, as in `tools_training`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_ai import ApprovalRequired

from core.assistant import results_worth
from core.assistant.results_worth import CurveSeen, CurveStarted, NeedSeen
from core.assistant.tool_basics import Context, finished, pick_run, say_of, told
from core.assistant.tools_fit import plan_of
from core.assistant.turn import Turn
from core.training.plan import TrainingPlan
from core.training.records import Run
from eval.need.records import MOST_ASKED, NeedRequest

# -- is training needed ---------------------------------------------------------------------------


@told
def need_for_training(
    ctx: Context,
    limit: Annotated[int, Field(ge=1)] = MOST_ASKED,
    tried: TrainingPlan | None = None,
) -> NeedSeen:
    """What the base model reaches without training: as it is, with a system prompt, with examples.

    Asks questions of the validation part; nothing is trained. It starts the engine and may take
    minutes, so it waits for the person's approval.

    Args:
        limit: Questions at most; each is asked three times.
        tried: Leave it out.
    """
    turn = ctx.deps
    if not ctx.tool_call_approved or tried is None:
        tried = tried or plan_of(turn)
        asked = _questions(turn, tried, limit)
        arguments = {"tried": tried.model_dump(mode="json"), "limit": asked}
        raise ApprovalRequired({"arguments": arguments})
    request = _request(turn, tried, limit)
    return results_worth.need_seen(turn.actions.need_for_training(tried, request, say_of(ctx)))


def _questions(turn: Turn, plan: TrainingPlan, limit: int) -> int:
    """How many would be asked; raises what stands against it before anybody says yes."""
    from eval.need import trial

    split, examples = turn.actions.split(plan.dataset_id), turn.actions.examples(plan.dataset_id)
    found = trial.material(plan, split, examples, _request(turn, plan, limit))
    return min(limit, len(found.samples))


def _request(turn: Turn, plan: TrainingPlan, limit: int) -> NeedRequest:
    file = Path(turn.memory.rubric) if turn.memory.rubric else None
    rubric = turn.actions.rubric_of_data(plan.dataset_id, file)
    return NeedRequest(rubric=rubric.as_yaml(), limit=limit)


# -- would more data help -------------------------------------------------------------------------


@told
def learning_curve(ctx: Context, run: str | None = None) -> CurveSeen:
    """Whether more data would help: a run's plan on 25%, 50% and all of its training rows.

    Only looks: the curve, or what it lacks.

    Args:
        run: Id or name; left out, the newest finished run that takes all of its training rows.
    """
    return _seen(ctx.deps, _whole(ctx.deps, run))


@told
def start_curve(ctx: Context, run: str | None = None) -> CurveStarted | CurveSeen:
    """Train what a learning curve lacks, run by run. It waits for the person's approval.

    Args:
        run: Id or name; left out, the newest finished run that takes all of its training rows.
    """
    turn = ctx.deps
    found = _whole(turn, run)
    if not ctx.tool_call_approved:
        seen = _seen(turn, found)
        if seen.next != "start":
            return seen
        raise ApprovalRequired({"arguments": {"run": found.id}})
    made = turn.actions.start_curve(found.id, say_of(ctx))
    for one in made:
        turn.show("run", one.id)
    return CurveStarted(run_id=found.id, runs=tuple(one.plan.name for one in made))


def _whole(turn: Turn, run: str | None) -> Run:
    """The run that is meant; one that takes a share itself has no curve of its own."""
    return pick_run(turn, run, lambda one: finished(one) and one.plan.train_share == 1, "finished")


def _seen(turn: Turn, run: Run) -> CurveSeen:
    live = (e for e in turn.actions.evaluations() if e.status in ("starting", "running"))
    evaluating = next((one.request.run_id for one in live), None)
    names = {one.id: one.plan.name for one in turn.actions.runs()}
    return results_worth.curve_seen(turn.actions.learning_curve(run.id), names, evaluating)
