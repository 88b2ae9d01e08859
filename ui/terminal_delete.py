"""The terminal command that deletes a run or a dataset, once what goes was named and agreed to."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from core.actions import Actions
from core.data import deletion_text
from core.data.deletion_records import DatasetDeletion
from core.data.records import Dataset
from core.errors import DataError, DuotuneError, RunError
from core.training.records import Run
from ui.terminal_cli import Json, cli, open_actions
from ui.terminal_output import Terminal, terminal

DATASET_ID = re.compile(r"ds-[0-9a-z]{4,60}")


@cli.command()
def delete(
    name: Annotated[
        str, typer.Argument(help="A run, or a dataset, by its id or name; 'last' is a run.")
    ],
    family: Annotated[
        bool, typer.Option("--family", help="A dataset with all versions made from it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    json: Json = False,
) -> None:
    """Delete a run with its weights, log and figures, or a dataset with all that lies of it here.

    What is in the library stays, and so do runs that were trained on the dataset, with reports.
    """
    with terminal(json) as output:
        actions = open_actions()
        found = _meant(actions, name)
        if isinstance(found, Run):
            _delete_run(actions, found, yes, output)
        else:
            _delete_dataset(actions, found, (family, yes), output)


def _meant(actions: Actions, name: str) -> Run | str:
    """The run, or else the id of the dataset.

    Raises RunError or DataError when none fits, several do, or a run and a dataset do.
    """
    if name == "last":
        return actions.find_run(name)
    if DATASET_ID.fullmatch(name) and actions.workspace.dataset(name).is_dir():
        return name  # also one that is damaged, and so not listed
    found: list[Run | Dataset] = []
    wrong: list[DuotuneError] = []
    for find in (actions.find_run, actions.find_dataset):
        try:
            found.append(find(name))
        except (RunError, DataError) as error:
            wrong.append(error)
    if len(found) > 1:
        raise RunError(
            f"A run and a dataset are called '{name}'.",
            ", ".join(one.id for one in found),
            "Use the id of the one that you mean.",
        )
    if not found:
        is_data = name.startswith("ds-") or any(name == d.name for d in actions.datasets())
        raise wrong[is_data]
    return found[0] if isinstance(found[0], Run) else found[0].id


def _delete_run(actions: Actions, run: Run, yes: bool, output: Terminal) -> None:
    if not yes and not _agreed(f"Delete {run.id} ({run.plan.name}) for ever?", output):
        raise RunError("Nothing was deleted.", run.id, "Add --yes to delete it unasked.")
    gone = actions.delete_run(run.id)
    output.show(gone, f"{gone.id} ({gone.plan.name}) is deleted.")


def _delete_dataset(
    actions: Actions, dataset_id: str, agreed: tuple[bool, bool], output: Terminal
) -> None:
    """Name what goes with it and what stays, ask, then do it.

    `agreed` says whether versions made from it may go, and whether nobody need be asked.
    """
    family, yes = agreed
    going = actions.dataset_deletion(dataset_id)
    also = going.also if family else ()
    if going.also and not family:
        actions.delete_dataset(dataset_id)  # raises which versions need it
    if not yes:
        _name(going, output)
        if not _agreed(f"Delete {going.id} ({going.name}) for ever?", output):
            raise DataError("Nothing was deleted.", going.id, "Add --yes to delete it unasked.")
    gone = actions.delete_dataset(dataset_id, also)
    output.show(gone, f"{gone.id} ({gone.name}) is deleted.")


def _name(going: DatasetDeletion, output: Terminal) -> None:
    for told in (*deletion_text.goes(going), *deletion_text.stays(going)):
        output.say(told)


def _agreed(question: str, output: Terminal) -> bool:
    return not output.as_json and typer.confirm(question, err=True)
