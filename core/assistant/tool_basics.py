"""What all tools share: how they answer and fail, and what a request that names nothing means."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from pydantic_ai import RunContext, ToolFailed

from core.actions import Say
from core.assistant.results import Result
from core.assistant.situation import named_run
from core.assistant.turn import Turn
from core.errors import DataError, DuotuneError, RunError
from core.training.records import Run
from core.wording import said

Given = ParamSpec("Given")
Answer = TypeVar("Answer", bound=Result)
Context = RunContext[Turn]


def told(tool: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Keep a tool's answer for the turn; show an error to the person and tell it to the driver."""

    @functools.wraps(tool)
    def telling(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        context = args[0]
        assert isinstance(context, RunContext)
        turn: Turn = context.deps
        try:
            answer = tool(*args, **kwargs)
        except DuotuneError as error:
            turn.failed(context.tool_name or "", error)
            raise ToolFailed(str(error)) from error
        turn.results.append(answer)
        return answer

    return telling


def dataset_id_of(turn: Turn, given: str | None) -> str:
    found = given or turn.look().dataset_id
    if found is None:
        raise DataError(
            "There is no data to train on yet.",
            fix="Drop a .json or .jsonl file of dialogues here, or say 'use the example data'.",
        )
    return found


def pick_run(turn: Turn, given: str | None, fits: Callable[[Run], bool], what: str) -> Run:
    """The named run, else the newest that fits, else (for `any`) the newest."""
    runs = turn.actions.runs()
    if given is not None:
        return named_run(runs, given)
    fitting = [run for run in runs if fits(run)] or (list(runs) if what == "any" else [])
    if not fitting:
        state = "" if what == "any" else f" {what}"
        raise RunError(f"There is no run{state}.", fix="Say 'list runs' to see all of them.")
    return min(fitting, key=lambda run: run.status == "queued")  # one at work before one that waits


def finished(run: Run) -> bool:
    """Whether there is a tuned model of it, also of one that failed or was stopped later."""
    return run.has_model


def say_of(ctx: Context) -> Say:
    """Shows what a slow action does now in the line of its tool."""
    call_id = ctx.tool_call_id or ""
    line = ctx.deps.lines.get(call_id, call_id)
    language = ctx.deps.chat.language
    return lambda words: ctx.deps.mark(line, save=False, result=said(words, language))
