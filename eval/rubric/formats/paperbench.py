"""PaperBench: a tree of requirements whose leaves are met or not, weighed along their path."""

from __future__ import annotations

import json
from typing import Any

from eval.rubric.formats.building import Builder, Notes, exported, lose, lose_marks
from eval.rubric.formats.sources import Path, Source
from eval.rubric.records import Converted, Exported
from eval.rubric.rubrics import Rubric

NAME = "a PaperBench tree"
LARGEST_WEIGHT = 1e12


def fits(source: Source) -> bool:
    """An object with `requirements` and `sub_tasks`."""
    return isinstance(source.value, dict) and {"requirements", "sub_tasks"} <= set(source.value)


def read(source: Source) -> Converted:
    """Every leaf as a criterion; its points are the product of weight / siblings' weights."""
    builder = Builder(source, "paperbench", NAME)
    inner = _walk(builder, source.value, (), 1.0)
    if inner:
        builder.notes.add(
            f"The texts of {inner} headings of the tree were left out: only leaves are judged.",
            f"略去树中 {inner} 个标题的文字：只有叶节点会被评判。",
        )
    return builder.finish(title=str(source.value.get("requirements") or "")[:200])


def _walk(builder: Builder, node: Any, path: Path, share: float) -> int:
    """Add the leaves below a node; how many inner nodes there are."""
    if not isinstance(node, dict) or not isinstance(node.get("requirements"), str):
        builder.source.complain(path, "a node needs `requirements`, a text.")
        return 0
    children = node.get("sub_tasks") or []
    if not isinstance(children, list):
        builder.source.complain((*path, "sub_tasks"), "a list is expected here.")
        return 0
    if not children:
        category = node.get("task_category")
        builder.add(
            path, str(node.get("id") or ""), text=node["requirements"], points=share,
            tags=(str(category),) if category else (),
        )  # fmt: skip
        return 0
    weights = [_weight(builder, child, (*path, "sub_tasks", n)) for n, child in enumerate(children)]
    total = sum(weights)
    if total <= 0:
        builder.source.complain((*path, "sub_tasks"), "all weights here are 0.")
        return 0
    return 1 + sum(
        _walk(builder, child, (*path, "sub_tasks", n), share * weights[n] / total)
        for n, child in enumerate(children)
    )


def _weight(builder: Builder, child: Any, path: Path) -> float:
    weight = child.get("weight", 1) if isinstance(child, dict) else 1
    fine = isinstance(weight, int | float) and not isinstance(weight, bool)
    if not fine or not 0 <= weight <= LARGEST_WEIGHT:
        builder.source.complain((*path, "weight"), f"{str(weight)[:40]} is no weight of 0 or more.")
        return 0.0
    return float(weight)


def write(rubric: Rubric) -> Exported:
    """A tree of one level: a root, and a leaf for each criterion with points above 0."""
    notes = Notes()
    carried = [c for c in rubric.criteria if c.points > 0 and c.kind != "scale"]
    leaves: list[dict[str, Any]] = [
        {
            "id": c.id, "requirements": c.text, "weight": c.points, "sub_tasks": [],
            "task_category": c.tags[0] if c.tags else None,
        }
        for c in carried
    ]  # fmt: skip
    lose(notes, "negative", sum(c.points < 0 for c in rubric.criteria))
    lose(notes, "scale", sum(c.kind == "scale" and c.points > 0 for c in rubric.criteria))
    lose(notes, "check_text", sum(c.kind == "check" for c in carried))
    lose(notes, "examples", len(rubric.examples))
    lose(notes, "pass_mark", rubric.pass_mark is not None)
    lose(notes, "tags", sum(len(c.tags) > 1 for c in carried))
    lose_marks(notes, carried, "tags")
    root = {
        "id": rubric.id, "requirements": rubric.title or rubric.id, "weight": 1,
        "sub_tasks": leaves, "task_category": None,
    }  # fmt: skip
    text = json.dumps(root, ensure_ascii=False, indent=1) if leaves else ""
    return exported("paperbench", text, notes)
