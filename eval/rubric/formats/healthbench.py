"""HealthBench JSONL: criteria with signed points for each prompt."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, Field

from core.messages import Message
from eval.rubric.criteria import Criterion
from eval.rubric.formats.building import Builder, Notes, exported, lose, lose_marks
from eval.rubric.formats.sources import Source
from eval.rubric.records import Converted, Exported
from eval.rubric.rubrics import Rubric, prompt_key

NAME = "HealthBench JSONL"


class _Turn(BaseModel):
    role: str
    content: str


class _Item(BaseModel):
    criterion: str = Field(min_length=1)
    points: float = Field(allow_inf_nan=False)
    tags: tuple[str, ...] = ()


class _Row(BaseModel):
    prompt: list[_Turn] = []
    prompt_id: str = ""
    rubrics: list[_Item] = Field(min_length=1)
    example_tags: list[str] = []
    ideal_completions_data: Any = None
    canary: Any = None


def fits(source: Source) -> bool:
    """Rows with `rubrics`, each of them with a `criterion` (or with their prompt's id)."""
    rows = source.value if isinstance(source.value, list) else [source.value]
    first = next((row for row in rows if isinstance(row, dict)), {})
    items = first.get("rubrics")
    if not isinstance(items, list):
        return False
    return "prompt_id" in first or any(isinstance(i, dict) and "criterion" in i for i in items)


def read(source: Source) -> Converted:
    """Criteria for each example; RubricError with every bad row."""
    builder = Builder(source, "healthbench", NAME)
    if not isinstance(source.value, list):
        source.value = [source.value]
        found = source.line
        source.line = lambda path: found(path[1:])
    for index in range(len(source.value)):
        row = source.parse(_Row, (index,))
        if row is not None:
            _add(builder, index, row)
    return builder.finish()


def _add(builder: Builder, index: int, row: _Row) -> None:
    key = _key(row)
    if not (row.prompt_id or key):
        builder.source.complain((index,), "neither `prompt_id` nor `prompt` says which example.")
        return
    builder.start_example()
    criteria = [
        builder.criterion(
            (index, "rubrics", n), f"c{n + 1}", text=item.criterion, points=item.points,
            tags=item.tags,
        )
        for n, item in enumerate(row.rubrics)
    ]  # fmt: skip
    builder.example((index,), row.prompt_id or key, criteria, key)
    if row.ideal_completions_data:
        builder.notes.add(
            "The model answers of {n} examples were left out: they are no part of a rubric.",
            "略去 {n} 个样本的示范回答：它们不属于评分标准。",
        )
    if row.example_tags:
        builder.notes.add(
            "The tags of {n} examples were left out: here the data carries them.",
            "略去 {n} 个样本的标签：这里由数据自带标签。",
        )
    if row.canary:
        builder.notes.add(
            "The canary of {n} rows was left out: keep this rubric out of training data.",
            "略去 {n} 行的 canary 标识：请勿将此评分标准放入训练数据。",
        )


def _key(row: _Row) -> str:
    """Roles that we don't know keep their place as the user's."""
    known = {"system", "user", "assistant", "tool"}
    turns = [
        Message.model_validate(
            {"role": turn.role if turn.role in known else "user", "content": turn.content}
        )
        for turn in row.prompt
    ]
    return prompt_key(turns) if turns else ""


def write(rubric: Rubric) -> Exported:
    """One row an example; criteria of every example stand in each."""
    notes = Notes()
    rows = []
    for name, example in rubric.examples.items() or [("", None)]:
        own = example.criteria if example else ()
        items = [_item(c) for c in (*rubric.criteria, *own) if c.kind != "scale"]
        if items:
            rows.append({"prompt": [], "prompt_id": name or rubric.id, "rubrics": items})
    criteria = rubric.all_criteria()
    lose(notes, "scale", sum(c.kind == "scale" for c in criteria))
    lose(notes, "check_text", sum(c.kind == "check" for c in criteria))
    lose(notes, "names", sum(bool(c.name) for c in criteria if c.kind != "scale"))
    lose(notes, "pass_mark", rubric.pass_mark is not None)
    lose_marks(notes, [c for c in criteria if c.kind != "scale"], "tags")
    notes.add(
        "The prompts of {n} rows are empty: a rubric does not hold them.",
        "{n} 行的提示为空：评分标准不包含提示。",
        len(rows),
    )
    return exported(
        "healthbench", "\n".join(json.dumps(r, ensure_ascii=False) for r in rows), notes
    )


def _item(criterion: Criterion) -> dict[str, Any]:
    return {
        "criterion": criterion.text, "points": criterion.points, "tags": list(criterion.tags),
    }  # fmt: skip
