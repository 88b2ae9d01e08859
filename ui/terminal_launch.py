"""The terminal command that packs a run for machines elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.errors import PlanError
from core.training import plan_files
from core.training.job_files import JobFiles, Target, Where
from ui.terminal_cli import Json, cli, open_actions
from ui.terminal_output import terminal


@cli.command("job-file")
def job_file(
    run: Annotated[
        str | None, typer.Argument(help="A run's id, its name, or 'last': goes on with it.")
    ] = None,
    plan: Annotated[Path | None, typer.Option(help="A plan's file, for a new run.")] = None,
    for_: Annotated[Target, typer.Option("--for", help="Where it is to be trained.")] = "slurm",
    out: Annotated[Path | None, typer.Option(help="The folder to make.")] = None,
    nodes: Annotated[int, typer.Option(min=1, help="Machines (Slurm only).")] = 1,
    hours: Annotated[int, typer.Option(min=1, max=999, help="Longest time it may take.")] = 24,
    flavor: Annotated[str, typer.Option(help="Hardware of Hugging Face Jobs.")] = "",
    json: Json = False,
) -> None:
    """Pack a run or plan into a folder with a script for Slurm or Hugging Face Jobs."""
    with terminal(json) as output:
        if (run is None) == (plan is None):
            raise PlanError(
                "Say what to pack: a run, or a plan with --plan.",
                fix="Such as: duotune job-file last --for slurm",
            )
        actions = open_actions()
        source = plan_files.load(plan) if plan else actions.find_run(str(run)).id
        where = Where(target=for_, nodes=nodes, flavor=flavor, hours=hours)
        made = actions.pack_job(source, where, out or Path(f"duotune-{for_}-job"))
        output.show(made, job_view(made))


def job_view(made: JobFiles) -> str:
    """What was packed, and the two commands that go with it."""
    return (
        f"Run {made.run_id} is packed in {made.folder}; {made.script.name} says all that is "
        f"needed.\nStart it there with:\n  {made.start}\n"
        f"Afterwards, bring it back with:\n  {made.bring_back}"
    )
