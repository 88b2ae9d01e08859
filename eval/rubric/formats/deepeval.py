"""DeepEval's G-Eval: criteria or evaluation steps, with bands of a score from 0 to 10."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, Field

from eval.rubric.criteria import SCALE_LEVELS, Criterion
from eval.rubric.formats.building import Builder, Notes, exported, lose, lose_marks
from eval.rubric.formats.sources import Path, Source
from eval.rubric.records import Converted, Exported
from eval.rubric.rubrics import Rubric

NAME = "DeepEval"
TOP = 10
HALF = 5


class _Band(BaseModel):
    score_range: tuple[int, int]
    expected_outcome: str = Field(min_length=1)


class _Metric(BaseModel):
    name: str = ""
    criteria: str | None = None
    evaluation_steps: tuple[str, ...] | None = None
    rubric: tuple[_Band, ...] | None = None
    threshold: float | None = None
    strict_mode: bool = False

    @property
    def text(self) -> str:
        """What is asked: the criteria, and the steps below them."""
        steps = [f"{n}. {step}" for n, step in enumerate(self.evaluation_steps or (), 1)]
        return "\n".join([*([self.criteria.strip()] if self.criteria else []), *steps])


def fits(source: Source) -> bool:
    """An object, or a list of them, with steps, bands, or a name and criteria as a text."""
    rows = source.value if isinstance(source.value, list) else [source.value]
    return bool(rows) and all(isinstance(row, dict) and _is_metric(row) for row in rows)


def _is_metric(row: dict[str, Any]) -> bool:
    bands = row.get("rubric")
    has_bands = isinstance(bands, list) and any(
        isinstance(band, dict) and ("score_range" in band or "expected_outcome" in band)
        for band in bands
    )
    return "evaluation_steps" in row or has_bands or isinstance(row.get("criteria"), str)


def read(source: Source) -> Converted:
    """Each metric as a scale of 3 or 5 bands, or as a criterion that is met or not."""
    builder = Builder(source, "deepeval", NAME)
    many = isinstance(source.value, list)
    for path in [(n,) for n in range(len(source.value))] if many else [()]:
        metric = source.parse(_Metric, path)
        if metric is None:
            continue
        if not metric.text:
            source.complain(path, "neither `criteria` nor `evaluation_steps` has a text.")
        elif metric.rubric:
            _add_bands(builder, path, metric)
        else:
            _add_plain(builder, path, metric)
    return builder.finish()


def _add_plain(builder: Builder, path: Path, metric: _Metric) -> None:
    builder.notes.add(
        "{n} metrics without bands become criteria that are met or not: a bare score from 0 to 10 "
        "differs too much from judge to judge.",
        "{n} 个没有分段说明的指标变为“满足/不满足”的准则：裸的 0 到 10 分在不同评审之间差异太大。",
    )
    builder.add(path, name=metric.name, text=metric.text)


def _add_bands(builder: Builder, path: Path, metric: _Metric) -> None:
    bands = sorted(metric.rubric or (), key=lambda band: band.score_range)
    for before, band in zip((None, *bands), bands, strict=False):
        low, high = band.score_range
        if not 0 <= low <= high <= TOP:
            builder.source.complain((*path, "rubric"), f"{low} to {high} lies outside of 0 to 10.")
        if before is not None and before.score_range[1] >= low:
            builder.source.complain((*path, "rubric"), f"two bands hold the score {low}.")
    if len(bands) in SCALE_LEVELS:
        builder.notes.add(
            "{n} scales keep their bands as levels: the lowest counts as its lower end, the "
            "highest as its upper end, those between as their middle.",
            "{n} 条量表把各分段作为等级：最低段取下限，最高段取上限，中间段取中点。",
        )
        anchors = {_level(bands, n): band.expected_outcome for n, band in enumerate(bands)}
        builder.add(path, name=metric.name, text=metric.text, kind="scale", anchors=anchors)
        return
    builder.notes.add(
        "{n} metrics have neither 3 nor 5 bands, so they become criteria that are met from the "
        "middle of the score on, which is DeepEval's own threshold.",
        "{n} 个指标的分段数既不是 3 也不是 5，因此变为准则："
        "达到分数中点（DeepEval 的默认阈值）即满足。",
    )
    good = [b.expected_outcome for b in bands if sum(b.score_range) / 2 >= HALF]
    if not good:
        builder.source.complain((*path, "rubric"), "no band reaches the middle of the score.")
        return
    text = f"{metric.text}\nIt is met when this is true: {' Or: '.join(good)}"
    builder.add(path, name=metric.name, text=text)


def _level(bands: list[_Band], n: int) -> int:
    low, high = bands[n].score_range
    return low if n == 0 else high if n == len(bands) - 1 else (low + high) // 2


def write(rubric: Rubric) -> Exported:
    """Scales with bands from 0 to 10, other criteria with `criteria` alone."""
    notes = Notes()
    carried = [c for c in rubric.criteria if c.points > 0]
    rows = [_metric(c) for c in carried]
    lose(notes, "negative", sum(c.points < 0 for c in rubric.criteria))
    lose(notes, "check_text", sum(c.kind == "check" for c in carried))
    lose(notes, "points", sum(c.points != 1 for c in carried))
    lose(notes, "examples", len(rubric.examples))
    lose(notes, "pass_mark", rubric.pass_mark is not None)
    lose_marks(notes, carried)
    return exported(
        "deepeval", json.dumps(rows, ensure_ascii=False, indent=1) if rows else "", notes
    )


def _metric(criterion: Criterion) -> dict[str, Any]:
    metric: dict[str, Any] = {"name": criterion.label, "criteria": criterion.text}
    if criterion.kind == "scale":
        ends = [round(n * (TOP + 1) / len(criterion.levels)) for n in range(len(criterion.levels))]
        metric["rubric"] = [
            {"score_range": [start, after - 1], "expected_outcome": text}
            for start, after, text in zip(
                ends, (*ends[1:], TOP + 1), (criterion.anchors or {}).values(), strict=True
            )
        ]
    return metric
