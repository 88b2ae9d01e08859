"""What the terminal prints: a person's view, or one JSON object on standard output with --json."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import typer
from pydantic import BaseModel
from rich.console import Console, RenderableType

from core.errors import DuotuneError


@dataclass(frozen=True)
class Terminal:
    """Where results and progress go; progress never mixes with results."""

    as_json: bool
    results: Console = field(default_factory=lambda: Console(markup=False))
    """Standard output; brackets in names and texts are only brackets."""
    progress: Console = field(default_factory=lambda: Console(stderr=True))
    """Standard error."""

    @property
    def watched(self) -> bool:
        """Whether a person looks at the progress stream."""
        return self.progress.is_terminal

    def say(self, text: str) -> None:
        """Tell what happens now."""
        self.progress.print(text, highlight=False, markup=False)

    def show(self, record: BaseModel, *views: RenderableType) -> None:
        """Print a result: the record as JSON, or its view for a person."""
        if self.as_json:
            self.print_json(as_plain(record))
            return
        for view in views:
            self.results.print(view)

    def show_all(self, name: str, records: Sequence[BaseModel], *views: RenderableType) -> None:
        """Print several results: one JSON object that holds them under a name, or their views."""
        if self.as_json:
            self.print_json({name: as_plain(records)})
            return
        for view in views:
            self.results.print(view)

    def print_json(self, data: Any) -> None:
        """Print one JSON object on one line."""
        self.results.file.write(json.dumps(data, ensure_ascii=False) + "\n")

    def fail(self, error: DuotuneError) -> None:
        """Print an error in the chosen form."""
        if self.as_json:
            told = {"problem": error.problem, "where": error.where, "fix": error.fix}
            problems = getattr(error, "problems", None)
            if problems is not None:
                told["problems"] = as_plain(problems)
            self.print_json({"error": told})
        else:
            self._tell(error.problem, style="bold red")
            for part in (error.where, error.fix):
                if part:
                    self._tell(part)

    def _tell(self, text: str, style: str | None = None) -> None:
        """Soft-wrapped: a path that is broken over two lines can't be copied."""
        self.progress.print(text, style=style, highlight=False, markup=False, soft_wrap=True)


def as_plain(record: BaseModel | Sequence[BaseModel]) -> Any:
    """A record, or several, as JSON-ready data."""
    if isinstance(record, BaseModel):
        return record.model_dump(mode="json")
    return [item.model_dump(mode="json") for item in record]


def _unexpected(error: Exception) -> DuotuneError:
    """What nobody foresaw, in words, with the line that a developer needs."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return DuotuneError(
        f"Duotune met an unexpected error: {type(error).__name__}: {error}",
        f"{last.filename}, line {last.lineno}",
        "This is a mistake in Duotune: please report it. What was started goes on.",
    )


@contextmanager
def terminal(as_json: bool) -> Iterator[Terminal]:
    """The boundary of a command: whatever its body raises becomes sentences and exit status 1."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    output = Terminal(as_json)
    try:
        yield output
    except DuotuneError as error:
        output.fail(error)
        raise typer.Exit(1) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:  # noqa: BLE001  what nobody foresaw is typed here, and only here
        output.fail(_unexpected(error))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        output.say("Left. What was started goes on: see `duotune runs` and `duotune jobs`.")
        raise typer.Exit(130) from None
