"""The terminal commands that take a model out of the workspace, and prove what it is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from core.actions import Actions
from core.certificates.records import Certificate, Lane
from core.errors import RunError
from core.export_actions import ExportChoices, Wish
from core.exporting.records import Content, Export, GgufType, HubTarget, Kind
from ui.present import certificate as present
from ui.present import numbers
from ui.terminal_cli import Json, cli, open_actions
from ui.terminal_output import Terminal, terminal
from ui.words import Voice

POLL_S = 0.3
VOICE = Voice("en")
STYLE = {"green": "green", "red": "bold red", "not measured": "yellow"}

Model = Annotated[str, typer.Argument(help="A run's id, name or 'last'; or a library model.")]
Prompts = Annotated[int, typer.Option(min=1, max=64, help="Held-out rows that are asked.")]
Serve = Annotated[
    bool, typer.Option("--serve/--no-serve", help="Ask the model server, too: takes a minute.")
]


@cli.command()
def export(
    run: Model,
    to: Annotated[Kind, typer.Option(help="What to make of it.")] = "adapter",
    dir_: Annotated[
        Path | None, typer.Option("--dir", help="Where it is to stand; else in the workspace.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What the folder or file is called.")] = None,
    content: Annotated[
        Content | None, typer.Option(help="What a zip or hub gets; else what the run made.")
    ] = None,
    repo: Annotated[str | None, typer.Option(help="For a hub: owner/name.")] = None,
    public: Annotated[bool, typer.Option("--public", help="For a hub: for all to see.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="For a hub: replace what the repository holds.")
    ] = False,
    gguf: Annotated[GgufType, typer.Option(help="For gguf: how numbers are stored.")] = "f16",
    override: Annotated[
        str, typer.Option(help="Your name: export it although its certificate is red.")
    ] = "",
    data_licence: Annotated[str, typer.Option(help="The data's licence, for the card.")] = "",
    prompts: Prompts = 8,
    serve: Serve = True,
    background: Annotated[
        bool, typer.Option("--background", help="Start it and leave; it goes on by itself.")
    ] = False,
    json: Json = False,
) -> None:
    """Export a tuned model with its template, lineage, card and parity certificate."""
    with terminal(json) as output:
        actions = open_actions()
        hub = HubTarget(repo=repo, private=not public, overwrite=overwrite) if repo else None
        choices = ExportChoices(
            content=content, directory=dir_, name=name, gguf_type=gguf, hub=hub, override=override,
            data_licence=data_licence, wish=wish(prompts, serve),
        )  # fmt: skip
        started = actions.start_export(meant(actions, run), to, choices)
        ended = started if background else follow(actions, started, output)
        if ended.status == "failed":
            raise RunError(ended.problem, ended.where, ended.fix)
        output.show(ended, export_view(ended))


@cli.command()
def exports(
    cancel: Annotated[str | None, typer.Option(help="End one that is made, by its id.")] = None,
    delete: Annotated[str | None, typer.Option(help="Delete one, by its id.")] = None,
    json: Json = False,
) -> None:
    """List exports, newest first; cancel or delete one."""
    with terminal(json) as output:
        actions = open_actions()
        if cancel or delete:
            ended = actions.cancel_export(cancel) if cancel else actions.delete_export(delete or "")
            output.show(ended, Text(f"{ended.id} is {'deleted' if delete else ended.status}."))
            return
        found = actions.exports()
        output.show_all("exports", found, exports_view(found))


@cli.command()
def parity(
    run: Model,
    export: Annotated[
        str | None, typer.Option(help="Certify this export of it, by its id.")
    ] = None,
    last: Annotated[
        bool, typer.Option("--last", help="Show the newest certificate; measure nothing.")
    ] = False,
    prompts: Prompts = 8,
    serve: Serve = True,
    json: Json = False,
) -> None:
    """Prove that what is served and exported is what was trained. Exit 1 when it is not."""
    with terminal(json) as output:
        actions = open_actions()
        name = meant(actions, run)
        if last:
            known = actions.certificates(export or name)
            if not known:
                raise RunError("There is no certificate yet.", name, "Leave --last out.")
            found = known[0]
        else:
            found = actions.certify(name, export, wish(prompts, serve), output.say)
        output.show(found, certificate_view(found))
        if found.verdict == "red":
            raise typer.Exit(1)


def wish(prompts: int, serve: bool) -> Wish:
    """How much is to be measured."""
    why = "" if serve else "It was asked for without the model server (--no-serve)."
    return Wish(prompts=prompts, serve=serve, why_not=why)


def meant(actions: Actions, text: str) -> str:
    """The library's model of that name, else the run that is meant, as its id."""
    if any(one.entry.name == text for one in actions.library()):
        return text
    return actions.find_run(text).id


def follow(actions: Actions, started: Export, output: Terminal) -> Export:
    """Tell what an export does until it has ended."""
    said, export = "", started
    while export.status == "running":
        if export.told and export.told != said:
            output.say(said := export.told)
        time.sleep(POLL_S)
        export = actions.export_status(export.id)
    return export


def export_view(export: Export) -> RenderableType:
    """Where it is, how much, and what proves it."""
    lines = [Text(f"{export.id} is {export.status}.")]
    if export.made is not None:
        made = export.made
        place = made.url or made.path
        lines = [Text(f"{place} ({numbers.gigabytes(made.bytes)})")]
        lines.append(Text(f"Parity: {made.verdict} ({made.certificate_id})", STYLE[made.verdict]))
        lines += [Text(note) for note in made.notes]
    return Group(*lines)


def exports_view(found: tuple[Export, ...]) -> RenderableType:
    """All exports, a line each."""
    if not found:
        return Text("Nothing was exported yet: duotune export RUN --to adapter")
    return Group(*(Text(_line(one)) for one in found))


def _line(export: Export) -> str:
    asked, made = export.request, export.made
    what = f"{export.id}  {asked.kind} of {asked.source_id}"
    if made is None:
        return f"{what}: {export.status}  {export.problem}".rstrip()
    return f"{what}: {made.url or made.path}  (parity: {made.verdict})"


def certificate_view(found: Certificate) -> RenderableType:
    """The verdict, then what was measured on each way."""
    head = Text(f"{found.verdict.upper()}  {found.sentence}", STYLE[found.verdict])
    asked = f"{len(found.rows)} {found.part} rows" if found.rows else found.note
    foot = Text(f"{found.id}: {asked}, up to {found.limit} tokens each", "dim")
    return Group(head, *(_lane(lane) for lane in found.lanes), foot)


def _lane(lane: Lane) -> Text:
    """One way on one line: a table of it would be too wide for most windows."""
    shown = present.cells(lane, VOICE)
    figures = [
        f"worst difference {shown['worst']} nats (tolerance {shown['tolerance']})"
        if shown["worst"]
        else "",
        f"{shown['tokens']} answer tokens equal" if shown["tokens"] else "",
        f"{shown['stops']} end alike" if shown["stops"] else "",
    ]
    told = ", ".join(figure for figure in figures if figure)
    line = Text(f"  {shown['verdict']}", STYLE[lane.verdict])
    parts = ". ".join(part for part in (told, shown["note"]) if part)
    return line.append(f"  {shown['way']}{': ' if parts else ''}{parts}", "")


__all__ = ["export", "exports", "parity"]
