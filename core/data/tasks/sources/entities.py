"""Texts with marked entities: which of their tasks is taught, asked and settled for a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.data.formats.shape import Answers
from core.data.problems import Finding
from core.data.records import Question
from core.data.tasks.shape import Labelled
from core.data.tasks.sources.tables import TASK_EN, TASK_ZH

INTENT = "intent"
"""The field that names what a text wants."""
MOSTLY_MARKED = 0.3
"""Of texts: when fewer have entities and there are several intents, intents are the point."""
CLASSIFICATION, EXTRACTION = "intent_classification", "information_extraction"


def questions(items: Sequence[Labelled]) -> tuple[Question, ...]:
    """What to learn, where texts have both intents and entities."""
    intents = {str(intent) for item in items if (intent := item.labels.get(INTENT))}
    if len(intents) < 2 or not any(item.values for item in items):
        return ()
    options = (CLASSIFICATION, EXTRACTION)
    chosen = _usual(items)
    return (Question(id="task", en=TASK_EN, zh=TASK_ZH, options=options, chosen=chosen),)


def task_of(items: Sequence[Labelled], answers: Answers) -> str:
    """The task that is taught: the person's choice, or what most texts are marked for."""
    chosen = answers.get("task", "")
    return chosen if chosen in (CLASSIFICATION, EXTRACTION) else _usual(items)


def settled(items: Sequence[Labelled], task: str) -> Iterator[Labelled]:
    """Items with what their task needs; one intent for all texts is no field of the answer."""
    intents = {str(intent) for item in items if (intent := item.labels.get(INTENT))}
    for item in items:
        intent = item.labels.get(INTENT)
        label = item.label or (intent if isinstance(intent, str) else "")
        if task == CLASSIFICATION:
            yield _with_intent(item, label)
        elif len(intents) < 2:
            rest = {name: value for name, value in item.labels.items() if name != INTENT}
            yield item._replace(labels=rest, label=label)
        else:
            yield item._replace(label=label)


def _with_intent(item: Labelled, label: str) -> Labelled:
    if label or not item.usable:
        return item._replace(labels={INTENT: label}, values={}, label=label)
    intent = item.labels.get(INTENT)
    if isinstance(intent, list):
        wrong = Finding("label_several", item.label_at, {"count": str(len(intent))})
    else:
        wrong = Finding("label_missing", item.label_at, {"column": INTENT})
    return item._replace(found=(*item.found, wrong))


def _usual(items: Sequence[Labelled]) -> str:
    intents = {str(intent) for item in items if (intent := item.labels.get(INTENT))}
    marked = sum(bool(item.values) for item in items)
    if len(intents) > 1 and marked < MOSTLY_MARKED * len(items):
        return CLASSIFICATION
    return EXTRACTION
