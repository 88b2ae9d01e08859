"""Labels written as numbers: what they mean is asked, and put in their place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from core.data.records import Question
from core.data.tasks.shape import Label

NUMBER = re.compile(r"-?\d{1,9}")
ASSIGNED = re.compile(r"\s*(-?\d{1,9})\s*[=:：]\s*(.+?)\s*")
BETWEEN = re.compile(r"[,，、;；\n]")
MOST_ASKED = 100

Names = Mapping[str, str]
"""What each number means."""


def numbers_of(labels: Iterable[str]) -> tuple[str, ...]:
    """The labels in numeric order, when all of them are numbers; () otherwise."""
    different = set(labels)
    if not different or not all(NUMBER.fullmatch(label) for label in different):
        return ()
    return tuple(sorted(different, key=lambda label: (int(label), label)))


def question(column: str, numbers: Sequence[str], names: Sequence[str], only: bool) -> Question:
    """What do the numbers of a column mean? Names that the file itself gives are preselected."""
    shown = ", ".join(numbers[:MOST_ASKED])
    given = ", ".join(names)
    return Question(
        id="label_names" if only else f"label_names.{column}",
        en=(
            f"The labels in `{column}` are numbers ({shown}). What do they mean? Write the names "
            "in this order, separated by commas, or each as 0=name."
        ),
        zh=(
            f"`{column}` 里的标签是数字（{shown}）。它们是什么意思？"
            "请按此顺序写出名称并用逗号分隔，或逐个写成 0=名称。"
        ),
        options=tuple(dict.fromkeys(filter(None, (given, shown)))),
        chosen=given or shown,
    )


def meaning(answer: str, numbers: Sequence[str]) -> Names:
    """What each number means, as the person wrote it; numbers without a name stay numbers."""
    pieces = [piece for piece in BETWEEN.split(answer) if piece.strip()]
    assigned = [found for piece in pieces if (found := ASSIGNED.fullmatch(piece))]
    if assigned and len(assigned) == len(pieces):
        return {str(int(found.group(1))): found.group(2) for found in assigned}
    names = [piece.strip() for piece in pieces]
    if len(names) == len(numbers):
        return dict(zip(numbers, names, strict=True))
    return dict(enumerated(names)) if len(names) > len(numbers) else {}


def enumerated(names: Sequence[str]) -> list[tuple[str, str]]:
    """Names by their position, counted from 0."""
    return [(str(index), name) for index, name in enumerate(names)]


def renamed(label: Label | None, names: Names) -> Label | None:
    """A label by its name, where its number has one."""
    if isinstance(label, list):
        return [names.get(one, one) for one in label]
    return None if label is None else names.get(label, label)
