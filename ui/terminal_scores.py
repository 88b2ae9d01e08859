"""The terminal commands for scores and rubrics from anywhere; each prints one JSON object."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from core.errors import RubricError
from ui.terminal_cli import cli
from ui.terminal_output import Terminal, terminal

Rows = Annotated[
    Path, typer.Argument(help="A file with one JSON object a line; - reads standard input.")
]
AlwaysJson = Annotated[
    bool, typer.Option("--json", help="What these commands print anyway: one JSON object.")
]
Level = Literal["nominal", "ordinal", "interval", "ratio"]
Doing = Literal["show", "score"]


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
        from eval import stats_paired  # here: other commands must not wait for numpy

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
        from eval import stats_agreement

        output.show(stats_agreement.of_file(file, level))


@cli.command()
def rubric(
    do: Annotated[Doing, typer.Argument(help="`show` reads and converts; `score` adds up.")],
    file: Annotated[Path, typer.Argument(help="A rubric, in any known format.")],
    verdicts: Annotated[
        Path | None,
        typer.Argument(help="For score: rows with `example`, `criterion` and `met`."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(help="For show: write it in this format, such as csv or promptfoo."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="With --to: one JSON object instead of the bare text.")
    ] = False,
) -> None:
    """Show a rubric of any known format as Duotune's own, or score examples by verdicts on it."""
    with terminal(to is None or json) as output:
        if do == "score":
            _score(file, verdicts, output)
        elif to is None:
            from eval.rubric_formats import convert_file

            output.print_json(
                convert_file(file).model_dump(mode="json", by_alias=True, exclude_none=True)
            )
        else:
            _export(file, to, output)


def _score(file: Path, verdicts: Path | None, output: Terminal) -> None:
    from eval import rubric_verdicts
    from eval.rubric_formats import convert_file

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


def _export(file: Path, to: str, output: Terminal) -> None:
    """The text alone, so that it can go into a file; what is lost is told on standard error."""
    from eval.rubric_formats import convert_file, export

    converted = convert_file(file)
    made = export(converted.rubric, to)
    whole = made.model_copy(update={"notes": (*converted.notes, *made.notes)})
    if output.as_json:
        output.show(whole)
        return
    for note in whole.notes:
        output.say(note.text)
    output.results.file.write(made.text)
