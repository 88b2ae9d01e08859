"""Tools for training: propose, start, watch, stop and resume.

What costs time waits for the person: such a tool raises ApprovalRequired with its complete
arguments until the person has agreed to them.
"""

from __future__ import annotations

from typing import Any

from pydantic_ai import ApprovalRequired

from core.assistant import results
from core.assistant.results import (
    ModelsListed,
    PlanProposed,
    RunSeen,
    RunsListed,
)
from core.assistant.settings_texts import LAST
from core.assistant.tool_basics import Context, dataset_id_of, finished, pick_run, say_of, told
from core.assistant.turn import Turn
from core.errors import PlanError
from core.training.plan import TrainingPlan
from core.training.plan_changes import PlanChanges
from core.training.recommend import Proposal


@told
def propose_plan(
    ctx: Context,
    dataset_id: str | None = None,
    changes: PlanChanges | None = None,
    taken_back: tuple[str, ...] = (),
    accepts_licence: bool = False,
) -> PlanProposed:
    """Work out a training plan and put it before the person, who can edit, accept or decline it.

    Call it again with only what should be different; earlier changes are kept. Nothing starts.

    Args:
        dataset_id: Left out, the dataset last checked here.
        changes: What the person wants different from the recommendation. start_from is the id or
            name of the run to begin with, or `last`.
        taken_back: Settings that shall be as recommended again.
        accepts_licence: True only when the person says that they accept the model's licence.
    """
    turn = ctx.deps
    wanted = changes.model_dump(exclude_none=True) if changes else {}
    if start := wanted.get("start_from"):
        given = None if start == LAST else start
        wanted["start_from"] = pick_run(turn, given, finished, "finished").id
    merged = merge_changes(turn.memory.changes, wanted, taken_back)
    dataset_id = dataset_id_of(turn, dataset_id)
    proposal = turn.actions.propose_plan(dataset_id, PlanChanges.parse(merged))
    if accepts_licence:
        merged["licence_accepted"] = turn.actions.accept_licence(proposal.plan).licence_accepted
        proposal = turn.actions.propose_plan(dataset_id, PlanChanges.parse(merged))
    turn.remember(changes=merged, dataset_id=proposal.plan.dataset_id)
    return proposed(turn, proposal)


def proposed(turn: Turn, proposal: Proposal) -> PlanProposed:
    """Let a plan wait for the person at the end of this turn."""
    turn.proposed = proposal
    given = proposal.model_dump(
        include=set(PlanProposed.model_fields) & set(type(proposal).model_fields)
    )
    return PlanProposed.model_validate(given)


@told
def start_training(ctx: Context, plan: TrainingPlan | None = None) -> RunSeen:
    """Start a run. It waits for the person's approval.

    Args:
        plan: Left out, the plan that was proposed last.
    """
    turn = ctx.deps
    if not ctx.tool_call_approved or plan is None:
        plan = plan or _proposed(turn)
        if plan is None:
            raise PlanError("No plan has been proposed yet.", fix="Propose one first.")
        raise ApprovalRequired({"arguments": {"plan": plan.model_dump(mode="json")}})
    run = turn.actions.start_training(plan, say_of(ctx))
    turn.remember(changes={})
    turn.show("run", run.id)
    return results.run_seen(run)


@told
def list_runs(ctx: Context) -> RunsListed:
    """All runs, newest first, with how they stand."""
    found = ctx.deps.actions.runs()
    newest = found[: results.TOLD_RUNS]
    return RunsListed(runs=tuple(results.run_seen(run) for run in newest), total=len(found))


@told
def show_run(ctx: Context, run: str | None = None) -> RunSeen:
    """How a run stands: step, loss, time left, or why it ended.

    Args:
        run: Id or name; left out, the one under way, else the newest.
    """
    found = pick_run(ctx.deps, run, lambda each: each.is_live, "any")
    ctx.deps.show("run", found.id)
    return results.run_seen(found)


@told
def stop_run(ctx: Context, run: str | None = None) -> RunSeen:
    """Ask a run to save a checkpoint and leave; it can be resumed.

    Args:
        run: Id or name; left out, the one under way.
    """
    found = pick_run(ctx.deps, run, lambda each: each.is_live, "under way")
    return results.run_seen(ctx.deps.actions.stop_run(found.id))


@told
def resume_run(ctx: Context, run: str | None = None, extend: float | None = None) -> RunSeen:
    """Go on with a stopped, interrupted or failed run. It waits for the person's approval.

    Args:
        run: Id or name; left out, the newest that can go on.
        extend: So many epochs more than its plan has, also after it succeeded.
    """
    actions = ctx.deps.actions
    if extend is None:
        found = pick_run(ctx.deps, run, lambda each: each.can_resume, "waiting to be resumed")
    else:
        found = pick_run(ctx.deps, run, lambda each: each.can_extend, "that can be extended")
    if not ctx.tool_call_approved:
        arguments: dict[str, Any] = {"run": found.id}
        if extend is not None:
            actions.continuation(found.id, extend)  # raises what stands against it
            arguments |= {"extend": extend}
        raise ApprovalRequired({"arguments": arguments})
    resumed = actions.resume_run(found.id, say_of(ctx), extend)
    ctx.deps.show("run", resumed.id)
    return results.run_seen(resumed)


@told
def list_models(ctx: Context) -> ModelsListed:
    """Base models that can be picked by name."""
    found = ctx.deps.actions.models()
    ctx.deps.show("models", "all")
    return ModelsListed(models=tuple(results.model_seen(model) for model in found))


def merge_changes(
    before: dict[str, Any], new: dict[str, Any], taken_back: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Earlier changes with newer ones over them; naming epochs takes back a number of steps."""
    gone = set(taken_back)
    if "epochs" in new and "max_steps" not in new:
        gone.add("max_steps")
    return {name: value for name, value in before.items() if name not in gone} | new


def _proposed(turn: Turn) -> TrainingPlan | None:
    """The plan proposed in this turn, else the one that waits."""
    if turn.proposed:
        return turn.proposed.plan
    waiting = turn.chat.pending
    if waiting and waiting.verb == "start_training":
        return TrainingPlan.model_validate(waiting.arguments["plan"])
    return None
