"""Labelled texts: intents, annotations, entities and relations, through their task templates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from core.data.formats.shape import Answers, Format, Numbered, Talk, said
from core.data.records import Question
from core.data.tasks.shape import Labelled, language_of
from core.data.tasks.sources import (
    entities,
    lists,
    personas,
    rasa,
    relations,
    snips,
    spans,
    tables,
    tokens,
)
from core.data.tasks.templates import TASKS

Reader = Callable[[Sequence[Numbered]], Iterable[Labelled]]


def dialogues(items: Sequence[Labelled], task: str) -> Iterator[Talk]:
    """One conversation for each item, in order; items with an error give only their findings."""
    usable = [item for item in items if item.usable]
    built = TASKS[task].build(usable, language_of([item.text for item in usable]))
    for item in items:
        yield next(built) if item.usable else _refused(item)


def _refused(item: Labelled) -> Talk:
    """What can't be taught keeps its text, so that the row is counted with its findings."""
    row = {"messages": [said("user", item.text)]}
    return Talk(row, (item.text_at,), item.found, rows=item.rows or (item.number,))


def _gather_table(records: Sequence[Numbered], answers: Answers) -> Iterator[Talk]:
    chosen = tables.columns(tables.sampled([record.value for record in records]), answers)
    yield from dialogues(list(tables.items(records, chosen)), chosen.task)


def _gather_tokens(records: Sequence[Numbered], answers: Answers) -> Iterator[Talk]:
    yield from _of_entities(list(tokens.items(records, answers)), answers)


def _of_entities(items: Sequence[Labelled], answers: Answers) -> Iterator[Talk]:
    task = entities.task_of(items, answers)
    yield from dialogues(list(entities.settled(items, task)), task)


def _with_entities(read: Reader) -> Callable[[Sequence[Numbered], Answers], Iterator[Talk]]:
    def gather(records: Sequence[Numbered], answers: Answers) -> Iterator[Talk]:
        return _of_entities(list(read(records)), answers)

    return gather


def _asking(read: Reader) -> Callable[[Sequence[Any]], tuple[Question, ...]]:
    def ask(records: Sequence[Any]) -> tuple[Question, ...]:
        numbered = [Numbered(index, value) for index, value in enumerate(records, 1)]
        return entities.questions(list(read(numbered)))

    return ask


def _always(read: Reader, task: str) -> Callable[[Sequence[Numbered], Answers], Iterator[Talk]]:
    def gather(records: Sequence[Numbered], _: Answers) -> Iterator[Talk]:
        return dialogues(list(read(records)), task)

    return gather


FORMATS: tuple[Format, ...] = (
    Format(
        "relations",
        "Relation table (sentence, relation, head, tail)",
        "关系抽取表（句子、关系、头实体、尾实体）",
        relations.fits,
        gather=_always(relations.items, "information_extraction"),
    ),
    Format(
        "token_tags",
        "Tokens with tags (BIO)",
        "词与标签序列（BIO）",
        tokens.fits,
        gather=_gather_tokens,
        ask=tokens.questions,
    ),
    Format(
        "snips",
        "Snips intents and slots",
        "Snips 意图与槽位",
        snips.fits,
        gather=_with_entities(snips.items),
        ask=_asking(snips.items),
    ),
    Format(
        "rasa",
        "Rasa training data",
        "Rasa 训练数据",
        rasa.fits,
        gather=_with_entities(rasa.items),
        ask=_asking(rasa.items),
    ),
    Format(
        "spans",
        "Texts with marked spans",
        "带标注片段的文本",
        spans.fits,
        gather=_with_entities(spans.items),
        ask=_asking(spans.items),
    ),
    Format(
        "intent_list",
        "Lists of text and intent (CLINC150)",
        "文本与意图列表（CLINC150）",
        lists.fits,
        gather=_always(lists.items, "intent_classification"),
    ),
    Format(
        "persona_table",
        "Persona, question and answer (table)",
        "人设、问题与回答（表格）",
        personas.fits,
        gather=_always(personas.items, "persona"),
    ),
    Format(
        "labelled_table",
        "Texts with labels (table)",
        "带标签的文本（表格）",
        tables.fits,
        gather=_gather_table,
        ask=tables.questions,
    ),
)
"""Most specific first: a record is of the first one that it fits."""
