"""Tables of texts with labels: which columns, and one item for each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from core.data.formats.shape import Answers, Numbered
from core.data.problems import Finding, shorten
from core.data.records import Question
from core.data.tasks.fields import flat
from core.data.tasks.shape import Label, Labelled
from core.data.tasks.sources import numbers
from core.data.tasks.sources.cells import (
    DIALOGUE,
    GROUPS,
    SPLITS,
    folded,
    group_of,
    is_label_name,
    label_cell,
    missing,
    named_list,
    part_of,
    text_cell,
    text_columns,
    unused,
)

SAMPLED = 2_000
MOST_COLUMNS = 200
TOGETHER = " + "
"""Between the columns of one answer: `sentiment + emotion`."""
LABEL_CHARACTERS = 80
MEAN_USES = 2
TASKS = ("intent_classification", "annotation", "persona")

TEXT_EN, TEXT_ZH = "Which column is the text?", "哪一列是文本？"
LABEL_EN, LABEL_ZH = "Which column is the label?", "哪一列是标签？"
TASK_EN = "What should the model learn from these labels?"
TASK_ZH = "模型应从这些标签中学习什么任务？"

Record = Mapping[Any, Any]


class Columns(NamedTuple):
    """How a table is read."""

    text: tuple[str, ...]
    labels: tuple[str, ...]
    task: str
    names: Mapping[str, numbers.Names]
    """What the numbers of a label column mean, by column."""
    numeric: frozenset[str] = frozenset()
    """Label columns whose numbers have no names."""


def fits(record: Any) -> bool:
    """Whether a record has a column named as a text, one named as a label, and no dialogue."""
    if not isinstance(record, dict) or len(record) > MOST_COLUMNS:
        return False
    if any(folded(name) in DIALOGUE for name in record):
        return False
    text = text_columns(record)
    if not text or not all(_is_text(record[name]) for name in text):
        return False
    return any(_holds_label(record[name]) for name in record if is_label_name(name))


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _holds_label(value: Any) -> bool:
    return value is None or isinstance(value, str) or label_cell(value) is not None


def questions(records: Sequence[Any]) -> tuple[Question, ...]:
    """Which columns, which task, and what numbers mean."""
    rows = sampled(records)
    if not rows:
        return ()
    chosen = columns(rows, {})
    names = _column_names(rows)
    together = TOGETHER.join(chosen.text)
    labels = TOGETHER.join(chosen.labels)
    asked = [
        _question("text_column", (TEXT_EN, TEXT_ZH), (together, *names), together),
        _question("label_column", (LABEL_EN, LABEL_ZH), (labels, *names), labels),
        _question("task", (TASK_EN, TASK_ZH), TASKS, chosen.task),
    ]
    numeric = {name: found for name in chosen.labels if (found := _numbers(rows, name))}
    given = next(filter(None, map(named_list, rows)), [])
    only = len(numeric) == 1
    asked += [numbers.question(n, found, given, only) for n, found in numeric.items()]
    return tuple(asked)


def _question(name: str, words: tuple[str, str], options: Sequence[str], chosen: str) -> Question:
    different = tuple(dict.fromkeys(option for option in options if option))
    return Question(id=name, en=words[0], zh=words[1], options=different, chosen=chosen)


def sampled(records: Sequence[Any]) -> list[Record]:
    """Records from all over a file: labels often stand in blocks."""
    step = max(1, len(records) // SAMPLED)
    return [record for record in records[::step] if isinstance(record, dict)]


def columns(records: Sequence[Record], answers: Answers) -> Columns:
    """How to read a table, by the person's answers and, where there is none, by its columns."""
    names = _column_names(records)
    text = _answered(answers.get("text_column"), names) or _text(records, names)
    labels = _answered(answers.get("label_column"), names) or _labels(records, names, text)
    several = any(isinstance(label_cell(r.get(name)), list) for r in records for name in labels)
    usual = "annotation" if len(labels) > 1 or several else "intent_classification"
    task = answers.get("task", usual)
    meanings, numeric = _meanings(records, labels, answers)
    return Columns(text, labels, task if task in TASKS else usual, meanings, numeric)


def _meanings(
    records: Sequence[Record], labels: Sequence[str], answers: Answers
) -> tuple[dict[str, numbers.Names], frozenset[str]]:
    """What numeric labels mean, and the columns where nobody says."""
    given = next(filter(None, map(named_list, records)), [])
    found: dict[str, numbers.Names] = {}
    numeric = {name: seen for name in labels if (seen := _numbers(records, name))}
    for name, seen in numeric.items():
        key = "label_names" if len(numeric) == 1 else f"label_names.{name}"
        answer = answers.get(key) or answers.get("label_names") or ""
        found[name] = numbers.meaning(answer, seen) or dict(numbers.enumerated(given))
    nameless = {name for name in numeric if all(k == v for k, v in found[name].items())}
    return found, frozenset(nameless)


def _column_names(records: Sequence[Record]) -> list[str]:
    names = dict.fromkeys(name for record in records for name in record if isinstance(name, str))
    return list(names)[:MOST_COLUMNS]


def _answered(answer: str | None, names: Sequence[str]) -> tuple[str, ...]:
    """The columns that an answer names, one or several."""
    if not answer:
        return ()
    if answer in names:
        return (answer,)
    return tuple(piece for piece in answer.split(TOGETHER) if piece in names) or (answer,)


def _text(records: Sequence[Record], names: Sequence[str]) -> tuple[str, ...]:
    """The column named as a text, else the one with the longest texts."""
    if named := text_columns(names):
        return named
    sizes = {name: sum(len(text_cell(r.get(name))) for r in records) for name in names}
    return (max(names, key=sizes.__getitem__),) if names else ()


def _labels(
    records: Sequence[Record], names: Sequence[str], text: tuple[str, ...]
) -> tuple[str, ...]:
    """The columns named as labels, else those with few different short values."""
    others = [name for name in names if name not in text]
    named = [name for name in others if is_label_name(name)]
    if not named:
        usable = [n for n in others if folded(n) not in SPLITS | GROUPS and _is_few(records, n)]
        return tuple(usable[:1])
    numeric = {name for name in named if _numbers(records, name)}
    worded = [name for name in named if name not in numeric]
    twins = {n for n in numeric if any(_are_twins(records, n, word) for word in worded)}
    return tuple(name for name in named if name not in twins)


def _are_twins(records: Sequence[Record], number: str, word: str) -> bool:
    """Whether two columns say the same, one in numbers: `label` and `label_text`."""
    pairs = {(str(label_cell(r.get(number))), str(label_cell(r.get(word)))) for r in records}
    return len(pairs) == len({pair[0] for pair in pairs}) == len({pair[1] for pair in pairs})


def _is_few(records: Sequence[Record], name: str) -> bool:
    cells = [label_cell(record.get(name)) for record in records]
    labels = [cell for cell in cells if isinstance(cell, str)]
    short = all(len(label) <= LABEL_CHARACTERS for label in labels)
    return bool(labels) and short and len(set(labels)) * MEAN_USES <= len(labels)


def _numbers(records: Sequence[Record], name: str) -> tuple[str, ...]:
    cells = [label_cell(record.get(name)) for record in records]
    flat = [one for cell in cells for one in (cell if isinstance(cell, list) else [cell])]
    return numbers.numbers_of([one for one in flat if one is not None])


def items(records: Sequence[Numbered], chosen: Columns) -> Iterator[Labelled]:
    """One item for each record; one that can't be used says why."""
    labels = chosen.labels
    if chosen.task in ("intent_classification", "persona"):
        labels = labels[:1]
    told = False
    for number, record in records:
        if not isinstance(record, dict):
            yield Labelled(number, "", found=(Finding("text_missing", (), {"column": ""}),))
            continue
        item = _item(number, record, chosen, labels)
        if not told and chosen.numeric.intersection(labels) and chosen.task != "persona":
            shown = ", ".join(f"`{name}`" for name in labels if name in chosen.numeric)
            note = Finding("labels_are_numbers", (labels[0],), {"column": shown})
            item, told = item._replace(found=(*item.found, note)), True
        yield item


def _item(number: int, record: Record, chosen: Columns, labels: Sequence[str]) -> Labelled:
    texts = {name: text_cell(record.get(name)) for name in chosen.text}
    cells: dict[str, Label | None] = {
        name: numbers.renamed(label_cell(record.get(name)), chosen.names.get(name, {}))
        for name in labels
    }
    found = [*_missing(record, texts, cells), *unused(record, (*chosen.text, *labels))]
    found += _nameless(cells, chosen.names)
    if chosen.task == "intent_classification":
        found += _several(cells)
    return Labelled(
        number,
        _joined(texts),
        labels=cells,
        text_at=chosen.text[:1],
        label_at=tuple(labels[:1]),
        part=part_of(record),
        group=group_of(record),
        found=tuple(found),
    )


def _joined(texts: Mapping[str, str]) -> str:
    if len(texts) == 1:
        return next(iter(texts.values()))
    return "\n".join(f"{name}: {text}" for name, text in texts.items())


def _missing(
    record: Record, texts: Mapping[str, str], cells: Mapping[str, Label | None]
) -> Iterator[Finding]:
    for name, text in texts.items():
        if not text:
            yield missing("text_missing", name, name in record)
    if not any(label is not None for label in cells.values()):
        name = next(iter(cells), "")
        yield missing("label_missing", name, name in record)
        return
    for name, label in cells.items():
        if label is None:
            yield missing("label_partly_missing", name, name in record)


def _several(cells: Mapping[str, Label | None]) -> Iterator[Finding]:
    for name, label in cells.items():
        if isinstance(label, list) and len(label) > 1:
            yield Finding("label_several", (name,), {"count": str(len(label))})


def _nameless(
    cells: Mapping[str, Label | None], names: Mapping[str, numbers.Names]
) -> Iterator[Finding]:
    """Numbers that the list of names does not reach."""
    for name, label in cells.items():
        known = set(names.get(name, {}).values())
        for one in flat(label) if known else ():
            if one not in known:
                yield Finding("label_without_name", (name,), {"label": shorten(one, 40)})
