"""The terminal commands: each parses its arguments, calls one action and shows its result."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from core.actions import Actions
from core.data.collector import no_collection
from core.errors import RunError
from core.messages import Message
from core.serving.records import Sampling
from core.training.records import Run
from eval.records import EvaluationRequest, Sample
from ui import (
    terminal_augment,
    terminal_data,
    terminal_doctor,
    terminal_launch,
    terminal_masks,
    terminal_models,
    terminal_plan,
    terminal_runs,
    terminal_sweep,
)
from ui import terminal_views as views
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
def compare(
    run: RunName,
    prompt: Annotated[
        str | None, typer.Argument(help="A question; left out, rows of the test part are asked.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many test rows to ask.")] = 10,
    json: Json = False,
) -> None:
    """Ask base and tuned the same question and show both answers."""
    with terminal(json) as output:
        actions = open_actions()
        found = actions.find_run(run)
        samples = [asked(prompt)] if prompt else test_samples(actions, found, limit)
        pair = actions.open_pair(found.id, output.say)
        comparisons = asyncio.run(actions.compare_samples(pair, samples, Sampling()))
        shown = [views.comparison_view(one) for one in comparisons]
        output.show_all("comparisons", comparisons, *shown)


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
    "terminal_data",
    "terminal_doctor",
    "terminal_launch",
    "terminal_masks",
    "terminal_models",
    "terminal_plan",
    "terminal_runs",
    "terminal_sweep",
]


def test_samples(actions: Actions, run: Run, limit: int) -> list[Sample]:
    """The first questions of the test part of a run's data.

    Raises RunError when it has none.
    """
    samples = actions.samples(run.plan.dataset_id)
    if not samples:
        raise RunError(
            "The data of this run has no test part to take questions from.",
            run.plan.dataset_id,
            'Ask your own: `duotune compare RUN "a question"`.',
        )
    return list(samples[:limit])


def asked(prompt: str) -> Sample:
    """A question typed in the terminal, as a sample without a reference."""
    message = Message(role="user", content=prompt)
    return Sample(id="asked", row=0, group="asked", prompt=(message,), reference="")
