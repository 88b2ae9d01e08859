"""The terminal command that puts masked private data back, or gives its key up for good."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from core.actions import Actions
from core.data.mask_keys import Forgotten
from core.data.records import Dataset
from core.data.revealing import Revealed
from core.data.unmasking import Unmasked
from core.errors import DataError
from ui.terminal_cli import DatasetName, Json, cli, open_actions
from ui.terminal_output import Terminal, terminal

UNKNOWN = "what looks like a mask, that no key knows: as they were."
FILES = "A JSON Lines or JSON file to put values into, whose records carry their example's id."


@cli.command()
def unmask(
    dataset: DatasetName,
    file: Annotated[Path | None, typer.Option(help=FILES)] = None,
    to: Annotated[Path | None, typer.Option(help="Where to write that file.")] = None,
    key: Annotated[Path | None, typer.Option(help="An exported key, to be used instead.")] = None,
    export_key: Annotated[
        Path | None, typer.Option(help="Write the dataset's key to this file.")
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Delete the key, so that the masks stay for good.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete the key without asking.")] = False,
    json: Json = False,
) -> None:
    """Put masked values back: into a new version of the dataset, or into a file with their ids."""
    with terminal(json) as output:
        _refuse_what_does_not_fit(file, to, key, forget or export_key is not None)
        actions = open_actions()
        found = actions.find_dataset(dataset)
        if export_key is not None:
            values = actions.export_mask_key(found.id, export_key)
            output.say(f"The key of {values:,} values is in {export_key}; only you can read it.")
        if forget:
            _forget(actions, found, yes, output)
        elif file is not None and to is not None:
            revealed = actions.reveal_file(found.id, file, to, key)
            output.show(revealed, revealed_view(revealed))
        elif export_key is None:
            unmasked = actions.unmask(found.id, key)
            output.show(unmasked, unmasked_view(unmasked, found))
        elif json:
            output.print_json({"key": str(export_key), "values": values})


def _refuse_what_does_not_fit(
    file: Path | None, to: Path | None, key: Path | None, about_key: bool
) -> None:
    """Raises DataError for options that don't go together."""
    if (file is None) != (to is None):
        raise DataError(
            "--file and --to go together.", fix="Name the file to read and the one to write."
        )
    if about_key and (file is not None or key is not None):
        raise DataError(
            "--forget and --export-key are about the dataset's own key.",
            fix="Leave --file, --to and --key out, or use them in a command of their own.",
        )


def _forget(actions: Actions, dataset: Dataset, yes: bool, output: Terminal) -> None:
    """Delete the key once a person agrees. Raises DataError without a yes."""
    if not yes and not _agreed(dataset, output):
        raise DataError(
            "Nothing was deleted.", dataset.id, "Add --yes to delete the key without a question."
        )
    forgotten = actions.forget_masks(dataset.id)
    output.show(forgotten, forgotten_view(forgotten))


def _agreed(dataset: Dataset, output: Terminal) -> bool:
    if output.as_json or not sys.stdin.isatty():
        return False
    output.say(f"Without its key, what {dataset.name} hides can't be put back any more.")
    return typer.confirm("Delete the key?", err=True)


# -- views ----------------------------------------------------------------------------------------


def unmasked_view(done: Unmasked, masked: Dataset) -> Group:
    """What came back, what did not and why, and the way back."""
    made = done.dataset.id
    back = f"{_values(done.values)} put back in {_rows(done.rows)}"
    same = f"{back}: {made} has exactly these rows already, so no version was made."
    told = (
        (True, f"{made}, made from {masked.id}: {back}." if done.is_new else same),
        (
            done.held_values,
            f"Still masked: {_values(done.held_values)} in {_rows(done.held_rows)}, because a row "
            "with a valid card or account number or a key is not trained on.",
        ),
        (done.unknown_rows, f"{_rows(done.unknown_rows)} with {UNKNOWN}"),
        (done.equal_rows, f"{_rows(done.equal_rows)} equal an earlier one now: left out."),
        (done.is_new, f"`duotune repair {made} --undo` goes back."),
    )
    return Group(*(Text(line) for holds, line in told if holds))


def revealed_view(done: Revealed) -> Group:
    """What came back into a file, and what did not."""
    told = (
        (
            True,
            f"{done.file}: {_values(done.values)} of {done.examples:,} examples put back; only "
            "you can read this file.",
        ),
        (done.unknown, f"{done.unknown:,} texts with {UNKNOWN}"),
        (
            done.nameless,
            f"{done.nameless:,} texts with what looks like a mask, in records without the id of "
            "their example: as they were.",
        ),
        (done.broken_lines, f"{done.broken_lines:,} lines that are no JSON: as they were."),
    )
    return Group(*(Text(line) for holds, line in told if holds))


def forgotten_view(done: Forgotten) -> Group:
    """What is final now, and where the values can still be read."""
    told = (
        (True, f"The key of {_values(done.values)} is deleted."),
        (True, f"Masked for good: {', '.join(done.versions)}"),
        (True, f"The file as it was read is kept and still holds the values: {done.source}"),
        (done.open_versions, f"So do these versions: {', '.join(done.open_versions)}"),
    )
    return Group(*(Text(line) for holds, line in told if holds))


def _values(count: int) -> str:
    return f"{count:,} value{'' if count == 1 else 's'}"


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
