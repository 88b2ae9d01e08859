"""Tables of questions and answers, from CSV, Excel or JSON, with headers in English or Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.data.formats.columns import Columns, candidates, read_columns
from core.data.formats.fields import around
from core.data.formats.shape import Answers, Format, Talk, said
from core.data.problems import Finding, Path
from core.data.records import Question

FILLERS = frozenset({"无", "没有", "暂无", "n/a", "na", "none", "null", "nan", "-", "—", "/"})
"""What people write into a cell that must not stay empty."""
LOOKED_AT = 200
"""Rows from which unknown columns are guessed."""
NUMBERS = Finding("number_as_text")


def fits(value: Any) -> bool:
    """Whether a record has a column for questions and one for answers, with text in them."""
    if not isinstance(value, dict):
        return False
    columns = read_columns(_names(value))
    if columns is None:
        return False
    return not any(isinstance(value.get(c), list | dict) for c in columns.used - {*columns.tags})


def _names(record: Mapping[Any, Any]) -> tuple[str, ...]:
    return tuple(key for key in record if isinstance(key, str))


def convert(value: Any, answers: Answers) -> Iterator[Talk]:
    """The conversations of a row: one, or one for each of several answers."""
    record = value if isinstance(value, dict) else {}
    names = _names(record)
    chosen = (answers.get(key, "") for key in ("question_column", "answer_column"))
    columns = read_columns(names, *(name if name in names else "" for name in chosen))
    if columns is None:
        yield Talk({}, found=(Finding("columns_unclear"),))
        return
    beside = around(record, columns.used - _unread(record, columns))
    found = [*beside.found, *([Finding("speakers_alternated")] if columns.alternated else [])]
    numbers = any(type(record.get(c)) in (int, float) for c in columns.used - {*columns.tags})
    found += [NUMBERS] if numbers else []
    row = beside.row | _tags(record, columns, beside.row.get("tags"))
    for turns in _variants(record, columns):
        messages, origins, joined = _messages(record, columns, turns)
        more = [Finding("question_joined", (), {"columns": ", ".join(columns.leads)})]
        yield Talk(
            row | {"messages": messages},
            origins,
            tuple(found + (more if joined else [])),
            group=beside.group,
        )


def _unread(record: dict[str, Any], columns: Columns) -> set[str]:
    """Tags and what leads a question that are no text, and so are not used."""
    beside = (*columns.tags, *columns.leads)
    return {column for column in beside if not isinstance(_cell(record[column]), str)}


def _tags(record: dict[str, Any], columns: Columns, given: Any) -> dict[str, Any]:
    own = [cell.strip() for c in columns.tags if isinstance(cell := _cell(record[c]), str)]
    listed = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    tags = [*listed, *filter(None, own)]
    return {"tags": tags} if tags else {}


def _variants(record: dict[str, Any], columns: Columns) -> Iterator[tuple[tuple[str, str], ...]]:
    """The turns of each conversation, without what is not filled in at the end of a row."""
    if columns.replies:
        filled = [c for c in columns.replies if not _is_blank(record[c])] or columns.replies[:1]
        for column in filled:
            yield (*columns.turns, ("assistant", column))
        return
    turns = columns.turns
    while len(turns) > 2 and all(_is_blank(record[column]) for _, column in turns[-2:]):
        turns = turns[:-2]
    if columns.alternated and len(turns) > 2 and _is_blank(record[turns[-1][1]]):
        turns = turns[:-1]
    yield turns


def _messages(
    record: dict[str, Any], columns: Columns, turns: Sequence[tuple[str, str]]
) -> tuple[list[dict[str, Any]], tuple[Path, ...], bool]:
    """The messages, where each stands, and whether more than one column makes a turn."""
    messages, origins, joined = [], [], False
    if columns.system and not _is_blank(record[columns.system]):
        messages.append(said("system", _cell(record[columns.system])))
        origins.append((columns.system,))
    for index, (role, column) in enumerate(turns):
        content = _cell(record[column])
        if index == 0 and columns.leads:
            content, joined = _with_leads(record, columns.leads, content)
        messages.append(said(role, content))
        origins.append((column,))
    return messages, tuple(origins), joined


def _with_leads(record: dict[str, Any], leads: Sequence[str], asked: Any) -> tuple[Any, bool]:
    """A question led by its title or context, unless one of them already says the other.

    A title such as "Can people with high blood pressure eat ginseng?" is often the question, and
    the question's own column the story behind it: the model must see both, as the expert did.
    """
    if not isinstance(asked, str | None):
        return asked, False
    asked = asked or ""
    parts = [part for lead in leads if isinstance(part := _cell(record[lead]), str)]
    parts = [part.strip() for part in parts if part.strip()]
    if not parts:
        return asked, False
    if asked.strip() and asked.strip().casefold() not in FILLERS:
        parts = [*parts, asked.strip()]
    parts = list(dict.fromkeys(parts))
    kept = [part for part in parts if not any(part in other for other in parts if other != part)]
    return "\n".join(kept), True


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _cell(value: Any) -> Any:
    """A cell as text; what is neither text nor a number stays as it is, for the checks to name."""
    if value is None:
        return ""
    if type(value) is float and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if type(value) in (int, float) and abs(value) < 1e15:
        return str(value)
    return value


def ask(records: Sequence[Any]) -> tuple[Question, ...]:
    """Which column asks and which answers, where the headers leave it open."""
    rows = [record for record in records[:LOOKED_AT] if isinstance(record, dict)]
    names = tuple(dict.fromkeys(name for row in rows for name in _names(row)))
    columns = read_columns(names)
    asking, answering = candidates(names, "questions"), candidates(names, "answers")
    if len(names) < 2 or (columns and (len(columns.turns) != 2 or columns.alternated)):
        return ()
    if columns and len(asking) == len(answering) == 1:
        return ()
    answer = answering[0] if answering else _longest(rows, [n for n in names if n not in asking])
    question = next((name for name in asking if name != answer), "")
    question = question or _most_asking(rows, [name for name in names if name != answer])
    return (
        Question(
            id="question_column",
            en="Which column holds the user's question?",
            zh="哪一列是用户的提问？",
            options=names,
            chosen=question,
        ),
        Question(
            id="answer_column",
            en="Which column holds the assistant's answer?",
            zh="哪一列是助手的回答？",
            options=names,
            chosen=answer,
        ),
    )


def _texts(rows: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    return [text for row in rows if isinstance(text := row.get(name), str) and text.strip()]


def _longest(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    """The column with most text: answers are longer than questions."""
    return max(names, key=lambda name: sum(map(len, _texts(rows, name))), default="")


def _most_asking(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    """The column with most question marks, then with most different text."""

    def rank(name: str) -> tuple[int, int]:
        texts = _texts(rows, name)
        return sum("?" in t or "？" in t for t in texts), len(set(texts))

    return max(names, key=rank, default="")


FORMATS = (
    Format("questions", "Table of questions and answers", "问答表格", fits, convert, ask=ask),
)
