"""The terminal commands about base models: the catalog, an inspection, downloads."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column, Table
from rich.text import Text

from core.actions import Actions
from core.errors import ModelError
from core.model_actions import ModelActions
from core.models.downloads import Download
from core.models.facts import ModelFacts
from core.models.inspection import ModelInspection
from ui.present import model as present
from ui.terminal_cli import Json, cli, open_actions
from ui.terminal_output import Terminal, terminal
from ui.words import Voice

POLL_S = 0.3
VOICE = Voice("en")
STATUS_STYLE = {"running": "cyan", "done": "green", "failed": "red", "cancelled": "yellow"}

models = typer.Typer(help="List, inspect and download base models.", add_completion=False)
cli.add_typer(models, name="models")

ModelName = Annotated[str, typer.Argument(help="A catalog name, a Hub id or a local folder.")]
DownloadName = Annotated[str, typer.Argument(help="A download's id, its model, or 'last'.")]
Revision = Annotated[
    str | None, typer.Option(help="A commit, branch or tag; left out, the newest commit.")
]


@models.callback(invoke_without_command=True)
def list_models(context: typer.Context, json: Json = False) -> None:
    """List base models that can be picked by name."""
    if context.invoked_subcommand is not None:
        return
    with terminal(json) as output:
        actions = open_actions()
        found = actions.models()
        output.show_all("models", found, models_view(found, actions))


@models.command()
def inspect(model: ModelName, revision: Revision = None, json: Json = False) -> None:
    """Say what a model is before it is downloaded; reads config and tokenizer only."""
    with terminal(json) as output:
        found = open_actions().inspect_model(model, revision)
        output.show(found, inspection_view(found))


@models.command()
def download(
    model: ModelName,
    revision: Revision = None,
    background: Annotated[
        bool, typer.Option("--background", help="Start it and leave; it goes on by itself.")
    ] = False,
    json: Json = False,
) -> None:
    """Download a model, or go on where a download of it was broken off."""
    with terminal(json) as output:
        actions = open_actions()
        started = actions.download_model(model, revision)
        ended = started if background else follow(actions, started, output)
        if ended.status == "failed":
            raise ModelError(ended.problem, ended.where, ended.fix)
        output.show(ended, Text(present.download(ended, VOICE), STATUS_STYLE[ended.status]))


@models.command("downloads")
def list_downloads(json: Json = False) -> None:
    """List downloads of models, newest first."""
    with terminal(json) as output:
        found = open_actions().model_downloads()
        output.show_all("downloads", found, downloads_view(found))


@models.command("cancel")
def cancel_download(download: DownloadName, json: Json = False) -> None:
    """End a download; what it has fetched stays and is not fetched again."""
    with terminal(json) as output:
        actions = open_actions()
        ended = actions.cancel_download(find_download(actions, download).id)
        output.show(ended, Text(present.download(ended, VOICE), STATUS_STYLE[ended.status]))


def find_download(actions: ModelActions, text: str) -> Download:
    """The newest download that a person means. Raises ModelError when there is none."""
    found = actions.model_downloads()
    matches = [one for one in found if text in ("last", one.id, one.model)]
    if not matches:
        raise ModelError(
            f"There is no download '{text}'.", fix="`duotune models downloads` lists them."
        )
    return matches[0]


def follow(actions: Actions, started: Download, output: Terminal) -> Download:
    """Show a download's progress until it ends; leaving does not end it."""
    with _bar(output) as progress:
        task = progress.add_task(started.model, total=None)
        said = ""
        while True:
            now = actions.model_download(started.id)
            words = present.download(now, VOICE)
            progress.update(
                task, completed=now.bytes_done, total=now.bytes_total, description=words
            )
            if not output.watched and now.phase != said:
                said = now.phase
                output.say(words)
            if now.status != "running":
                return now
            time.sleep(POLL_S)


def _bar(output: Terminal) -> Progress:
    return Progress(
        BarColumn(),
        TextColumn("{task.description}"),
        console=output.progress,
        disable=not output.watched,
        transient=True,
    )


def models_view(found: tuple[ModelFacts, ...], actions: ModelActions) -> Group:
    """The catalog, and which hub models come from."""
    names = Column("Model", no_wrap=True)  # whole, because they are typed again
    table = Table(names, "Size", "Context", Column("Licence", overflow="fold"), "To know")
    for model in found:
        table.add_row(
            Text(model.name),
            present.size_in_words(model, VOICE),
            f"{model.context:,}" if model.context else "not known",
            Text(model.licence),
            Text(present.remarks(model, VOICE)),
        )
    told = f"Facts looked up in {actions.models_checked()}. Hub: {actions.settings.hub_endpoint}"
    if actions.settings.hub_token and not actions.settings.hub_is_safe:
        told += "\nHF_TOKEN is not sent there, because the address is not encrypted."
    asked = [
        Text(f"{', '.join(names)}: {restrictions}")
        for restrictions, names in present.restricted(found).items()
    ]
    return Group(table, *asked, Text(told))


def inspection_view(found: ModelInspection) -> Group:
    """What a model is, in lines."""
    facts = Table.grid(padding=(0, 2))
    for name, value in present.inspection_facts(found, VOICE):
        facts.add_row(name, Text(value))
    if found.terms.url:
        facts.add_row("", Text(found.terms.url))
    told: list[RenderableType] = [Text(found.name, "bold"), facts]
    told += [Text(f"! {caution}", "yellow") for caution in found.cautions]
    if found.refusal:
        told.append(Text(f"{found.refusal.problem}\n{found.refusal.fix}", "bold red"))
    elif found.terms.must_be_accepted:
        told.append(Text(f"Accept it in a plan: licence_accepted={found.terms.name}", "yellow"))
    return Group(*told)


def downloads_view(found: tuple[Download, ...]) -> Table | Text:
    """Downloads, newest first."""
    if not found:
        return Text("No downloads yet. `duotune models download ID` starts one.")
    table = Table(Column("Download", no_wrap=True), "Status")
    for one in found:
        told = Text(present.download(one, VOICE), STATUS_STYLE[one.status])
        if one.problem:
            told.append(f"\n{one.problem} {one.fix}")
        table.add_row(one.id, told)
    return table
