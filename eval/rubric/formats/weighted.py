"""Lists of weighted requirements, and Rubrics-as-Rewards lists by importance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from core.messages import Message
from eval.rubric.criteria import Criterion
from eval.rubric.formats.building import Builder, Notes, exported, lose, lose_marks
from eval.rubric.formats.sources import Path, Source
from eval.rubric.records import Converted, Exported
from eval.rubric.rubrics import Rubric, prompt_key

NAME, NAME_RAR = "a list of weighted requirements", "Rubrics-as-Rewards"
TEXTS = ("requirement", "description", "criterion", "text")
LISTS = ("rubrics", "rubric", "criteria", "requirements")
IMPORTANCE: Mapping[str, float] = {
    "essential": 1.0, "important": 0.7, "optional": 0.3, "pitfall": -0.9,
}  # fmt: skip
"""Points where a list has none: the weights of Gunjal et al. (2025, arXiv 2507.17746, explicit
aggregation), a pitfall's as points taken away."""


def fits(source: Source) -> bool:
    """A list (bare, below a key or in sections) of requirements with a weight."""
    items = [item for _, item in _items(source.value)]
    return bool(items) and any(
        isinstance(i, dict) and "weight" in i and _text_key(i) for i in items
    )


def fits_rar(source: Source) -> bool:
    """A list of requirements that are Essential, Important, Optional or Pitfall."""
    return any(isinstance(i, dict) and _importance(i) for _, i in _rar_items(source.value))


def read(source: Source) -> Converted:
    """Requirements as criteria; sections become tags."""
    builder = Builder(source, "weighted", NAME)
    for path, item in _items(source.value):
        builder.shared += [c for c in [_criterion(builder, path, item)] if c]
    return builder.finish()


def read_rar(source: Source) -> Converted:
    """As `read`, where importance stands for a missing weight; rows with questions are examples."""
    builder = Builder(source, "rar", NAME_RAR)
    for row_path, row in _rows(source.value):
        if row is None:
            for path, item in _items(source.value):
                builder.shared += [c for c in [_criterion(builder, path, item)] if c]
            continue
        builder.start_example()
        key = next((k for k in LISTS if isinstance(row.get(k), list)), None)
        if key is None:
            builder.source.complain(row_path, "a row with a list of requirements is expected here.")
            continue
        criteria = [
            _criterion(builder, (*row_path, key, n), item) for n, item in enumerate(row[key])
        ]
        asked = row.get("question") or row.get("prompt") or row.get("instruction") or ""
        prompt = prompt_key([Message(role="user", content=asked)]) if isinstance(asked, str) else ""
        name = str(row.get("id") or (prompt if asked else f"row-{row_path[0]}"))
        builder.example(row_path, name, criteria, prompt if asked else "")
    return builder.finish()


def _criterion(builder: Builder, path: Path, item: Any) -> Criterion | None:
    key = _text_key(item) if isinstance(item, dict) else None
    if key is None or not isinstance(item[key], str):
        builder.source.complain(path, "a requirement with its text and weight is expected here.")
        return None
    importance = _importance(item)
    weight = item.get("weight", item.get("points"))
    if weight is None and importance:
        weight = IMPORTANCE[importance]
        builder.notes.add(
            "{n} criteria have an importance but no weight. The points were chosen: essential 1, "
            "important 0.7, optional 0.3, pitfall −0.9 (met is bad). Where a pitfall says what to "
            "avoid (“does not ...”), make its points positive.",
            "{n} 条准则只有重要程度而没有权重。所选分值：essential 1、important 0.7、optional 0.3、"
            "pitfall −0.9（满足即为不好）。若某条 pitfall 写的是应避免的事（“不……”），请改为正分。",
        )
    text = item[key].strip()
    start, found, rest = text.partition(":")
    if found and importance and start.lower().startswith(importance):
        text = rest.strip()
    tags = [importance] if importance else []
    tags += [item["section"]] if isinstance(item.get("section"), str) else []
    return builder.criterion(
        path, name=str(item.get("title") or item.get("name") or ""), text=text,
        points=1 if weight is None else weight, tags=tags,
    )  # fmt: skip


def _items(value: Any) -> list[tuple[Path, Any]]:
    """Place and content of every requirement, also of those in sections."""
    if isinstance(value, list):
        return [((n,), item) for n, item in enumerate(value)]
    if not isinstance(value, dict):
        return []
    if isinstance(value.get("sections"), list):
        return [
            (("sections", n, *path), _in_section(section, item))
            for n, section in enumerate(value["sections"])
            for path, item in _items(section) or [((), section)]
        ]
    key = next((k for k in LISTS if isinstance(value.get(k), list)), None)
    return [] if key is None else [((key, n), item) for n, item in enumerate(value[key])]


def _in_section(section: Any, item: Any) -> Any:
    """A requirement that knows its section's name."""
    if not isinstance(section, dict) or not isinstance(item, dict):
        return item
    return {**item, "section": section.get("name", section.get("title"))}


def _rows(value: Any) -> list[tuple[Path, dict[str, Any] | None]]:
    """The rows, where one has a list of its own; one None for a list that holds for all."""
    rows = value if isinstance(value, list) else []
    if not any(isinstance(row, dict) and _has_list(row) for row in rows):
        return [((), None)]
    return [((n,), row if isinstance(row, dict) else {}) for n, row in enumerate(rows)]


def _has_list(row: Mapping[str, Any]) -> bool:
    return any(isinstance(row.get(key), list) for key in LISTS)


def _rar_items(value: Any) -> list[tuple[Path, Any]]:
    return [found for _, row in _rows(value) for found in _items(value if row is None else row)]


def _text_key(item: Mapping[str, Any]) -> str | None:
    return next((key for key in TEXTS if key in item), None)


def _importance(item: Mapping[str, Any]) -> str | None:
    """Its importance, told by a field or by the beginning of its text."""
    told = [item.get(k) for k in ("category", "importance", "tag", "type", *TEXTS)]
    for text in told:
        word = text.strip().lower() if isinstance(text, str) else ""
        for known in IMPORTANCE:
            if word == known or word.startswith((f"{known} criteria:", f"{known}:")):
                return known
    return None


def write(rubric: Rubric) -> Exported:
    """A YAML list of {weight, requirement}."""
    notes = Notes()
    carried = [c for c in rubric.criteria if c.kind != "scale"]
    _lose_most(notes, rubric, carried)
    lose(notes, "names", sum(bool(c.name) for c in carried))
    lose_marks(notes, carried)
    rows = [{"weight": c.points, "requirement": c.text} for c in carried]
    return exported("weighted", _yaml(rows), notes)


def write_rar(rubric: Rubric) -> Exported:
    """A YAML list with title, description and weight, by the importance that points stand for."""
    notes = Notes()
    carried = [c for c in rubric.criteria if c.kind != "scale"]
    _lose_most(notes, rubric, carried)
    lose_marks(notes, carried)
    most = max((c.points for c in carried if c.points > 0), default=1.0)
    rows = [
        {
            "title": c.label,
            "description": f"{(kind := _kind(c.points / most)).capitalize()} Criteria: {c.text}",
            "weight": c.points,
            "category": kind.capitalize(),
        }
        for c in carried
    ]
    return exported("rar", _yaml(rows), notes)


def _kind(share: float) -> str:
    """The importance whose usual weight is nearest."""
    if share < 0:
        return "pitfall"
    return min(("essential", "important", "optional"), key=lambda k: abs(IMPORTANCE[k] - share))


def _lose_most(notes: Notes, rubric: Rubric, carried: list[Criterion]) -> None:
    lose(notes, "scale", sum(c.kind == "scale" for c in rubric.criteria))
    lose(notes, "check_text", sum(c.kind == "check" for c in carried))
    lose(notes, "examples", len(rubric.examples))
    lose(notes, "pass_mark", rubric.pass_mark is not None)


def _yaml(rows: list[dict[str, Any]]) -> str:
    return yaml.safe_dump(rows, allow_unicode=True, sort_keys=False, width=100) if rows else ""
