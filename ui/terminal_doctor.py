"""The terminal command that says why a run ended badly."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from core.training.doctor.diagnosing import Diagnosis
from core.training.doctor.remedies import Remedy
from core.training.standing import stands
from ui.terminal_cli import Json, RunName, cli, open_actions
from ui.terminal_follow import show_run
from ui.terminal_output import terminal


@cli.command()
def doctor(
    run: RunName,
    apply: Annotated[bool, typer.Option(help="Do what it advises.")] = False,
    follow: Annotated[bool, typer.Option(help="Watch until the run ends.")] = False,
    json: Json = False,
) -> None:
    """Say why a run ended badly, which line shows it, and which one change helps."""
    with terminal(json) as output:
        actions = open_actions()
        found = actions.find_run(run)
        if apply:
            again = actions.apply_remedy(found.id, output.say)
            show_run(actions, again.id, follow, output)
            return
        diagnosis = actions.diagnose(found.id)
        if json:
            told = diagnosis.model_dump(mode="json") if diagnosis else None
            output.print_json({"diagnosis": told})
            return
        if diagnosis is None:
            output.results.print(Text(f"{found.id} did not end badly: it {stands(found.status)}."))
            return
        output.show(diagnosis, diagnosis_view(diagnosis))


def diagnosis_view(diagnosis: Diagnosis) -> Group:
    """Cause, evidence, what to do, and the change that can be made at once."""
    lines = [Text(diagnosis.cause, style="bold")]
    if diagnosis.evidence:
        lines.append(Text(f"  {diagnosis.evidence}", style="dim"))
        lines.append(Text(f"  ({diagnosis.where})", style="dim"))
    lines.append(Text(diagnosis.fix))
    if diagnosis.remedy is not None:
        lines.append(Text(advice(diagnosis.remedy, diagnosis.run_id)))
    return Group(*lines)


def advice(remedy: Remedy, run_id: str) -> str:
    """The change as a command."""
    if remedy.kind == "plan":
        return "Make a new plan: duotune plan DATASET"
    if remedy.kind == "continue":
        return f"Continue it: duotune resume {run_id}"
    changes = " ".join(f"{name}={value}" for name, value in remedy.changes.items())
    told = f" with {changes}" if changes else ""
    return f"Start it again{told}: duotune doctor {run_id} --apply"
