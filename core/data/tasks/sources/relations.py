"""Tables of relations: a sentence, a relation, and its two ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from core.data.formats.shape import Numbered
from core.data.tasks.shape import Labelled
from core.data.tasks.sources.cells import folded, missing, part_of, text_cell, text_columns, unused

COLUMNS = {
    "relation": ("relation", "relation_type", "predicate", "rel", "关系"),
    "head": ("head", "subject", "head_entity", "subj", "h", "头实体", "主体"),
    "tail": ("tail", "object", "tail_entity", "obj", "t", "尾实体", "客体"),
}
ENDS = ("head", "tail")


def fits(record: Any) -> bool:
    """Whether a record has a text, a relation, a head and a tail."""
    if not isinstance(record, dict) or not text_columns(record):
        return False
    found = _columns(record)
    return len(found) == len(COLUMNS) and all(
        isinstance(record[name], str | int | float | None) for name in found.values()
    )


def _columns(record: dict[Any, Any]) -> dict[str, str]:
    """The record's own name of each column that it has."""
    own = {folded(name): name for name in record if isinstance(name, str)}
    named = {
        field: next((own[name] for name in names if name in own), None)
        for field, names in COLUMNS.items()
    }
    return {field: name for field, name in named.items() if name is not None}


def items(records: Sequence[Numbered]) -> Iterator[Labelled]:
    """One item for each record; records of one sentence are joined, if any sentence repeats."""
    read = [_item(number, record) for number, record in records]
    counts = Counter(item.text for item in read if item.usable)
    if max(counts.values(), default=0) < 2:
        yield from read
        return
    yield from (item for item in read if not item.usable)
    by_text: dict[str, list[Labelled]] = {text: [] for text in counts}
    for item in read:
        if item.usable:
            by_text[item.text].append(item)
    for same in by_text.values():
        yield same[0]._replace(
            relations=tuple(dict(pairs) for pairs in dict.fromkeys(map(_pairs, same))),
            found=tuple(finding for item in same for finding in item.found),
            rows=tuple(item.number for item in same),
        )


def _pairs(item: Labelled) -> tuple[tuple[str, str], ...]:
    ends = ((end, item.values[end][0]) for end in ENDS)
    return (("relation", item.label), *ends)


def _item(number: int, record: Any) -> Labelled:
    entry = record if isinstance(record, dict) else {}
    names = _columns(entry)
    text = text_columns(entry)[:1]
    said = text_cell(entry.get(text[0])) if text else ""
    cells = {field: text_cell(entry.get(name)) for field, name in names.items()}
    found = [] if said else [missing("text_missing", "".join(text), bool(text))]
    for field in COLUMNS:
        if not cells.get(field):
            found.append(missing("label_missing", names.get(field, field), field in names))
    relation = cells.get("relation", "")
    return Labelled(
        number,
        said,
        labels={"relation": relation},
        values={end: [cells[end]] for end in ENDS if cells.get(end)},
        text_at=text,
        label_at=(names["relation"],) if "relation" in names else (),
        label=relation,
        part=part_of(entry),
        found=(*found, *unused(entry, {*text, *names.values()})),
    )
