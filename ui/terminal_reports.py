"""The terminal commands about reports: list them, read one, compare two, save votes as pairs."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from core.actions import Actions
from core.disk import write_atomic
from core.errors import SettingError
from core.settings import EndpointSetting
from eval.records import Evaluation, Report
from eval.rendering.sections import sections
from eval.rendering.text import change, p_value, percent
from eval.report.compare_reports import ReportComparison
from ui import terminal_views as views
from ui.terminal_cli import Json, cli, open_actions
from ui.terminal_output import Terminal, terminal

TONES = {"good": "green", "warn": "yellow", "bad": "red", "plain": ""}


@cli.command()
def report(
    name: Annotated[
        str | None,
        typer.Argument(help="A report's id, its run, or 'last'; left out, all are listed."),
    ] = None,
    other: Annotated[
        str | None, typer.Option("--with", help="Compare it with this second report.")
    ] = None,
    preferences: Annotated[
        Path | None, typer.Option(help="Write the votes on its answers as preference pairs here.")
    ] = None,
    json: Json = False,
) -> None:
    """Read a report, compare it with a second one, or list all evaluations."""
    with terminal(json) as output:
        actions = open_actions()
        if name is None:
            found = actions.evaluations()
            output.show_all("evaluations", found, _list(actions, found))
            return
        chosen = actions.find_report(name).id
        if other is not None:
            compared = actions.compare_reports(chosen, actions.find_report(other).id)
            output.show(compared, _compared(compared))
        elif preferences is not None:
            _save(actions, chosen, preferences, output)
        else:
            shown = actions.report(chosen)
            output.show(shown, views.report_view(shown), _around(shown))
            output.say(f"The whole report: {actions.report_file(chosen, 'html')}")


def judged_by(actions: Actions, address: str | None, model: str | None) -> Actions:
    """The verbs with another judge than the environment names.

    Raises SettingError for half of a judge.
    """
    known = actions.settings.judge
    if address is None and model is None:
        return actions
    url = address or (known.base_url if known else None)
    name = model or (known.model if known else None)
    if url is None or name is None:
        raise SettingError(
            "A judge is an address and a model, and only one of them was given.",
            url or name or "",
            "Give both: --judge URL --judge-model NAME.",
        )
    key = os.environ.get("DUOTUNE_JUDGE_KEY", "")
    given = {"base_url": url, "model": name} | ({"api_key": key} if key else {})
    judge = EndpointSetting.model_validate(given)
    return replace(actions, settings=actions.settings.model_copy(update={"judge": judge}))


def _save(actions: Actions, report_id: str, file: Path, output: Terminal) -> None:
    text = actions.vote_preferences(report_id)
    write_atomic(file, text)
    count = actions.vote_count(report_id)
    output.show(count, f"{count.wins + count.losses} pairs written to {file}.")


def _list(actions: Actions, found: tuple[Evaluation, ...]) -> RenderableType:
    names = {run.id: run.plan.name for run in actions.runs()}
    table = Table("Evaluation", "Run", "Status", "Asked for")
    for one in found:
        run_id = one.request.run_id
        table.add_row(one.id, names.get(run_id, run_id), one.status, one.created[:16])
    return table if found else Text("No evaluation yet: `duotune evaluate RUN` makes one.")


def _around(found: Report) -> RenderableType:
    """What surrounds the verdict, a line each."""
    return Group(
        *[Text(f"{part.title.en} {part.line.en}", style=TONES[part.tone])
          for part in sections(found)]
    )  # fmt: skip


def _compared(found: ReportComparison) -> RenderableType:
    table = Table("Criterion", "First", "Second", "Difference (95% interval)", "p")
    for r in found.results:
        e = r.estimate
        p = r.adjusted_p if r.adjusted_p is not None else e.p_value
        table.add_row(r.name, percent(e.base).en, percent(e.tuned).en, change(e).en, p_value(p).en)
    lines = [
        f"{found.common} common questions; the base model answered {found.base_identical} alike.",
        *found.notes,
        *[f"Differs: {one.name}: {one.first or '–'} | {one.second or '–'}"
          for one in found.differing],
    ]  # fmt: skip
    return Group(Text(found.sentence, style="bold"), table, *map(Text, lines))
