"""Prometheus, BiGGen-Bench and Ragas: a scale whose levels are `score1_description` and so on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.messages import Message
from eval.rubric.criteria import Criterion
from eval.rubric.formats.building import Builder, Notes, exported, lose, lose_marks
from eval.rubric.formats.sources import Path, Source
from eval.rubric.records import Converted, Exported
from eval.rubric.rubrics import Rubric, prompt_key

NAME = "Prometheus, BiGGen or Ragas"
LEVEL = re.compile(r"score_?(\d{1,2})_description")
INSIDE = ("score_rubric", "rubric", "rubrics")
"""Where a row keeps its scale."""
OF_ROWS = "The answer is as good as its level describes."
"""Ragas gives levels alone."""


def fits(source: Source) -> bool:
    """Anything with a level's description where one is looked for."""
    return any(scale is not None for _, _, scale in _scales(source.value))


def read(source: Source) -> Converted:
    """One scale for each description of levels; those of rows with an input are the row's own."""
    builder = Builder(source, "prometheus", NAME)
    for path, row, scale in _scales(source.value):
        if scale is None:
            builder.source.complain(path, "there is no `score1_description` here.")
            continue
        own = scale is not row
        if own:
            builder.start_example()
        criterion = builder.criterion(path, **_fields(builder, path, scale))
        if own:
            _add_example(builder, path, row, criterion)
        elif criterion is not None:
            builder.shared.append(criterion)
    return builder.finish()


def _scales(
    value: Any,
) -> Iterator[tuple[Path, Mapping[str, Any], Mapping[str, Any] | None]]:
    """Place, row and scale of every row; the scale may be the row itself."""
    rows = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
    for index, row in rows:
        path: Path = () if index is None else (index,)
        if not isinstance(row, dict):
            yield path, {}, None
            continue
        inside = next((key for key in INSIDE if isinstance(row.get(key), dict)), None)
        if any(LEVEL.fullmatch(key) for key in row):
            yield path, row, row
        elif inside and any(LEVEL.fullmatch(str(key)) for key in row[inside]):
            yield (*path, inside), row, row[inside]
        else:
            yield path, row, None


def _fields(builder: Builder, path: Path, scale: Mapping[str, Any]) -> dict[str, Any]:
    anchors = {}
    for key, text in scale.items():
        if (found := LEVEL.fullmatch(key)) is None:
            continue
        if isinstance(text, str):
            anchors[int(found[1])] = text
        else:
            builder.source.complain((*path, key), "a text is expected here.")
    text = scale.get("criteria")
    if not isinstance(text, str) or not text.strip():
        text = OF_ROWS
        builder.notes.add(
            "{n} scales have levels but no `criteria`; their text is: " + OF_ROWS,
            "{n} 条量表只有等级而没有 criteria；其文字为：" + OF_ROWS,
        )
    return {"text": text.strip().strip("[]"), "kind": "scale", "anchors": anchors}


def _add_example(
    builder: Builder, path: Path, row: Mapping[str, Any], criterion: Criterion | None
) -> None:
    asked = row.get("input") or row.get("instruction") or row.get("user_input") or ""
    system = row.get("system_prompt") or ""
    turns = [
        Message.model_validate({"role": role, "content": text})
        for role, text in (("system", system), ("user", asked))
        if isinstance(text, str) and text
    ]
    prompt = prompt_key(turns) if turns else ""
    name = str(row.get("id") or row.get("uuid") or prompt or f"row-{(path[0] if path else 0)}")
    builder.example(path, name, [criterion], prompt)
    if row.get("reference_answer") or row.get("reference"):
        builder.notes.add(
            "The reference answers of {n} rows were left out: here the data carries them.",
            "略去 {n} 行的参考答案：这里由数据自带参考答案。",
        )


def write(rubric: Rubric) -> Exported:
    """Every scale of five levels; shared ones as objects, those of examples with their id."""
    notes = Notes()
    rows: list[dict[str, Any]] = [_scale(c) for c in rubric.criteria if _carried(c)]
    for name, example in rubric.examples.items():
        own = [c for c in example.criteria if _carried(c)]
        rows += [{"id": name, "score_rubric": _scale(c)} for c in own[:1]]
        if len(own) > 1:
            notes.add(
                "{n} scales are left out: an example has one scale here.",
                "略去 {n} 条量表：此格式每个样本只有一条。",
                len(own) - 1,
            )
    criteria = rubric.all_criteria()
    lose(notes, "levels", sum(c.kind == "scale" and len(c.levels) != 5 for c in criteria))
    lose(notes, "judge", sum(c.kind == "judge" for c in criteria))
    lose(notes, "check", sum(c.kind == "check" for c in criteria))
    carried = [c for c in criteria if _carried(c)]
    lose(notes, "points", sum(c.points != 1 for c in carried))
    lose(notes, "pass_mark", rubric.pass_mark is not None)
    lose_marks(notes, carried)
    value = rows[0] if len(rows) == 1 and not rubric.examples else rows
    return exported(
        "prometheus", json.dumps(value, ensure_ascii=False, indent=1) if rows else "", notes
    )


def _carried(criterion: Criterion) -> bool:
    return criterion.kind == "scale" and len(criterion.levels) == 5


def _scale(criterion: Criterion) -> dict[str, Any]:
    texts = (criterion.anchors or {}).values()
    levels = {f"score{n}_description": text for n, text in enumerate(texts, 1)}
    return {"criteria": criterion.text, **levels}
