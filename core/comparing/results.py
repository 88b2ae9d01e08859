"""The results of a batch as a table: rows side by side, filters, and files to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Literal

from core.comparing.answering import Answered
from core.comparing.prompts import Item
from core.messages import Record
from core.serving.records import Generation

Sort = Literal["all", "differs", "same", "longer", "shorter", "failed", "exact", "wrong"]


class ResultRow(Record):
    """One question with each contender's answer."""

    item: Item
    answers: tuple[Generation | None, ...]
    cached: tuple[bool, ...]

    @property
    def failed(self) -> bool:
        """Whether an answer is missing or not whole."""
        return any(answer is None or answer.error for answer in self.answers)

    @property
    def differs(self) -> bool:
        """Whether not all whole answers are letter by letter the same."""
        return len({answer.text for answer in self.answers if answer and not answer.error}) > 1

    @property
    def growth(self) -> int:
        """Characters that the last answer is longer than the first one."""
        first, last = self.answers[0], self.answers[-1]
        return len(last.text) - len(first.text) if first and last else 0

    @property
    def is_exact(self) -> bool:
        """Whether the last answer is the reference, blanks at the ends aside."""
        last = self.answers[-1]
        return bool(last and self.item.reference) and (
            last is not None and last.text.strip() == self.item.reference.strip()
        )


class Filter(Record):
    """Which rows are shown."""

    sort: Sort = "all"
    """`longer` and `shorter` are about the last answer against the first one; `exact` and `wrong`
    about the last one against the reference."""
    contains: str = ""
    """In the question, the reference or an answer; capital letters make no difference."""
    tag: str = ""


def rows(
    items: Sequence[Item], answers: dict[tuple[str, int], Answered], contenders: int
) -> tuple[ResultRow, ...]:
    """All questions in their order, with what has been answered so far."""
    found = []
    for item in items:
        had = [answers.get((item.id, which)) for which in range(contenders)]
        found.append(
            ResultRow(
                item=item,
                answers=tuple(one.generation if one else None for one in had),
                cached=tuple(bool(one and one.cached) for one in had),
            )
        )
    return tuple(found)


def chosen(found: Sequence[ResultRow], wanted: Filter) -> tuple[ResultRow, ...]:
    """The rows that a filter lets through."""
    return tuple(row for row in found if _fits(row, wanted))


def _fits(row: ResultRow, wanted: Filter) -> bool:
    if wanted.tag and wanted.tag not in row.item.tags:
        return False
    return SORTS[wanted.sort](row) and _contains(row, wanted.contains.lower())


SORTS: dict[Sort, Callable[[ResultRow], bool]] = {
    "all": lambda _: True,
    "differs": lambda row: row.differs,
    "same": lambda row: not row.differs and not row.failed,
    "longer": lambda row: row.growth > 0,
    "shorter": lambda row: row.growth < 0,
    "failed": lambda row: row.failed,
    "exact": lambda row: row.is_exact,
    "wrong": lambda row: bool(row.item.reference) and not row.is_exact,
}


def _contains(row: ResultRow, text: str) -> bool:
    texts = [row.item.messages[-1].content, row.item.reference]
    texts += [answer.text for answer in row.answers if answer]
    return any(text in each.lower() for each in texts)


def tags(items: Sequence[Item]) -> tuple[str, ...]:
    """All tags of a batch's questions, each once."""
    return tuple(sorted({tag for item in items for tag in item.tags}))


def as_jsonl(found: Sequence[ResultRow], titles: Sequence[str]) -> str:
    """One JSON object a line, with every answer under its contender's name."""
    return "".join(f"{_Line.of(row, titles).model_dump_json()}\n" for row in found)


class _LineAnswer(Record):
    by: str
    text: str | None
    tokens: int | None
    first_token_s: float | None
    tokens_per_s: float | None
    finish_reason: str | None
    error: str | None
    cached: bool


class _Line(Record):
    row: int
    messages: list[dict[str, object]]
    reference: str
    tags: tuple[str, ...]
    answers: tuple[_LineAnswer, ...]

    @classmethod
    def of(cls, row: ResultRow, titles: Sequence[str]) -> _Line:
        """A row with every answer's figures."""
        answers = []
        for title, answer, cached in zip(titles, row.answers, row.cached, strict=True):
            had = answer or Generation(text="", done=False, error="not asked yet")
            answers.append(
                _LineAnswer(
                    by=title, text=None if had.error and not had.text else had.text,
                    tokens=had.tokens, first_token_s=had.first_token_s,
                    tokens_per_s=had.tokens_per_s, finish_reason=had.finish_reason,
                    error=had.error, cached=cached,
                )
            )  # fmt: skip
        return cls(
            row=row.item.row,
            messages=[message.as_openai() for message in row.item.messages],
            reference=row.item.reference,
            tags=row.item.tags,
            answers=tuple(answers),
        )


def as_csv(found: Sequence[ResultRow], titles: Sequence[str]) -> str:
    """A table for a spreadsheet; a cell that a program would run begins with an apostrophe."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["row", "question", "reference", "tags", *map(_cell, titles)])
    for row in found:
        answers = ["" if answer is None else answer.error or answer.text for answer in row.answers]
        table.writerow(
            [
                row.item.row,
                *map(
                    _cell,
                    [
                        row.item.messages[-1].content,
                        row.item.reference,
                        " ".join(row.item.tags),
                        *answers,
                    ],
                ),
            ]
        )
    return "\ufeff" + out.getvalue()  # the mark lets spreadsheets see that it is UTF-8


def _cell(text: str) -> str:
    """Spreadsheets run what begins with these (OWASP, CSV injection)."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
