"""Intent classification: a text in, one label of a list out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from core.data.formats.shape import Talk
from core.data.problems import Finding
from core.data.records import Example
from core.data.tasks import rubrics
from core.data.tasks.label_sets import check_labels
from core.data.tasks.prompts import MOST_LISTED, listed, may_be_listed, worded
from core.data.tasks.shape import Labelled, Language, Task, Told, talk

LONGEST_LABEL = 80
"""Characters; a longer answer is a text, not a label."""
MOST_LABELS = 1_000
LABEL_USES = 2
"""How often each label is used on average, at least."""


def label_of(item: Labelled) -> str:
    """The one label of an item."""
    first = next(iter(item.labels.values()), None)
    return (first[0] if first else "") if isinstance(first, list) else first or ""


def build(items: Sequence[Labelled], language: Language) -> Iterator[Talk]:
    """Dialogues that answer with the label; the prompt lists all labels of the data."""
    labels = sorted({label_of(item) for item in items})
    if may_be_listed(labels):
        system, found = worded(language, "classification", labels=listed(labels)), []
    else:
        system = worded(language, "classification_open")
        values = {"labels": str(len(labels)), "limit": str(MOST_LISTED)}
        found = [Finding("labels_many", (), values)]
    for index, item in enumerate(items):
        label = label_of(item)
        yield talk(item, system, Told(label, label, (label,)), () if index else found)


def matches(examples: Sequence[Example]) -> bool:
    """Whether every answer is one of a few short texts, each used several times."""
    answers = [example.conversation.reference for example in examples]
    if not answers or not all(_is_label(answer) for answer in answers):
        return False
    labels = set(answers)
    if all(example.label == answer for example, answer in zip(examples, answers, strict=True)):
        return True
    return 2 <= len(labels) <= MOST_LABELS and len(labels) * LABEL_USES <= len(answers)


def _is_label(text: str) -> bool:
    text = text.strip()
    return 0 < len(text) <= LONGEST_LABEL and "\n" not in text and text[0] not in "{["


def rubric(name: str, examples: Iterable[Example]) -> dict[str, Any]:
    """The right label, and a label of the data."""
    labels = sorted({example.conversation.reference for example in examples})
    criteria = [rubrics.exact_label(), rubrics.known_label(labels)]
    return rubrics.rubric(TASK.name, name, criteria)


TASK = Task(
    name="intent_classification",
    en="Intent classification",
    zh="意图分类",
    matches=matches,
    build=build,
    check=check_labels,
    rubric=rubric,
    metrics=("accuracy", "macro_f1", "per_class_f1", "known_label_rate"),
)
