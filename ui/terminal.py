"""The terminal commands: each parses its arguments, calls one action and shows its result."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.data.collector import no_collection
from eval.judge.records import JudgeOptions
from eval.records import EvaluationParts, EvaluationRequest
from ui import (
    terminal_augment,
    terminal_baseline,
    terminal_compare,
    terminal_curve,
    terminal_data,
    terminal_delete,
    terminal_doctor,
    terminal_export,
    terminal_launch,
    terminal_library,
    terminal_masks,
    terminal_models,
    terminal_plan,
    terminal_reports,
    terminal_runs,
    terminal_scores,
    terminal_serve,
    terminal_sweep,
)
from ui.terminal_cli import Json, RunName, cli, open_actions
from ui.terminal_follow import show_evaluation
from ui.terminal_output import terminal
from ui.terminal_reports import judged_by


@cli.callback(invoke_without_command=True)
def start(context: typer.Context) -> None:
    """Open the web app when no command was given."""
    if context.invoked_subcommand is None:
        app()


@cli.command()
def app() -> None:
    """Open the web app."""
    with terminal(False) as output:
        with no_collection():
            from ui.shell import serve  # here, so that other commands don't wait for Gradio

        actions = open_actions()
        serve(actions, output.say)


@cli.command()
def evaluate(
    run: RunName,
    rubric: Annotated[
        Path | None, typer.Option(help="A rubric of any known format; left out, the data's own.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="At most this many test rows.")] = None,
    judge: Annotated[
        str | None, typer.Option(help="An OpenAI-compatible address; its key: DUOTUNE_JUDGE_KEY.")
    ] = None,
    judge_model: Annotated[str | None, typer.Option(help="The model that judges there.")] = None,
    baselines: Annotated[
        bool, typer.Option(help="Also ask the base model with a prompt and with examples.")
    ] = False,
    pairwise: Annotated[
        bool, typer.Option(help="Also ask the judge which answer is better, in both orders.")
    ] = True,
    soft: Annotated[
        bool, typer.Option(help="Also ask the judge how probable its verdicts are.")
    ] = False,
    json: Json = False,
) -> None:
    """Compare base and tuned over the test part by a rubric, and write the report."""
    with terminal(json) as output:
        actions = judged_by(open_actions(), judge, judge_model)
        found = actions.find_run(run)
        chosen = actions.rubric_for(found.id, rubric)
        parts = EvaluationParts(baselines=baselines)
        request = EvaluationRequest(
            run_id=found.id, rubric=chosen.as_yaml(), limit=limit, parts=parts,
            judging=JudgeOptions(pairwise=pairwise, soft=soft),
        )  # fmt: skip
        estimate = actions.judge_estimate(request)
        if estimate is not None:
            output.say(estimate.sentence)
        show_evaluation(actions, actions.start_evaluation(request), output)


@cli.command()
def demo(
    steps: Annotated[
        int | None, typer.Option(help="Train this many steps; 0 skips training.")
    ] = None,
    json: Json = False,
) -> None:
    """Do the whole main job on the bundled example data and print the verdict."""
    with terminal(json) as output:
        from ui.terminal_demo import run_demo

        run_demo(open_actions(), steps, output)


@cli.command()
def space(
    folder: Annotated[Path, typer.Argument(help="Where to put the Space's files.")],
    docker: Annotated[bool, typer.Option(help="The Docker variant, for a GPU Space.")] = False,
    json: Json = False,
) -> None:
    """Assemble the root of a Hugging Face Space in a folder."""
    with terminal(json) as output:
        from space.assemble import assemble

        made = assemble(folder, docker=docker)
        output.show(made, made.view())


__all__ = [
    "cli",
    "terminal_augment",
    "terminal_baseline",
    "terminal_compare",
    "terminal_curve",
    "terminal_data",
    "terminal_delete",
    "terminal_doctor",
    "terminal_export",
    "terminal_launch",
    "terminal_library",
    "terminal_masks",
    "terminal_models",
    "terminal_plan",
    "terminal_reports",
    "terminal_runs",
    "terminal_scores",
    "terminal_serve",
    "terminal_sweep",
]
