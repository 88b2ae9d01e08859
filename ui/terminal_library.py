"""The terminal command about the model library: look, rename, note, delete, import, compare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from core.actions import Actions
from core.errors import RunError
from core.library_actions import Deletion
from core.training import library as shelves
from ui import terminal_library_views as views
from ui.terminal_cli import Json, cli, open_actions
from ui.terminal_output import Terminal, terminal

Doing = Literal["list", "show", "rename", "note", "delete", "import", "compare"]
TAKES: dict[Doing, tuple[str, ...]] = {
    "list": (),
    "show": ("NAME",),
    "rename": ("NAME", "NEW-NAME"),
    "note": ("NAME", "TEXT"),
    "delete": ("NAME",),
    "import": ("FOLDER",),
    "compare": ("NAME", "NAME"),
}
"""What each takes after it."""


@cli.command()
def library(
    do: Annotated[
        Doing, typer.Argument(help="What to do; `list` shows every model with where it is from.")
    ] = "list",
    of: Annotated[
        list[str] | None,
        typer.Argument(help="NAME, NAME NEW-NAME, NAME TEXT, FOLDER, or two NAMEs."),
    ] = None,
    base: Annotated[
        str | None, typer.Option(help="For import: the base model an adapter belongs to.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="For import: what to call it.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="For delete: don't ask.")] = False,
    remove: Annotated[str | None, typer.Option(help="Take the model of this name out.")] = None,
    json: Json = False,
) -> None:
    """Models that were kept or imported: list, show, rename, note, delete, import, compare."""
    with terminal(json) as output:
        actions, given = open_actions(), _needed(do, of or [])
        if remove is not None:
            actions.remove_kept(remove)
        if do == "list":
            _list(actions, output)
        elif do == "show":
            found = actions.shelved(given[0])
            output.show(found, views.entry_view(found))
        elif do == "compare":
            both = actions.compare_kept(given[0], given[1])
            output.show(both, views.comparison_view(both))
        elif do == "import":
            kept = actions.import_model(Path(given[0]), base, name)
            output.show(kept, views.imported_view(kept))
        elif do == "delete":
            _delete(actions, given[0], yes, output)
        else:
            _change(actions, do, given, output)


def _needed(do: Doing, given: list[str]) -> list[str]:
    """What was given, if it is as much as is needed; raises RunError otherwise."""
    wanted = TAKES[do]
    if len(given) != len(wanted):
        raise RunError(
            f"`library {do}` takes {' and '.join(wanted) or 'nothing more'}.",
            " ".join(given),
            " ".join(["duotune library", do, *wanted]),
        )
    return given


def _list(actions: Actions, output: Terminal) -> None:
    found = actions.shelf()
    unreadable = shelves.unreadable(actions.workspace)
    if output.as_json:  # an entry stays where it always was, with its lineage beside it
        plain = [
            {
                **one.kept.model_dump(mode="json"),
                "lineage": one.lineage.model_dump(mode="json"),
                "is_served": one.is_served,
            }
            for one in found
        ]
        output.print_json({"library": plain})
        return
    output.show_all("library", found, views.shelf_view(found, unreadable))


def _change(actions: Actions, do: Doing, given: list[str], output: Terminal) -> None:
    if do == "rename":
        kept = actions.rename_kept(given[0], given[1])
        output.show(kept, f"'{given[0]}' is called '{kept.entry.name}' now.")
        return
    kept = actions.note_kept(given[0], given[1])
    output.show(kept, kept.entry.note or "No note.")


def _delete(actions: Actions, name: str, yes: bool, output: Terminal) -> None:
    """Name what goes with it, ask, then do it."""
    going = actions.deletion(name)
    if not yes and not _agreed(going, output):
        raise RunError("Nothing was deleted.", name, "Add --yes to delete it unasked.")
    gone = actions.delete_kept(name)
    output.show(gone, f"'{gone.name}' is deleted.")


def _agreed(going: Deletion, output: Terminal) -> bool:
    if output.as_json:
        return False
    for line in views.deletion_lines(going):
        output.say(line)
    return typer.confirm(f"Delete '{going.name}' for ever?", err=True)
