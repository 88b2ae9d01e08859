"""The command line itself: what every group of commands shares."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from core.actions import Actions
from core.settings import read_settings, share_hub_endpoint
from core.workspace import Workspace

cli = typer.Typer(
    help="Fine-tune chat models by conversation. Without a command, opens the web app.",
    add_completion=False,
    pretty_exceptions_enable=False,
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
RunName = Annotated[str, typer.Argument(help="A run's id, its name, or 'last'.")]
DatasetName = Annotated[str, typer.Argument(help="A dataset's id, its name, or 'last'.")]
File = Annotated[Path, typer.Argument(help="A file with dialogues, of any format.", readable=False)]


def open_actions() -> Actions:
    """The verbs over the workspace that the environment names."""
    settings = read_settings()
    share_hub_endpoint(settings, os.environ)
    return Actions(Workspace.open(settings.home), settings)
