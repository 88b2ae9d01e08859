"""The terminal commands about sweeps: several values of a setting, trained and compared."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from core.errors import PlanError
from core.training.sweep import Sweep, SweepResult
from ui.terminal_cli import Json, cli, open_actions
from ui.terminal_output import terminal
from ui.terminal_plan import Model, Set, assignments, dataset_of, parse_changes


@cli.command()
def sweep(
    dataset: Annotated[str, typer.Argument(help="A dataset's id, name or 'last'; or a file.")],
    vary: Annotated[
        list[str],
        typer.Option(help="Values to try, such as learning_rate=1e-4,2e-4; repeatable."),
    ],
    model: Model = None,
    set_: Set = None,
    json: Json = False,
) -> None:
    """Queue one run for each combination of values; `sweeps` compares them."""
    with terminal(json) as output:
        actions = open_actions()
        varied = parse_varied(vary)
        changes = parse_changes(assignments(model, set_))
        plan = actions.propose_plan(dataset_of(actions, dataset).id, changes).plan
        started = actions.start_sweep(plan, varied, output.say)
        output.show(started, Text(f"{started.id}: {len(started.run_ids)} runs are queued."))
        output.say(f"`duotune sweeps {started.id}` compares them.")


@cli.command()
def sweeps(
    sweep: Annotated[str | None, typer.Argument(help="A sweep's id; left out, all.")] = None,
    json: Json = False,
) -> None:
    """List all sweeps, or compare the runs of one."""
    with terminal(json) as output:
        actions = open_actions()
        if sweep is None:
            found = actions.sweeps()
            output.show_all("sweeps", found, *map(_line, found))
            return
        result = actions.sweep_result(sweep)
        output.show(result, sweep_view(result))


def parse_varied(given: list[str]) -> dict[str, tuple[Any, ...]]:
    """Turn `key=a,b` texts into values by setting.

    Raises PlanError for one that is not written so, or that stands twice.
    """
    found: dict[str, tuple[Any, ...]] = {}
    for text in given:
        key, separator, values = text.partition("=")
        if not separator or not values or key in found:
            raise PlanError(
                f"'{text}' gives no values to try.",
                fix="Write each setting once, such as --vary rank=8,32, without spaces.",
            )
        found[key] = tuple(part for part in values.split(",") if part)
    return found


def sweep_view(result: SweepResult) -> Group:
    """The trials, the best first, and what that means."""
    table = Table("Run", *result.sweep.varied, "Status", "Best validation loss", "Seconds")
    for trial in result.trials:
        loss = "not measured" if trial.best_loss is None else f"{trial.best_loss:.4f}"
        seconds = "" if trial.seconds is None else f"{trial.seconds:,.0f}"
        values = [f"{value:g}" if isinstance(value, float) else str(value)
                  for value in trial.values.values()]  # fmt: skip
        table.add_row(trial.run_id, *values, trial.status, loss, seconds)
    return Group(table, Text(result.sentence))


def _line(sweep: Sweep) -> Text:
    values = "; ".join(f"{name} {', '.join(map(str, v))}" for name, v in sweep.varied.items())
    return Text(f"{sweep.id}  {sweep.plan.name}: {values} ({len(sweep.run_ids)} runs)")
