"""The terminal command that asks whether more data would help: a run's learning curve."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from rich.text import Text

from core.training.standing import stands
from eval.curve.learning_curve import CurvePoint
from eval.curve.standing import CurveRun, CurveStanding
from eval.rendering.text import change
from eval.wording import NOT_MEASURED, number, percent
from ui.terminal_cli import Json, RunName, cli, open_actions
from ui.terminal_output import terminal


@cli.command()
def curve(run: RunName, json: Json = False) -> None:
    """Say whether more data would help: the run's plan on 25%, 50% and all of its training rows.

    Queues the runs that are missing. Shows the curve once all of them are evaluated alike, and
    until then the command for what each lacks.
    """
    with terminal(json) as output:
        actions = open_actions()
        found = actions.find_run(run).id
        for started in actions.start_curve(found, output.say):
            output.say(f"{started.plan.name} ({started.id}) {stands(started.status)}.")
        standing = actions.learning_curve(found)
        output.show(standing, standing_view(standing))


def standing_view(found: CurveStanding) -> Group:
    """The points of the curve, or what each run lacks."""
    said = Text(found.sentence, style="bold")
    if found.curve is None:
        return Group(said, _missing(found.runs))
    table = Table(
        "Training rows", "Share", found.curve.criterion, "95% interval", "More than before"
    )
    for point in found.curve.points:
        more = change(point.more).en if point.more else ""
        table.add_row(
            number(point.rows), percent(point.share), percent(point.tuned), _ends(point), more
        )
    return Group(said, table)


def _missing(runs: tuple[CurveRun, ...]) -> Group:
    table = Table("Share", "Training rows", "Run", "Evaluation")
    for one in runs:
        run = f"{one.run_id} {stands(one.status)}" if one.run_id else "not started"
        table.add_row(percent(one.share), number(one.rows), run, one.report_id or "missing")
    commands = [Text(f"  {one.missing}") for one in runs if one.missing]
    return Group(table, Text("Next:"), *commands)


def _ends(point: CurvePoint) -> str:
    if point.low is None or point.high is None:
        return NOT_MEASURED
    return f"{percent(point.low)} to {percent(point.high)}"
