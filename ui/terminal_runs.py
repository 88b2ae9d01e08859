"""The terminal commands about runs that were started: watch, go on, compare, keep."""

from __future__ import annotations

from typing import Annotated

import typer

from core.actions import Actions
from core.training import retention
from ui import terminal_augment
from ui import terminal_runs_views as views
from ui.terminal_cli import Json, RunName, cli, open_actions
from ui.terminal_follow import show_evaluation, show_run
from ui.terminal_output import Terminal, terminal
from ui.terminal_plan import assignments, parse_changes
from ui.terminal_views import plan_view

Follow = Annotated[bool, typer.Option(help="Watch until the run ends.")]


@cli.command()
def runs(json: Json = False) -> None:
    """List all runs, newest first."""
    with terminal(json) as output:
        actions = open_actions()
        if retention.is_due(actions.workspace):
            for run_id in actions.keep_house():
                output.say(f"{run_id} ended long ago and was cleared away; its figures stay.")
        found = actions.runs()
        output.show_all("runs", found, views.runs_view(found))


@cli.command()
def queue(
    run: Annotated[
        str | None, typer.Argument(help="A run that waits, to be given another place.")
    ] = None,
    place: Annotated[int, typer.Option(min=1, help="The place it gets; 1 is next.")] = 1,
    json: Json = False,
) -> None:
    """List the runs that wait for their turn, or give one of them another place."""
    with terminal(json) as output:
        actions = open_actions()
        if run is not None:
            actions.move_run(actions.find_run(run).id, place)
        waiting = [each for each in actions.runs() if each.place is not None]
        waiting.sort(key=lambda each: each.place or 0)
        output.show_all("queue", waiting, views.queue_view(waiting))


@cli.command()
def watch(run: RunName, json: Json = False) -> None:
    """Watch a run until it ends. Exit 0 when it succeeded, 1 when it did not."""
    with terminal(json) as output:
        actions = open_actions()
        show_run(actions, actions.find_run(run).id, True, output)


@cli.command()
def stop(run: RunName, json: Json = False) -> None:
    """Ask a run to save a checkpoint and leave; take one that waits out of the queue.

    An evaluation (rep-...) ends at once: the answers that it has are kept.
    """
    with terminal(json) as output:
        actions = open_actions()
        if run.startswith("rep-"):
            ended = actions.stop_evaluation(run)
            output.show(ended, f"{ended.id} stopped at {ended.done} of {ended.total or '?'}.")
            output.say(f"`duotune resume {ended.id}` goes on with it.")
            return
        stopped = actions.stop_run(actions.find_run(run).id)
        output.show(stopped, views.run_line(stopped))


@cli.command()
def resume(
    run: RunName,
    extend: Annotated[
        float | None, typer.Option(help="Train so many epochs more, also after it succeeded.")
    ] = None,
    follow: Follow = False,
    json: Json = False,
) -> None:
    """Go on from a run's newest whole checkpoint, or with what an evaluation or job lacks."""
    with terminal(json) as output:
        actions = open_actions()
        if run.startswith("rep-"):
            show_evaluation(actions, actions.resume_evaluation(run), output)
            return
        if run.startswith("job-"):
            terminal_augment.show_resumed(actions, run, output)
            return
        resumed = actions.resume_run(actions.find_run(run).id, output.say, extend)
        show_run(actions, resumed.id, follow, output)


@cli.command()
def clone(
    run: RunName,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="What differs, such as epochs=3; repeatable."),
    ] = None,
    start: Annotated[bool, typer.Option(help="Start it, rather than show its plan.")] = False,
    follow: Follow = False,
    json: Json = False,
) -> None:
    """Make a new plan from a run's, with changes, and start it if asked."""
    with terminal(json) as output:
        actions = open_actions()
        changes = parse_changes(assignments(None, set_))
        plan = actions.clone_run(actions.find_run(run).id, changes)
        if not start:
            output.show(plan, plan_view(plan))
            output.say("Nothing was started: add --start for that.")
            return
        show_run(actions, actions.start_training(plan, output.say).id, follow, output)


@cli.command()
def rename(
    run: RunName,
    name: Annotated[str, typer.Argument(help="What to call it.")],
    json: Json = False,
) -> None:
    """Call a run something else."""
    with terminal(json) as output:
        actions = open_actions()
        renamed = actions.rename_run(actions.find_run(run).id, name)
        output.show(renamed, views.run_line(renamed))


@cli.command()
def note(
    run: RunName,
    text: Annotated[
        str | None, typer.Argument(help="The note; '' removes it, left out it is shown.")
    ] = None,
    json: Json = False,
) -> None:
    """Write down something about a run, or show what was written down."""
    with terminal(json) as output:
        actions = open_actions()
        found = actions.find_run(run)
        if text is not None:
            found = actions.note_run(found.id, text)
        output.show(found, found.note or "No note.")


@cli.command()
def keep(
    run: RunName,
    name: Annotated[str | None, typer.Option(help="What to call it in the library.")] = None,
    json: Json = False,
) -> None:
    """Put a run's model into the library, where nothing clears it away."""
    with terminal(json) as output:
        actions = open_actions()
        kept = actions.keep_run(actions.find_run(run).id, name)
        output.show(kept, f"Kept as '{kept.entry.name}': {kept.folder}")


@cli.command()
def log(
    run: RunName,
    search: Annotated[
        str | None, typer.Option(help="Only lines that hold this text, over all attempts.")
    ] = None,
    lines: Annotated[int, typer.Option(min=1, help="How many lines, from the end.")] = 100,
    json: Json = False,
) -> None:
    """Show the end of what a run's trainer printed, or the lines that hold a text."""
    with terminal(json) as output:
        actions = open_actions()
        found = actions.find_run(run).id
        if search is not None:
            matches = actions.search_log(found, search, lines)
            output.show(matches, views.found_view(matches))
            return
        text = actions.run_log(found, lines)
        if json:
            output.print_json({"log": text})
        else:
            output.results.print(text, highlight=False, soft_wrap=True)


@cli.command("compare-runs")
def compare_runs(
    runs: Annotated[list[str], typer.Argument(help="Two runs or more: ids, names, or 'last'.")],
    json: Json = False,
) -> None:
    """Show runs side by side: what was set differently, and what came of it."""
    with terminal(json) as output:
        actions = open_actions()
        found = actions.compare_runs([actions.find_run(run).id for run in runs])
        output.show(found, views.comparison_view(found))


def show_one(actions: Actions, name: str, output: Terminal) -> None:
    """Show one run: how it stands, its figures, the note, where it comes from and led to."""
    run = actions.find_run(name)
    lineage = actions.lineage(run.id)
    if output.as_json:
        traced = lineage.model_dump(mode="json")
        output.print_json({**run.model_dump(mode="json"), "lineage": traced})
        return
    output.show(run, views.run_view(run), views.lineage_line(lineage))
