"""Score the examples of a rubric from a file of verdicts that were made anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.rubric.criteria import Criterion
from eval.rubric.points import (
    Cell,
    closed_gates,
    example_score,
    nothing_to_gain,
    score_bounds,
)
from eval.rubric.records import ExampleScore, RubricScore
from eval.rubric.rubrics import Rubric
from eval.scores.files import BadRow, Rows, read_rows, row_id

WANTED = '{"example": "q1", "criterion": "polite", "met": true}'
Values = dict[str, dict[str, float | None]]
"""Example -> criterion -> value."""


def of_file(rubric: Rubric, path: Path) -> RubricScore:
    """Every example's score, and their mean.

    Raises DataError when the file can't be read, or no row counts.
    """
    return of_rows(rubric, read_rows(path))


def of_rows(rubric: Rubric, rows: Rows) -> RubricScore:
    """As `of_file`, from rows that are read."""
    values: Values = {}
    for line, row in rows.rows:
        try:
            example = row_id(row, "example")
            criterion = _criterion(rubric, example, row)
            value = _value(criterion, row)
        except BadRow as error:
            rows.complain(line, str(error))
            continue
        if rows.is_new(line, [example, criterion.id], f"{criterion.id} of example {example}"):
            values.setdefault(example, {})[criterion.id] = value
    rows.refuse_if_none(len(values), WANTED)
    left_out = {c.id for c in rubric.criteria if all(v.get(c.id) is None for v in values.values())}
    cells = {name: _cells(rubric, name, found, left_out) for name, found in values.items()}
    scored = [_scored(name, found, rubric.pass_mark) for name, found in cells.items()]
    return _summary(rubric, rows, scored, left_out)


def criteria_of(rubric: Rubric, example: str) -> tuple[Criterion, ...]:
    """Criteria that count for an example of this name."""
    own = rubric.examples.get(example)
    return (*rubric.criteria, *(own.criteria if own else ()))


def _criterion(rubric: Rubric, example: str, row: dict[str, Any]) -> Criterion:
    """By id, or else by its whole text."""
    name = row_id(row, "criterion")
    if not rubric.criteria and example not in rubric.examples:
        raise BadRow(f"the rubric has no example {example}.")
    known = criteria_of(rubric, example)
    by_text = (c for c in known if c.text == name)
    found = next((c for c in known if c.id == name), None) or next(by_text, None)
    if found is None:
        raise BadRow(f"the rubric has no criterion {name} for example {example}.")
    return found


def _value(criterion: Criterion, row: dict[str, Any]) -> float | None:
    """The verdict as a value; None for an unscored one."""
    if criterion.kind == "scale":
        return _level_value(criterion, row)
    if "met" not in row:
        raise BadRow("`met` is missing; write null for what could not be judged.")
    met = row["met"]
    if met is not None and not isinstance(met, bool):
        raise BadRow("`met` must be true, false or null.")
    return None if met is None else float(met)


def _level_value(criterion: Criterion, row: dict[str, Any]) -> float | None:
    level = row.get("level", row.get("met"))
    levels = ", ".join(map(str, criterion.levels))
    if "level" not in row and "met" not in row:
        raise BadRow(f"{criterion.id} is a scale: `level` is missing, one of {levels}.")
    if level is None:
        return None
    value = None if isinstance(level, bool | str) else criterion.level_value(level)
    if value is None:
        raise BadRow(f"{criterion.id} is a scale: `level` must be one of {levels}, or null.")
    return value


def _cells(
    rubric: Rubric, example: str, found: dict[str, float | None], left_out: set[str]
) -> list[Cell]:
    known = criteria_of(rubric, example)
    kept = [criterion for criterion in known if criterion.id not in left_out]
    if nothing_to_gain(known, kept):
        return []
    return [Cell(criterion, found.get(criterion.id)) for criterion in kept]


def _scored(name: str, cells: Sequence[Cell], pass_mark: float | None) -> ExampleScore:
    score, bounds = example_score(cells), score_bounds(cells)
    return ExampleScore(
        example=name,
        score=score,
        lowest=bounds[0] if bounds else None,
        highest=bounds[1] if bounds else None,
        gates=tuple(criterion.id for criterion in closed_gates(cells)),
        unscored=tuple(cell.criterion.id for cell in cells if cell.value is None),
        passed=None if pass_mark is None or score is None else score >= pass_mark,
    )


def _summary(
    rubric: Rubric, rows: Rows, scored: Sequence[ExampleScore], left_out: set[str]
) -> RubricScore:
    scores = [e.score for e in scored if e.score is not None]
    mean = sum(scores) / len(scores) if scores else None
    bounds = [(e.lowest, e.highest) for e in scored]
    lowest = [low for low, _ in bounds if low is not None]
    highest = [high for _, high in bounds if high is not None]
    return RubricScore(
        rubric=rubric.id,
        version=rubric.hash,
        examples=tuple(scored),
        n=len(scores),
        unscored=len(scored) - len(scores),
        mean=None if mean is None else min(max(mean, 0.0), 1.0),
        mean_unclipped=mean,
        lowest_mean=sum(lowest) / len(lowest) if lowest else None,
        highest_mean=sum(highest) / len(highest) if highest else None,
        passed=sum(bool(e.passed) for e in scored) if rubric.pass_mark is not None else None,
        left_out=tuple(c.id for c in rubric.criteria if c.id in left_out),
        problems=rows.told(),
        note=_note(rubric, scored, left_out, mean),
    )


def _note(
    rubric: Rubric, scored: Sequence[ExampleScore], left_out: set[str], mean: float | None
) -> str:
    parts = []
    if mean is None:
        parts.append("No example has a verdict on all of its criteria, so there is no mean.")
    if left_out:
        parts.append(
            "Criteria without a single verdict are left out of all scores: "
            f"{', '.join(sorted(left_out))}."
        )
    absent = len(rubric.examples.keys() - {e.example for e in scored})
    if absent:
        parts.append(f"{absent} examples of the rubric have no verdict in this file.")
    drafts = sum(c.draft for c in rubric.all_criteria())
    if drafts:
        parts.append(f"{drafts} criteria are drafts that nobody has accepted yet.")
    return " ".join(parts)
