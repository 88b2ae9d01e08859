"""The terminal commands about plans: make one, start one, compare two."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from core.actions import Actions
from core.data.records import Dataset
from core.disk import write_atomic
from core.errors import PlanError
from core.training import plan_files
from core.training.plan import TrainingPlan, misfits
from core.training.plan_changes import PlanChanges
from core.training.plan_diff import differences
from ui import terminal_data_views
from ui import terminal_views as views
from ui.terminal_cli import Json, RunName, cli, open_actions
from ui.terminal_follow import show_run
from ui.terminal_output import Terminal, terminal
from ui.terminal_preflight import measured

Model = Annotated[str | None, typer.Option(help="A catalog name, a Hub id or a local folder.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", help="A setting, such as epochs=3; repeatable.")
]
MeasureFirst = Annotated[
    bool, typer.Option("--preflight", help="Measure memory, time and cost first.")
]


@cli.command()
def plan(
    dataset: Annotated[str, typer.Argument(help="A dataset's id, name or 'last'; or a file.")],
    model: Model = None,
    set_: Set = None,
    out: Annotated[
        Path | None, typer.Option(help="Write it as a file, to be edited and started.")
    ] = None,
    preflight: MeasureFirst = False,
    json: Json = False,
) -> None:
    """Recommend a plan for a dataset, with the reason for each setting; starts nothing."""
    with terminal(json) as output:
        actions = open_actions()
        proposal = actions.propose_plan(
            dataset_of(actions, dataset).id, parse_changes(assignments(model, set_))
        )
        if not (json and preflight):  # then both stand in one object, below
            output.show(proposal, views.proposal_view(proposal))
        if out is not None:
            write_atomic(out, plan_files.dump(proposal.plan))
            output.say(f"Written. Start it with: duotune train --plan {out}")
        if preflight:
            found = measured(actions, proposal.plan, output)
            if json:
                found.show(proposal)


@cli.command()
def train(
    data: Annotated[
        str | None, typer.Argument(help="A file with dialogues, or a dataset's id or name.")
    ] = None,
    plan: Annotated[Path | None, typer.Option(help="A plan's file, instead of data.")] = None,
    model: Model = None,
    set_: Set = None,
    preflight: MeasureFirst = False,
    follow: Annotated[bool, typer.Option(help="Watch until the run ends.")] = False,
    json: Json = False,
) -> None:
    """Check the data, plan with recommended settings, and start training."""
    with terminal(json) as output:
        actions = open_actions()
        if (data is None) == (plan is None):
            raise PlanError(
                "Say what to train on: a file or dataset, or a plan with --plan.",
                fix="Such as: duotune train dialogues.jsonl",
            )
        if plan is not None:
            agreed = _from_file(plan, assignments(model, set_), output)
        else:
            agreed = _from_data(actions, str(data), assignments(model, set_), output)
        shown = measured(actions, agreed, output) if preflight else output
        run = actions.start_training(agreed, output.say)
        show_run(actions, run.id, follow, shown)


@cli.command()
def diff(before: RunName, after: RunName, json: Json = False) -> None:
    """Show setting by setting what two runs, or the files of two plans, do differently."""
    with terminal(json) as output:
        actions = open_actions()
        found = differences(_plan_of(actions, before), _plan_of(actions, after))
        output.show_all("differences", found, views.differences_view(found, before, after))


@cli.command()
def script(
    plan: Annotated[str, typer.Argument(help="A run's id or name, 'last', or a plan's file.")],
    folder: Annotated[Path, typer.Argument(help="Where to write it.")],
    json: Json = False,
) -> None:
    """Write a run or plan as a plain TRL script with its data, to be run without Duotune."""
    with terminal(json) as output:
        actions = open_actions()
        written = actions.export_script(_plan_of(actions, plan), folder)
        if json:
            output.print_json({"files": [str(path) for path in written]})
            return
        output.say("\n".join(str(path) for path in written))
        output.say("Start it there with: python train.py")


def _plan_of(actions: Actions, name: str) -> TrainingPlan:
    file = Path(name)
    return plan_files.load(file) if file.is_file() else actions.find_run(name).plan


def _from_data(actions: Actions, data: str, given: list[str], output: Terminal) -> TrainingPlan:
    dataset = dataset_of(actions, data)
    proposal = actions.propose_plan(dataset.id, parse_changes(given))
    if not output.as_json:
        shown = terminal_data_views.dataset_view(dataset, actions.split(dataset.id))
        output.show(dataset, shown)
        output.show(proposal, views.proposal_view(proposal))
    return proposal.plan


def _from_file(file: Path, given: list[str], output: Terminal) -> TrainingPlan:
    """The plan of a file, with settings from the command line over it."""
    changes = parse_changes(given).model_dump(exclude_none=True)
    try:
        agreed = plan_files.load(file).edited(changes)
    except ValidationError as error:
        told = "; ".join(misfits(error))
        raise PlanError(f"These settings can't be used: {told}.", fix="Correct them.") from error
    if not output.as_json:
        output.show(agreed, views.plan_view(agreed))
    return agreed


def dataset_of(actions: Actions, text: str) -> Dataset:
    """The dataset that a person means: a file is read, anything else is looked up.

    Raises DataError when there is no such file or dataset.
    """
    file = Path(text)
    return actions.import_data(file) if file.exists() else actions.find_dataset(text)


def assignments(model: str | None, set_: list[str] | None) -> list[str]:
    """Everything that was set on the command line, as `key=value`."""
    return [*(set_ or []), *([f"base_model={model}"] if model else [])]


def parse_changes(given: list[str]) -> PlanChanges:
    """Turn `key=value` texts into plan changes.

    Raises PlanError that lists the keys when one is unknown or its value does not fit.
    """
    values: dict[str, str] = {}
    known = ", ".join(PlanChanges.model_fields)
    for assignment in given:
        key, separator, value = assignment.partition("=")
        if key not in PlanChanges.model_fields:
            raise PlanError(f"There is no setting '{key}'.", fix=f"Settings are: {known}.")
        if not separator or not value:
            raise PlanError(
                f"'{assignment}' gives no value.", fix=f"Write it as {key}=value, without spaces."
            )
        values[key] = value
    return PlanChanges.parse(values)
