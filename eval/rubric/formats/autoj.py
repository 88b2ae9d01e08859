"""Auto-J: scenario files that name each criterion with content, weight and type."""

from __future__ import annotations

from typing import Any

from eval.rubric.formats.building import Builder
from eval.rubric.formats.sources import Source
from eval.rubric.records import Converted

NAME = "Auto-J"


def fits(source: Source) -> bool:
    """A mapping of names to objects with `content`."""
    value = source.value
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(item, dict) and "content" in item for item in value.values())
    )


def read(source: Source) -> Converted:
    """Each as a criterion with its weight as points and its type as a tag."""
    builder = Builder(source, "autoj", NAME)
    for name, item in source.value.items():
        _add(builder, str(name), item)
    builder.notes.add(
        "Auto-J guides one overall score by these texts; here each one is met or not met.",
        "Auto-J 用这些文字引导一个总分；这里每条只判断是否满足。",
    )
    return builder.finish()


def _add(builder: Builder, name: str, item: dict[str, Any]) -> None:
    if not isinstance(item["content"], str):
        builder.source.complain((name, "content"), "a text is expected here.")
        return
    kind = item.get("type")
    builder.add(
        (name,), name, name=name, text=item["content"].strip(), points=item.get("weight", 1),
        tags=(str(kind),) if kind else (),
    )  # fmt: skip
