"""How far raters agree, from a file with one label of each rater a row."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any, get_args

from core.errors import DataError
from core.messages import Record
from eval import statistics
from eval.scores.files import BadRow, RowProblem, Rows, read_rows, row_id
from eval.statistics.agreement import Agreement, Level, Weights

WANTED = '{"id": "a1", "anna": "good", "ben": "bad"}'
LEVELS = get_args(Level)
Label = str | float
MOST_RATERS = 50
LARGEST = 1e150
"""Of a label: distances are squared, and the square of a larger one is infinite."""


class PairAgreement(Record):
    """Two raters."""

    raters: tuple[str, str]
    raw: Agreement
    """Share of the same labels; chance is not taken out."""
    kappa: Agreement
    """Cohen's, with squared weights above the nominal level."""


class RatersAgreement(Record):
    """All raters of a file; each figure has its 95% interval, over rows."""

    n: int
    """Rows that at least two raters rated."""
    rows: int
    raters: tuple[str, ...]
    level: Level
    raw: Agreement
    """Over all pairs of raters on all rows."""
    pairs: tuple[PairAgreement, ...]
    alpha: Agreement
    """Krippendorff's, over all raters, at the level."""
    notes: tuple[str, ...] = ()
    problems: tuple[RowProblem, ...] = ()


def of_file(path: Path, level: Level = "nominal") -> RatersAgreement:
    """Agreement of the raters of a file: every key but `id` is one.

    Raises DataError when the file can't be read, no row counts, or the level needs numbers.
    """
    return of_rows(read_rows(path), level)


def of_rows(rows: Rows, level: Level = "nominal") -> RatersAgreement:
    """As `of_file`, from rows that are read."""
    units = _units(rows)
    rows.refuse_if_none(len(units), WANTED)
    raters = tuple(dict.fromkeys(rater for unit in units.values() for rater in unit))
    _refuse_unusable(rows, raters, units, level)
    weights: Weights = "none" if level == "nominal" else "quadratic"
    columns = {rater: [unit.get(rater) for unit in units.values()] for rater in raters}
    pairs = tuple(
        PairAgreement(
            raters=(a, b),
            raw=statistics.raw_agreement(columns[a], columns[b]),
            kappa=statistics.cohen_kappa(columns[a], columns[b], weights=weights),
        )
        for a, b in combinations(raters, 2)
    )
    table = [[columns[rater][n] for rater in raters] for n in range(len(units))]
    return RatersAgreement(
        n=sum(sum(label is not None for label in unit) >= 2 for unit in table),
        rows=len(units),
        raters=raters,
        level=level,
        raw=_over_all(columns, list(units)),
        pairs=pairs,
        alpha=statistics.krippendorff_alpha(table, level),
        notes=_notes(units),
        problems=rows.told(),
    )


def _units(rows: Rows) -> dict[str, dict[str, Label | None]]:
    found = {}
    for line, row in rows.rows:
        try:
            name = row_id(row, "id")
            labels = {key: _label(key, value) for key, value in row.items() if key != "id"}
            if not labels:
                raise BadRow("there is no rater beside `id`.")
        except BadRow as error:
            rows.complain(line, str(error))
            continue
        if rows.is_new(line, [name], f"id {name}"):
            found[name] = labels
    return found


def _label(rater: str, value: Any) -> Label | None:
    """true and false are labels of their own: in Python true would equal 1."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        if not abs(value) <= LARGEST:  # nor is NaN
            raise BadRow(f"the label of `{rater}` is no finite number up to {LARGEST:g}.")
        return float(value)
    raise BadRow(f"the label of `{rater}` must be a text, a number, true, false or null.")


def _refuse_unusable(
    rows: Rows, raters: tuple[str, ...], units: dict[str, dict[str, Label | None]], level: Level
) -> None:
    if not 2 <= len(raters) <= MOST_RATERS:
        raise DataError(
            f"Agreement needs 2 to {MOST_RATERS} raters, and this file has {len(raters)}.",
            rows.where,
            f"Write one key for each rater, such as {WANTED}",
        )
    labels = [label for unit in units.values() for label in unit.values()]
    texts = [label for label in labels if isinstance(label, str)]
    if level != "nominal" and texts:
        raise DataError(
            f"The level {level} needs numbers as labels, and '{texts[0]}' is none.",
            rows.where,
            "Write the labels as numbers, or leave the level out.",
        )
    below = [label for label in labels if isinstance(label, float) and label < 0]
    if level == "ratio" and below:
        raise DataError(
            f"The level ratio needs numbers that count from 0, and {below[0]:g} lies below it.",
            rows.where,
            "Use the level interval.",
        )


def _over_all(columns: dict[str, list[Label | None]], names: list[str]) -> Agreement:
    """Raw agreement over all pairs of raters; rows are resampled whole."""
    pairs = list(combinations(columns.values(), 2))
    return statistics.raw_agreement(
        [label for first, _ in pairs for label in first],
        [label for _, second in pairs for label in second],
        names * len(pairs),
    )


def _notes(units: dict[str, dict[str, Label | None]]) -> tuple[str, ...]:
    labels = {label for unit in units.values() for label in unit.values()}
    texts = {label for label in labels if isinstance(label, str)}
    numbers = {label for label in labels if isinstance(label, float)}
    both = sorted(text for text in texts if _as_number(text) in numbers)
    if not both:
        return ()
    return (f"'{both[0]}' stands both as a text and as a number: these are two labels.",)


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
