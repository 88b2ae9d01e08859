"""The terminal commands about data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from core.actions import Actions
from core.data.problems import NoUsableRows
from core.data.records import ReadChoices
from core.errors import DataError, RunError
from ui import terminal_data_views as views
from ui import terminal_runs
from ui.terminal_cli import DatasetName, File, Json, cli, open_actions
from ui.terminal_output import Terminal, terminal
from ui.terminal_tokens import token_view

Format = Annotated[
    str | None, typer.Option("--format", help="Read every row as this format, such as sharegpt.")
]
Encoding = Annotated[str | None, typer.Option(help="Read the text in this encoding, such as gbk.")]
Answer = Annotated[
    list[str] | None,
    typer.Option("--answer", help="Answer a question, such as assistant=Bob; repeatable."),
]
Tokenizer = Annotated[
    str | None, typer.Option(help="Also check for this model: a catalog name, Hub id or folder.")
]
UNREADABLE = 2


@cli.command()
def check(
    file: File,
    format_: Format = None,
    encoding: Encoding = None,
    answer: Answer = None,
    tokenizer: Tokenizer = None,
    against: Annotated[
        Path | None, typer.Option(help="Held-out rows that the file must not overlap with.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Structure only: do not read the texts.")
    ] = False,
    ignore_duplicates: Annotated[
        bool, typer.Option("--ignore-duplicates", help="With --quick: take equal rows as they are.")
    ] = False,
    json: Json = False,
) -> None:
    """List every problem in a file; keeps nothing. Exit 0 no errors, 1 errors, 2 unreadable."""
    with terminal(json) as output:
        refuse_together(quick, ignore_duplicates, tokenizer, against)
        actions = open_actions()
        choices = read_choices(format_, encoding, answer)
        choices = choices.model_copy(update={"structure_only": quick})
        told, dedupe = telling(output), not ignore_duplicates
        try:
            report = actions.check_file(file, choices, against, tokenizer, told, dedupe)
        except NoUsableRows as error:
            output.fail(error)
            raise typer.Exit(UNREADABLE) from None
        output.show(report, views.report_view(report))
        raise typer.Exit(report.exit_code)


@cli.command("import")
def import_(
    file: File,
    name: Annotated[str | None, typer.Option(help="What to call it.")] = None,
    format_: Format = None,
    encoding: Encoding = None,
    answer: Answer = None,
    repair: Annotated[
        str, typer.Option(help="Mend what can be mended: all, none, or codes with commas.")
    ] = "none",
    into: Annotated[
        str | None, typer.Option(help="Add the rows to this dataset, such as corrected ones.")
    ] = None,
    json: Json = False,
) -> None:
    """Keep the good rows of a file as a dataset, mended if asked."""
    with terminal(json) as output:
        actions = open_actions()
        choices = read_choices(format_, encoding, answer)
        if into is not None:
            dataset = actions.add_rows(actions.find_dataset(into).id, file)
        else:
            codes = None if repair == "all" else repair.replace(",", " ").split()
            mend = [] if repair == "none" else codes
            dataset = actions.import_mended(file, name, choices, mend, telling(output))
        output.show(dataset, views.dataset_view(dataset, actions.split(dataset.id)))
        if dataset.summary.rejected and not json:
            output.say(f"Rejected rows, to correct: {actions.rejected_file(dataset.id)}")


@cli.command()
def datasets(json: Json = False) -> None:
    """List all dataset versions, newest first."""
    with terminal(json) as output:
        found = open_actions().datasets()
        output.show_all("datasets", found, views.datasets_view(found))


@cli.command()
def split(dataset: DatasetName, json: Json = False) -> None:
    """Show the frozen split of a dataset and what its parts have in common."""
    with terminal(json) as output:
        actions = open_actions()
        found = actions.find_dataset(dataset)
        parts, leaks = actions.split(found.id), actions.leaks(found.id)
        if json:
            output.print_json(
                {"split": parts.model_dump(mode="json"), "leaks": leaks.model_dump(mode="json")}
            )
            return
        output.show(parts, views.split_view(found, parts, leaks))


@cli.command()
def repair(
    dataset: DatasetName,
    codes: Annotated[
        list[str] | None, typer.Argument(help="What to mend; left out, all that can be mended.")
    ] = None,
    undo: Annotated[bool, typer.Option(help="Go back to the version before.")] = False,
    json: Json = False,
) -> None:
    """Mend a dataset as a new version, and show row by row what changed."""
    with terminal(json) as output:
        actions = open_actions()
        found = actions.find_dataset(dataset)
        if undo:
            parent = actions.undo(found.id)
            output.show(parent, views.dataset_view(parent))
            return
        mended = actions.repair(found.id, codes or None)
        output.show(mended, views.changes_view(mended, actions.changes(mended.id)))


@cli.command()
def show(
    name: Annotated[str, typer.Argument(help="A run, or a dataset, by its id or name, or 'last'.")],
    row: Annotated[
        int | None, typer.Argument(min=1, help="A row of the dataset, as counted in its file.")
    ] = None,
    tokens: Annotated[bool, typer.Option(help="Show what of it will be learned.")] = False,
    model: Annotated[str | None, typer.Option(help="For this base model.")] = None,
    json: Json = False,
) -> None:
    """Show a run; or a dataset, or with a row that row, as a dialogue or as what is learnt of it.

    A name without a row means a run, when there is one of that name.
    """
    with terminal(json) as output:
        actions = open_actions()
        if row is None:
            _show_whole(actions, name, output)
            return
        found = actions.find_dataset(name)
        if tokens:
            seen = actions.show_tokens(found.id, row, model)
            output.show(seen, token_view(seen))
            return
        example = actions.example(found.id, row)
        output.show(example, views.example_view(example))


def _show_whole(actions: Actions, name: str, output: Terminal) -> None:
    """A run, or else a dataset; the error for no run when it is neither."""
    try:
        terminal_runs.show_one(actions, name, output)
    except RunError as no_run:
        try:
            dataset = actions.find_dataset(name)
        except DataError:
            raise no_run from None
        output.show(dataset, views.dataset_view(dataset, actions.split(dataset.id)))


def read_choices(
    format_: str | None, encoding: str | None, answers: list[str] | None
) -> ReadChoices:
    """What was said on the command line about how to read a file.

    Raises DataError for an answer without `=`.
    """
    given: dict[str, str] = {}
    for answer in answers or ():
        question, separator, value = answer.partition("=")
        if not separator:
            raise DataError(
                f"'{answer}' is not an answer.", fix="Write it as question=answer, without spaces."
            )
        given[question] = value
    return ReadChoices(format=format_, encoding=encoding, answers=given)


def refuse_together(
    quick: bool, ignore_duplicates: bool, tokenizer: str | None, against: Path | None
) -> None:
    """Raises DataError when the options of `check` contradict each other."""
    if quick and tokenizer is not None:
        raise DataError(
            "--quick does not read the texts, so it can't tell what a model would learn of them.",
            fix="Leave out --quick, or --tokenizer.",
        )
    if ignore_duplicates and (against is not None or not quick):
        raise DataError(
            "--ignore-duplicates works only with --quick, and not with --against.",
            fix="Leave it out: a check that compares texts knows duplicates anyway.",
        )


def telling(output: Terminal) -> Callable[[str, int], None]:
    """Progress for a person who watches; a log gets none of it."""

    def tell(phase: str, rows: int) -> None:
        if output.watched and rows:
            output.progress.print(f"{phase}: {rows:,} rows", end="\r", highlight=False)

    return tell
