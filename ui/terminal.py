"""The terminal commands: each parses its arguments, calls one action and shows its result."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.data.collector import no_collection
from eval.records import EvaluationRequest
from ui import (
    terminal_augment,
    terminal_compare,
    terminal_data,
    terminal_doctor,
    terminal_export,
    terminal_launch,
    terminal_library,
    terminal_masks,
    terminal_models,
    terminal_plan,
    terminal_runs,
    terminal_serve,
    terminal_sweep,
)
from ui.terminal_cli import Json, RunName, cli, open_actions
from ui.terminal_follow import show_evaluation
from ui.terminal_output import terminal


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
        Path | None, typer.Option(help="A rubric in YAML; left out, the data's own is used.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="At most this many test rows.")] = None,
    json: Json = False,
) -> None:
    """Compare base and tuned over the test part by a rubric, and write the report."""
    with terminal(json) as output:
        actions = open_actions()
        found = actions.find_run(run)
        chosen = actions.rubric_for(found.id, rubric)
        request = EvaluationRequest(run_id=found.id, rubric=chosen.as_yaml(), limit=limit)
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
    "terminal_compare",
    "terminal_data",
    "terminal_doctor",
    "terminal_export",
    "terminal_launch",
    "terminal_library",
    "terminal_masks",
    "terminal_models",
    "terminal_plan",
    "terminal_runs",
    "terminal_serve",
    "terminal_sweep",
]
