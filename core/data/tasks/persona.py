"""Persona: every answer in one fixed style: signed, tagged, under one name, in one language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from core.data.formats.shape import Talk
from core.data.problems import Finding, shorten
from core.data.records import Example
from core.data.tasks import rubrics
from core.data.tasks.prompts import worded
from core.data.tasks.shape import (
    Labelled,
    Language,
    Task,
    TaskFinding,
    Told,
    answer_path,
    talk,
    text_of,
)
from core.data.tasks.styles import Style, names_in, pairs_of, script_of, style_of, tag_of

SHOWN_TAGS = 3
SHORTEST_SHARE = 0.02
"""Of answers: so many may be shorter than the usual length, and as many longer."""
FEW_TEXTS = 20
"""With fewer answers, the usual length is that of all."""


def build(items: Sequence[Labelled], language: Language) -> Iterator[Talk]:
    """Dialogues that answer in style; the first field of an item is the answer."""
    answers = [_reply(item) for item in items]
    asked = [(item.text, answer) for item, answer in zip(items, answers, strict=True)]
    system = prompt(style_of(asked), language)
    for item, answer in zip(items, answers, strict=True):
        yield talk(item, system, Told(answer, item.label, ()))


def _reply(item: Labelled) -> str:
    first = next(iter(item.labels.values()), None)
    return "\n".join(first) if isinstance(first, list) else first or ""


def prompt(style: Style, language: Language) -> str:
    """A system prompt that states a style."""
    parts = [worded(language, "style")]
    if style.name:
        parts.insert(0, worded(language, "style_name", name=style.name))
    if style.tags:
        tags = ", ".join(style.tags[:SHOWN_TAGS])
        parts.append(worded(language, "style_tag", tags=tags))
    if style.signatures:
        quoted = " / ".join(f"“{signature}”" for signature in style.signatures)
        parts.append(worded(language, "style_signature", signatures=quoted))
    if style.follows_language:
        parts.append(worded(language, "style_language"))
    return ("" if language == "zh" else " ").join(parts)


def matches(examples: Sequence[Example]) -> bool:
    """Whether the answers share a signature, tags or a name."""
    return style_of(pairs_of(examples)).is_any


def check(examples: Sequence[Example]) -> list[TaskFinding]:
    """Answers that break the style of the others."""
    style = style_of(pairs_of(examples))
    return [
        TaskFinding(example.row, Finding(code, answer_path(example), values))
        for example in examples
        for code, values in _breaks(example, style)
    ]


def _breaks(example: Example, style: Style) -> Iterator[tuple[str, dict[str, str]]]:
    answer = example.conversation.reference.strip()
    if style.signatures and not answer.endswith(style.signatures):
        yield "style_signature_missing", {"signature": shorten(style.signatures[0])}
    if style.tags and not tag_of(answer):
        yield "style_tag_missing", {"tag": shorten(style.tags[0])}
    if style.follows_language:
        asked, answered = script_of(text_of(example)), script_of(answer)
        if asked and answered and asked != answered:
            yield "style_language_differs", {}
    names = [name for name in names_in(answer) if style.name and name != style.name]
    if names and style.name not in answer:
        yield "style_name_differs", {"name": shorten(names[0]), "usual": shorten(style.name)}


def rubric(name: str, examples: Iterable[Example]) -> dict[str, Any]:
    """Signature, tag, name, language and length, as far as the data's answers have them."""
    asked = pairs_of(examples)
    style, answers = style_of(asked), [answer.strip() for _, answer in asked]
    criteria = [*_of_style(style), *_of_language(style, answers), _usual_length(answers)]
    return rubrics.rubric(TASK.name, name, [{**criteria[0], "headline": True}, *criteria[1:]])


def _of_style(style: Style) -> Iterator[dict[str, Any]]:
    if style.signatures:
        pattern = f"(?:{'|'.join(map(re.escape, style.signatures))})\\s*$"
        text = "The answer is signed as the data's answers are."
        yield rubrics.criterion("signed", text, {"type": "regex", "pattern": pattern}, 2)
    if style.tags:
        pattern = r"\A\s*(\[[^\[\]\n]{1,30}\]|【[^【】\n]{1,30}】|<[A-Za-z][\w-]{0,29}>)"
        text = "The answer has the tag that the reference starts with."
        check = {"type": "contains", "reference_regex": pattern}
        yield rubrics.criterion("right tag", text, check, 2)
    if style.name:
        text = f"The answer says the name {style.name} where the reference does."
        check = {"type": "contains", "reference_regex": re.escape(style.name)}
        yield rubrics.criterion("own name", text, check, 2)


def _of_language(style: Style, answers: Sequence[str]) -> Iterator[dict[str, Any]]:
    """One language for all answers can be checked without a judge; a mixture can't."""
    scripts = {script for answer in answers if (script := script_of(answer))}
    if scripts == {"zh"}:
        text, pattern = "The answer is in Chinese.", r"[\u3400-\u9fff]"
    elif scripts == {"en"} and style.follows_language:
        text, pattern = "The answer has no Chinese characters.", r"\A[^\u3400-\u9fff]*\Z"
    else:
        return
    yield rubrics.criterion("language", text, {"type": "regex", "pattern": pattern})


def _usual_length(answers: Sequence[str]) -> dict[str, Any]:
    sizes = sorted(map(len, answers))
    cut = int(len(sizes) * SHORTEST_SHARE) if len(sizes) >= FEW_TEXTS else 0
    shortest, longest = sizes[cut], max(sizes[-1 - cut], 1)
    text = f"The answer is as long as the data's answers: {shortest} to {longest} characters."
    check = {"type": "length", "min_chars": shortest, "max_chars": longest}
    return rubrics.criterion("usual length", text, check)


TASK = Task(
    name="persona",
    en="Persona or fixed style",
    zh="人设与固定风格",
    matches=matches,
    build=build,
    check=check,
    rubric=rubric,
    metrics=("signature_rate", "tag_accuracy", "name_rate", "language_rate", "usual_length_rate"),
)
