"""What a command prints: names as they are, ids in full, errors as sentences or as one object."""

from __future__ import annotations

import io
import json

import pytest
import typer
from rich.console import Console

from core.errors import DataError
from tests.eval.made_up import run_view
from ui import terminal_output
from ui.terminal_output import Terminal, terminal
from ui.terminal_runs_views import runs_view


def shown(width: int = 80, name: str = "Support desk") -> str:
    out = io.StringIO()
    console = Terminal(False).results
    console.file, console.width = out, width
    console.print(runs_view((run_view(name=name).run,)))
    return out.getvalue()


@pytest.mark.parametrize("name", ["[/x]", "[red]", "[REFUND]"])
def test_brackets_in_a_name_are_only_brackets(name: str) -> None:
    assert name in shown(name=name)


def test_an_id_is_never_cut_because_it_is_typed_again() -> None:
    assert run_view().run.id in shown(width=60)


@pytest.mark.parametrize(
    ("error", "says"),
    [(DataError("It is empty."), "It is empty."), (KeyError("x"), "unexpected error: KeyError")],
)
def test_any_error_is_one_object_and_no_traceback(
    error: Exception, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as left, terminal(True):
        raise error
    assert left.value.exit_code == 1
    told = capsys.readouterr()
    assert says in json.loads(told.out)["error"]["problem"]
    assert "Traceback" not in told.err


def test_a_command_may_choose_its_own_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as left, terminal(True):
        raise typer.Exit(3)
    assert left.value.exit_code == 3
    assert capsys.readouterr().out == ""


def test_progress_stays_off_standard_output() -> None:
    assert terminal_output.Terminal(True).progress.stderr
    assert isinstance(Terminal(True).results, Console)
