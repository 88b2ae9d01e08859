"""What a sentence says about data: a row, an answer, what placeholders stand for, a matter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from core.assistant import phrases
from core.assistant.numerals import han_number
from core.assistant.plain import is_asked, plain
from core.data.records import Question
from core.messages import Record

ROW = re.compile(
    r"\b(?:row|line|record|example|dialogue|conversation|entry) (?:number |no )?(?P<en>\d+)\b"
    r"|第 ?(?P<zh>\d+|[零一二两三四五六七八九十百千]+) ?(?:条|行|个|段)"
)
FILL = re.compile(
    r"(?:\{\{|\[)\s*(?P<name>[^\[\]{}]{1,40}?)\s*(?:\}\}|\])\s*"
    r"(?:=|:|：|\bis\b|\bmeans\b|\bstands for\b|是|为|填|换成|改成|叫)\s*"
    r"[\"“「']?(?P<value>[^,，;；。\n\"”」']+?)[\"”」']?\s*"
    r"(?=[,，;；。\n]|\.(?:\s|$)|\s(?:and\s)?(?=\{\{|\[)|$)"
)
AGAINST = re.compile(
    r"\b(against|held ?-?out|test (?:set|file|data)|leaks?|leakage|overlaps?|contaminat\w*)\b"
    r"|测试集|对照|留出|泄漏|泄露|重叠|污染"
)
HELD_OUT = re.compile(r"test|eval|valid|held|dev|测试", re.IGNORECASE)
"""How people call files of held-out rows."""
WHOLE = re.compile(
    r"\b(all|every|each|whole|both) (of )?(the |its |these )?versions?\b|\ball (the |its )?copies\b"
    r"|(所有|全部|每个|各个|一切)的?版本"
)
CALLED = {
    "assistant": r"assistant|bot|助手|机器人|客服",
    "question_column": r"(?:the )?(?:question|prompt|input)s? (?:column|field)"
    r"|(?:问题|提问)(?:那一)?列",
    "answer_column": r"(?:the )?(?:answer|reply|response|output)s? (?:column|field)"
    r"|(?:回答|答案|回复)(?:那一)?列",
    "text_column": r"(?:the )?text (?:column|field)|文本(?:那一)?列",
    "label_column": r"(?:the )?(?:label|class|category|intent) (?:column|field)"
    r"|(?:标签|类别)(?:那一)?列",
    "session_gap": r"(?:session )?gap|silence|间隔|沉默",
    "task": r"task|任务",
}
"""What people call a question, by its id; others go by their id alone."""
IS = r"(?:\s*(?:is|are|=|:|：|should be|be|would be|是|为|用|选)\s*)"
ASKS = re.compile(r"\b(which|who|what)\b|哪|谁|什么", re.IGNORECASE)


class DataSaid(Record):
    """What a sentence names."""

    row: int | None = None
    answers: dict[str, str] = {}  # noqa: RUF012  never changed
    """By the id of the question."""
    fills: dict[str, str] = {}  # noqa: RUF012  never changed
    """What placeholders stand for, by name."""
    matters: tuple[str, ...] = ()
    """What a repair is meant for."""
    file: str | None = None
    """A file dropped here that it names."""
    is_against: bool = False
    """It asks whether rows of a file stand in the training data."""
    is_whole: bool = False
    """It means all versions of a dataset."""


def read_data(text: str, questions: Sequence[Question], files: Sequence[str]) -> DataSaid:
    """Everything that a sentence says about data."""
    said = plain(text)
    return DataSaid(
        row=_row(said),
        answers=_answers(text, questions),
        fills={found["name"]: found["value"].strip() for found in FILL.finditer(text)},
        matters=tuple(
            name for names, found in phrases.MATTERS if found.search(said) for name in names
        ),
        file=_named_file(text, files),
        is_against=bool(AGAINST.search(said)),
        is_whole=bool(WHOLE.search(said)),
    )


def held_out_of(files: Sequence[str], named: str | None) -> str:
    """Which of several files is held out: the named one, the one called so, else the last."""
    if named is not None:
        return named
    called = [file for file in files if HELD_OUT.search(file)]
    return (called or list(files))[-1]


def _row(said: str) -> int | None:
    found = ROW.search(said)
    if found is None:
        return None
    return int(found["en"] or han_number(found["zh"]))


def _named_file(text: str, files: Sequence[str]) -> str | None:
    lowered = text.casefold()
    return next((file for file in reversed(files) if file.casefold() in lowered), None)


# -- answers --------------------------------------------------------------------------------------


def _answers(text: str, questions: Sequence[Question]) -> dict[str, str]:
    text = unicodedata.normalize("NFKC", text).strip()
    if not questions or not text or is_asked(text):
        return {}
    alone = text.strip("\"“”「」'.。!！ ").casefold()
    for question in questions:
        for option in question.options:
            if alone == unicodedata.normalize("NFKC", option).casefold():
                return {question.id: option}
    return {} if ASKS.search(text) else _called(text, questions)


def _called(text: str, questions: Sequence[Question]) -> dict[str, str]:
    """Answers to the questions that the text calls by name."""
    found = {}
    for question in questions:
        names = CALLED.get(question.id, re.escape(question.id))
        answer = _answer_to(text, names, question.options)
        if answer is not None and _is_said(text, names):
            found[question.id] = answer
    return found


def _answer_to(text: str, names: str, options: Sequence[str]) -> str | None:
    """The option that stands beside the question's name, else what is said to be the answer."""
    rests = [
        f"{text[: name.start()]}\n{text[name.end() :]}"
        for name in re.finditer(rf"(?<![a-z])(?:{names})(?![a-z])", text, re.IGNORECASE)
    ]
    chosen = (_option_in(rest, options) for rest in rests)
    said = (_value_after(rest) for rest in rests)
    return next((answer for answer in (*chosen, *said) if answer is not None), None)


def _is_said(text: str, names: str) -> bool:
    """Whether the text says what a thing is, rather than only naming it."""
    ways = (
        rf"(?:{names})\s*{IS}",
        rf"(?:is|are|as|是|作为|当作?|做|为)\s*(?:the |my |our )?(?:{names})",
    )
    return any(re.search(way, text, re.IGNORECASE) for way in ways)


def _option_in(text: str, options: Sequence[str]) -> str | None:
    """The longest option that stands in the text."""
    for option in sorted(options, key=len, reverse=True):
        word = re.escape(unicodedata.normalize("NFKC", option))
        edge = r"(?<![A-Za-z0-9_]){}(?![A-Za-z0-9_])"
        if re.search(edge.format(word), text, re.IGNORECASE):
            return option
    return None


def _value_after(text: str) -> str | None:
    """What stands after "is"; no option, so the person will be told which there are."""
    found = re.search(rf"\n{IS}(?P<value>[^\n,，;；。!！?？]+)", text)
    return found["value"].strip(' ."“”') if found else None
