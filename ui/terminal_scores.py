"""The terminal commands for scores and rubrics from anywhere; each prints one JSON object."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from core.errors import RubricError
from ui.terminal_cli import cli, open_actions
from ui.terminal_output import Terminal, terminal
from ui.terminal_plan import dataset_of

Rows = Annotated[
    Path, typer.Argument(help="A file with one JSON object a line; - reads standard input.")
]
AlwaysJson = Annotated[
    bool, typer.Option("--json", help="What these commands print anyway: one JSON object.")
]
Level = Literal["nominal", "ordinal", "interval", "ratio"]
Doing = Literal["show", "score", "draft"]


@cli.command()
def stats(
    file: Rows,
    scale: Annotated[
        tuple[float, float] | None,
        typer.Option(help="The lowest and the highest score that can be; left out, 0 and 1."),
    ] = None,
    json: AlwaysJson = True,
) -> None:
    """The verdict on paired scores: rows with `id`, `base` and `tuned`, or `id` and `winner`."""
    del json
    with terminal(True) as output:
        from eval.scores import (
            paired as stats_paired,  # here: other commands must not wait for numpy
        )

        output.show(stats_paired.of_file(file, scale))


@cli.command()
def agreement(
    file: Rows,
    level: Annotated[
        Level, typer.Option(help="What labels are: names, or numbers with an order or distances.")
    ] = "nominal",
    json: AlwaysJson = True,
) -> None:
    """How far raters agree: rows with `id` and one key for each rater."""
    del json
    with terminal(True) as output:
        from eval.scores import agreement as stats_agreement

        output.show(stats_agreement.of_file(file, level))


@cli.command()
def rubric(
    do: Annotated[Doing, typer.Argument(help="`show`, `score`, or `draft` by a model.")],
    file: Annotated[Path, typer.Argument(help="A rubric in any known format; for draft, data.")],
    verdicts: Annotated[
        Path | None,
        typer.Argument(help="For score: rows with `example`, `criterion` and `met`."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(help="Not for score: write it in this format, such as csv or promptfoo."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="With --to: one JSON object instead of the bare text.")
    ] = False,
) -> None:
    """Show a rubric of any known format, score by verdicts on it, or draft one from data."""
    with terminal(to is None or json) as output:
        if do == "score":
            _score(file, verdicts, output)
        elif do == "draft":
            _draft(str(file), to, output)
        elif to is None:
            from eval.rubric.formats import convert_file

            output.print_json(
                convert_file(file).model_dump(mode="json", by_alias=True, exclude_none=True)
            )
        else:
            _export(file, to, output)


def _score(file: Path, verdicts: Path | None, output: Terminal) -> None:
    from eval.rubric import verdicts as rubric_verdicts
    from eval.rubric.formats import convert_file

    if verdicts is None:
        raise RubricError(
            "The file of verdicts is missing.",
            str(file),
            "Name it after the rubric: duotune rubric score RUBRIC VERDICTS.jsonl.",
        )
    converted = convert_file(file)
    for note in converted.notes:
        output.say(note.text)
    output.show(rubric_verdicts.of_file(converted.rubric, verdicts))


def _draft(data: str, to: str | None, output: Terminal) -> None:
    """Drafted criteria; training rows are sent to the judge's endpoint, or the assistant's."""
    from eval.rubric.formats import export

    actions = open_actions()
    drafted = actions.draft_rubric(dataset_of(actions, data).id)
    output.say(f"{drafted.model} was shown {drafted.rows} training rows.")
    for note in drafted.notes:
        output.say(note.text)
    if to is None:
        output.print_json(drafted.model_dump(mode="json", by_alias=True, exclude_none=True))
    else:
        output.results.file.write(export(drafted.rubric, to).text)


def _export(file: Path, to: str, output: Terminal) -> None:
    """The text alone, so that it can go into a file; what is lost is told on standard error."""
    from eval.rubric.formats import convert_file, export

    converted = convert_file(file)
    made = export(converted.rubric, to)
    whole = made.model_copy(update={"notes": (*converted.notes, *made.notes)})
    if output.as_json:
        output.show(whole)
        return
    for note in whole.notes:
        output.say(note.text)
    output.results.file.write(made.text)
