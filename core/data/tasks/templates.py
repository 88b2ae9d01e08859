"""The four task templates by name, and which of them a dataset is for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.data.problems import Finding
from core.data.records import Example
from core.data.tasks import annotation, classification, extraction, persona
from core.data.tasks.shape import Task, TaskFinding

TASKS: dict[str, Task] = {
    task.name: task
    for task in (classification.TASK, extraction.TASK, annotation.TASK, persona.TASK)
}
"""In the order in which they are tried on a dataset."""
SAMPLED = 2_000
"""Rows by which the task is told."""
MOST_CHECKED = 50_000
"""Rows that are held in memory at once."""


def recognise(examples: Sequence[Example]) -> Task | None:
    """The task that these dialogues are of; None when they are free conversation."""
    step = max(1, len(examples) // SAMPLED)
    asked = examples[::step]
    sample = [example for example in asked if _is_answered(example)]
    if not sample or 2 * len(sample) < len(asked):
        return None
    return next((task for task in TASKS.values() if task.matches(sample)), None)


def check(examples: Sequence[Example]) -> list[TaskFinding]:
    """What the dataset's own task finds wrong with it; nothing for free conversation."""
    task = recognise(examples)
    if task is None:
        return []
    found = task.check([e for e in examples[:MOST_CHECKED] if _is_answered(e)])
    if len(examples) > MOST_CHECKED:
        values = {"rows": f"{MOST_CHECKED:,}", "all": f"{len(examples):,}"}
        found.append(TaskFinding(None, Finding("task_checked_part", (), values)))
    return found


def default_rubric(name: str, examples: Sequence[Example]) -> dict[str, Any] | None:
    """The default rubric of the dataset's own task; None for free conversation."""
    task = recognise(examples)
    if task is None:
        return None
    if task is classification.TASK:  # every label counts, and labels are small
        return task.rubric(name, filter(_is_answered, examples))
    step = max(1, len(examples) // MOST_CHECKED)
    return task.rubric(name, filter(_is_answered, examples[::step]))


def _is_answered(example: Example) -> bool:
    """Whether the last answer has text: an answer that only calls tools is another task."""
    return bool(example.conversation.reference.strip())
