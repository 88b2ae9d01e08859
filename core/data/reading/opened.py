"""Opened: a data file of any container as numbered rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.data.problems import Finding
from core.data.reading.rows import Row, Take
from core.data.reading.source import Source


@dataclass(frozen=True)
class Opened:
    """A file whose container and encoding are known."""

    container: str
    """What holds the rows: `jsonl`, `json`, `csv`, `tsv`, `xlsx`, `parquet`, `arrow`, `yaml`,
    `text`; with `gzip+` or `zip+` in front for what is compressed."""
    encoding: str
    """As Python names it, or `cesu-8`; "" for containers that are not text."""
    rows: Iterator[Row]
    """In file order, numbered from 1. A Row without a number concerns the whole file."""
    source: Source | None = None
    """The text that offsets of rows refer to; None where rows have lines instead."""
    rows_besides: Callable[[Take], Iterator[Row]] | None = None
    """All rows once more, from the first one, without those that a function takes; None where
    rows are not JSON text that stands by itself. For those who know most rows at a glance."""
    found: tuple[Finding, ...] = ()
    """What is to be said about the whole file before any row: a guessed encoding, a header."""
    context: Mapping[str, Any] = field(default_factory=dict)
    """What an export says beside its rows, by file name: a Slack archive's users and channels."""
    delimiter: str = ""
    """What stands between the cells of a `csv` or `tsv`."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """By the name of a file of an archive, which part of a split that name says it is."""
