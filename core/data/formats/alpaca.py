"""Rows of columns: an instruction or a question, what it is about, and the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from core.data.formats.draft import Draft, as_it_is
from core.data.formats.shape import Answers, Format, Talk
from core.data.formats.turn_lists import add_turns, looks_like_turns
from core.data.problems import Path
from core.data.records import Question

QUESTIONS = (
    "instruction",
    "question",
    "query",
    "prompt",
    "problem",
    "message_1",
    "text_input",
    "input_text",
    "input",
    "user",
    "human",
)
"""Columns of what is asked; the first that is there is the question."""
BEFORE = ("article", "passage", "document")
AFTER = ("input", "context")
"""Columns that belong to the question, before or after it."""
ANSWERS = (
    "output",
    "response",
    "completion",
    "solution",
    "answer",
    "std_answer",
    "message_2",
    "generation",
    "output_text",
    "reply",
    "target",
    "targets",
    "answer_key",
    "assistant",
)
PARTICULAR = frozenset(
    {
        "instruction",
        "history",
        "problem",
        "solution",
        "message_1",
        "std_answer",
        "generation",
        "text_input",
        "input_text",
        "target",
        "targets",
        "answer_key",
        *BEFORE,
    }
)
SYSTEMS = ("system", "system_prompt", "system_message")
HISTORY = "history"
ANSWER_COLUMN = "answer_column"
SEPARATOR = "\n"


class Columns(NamedTuple):
    """Which columns of a record say what, as the record spells them."""

    asked: tuple[str, ...]
    answer: str
    system: str = ""
    history: str = ""


def columns_of(record: Any, chosen: str = "") -> Columns | None:
    """The columns of a record; None when it has no question or no answer."""
    if not isinstance(record, dict):
        return None
    names = {str(key).casefold(): key for key, value in record.items() if value is not None}
    question = next((key for key in QUESTIONS if key in names), None)
    answer = _answer(names, chosen, question)
    if question is None or answer is None:
        return None
    before = [names[key] for key in BEFORE if key in names]
    after = [names[key] for key in AFTER if key in names and key != question]
    system = next((names[key] for key in SYSTEMS if key in names), "")
    asked = (*before, names[question], *(after if question != "input" else ()))
    return Columns(asked, answer, system, names.get(HISTORY, ""))


def _answer(names: Mapping[str, str], chosen: str, question: str | None) -> str | None:
    if chosen and chosen in names.values() and chosen.casefold() != question:
        return chosen
    return next((names[key] for key in ANSWERS if key in names and key != question), None)


def convert(record: Any, answers: Answers) -> Iterable[Talk]:
    """System prompt, earlier turns, question, answer."""
    columns = columns_of(record, answers.get(ANSWER_COLUMN, ""))
    if columns is None:
        return (as_it_is(record),)
    draft = Draft()
    if columns.history:
        add_history(draft, record[columns.history], (columns.history,))
    draft.say("user", *joined(record, columns.asked))
    draft.say("assistant", record[columns.answer], (columns.answer,))
    if columns.system:
        draft.lead(record[columns.system], (columns.system,))
    used = {*columns.asked, columns.answer, columns.system, columns.history}
    return (draft.talk(record, used, "tools"),)


def joined(record: Mapping[str, Any], keys: Sequence[str]) -> tuple[Any, Path]:
    """The texts of some columns, one under the other, and where the first of them stands.

    A column that is not text is given as it is: the checks say what is wrong with it.
    """
    filled = [key for key in keys if record.get(key) not in (None, "")] or list(keys[:1])
    wrong = next((key for key in filled if not isinstance(record.get(key), str)), None)
    if wrong is not None:
        return record.get(wrong), (wrong,)
    return SEPARATOR.join(record[key] for key in filled), (filled[0],)


def add_history(draft: Draft, history: Any, base: Path) -> None:
    """Earlier turns: a list of [question, answer], or of turns."""
    if looks_like_turns(history):
        add_turns(draft, history, base)
        return
    for index, pair in enumerate(history if isinstance(history, list) else [history]):
        if pair in (None, ""):
            continue
        if not isinstance(pair, list) or len(pair) != 2:
            draft.note("history_invalid", (*base, index) if isinstance(history, list) else base)
            continue
        draft.say("user", pair[0], (*base, index, 0))
        draft.say("assistant", pair[1], (*base, index, 1))


def ask(records: Sequence[Any]) -> tuple[Question, ...]:
    """Which column is the answer, where several could be."""
    options: dict[str, None] = {}
    for record in records:
        columns = columns_of(record)
        if columns is None:
            continue
        taken = {*columns.asked, columns.system}
        found = [key for key in record if str(key).casefold() in ANSWERS and key not in taken]
        filled = [key for key in found if isinstance(record[key], str)]
        options |= dict.fromkeys([columns.answer, *filled])
    if len(options) < 2:
        return ()
    return (
        Question(
            id=ANSWER_COLUMN,
            en="Which column holds the answer?",
            zh="哪一列是回答？",
            options=tuple(options),
            chosen=next(iter(options)),
        ),
    )


def _has(record: Any, *keys: str) -> bool:
    return isinstance(record, dict) and all(record.get(key) is not None for key in keys)


def fits_columns(record: Any) -> bool:
    """Whether a record has columns that belong together as instruction tuning sets have them.

    Any other question with its answer is a table's, which is read with more names.
    """
    columns = columns_of(record)
    if columns is None:
        return False
    names = {str(key).casefold() for key in record}
    return not PARTICULAR.isdisjoint(names) or len(columns.asked) > 1


ALPACA = Format(
    "alpaca",
    "Alpaca",
    "Alpaca 格式",
    lambda record: _has(record, "instruction", "output"),
    convert,
    ask=ask,
)
DOLLY = Format(
    "dolly",
    "Dolly",
    "Dolly 格式",
    lambda record: _has(record, "instruction", "context", "response"),
    convert,
    ask=ask,
)
COLUMNS = Format(
    "question-answer",
    "Columns of instruction, input and answer",
    "指令、输入与回答列",
    fits_columns,
    convert,
    ask=ask,
)
FORMATS = (DOLLY, ALPACA, COLUMNS)
