"""A plan measured in the terminal before it starts: followed, cancelled by Ctrl-C, and shown."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import typer
from pydantic import BaseModel
from rich.console import Group, RenderableType
from rich.status import Status
from rich.table import Table
from rich.text import Text

from core.actions import Actions
from core.errors import DuotuneError, PlanError, RunError
from core.measuring import Measurement, measurement
from core.training.batching import Batching
from core.training.plan import TrainingPlan
from core.training.preflight_folder import Preflight
from core.training.preflight_text import duration, size
from ui.terminal_output import Terminal, as_plain

POLL_S = 0.2
PHASES = {
    "before": "Loading and preparing",
    "training": "Training",
    "evaluations": "Validation",
    "saves": "Checkpoints",
    "checking": "Checking the result",
}
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Measured(Terminal):
    """A terminal whose one JSON object also says what was measured."""

    found: Measurement | None = None

    def show(self, record: BaseModel, *views: RenderableType) -> None:
        """Print a result; as JSON with the measurement under `preflight`."""
        if self.as_json and self.found is not None:
            self.print_json({**as_plain(record), "preflight": as_plain(self.found)})
            return
        super().show(record, *views)


def measured(actions: Actions, plan: TrainingPlan, output: Terminal) -> Measured:
    """Measure a plan and show what came out; returns the terminal that goes on from there.

    Raises RunError or PlanError when there is no measurement, or the plan does not fit; with
    --json the measurement stands beside the error, and Exit(1) is raised.
    """
    found = measurement(actions, plan, _ended(actions, plan, output))
    error = _refused(found)
    if error is None:
        if not output.as_json:
            output.show(found, measurement_view(found))
        return Measured(output.as_json, output.results, output.progress, found)
    if not output.as_json:
        raise error
    told = {"problem": error.problem, "where": error.where, "fix": error.fix}
    output.print_json({"error": told, "preflight": as_plain(found)})
    raise typer.Exit(1)


def _ended(actions: Actions, plan: TrainingPlan, output: Terminal) -> Preflight:
    """The pre-flight of a plan once it has ended; Ctrl-C ends it with all its processes."""
    try:
        started = actions.start_preflight(plan, output.say)
        if started.status == "done":
            output.say(f"This was measured before, on {started.created[:10]}.")
        return _follow(actions, started, output)
    except KeyboardInterrupt:
        for one in actions.preflights():
            if one.status == "running" and one.plan == plan:
                actions.cancel_preflight(one.id)
        output.say("The pre-flight was cancelled, and nothing was started.")
        raise typer.Exit(130) from None


def _follow(actions: Actions, found: Preflight, output: Terminal) -> Preflight:
    said = ""
    with Status("measuring", console=output.progress) as shown:
        while found.status == "running":
            words = f"measuring: {found.phase}"
            if output.watched:
                shown.update(f"{words}, steps {found.step} of {found.total_steps or '?'}")
            elif words != said:
                output.say(words)
            said = words
            time.sleep(POLL_S)
            found = actions.preflight(found.id)
    return found


def _refused(found: Measurement) -> DuotuneError | None:
    """Why a plan is not started after its measurement; None when it may be."""
    now = found.preflight
    if now.status == "cancelled":
        return RunError("The pre-flight was cancelled, so nothing was started.", now.id)
    if found.verdict == "does_not_fit":
        taken = size(found.peak_bytes) if found.peak_bytes else "more than there is"
        free = f" of the {size(found.free_bytes)} that are free" if found.free_bytes else ""
        return PlanError(
            f"This plan does not fit: its longest batch took {taken}{free}.",
            now.id,
            "\n".join(fitting(found.batching)) or "Choose a smaller model, or free some memory.",
        )
    if now.failure is not None:
        return RunError(now.failure.problem, now.failure.where, now.failure.fix)
    return None


def fitting(found: Batching | None) -> list[str]:
    """What would fit, each with what to put on the command line."""
    if found is None:
        return []
    told = [found.sentence]
    if found.changes:
        told.append(f"  {flags(found.changes)}")
    for option in found.options:
        told += [option.sentence, f"  {flags(option.changes)}"]
    return told


def flags(changes: Mapping[str, Any]) -> str:
    """Settings as they are typed."""
    return " ".join(f"--set {name}={value}" for name, value in changes.items() if value is not None)


def measurement_view(found: Measurement) -> Group:
    """Memory, time by phase and cost, as they were measured."""
    table = Table("Measured", "")
    free = f" of {size(found.free_bytes)} free" if found.free_bytes else ""
    peak = NOT_MEASURED if found.peak_bytes is None else f"{size(found.peak_bytes)}{free}"
    table.add_row("Peak memory", peak)
    if found.step_seconds is not None:
        table.add_row("Seconds per step", f"{found.step_seconds:.3g}")
        table.add_row("Steps", f"{found.steps:,}")
    table.add_section()
    for name, seconds in found.phases.items():
        table.add_row(PHASES[name], duration(seconds))
    table.add_row("Whole run", NOT_MEASURED if found.seconds is None else duration(found.seconds))
    if found.cost is not None:
        table.add_row("Cost", f"{found.cost:.2f} {found.currency}")
    told = [Text("It fits, but only just.", style="yellow")] if found.verdict == "tight" else []
    return Group(table, *told)
