"""Tools for what a plan needs before it starts: an estimate at once, or a measured pre-flight."""

from __future__ import annotations

from core.assistant import results_runs
from core.assistant.results_runs import PlanFits, PreflightSeen
from core.assistant.situation import waiting_plan_of
from core.assistant.tool_basics import Context, dataset_id_of, say_of, told
from core.assistant.turn import Turn
from core.errors import RunError
from core.measuring import measurement
from core.training.plan import TrainingPlan
from core.training.plan_changes import PlanChanges

CROWDED = ("tight", "does_not_fit")


@told
def fit(ctx: Context) -> PlanFits:
    """Whether the plan fits this machine, and how long it takes; estimated at once."""
    turn = ctx.deps
    plan = plan_of(turn)
    found = turn.actions.fit(plan)
    batching = turn.actions.smaller_batch(plan) if found.verdict in CROWDED else None
    return results_runs.plan_fits(plan, found, batching)


@told
def start_preflight(ctx: Context) -> PreflightSeen:
    """Measure memory and time of the plan in the background; the result comes when it is done."""
    turn = ctx.deps
    plan = plan_of(turn)
    found = turn.actions.start_preflight(plan, say_of(ctx))
    if found.status != "done":
        return results_runs.preflight_seen(found)
    ours = found.model_copy(update={"plan": plan})  # measured before, perhaps for other epochs
    return results_runs.preflight_seen(ours, measurement(turn.actions, plan, ours))


@told
def cancel_preflight(ctx: Context) -> PreflightSeen:
    """End the measurement that goes on."""
    actions = ctx.deps.actions
    running = next((one for one in actions.preflights() if one.status == "running"), None)
    if running is None:
        raise RunError("Nothing is being measured.", fix="Say 'measure it first' to start it.")
    return results_runs.preflight_seen(actions.cancel_preflight(running.id))


def plan_of(turn: Turn) -> TrainingPlan:
    """The plan that waits, else the one that would be proposed now."""
    if turn.proposed is not None:
        return turn.proposed.plan
    if (waiting := waiting_plan_of(turn.chat.pending)) is not None:
        return waiting
    changes = PlanChanges.parse(turn.memory.changes)
    return turn.actions.propose_plan(dataset_id_of(turn, None), changes).plan
