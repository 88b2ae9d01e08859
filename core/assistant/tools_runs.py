"""Tools about runs beyond starting and stopping: the doctor, sweeps, copies, comparing, keeping.

What starts or deletes something waits for the person, as in `tools_training`.
"""

from __future__ import annotations

from typing import Any

from pydantic_ai import ApprovalRequired

from core.assistant import copying, results, results_runs
from core.assistant.results import PlanProposed, RunSeen
from core.assistant.results_runs import (
    QueueSeen,
    RunChanged,
    RunDiagnosed,
    RunKept,
    RunsCompared,
    SweepSeen,
    SweepStarted,
)
from core.assistant.situation import named_run
from core.assistant.tool_basics import Context, dataset_id_of, finished, pick_run, say_of, told
from core.assistant.tools_training import merge_changes, proposed
from core.assistant.turn import Turn
from core.errors import PlanError, RunError
from core.training import sweep
from core.training.plan import MAX_LORA_RANK, TrainingPlan
from core.training.plan_changes import PlanChanges
from core.training.records import Run

# -- the doctor -----------------------------------------------------------------------------------


@told
def diagnose(ctx: Context, run: str | None = None) -> RunDiagnosed:
    """Why a run ended badly or hangs, the line that shows it, and the one change that helps.

    Args:
        run: Id or name; left out, the newest that ended badly.
    """
    found = pick_run(ctx.deps, run, ended_badly, "that ended badly")
    ctx.deps.show("run", found.id)
    return results_runs.diagnosed(found, ctx.deps.actions.diagnose(found.id))


@told
def apply_remedy(ctx: Context, run: str | None = None) -> RunSeen:
    """Start a failed run again with the doctor's one change. It waits for the person's approval.

    Args:
        run: Id or name; left out, the newest that ended badly.
    """
    turn = ctx.deps
    found = pick_run(turn, run, ended_badly, "that ended badly")
    if not ctx.tool_call_approved:
        diagnosis = turn.actions.diagnose(found.id)
        if diagnosis is None or diagnosis.remedy is None or diagnosis.remedy.kind == "plan":
            turn.actions.remedied_plan(found.id)  # raises why there is nothing to approve
        raise ApprovalRequired({"arguments": {"run": found.id}})
    again = turn.actions.apply_remedy(found.id, say_of(ctx))
    turn.show("run", again.id)
    return results.run_seen(again)


# -- sweeps ---------------------------------------------------------------------------------------


@told
def start_sweep(
    ctx: Context,
    varied: dict[str, list[Any]],
    changes: PlanChanges | None = None,
    shared: TrainingPlan | None = None,
) -> SweepStarted:
    """Queue a run for each combination of values. It waits for the person's approval.

    Args:
        varied: Values by setting, such as {"learning_rate": [1e-4, 2e-4]}; 2 to 12 runs in all.
            An empty list takes half, once and twice the plan's own value.
        changes: What else the person wants different from the recommendation.
        shared: Leave it out.
    """
    turn = ctx.deps
    if not ctx.tool_call_approved or shared is None:
        plan = shared or _shared_plan(turn, changes)
        varied = {name: values or around(plan, name) for name, values in varied.items()}
        sweep.variants(plan, varied)  # raises what is wrong with it before anybody says yes
        given = {"varied": varied, "shared": plan.model_dump(mode="json")}
        raise ApprovalRequired({"arguments": given})
    made = turn.actions.start_sweep(shared, varied, say_of(ctx))
    turn.remember(changes={})
    if made.run_ids:
        turn.show("run", made.run_ids[0])
    return SweepStarted(id=made.id, runs=len(made.run_ids), varied=made.varied)


def _shared_plan(turn: Turn, changes: PlanChanges | None) -> TrainingPlan:
    """What all runs of a sweep have in common: the plan that waits, or a recommended one."""
    wanted = changes.model_dump(exclude_none=True) if changes else {}
    merged = PlanChanges.parse(merge_changes(turn.memory.changes, wanted))
    return turn.actions.propose_plan(dataset_id_of(turn, None), merged).plan


def around(plan: TrainingPlan, name: str) -> list[Any]:
    """Half, once and twice a setting's value in the plan.

    Raises PlanError for a setting that is no number, or that the plan leaves open.
    """
    now = getattr(plan, name, None)
    if isinstance(now, bool) or not isinstance(now, int | float) or not now:
        raise PlanError(
            f"Which values of {name} to try was not said.",
            fix="Name two to four values, such as: try learning rates 1e-4, 2e-4 and 5e-4.",
        )
    if isinstance(now, float):
        return [now / 2, now, now * 2]
    most = MAX_LORA_RANK if name == "rank" else now * 2
    return sorted({max(1, now // 2), now, min(now * 2, most)})


@told
def show_sweep(ctx: Context, sweep_id: str | None = None) -> SweepSeen:
    """How the runs of a sweep compare so far.

    Args:
        sweep_id: Left out, the newest.
    """
    actions = ctx.deps.actions
    newest = next(iter(actions.sweeps()), None)
    if sweep_id is None and newest is None:
        raise RunError("There is no sweep yet.", fix="Say 'try several learning rates'.")
    found = actions.sweep_result(sweep_id or (newest.id if newest else ""))
    return results_runs.sweep_seen(found, {run.id: run.plan.name for run in actions.runs()})


# -- copies ---------------------------------------------------------------------------------------


@told
def clone_run(
    ctx: Context, run: str | None = None, changes: PlanChanges | None = None
) -> PlanProposed:
    """Put a run's plan before the person once more, with changes. Nothing starts.

    Args:
        run: Id or name; left out, the newest.
        changes: What shall be different.
    """
    turn = ctx.deps
    source = pick_run(turn, run, lambda _: True, "any")
    plan = turn.actions.clone_run(source.id, changes)
    wanted, proposal = copying.proposal_of(turn.actions, plan)
    turn.remember(changes=wanted, dataset_id=plan.dataset_id)
    return proposed(turn, proposal)


# -- several runs ---------------------------------------------------------------------------------


@told
def compare_runs(ctx: Context, runs: tuple[str, ...] = ()) -> RunsCompared:
    """Runs side by side: the settings that differ, and what came of each.

    Args:
        runs: Ids or names of two or more; left out, the newest two.
    """
    turn = ctx.deps
    known = turn.actions.runs()
    chosen = [named_run(known, name).id for name in runs] or [run.id for run in known[:2]]
    found = turn.actions.compare_runs(chosen)
    turn.show("compared", " ".join(chosen))
    return results_runs.runs_compared(found)


@told
def show_queue(ctx: Context) -> QueueSeen:
    """What is at work, and what waits in which order."""
    return results_runs.queue_seen(ctx.deps.actions.queue())


@told
def move_run(ctx: Context, run: str, place: int = 1) -> QueueSeen:
    """Give a run that waits another place in the queue.

    Args:
        run: Id or name.
        place: From 1, which is next.
    """
    actions = ctx.deps.actions
    actions.move_run(named_run(actions.runs(), run).id, place)
    return results_runs.queue_seen(actions.queue())


# -- what becomes of a run ------------------------------------------------------------------------


@told
def keep_run(ctx: Context, run: str | None = None, name: str | None = None) -> RunKept:
    """Put a run's model into the library, where nothing clears it away.

    Args:
        run: Id or name; left out, the newest finished run.
        name: What to call it there; left out, the run's name.
    """
    found = pick_run(ctx.deps, run, finished, "finished")
    return results_runs.kept(found, ctx.deps.actions.keep_run(found.id, name))


@told
def rename_run(ctx: Context, name: str, run: str | None = None) -> RunChanged:
    """Call a run something else.

    Args:
        name: Its new name.
        run: Id or name; left out, the newest.
    """
    found = pick_run(ctx.deps, run, lambda _: True, "any")
    renamed = ctx.deps.actions.rename_run(found.id, name)
    return RunChanged(how="renamed", name=renamed.plan.name, before=found.plan.name)


@told
def delete_run(ctx: Context, run: str | None = None) -> RunChanged:
    """Delete a run with its weights, log and figures. It waits for the person's approval.

    Args:
        run: Id or name; left out, the newest that has ended.
    """
    found = pick_run(ctx.deps, run, lambda each: not each.is_live, "that has ended")
    if not ctx.tool_call_approved:
        raise ApprovalRequired({"arguments": {"run": found.id}})
    gone = ctx.deps.actions.delete_run(found.id)
    return RunChanged(how="deleted", name=gone.plan.name)


def ended_badly(run: Run) -> bool:
    """Whether the doctor has something to say about a run."""
    return run.status in ("failed", "interrupted") or run.is_silent
