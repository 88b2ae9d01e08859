"""Tools for serving and evaluation: talk to base and tuned, measure them, read the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic_ai import ApprovalRequired

from core.assistant import results
from core.assistant.results import EngineStopped, EvaluationSeen, PairOpened, ReportSeen
from core.assistant.situation import named_run
from core.assistant.tool_basics import Context, finished, pick_run, say_of, told
from core.assistant.turn import Turn
from core.errors import RunError
from core.training.records import Run
from eval.records import EvaluationRequest
from eval.rubric import rubrics
from eval.rubric.rubrics import Rubric


@told
def compare(ctx: Context, run: str | None = None) -> PairOpened:
    """Serve base and tuned side by side, proven to be what was trained; takes up to minutes.

    Args:
        run: Id or name; left out, the newest finished run.
    """
    found = pick_run(ctx.deps, run, finished, "finished")
    pair = ctx.deps.actions.open_pair(found.id, say_of(ctx))
    ctx.deps.show("pair", found.id)
    return PairOpened(
        run_id=found.id,
        run_name=found.plan.name,
        base_model=found.plan.base_model,
        tokens=pair.check.tokens,
        worst_difference=pair.check.worst_difference,
        served_change=pair.check.served_change,
        note=pair.tuned.note,
    )


@told
def evaluate(
    ctx: Context, run: str | None = None, limit: int | None = None, of_curve: str | None = None
) -> EvaluationSeen:
    """Ask base and tuned the held-out questions and score both; the report comes when it is done.

    It waits for the person's approval when answers would be sent to a judge, or for a curve.

    Args:
        run: Id or name; left out, the newest finished run.
        limit: At most this many questions; left out, all.
        of_curve: The run whose learning curve needs it; then it is evaluated as that run was.
    """
    turn = ctx.deps
    found = pick_run(turn, run, finished, "finished")
    if under_way := _evaluation_of(turn, found):
        turn.show("evaluation", under_way.id)
        return under_way
    whole = named_run(turn.actions.runs(), of_curve).id if of_curve else None
    request = _request_like(turn, found, whole) or _request(turn, found, limit)
    how = {"of_curve": whole} if whole else {"limit": limit}
    _need_consent(ctx, rubrics.load(request.rubric), {"run": found.id, **how})
    started = turn.actions.start_evaluation(request)
    turn.show("evaluation", started.id)
    return results.evaluation_seen(started, found.plan.name)


@told
def resume_evaluation(ctx: Context, evaluation: str | None = None) -> EvaluationSeen:
    """Go on with an evaluation that failed or was interrupted; answers that it has are kept.

    It waits for the person's approval when answers would be sent to a judge.

    Args:
        evaluation: Its id; left out, the newest one, when it ended early.
    """
    turn = ctx.deps
    unfinished = turn.look().unfinished
    chosen = evaluation or (unfinished.id if unfinished else None)
    if chosen is None:
        raise RunError("No evaluation is waiting to go on.", fix="Say 'evaluate' to make one.")
    rubric = rubrics.load(turn.actions.evaluation(chosen).request.rubric)
    _need_consent(ctx, rubric, {"evaluation": chosen})
    resumed = turn.actions.resume_evaluation(chosen)
    turn.show("evaluation", resumed.id)
    names = {each.id: each.plan.name for each in turn.actions.runs()}
    return results.evaluation_seen(resumed, names.get(resumed.request.run_id, ""))


@told
def show_report(ctx: Context, run: str | None = None) -> ReportSeen | EvaluationSeen:
    """The newest report, or how its evaluation stands.

    Args:
        run: Id or name; left out, the newest finished run.
    """
    turn = ctx.deps
    situation = turn.look()
    if run is not None:
        run_id = named_run(turn.actions.runs(), run).id
        mine = [e for e in turn.actions.evaluations() if e.request.run_id == run_id]
        chosen = mine[0].id if mine else None
    else:
        chosen = situation.evaluation.id if situation.evaluation else situation.report_id
    if chosen is None:
        raise RunError("There is no report yet.", fix="Say 'evaluate' to make one.")
    evaluation = turn.actions.evaluation(chosen)
    if evaluation.status != "succeeded":
        turn.show("evaluation", chosen)
        names = {each.id: each.plan.name for each in turn.actions.runs()}
        return results.evaluation_seen(evaluation, names.get(evaluation.request.run_id, ""))
    turn.show("report", chosen)
    return results.report_seen(turn.actions.report(chosen))


@told
def stop_engine(ctx: Context) -> EngineStopped:
    """Stop serving models and give the memory back."""
    running = ctx.deps.actions.engine() is not None
    ctx.deps.actions.stop_engine(say_of(ctx))
    return EngineStopped(was_running=running)


def _request(turn: Turn, run: Run, limit: int | None) -> EvaluationRequest:
    file = Path(turn.memory.rubric) if turn.memory.rubric else None
    rubric = turn.actions.rubric_for(run.id, file)
    return EvaluationRequest(run_id=run.id, rubric=rubric.as_yaml(), limit=limit)


def _request_like(turn: Turn, run: Run, whole: str | None) -> EvaluationRequest | None:
    """A run of a learning curve is asked what the whole one was; None before that was asked."""
    if whole is None:
        return None
    report = turn.actions.learning_curve(whole).runs[-1].report_id
    if report is None:
        return None
    return turn.actions.evaluation(report).request.model_copy(update={"run_id": run.id})


def _need_consent(ctx: Context, rubric: Rubric, arguments: dict[str, Any]) -> None:
    """Raises ApprovalRequired while the person has not agreed.

    They are asked whether answers may go to a judge, and about what they did not ask for.
    """
    if ctx.tool_call_approved:
        return
    judge = ctx.deps.actions.settings.judge
    if judge and rubric.needs_judge:
        leaves = f"Questions and answers are sent to {judge.model} at {judge.base_url}."
        raise ApprovalRequired({"arguments": arguments, "warnings": (leaves,)})
    if "of_curve" in arguments:
        raise ApprovalRequired({"arguments": arguments})


def _evaluation_of(turn: Turn, run: Run) -> EvaluationSeen | None:
    live = (e for e in turn.actions.evaluations() if e.status in ("starting", "running"))
    mine = next((e for e in live if e.request.run_id == run.id), None)
    return results.evaluation_seen(mine, run.plan.name, already=True) if mine else None
