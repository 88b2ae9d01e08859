"""Conversations as plain lists of texts: ChatterBot's files, and lists of pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from core.data.formats.fields import around
from core.data.formats.shape import Answers, Format, Talk, said
from core.data.problems import Finding, Path

ALTERNATED = Finding("speakers_alternated")
NUMBERS = Finding("number_as_text")


def fits_texts(value: Any) -> bool:
    """Whether a record is a list of texts, or a ChatterBot file with such lists."""
    return _is_texts(value) or bool(_inner(value))


def _is_texts(value: object) -> bool:
    """Most entries are text: YAML reads an unquoted `yes` or `Sure: why` as something else."""
    if not isinstance(value, list) or not value or not isinstance(value[0], str):
        return False
    return 2 * sum(isinstance(entry, str) for entry in value) >= len(value)


def _inner(value: object) -> list[Any]:
    """The lists of a ChatterBot file."""
    held = value.get("conversations") if isinstance(value, dict) else None
    if not isinstance(held, list) or not held or not all(isinstance(x, list) for x in held):
        return []
    return held if any(_is_texts(x) for x in held) else []


def convert_texts(value: Any, _: Answers) -> Iterator[Talk]:
    """A list's texts are said in turn, the user's first.

    ChatterBot trains each text as the reply to the one before, so a list of more than two is a
    longer conversation and not one question with several answers.
    """
    if not isinstance(value, dict):
        yield _talk(_flat(value if isinstance(value, list) else [value], ()), [])
        return
    written = value.get("categories")
    tags = [tag for tag in written if isinstance(tag, str)] if isinstance(written, list) else []
    beside = around(value, ("conversations", "categories"))
    for index, texts in enumerate(_inner(value)):
        talk = _talk(_flat(texts, ("conversations", index)), tags)
        yield talk._replace(row={**beside.row, **talk.row}, found=(*talk.found, *beside.found))


def fits_pairs(value: Any) -> bool:
    """Whether a record is a list of [question, answer] pairs."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(pair, list) and len(pair) == 2 for pair in value)
        and all(isinstance(text, str) for text in value[0])
    )


def convert_pairs(value: Any, _: Answers) -> Iterator[Talk]:
    """The pairs of a list, one after the other, are a conversation."""
    pairs = value if isinstance(value, list) else []
    texts = [t for i, pair in enumerate(pairs) for t in _flat(_as_list(pair), (i,))]
    yield _talk(texts, [])


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _flat(texts: Sequence[Any], path: Path) -> list[tuple[Any, Path]]:
    return [(text, (*path, index)) for index, text in enumerate(texts)]


def _talk(texts: Sequence[tuple[Any, Path]], tags: list[str]) -> Talk:
    numbers = [type(text) is int for text, _ in texts]  # bool is no number here
    messages = [
        said("assistant" if index % 2 else "user", str(text) if numbers[index] else text)
        for index, (text, _) in enumerate(texts)
    ]
    return Talk(
        {"messages": messages, **({"tags": tags} if tags else {})},
        origins=tuple(path for _, path in texts),
        found=(ALTERNATED, NUMBERS) if any(numbers) else (ALTERNATED,),
    )


FORMATS = (
    Format(
        "text-list",
        "List of texts said in turn (ChatterBot)",
        "轮流发言的文本列表（ChatterBot）",
        fits_texts,
        convert_texts,
    ),
    Format(
        "pair-list",
        "List of [question, answer] pairs",
        "[问, 答] 对列表",
        fits_pairs,
        convert_pairs,
    ),
)
