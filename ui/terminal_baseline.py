"""The terminal command that asks whether training is needed, before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from eval.around.records import Baseline
from eval.need.records import MOST_ASKED, NeedForTraining, NeedRequest
from eval.rendering.around import BASELINES
from eval.wording import NOT_MEASURED, number, percent
from ui.terminal_cli import Json, cli, open_actions
from ui.terminal_output import terminal
from ui.terminal_plan import Model, assignments, dataset_of, parse_changes


@cli.command()
def baseline(
    data: Annotated[str, typer.Argument(help="A dataset's id, name or 'last'; or a file.")],
    model: Model = None,
    limit: Annotated[
        int, typer.Option(min=1, help="Questions at most; each is asked three times.")
    ] = MOST_ASKED,
    rubric: Annotated[
        Path | None, typer.Option(help="A rubric of any known format; left out, the data's own.")
    ] = None,
    system: Annotated[
        str, typer.Option(help="A system prompt to try; left out, the data's own or a description.")
    ] = "",
    json: Json = False,
) -> None:
    """Ask the base model without training: as it is, with a system prompt, with three examples.

    Takes questions of the validation part, so that the test part stays unseen, and scores them
    by the rubric's checks.
    """
    with terminal(json) as output:
        actions = open_actions()
        dataset = dataset_of(actions, data)
        plan = actions.propose_plan(dataset.id, parse_changes(assignments(model, None))).plan
        chosen = actions.rubric_of_data(dataset.id, rubric).as_yaml()
        request = NeedRequest(rubric=chosen, limit=limit, system_prompt=system)
        found = actions.need_for_training(plan, request, output.say)
        output.show(found, need_view(found))


def need_view(found: NeedForTraining) -> Group:
    """What each way without training reaches, and what it was given."""
    table = Table("Without training", "Reaches", "95% interval", "Questions", "No answer")
    for r in found.baselines.results:
        table.add_row(
            BASELINES[r.kind].en,
            percent(r.headline.base),
            _ends(r),
            number(r.headline.pairs),
            number(r.left_out),
        )
    notes = [Text(note, style="dim") for r in found.baselines.results for note in _notes(r)]
    return Group(Text(found.sentence, style="bold"), table, *notes)


def _ends(r: Baseline) -> str:
    if r.low is None or r.high is None:
        return NOT_MEASURED
    return f"{percent(r.low)} to {percent(r.high)}"


def _notes(r: Baseline) -> list[str]:
    notes = [r.note] if r.note else []
    if r.added:
        notes.append(f"The system prompt: {r.added}")
    if r.shown_rows:
        notes.append(f"Rows shown as examples: {', '.join(map(str, r.shown_rows))}.")
    return notes
