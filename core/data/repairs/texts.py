"""Repairs of what a text holds: marks, hidden characters, loops, placeholders."""

from __future__ import annotations

import re

from core.data.checks import characters, markup, placeholders
from core.data.checks.replies import REPEATED_CHARACTERS
from core.data.checks.said import CODE_TALK
from core.data.checks.texts import cut_loop as cut_text_loop
from core.data.checks.texts import token_pattern
from core.data.repairs.editing import Turn, edit_all_texts, edit_texts, role_of, texts_of, turns_of
from core.data.repairs.repair import RawRow, RepairContext

ESCAPES = 5
"""How often escaping is tried: taking a token away can make another one."""


def mend_encoding(row: RawRow, _: RepairContext) -> RawRow | None:
    """Read text again that was read with the wrong encoding."""
    return edit_texts(row, characters.mend_encoding)


def strip_hidden(row: RawRow, _: RepairContext) -> RawRow | None:
    """Remove zero-width, direction and control characters."""
    return edit_texts(row, characters.strip_hidden)


def strip_tags(row: RawRow, _: RepairContext) -> RawRow | None:
    """Remove HTML tags outside of code, unless the row is about code."""
    return row if _is_code(row) else edit_texts(row, markup.strip_tags)


def unescape_html(row: RawRow, _: RepairContext) -> RawRow | None:
    """Write HTML entities outside of code as characters, unless the row is about code."""
    return row if _is_code(row) else edit_texts(row, markup.unescape)


def _is_code(row: RawRow) -> bool:
    return any(CODE_TALK.search(text) for text in texts_of(row))


def strip_edges(row: RawRow, _: RepairContext) -> RawRow | None:
    """Remove white space at the start and the end of texts."""
    return edit_texts(row, lambda text: text.strip() or text)


def cut_loop(row: RawRow, _: RepairContext) -> RawRow | None:
    """Leave one of what a text repeats at its end."""
    return edit_texts(row, cut_text_loop)


def fill_placeholders(row: RawRow, context: RepairContext) -> RawRow | None:
    """Fill in the placeholders that have an answer."""
    answers = dict(context.answers)
    return edit_texts(row, lambda text: placeholders.fill_placeholders(text, answers))


def escape_tokens(row: RawRow, context: RepairContext) -> RawRow | None:
    """Remove control tokens at a text's edges, and put a space into those inside."""
    pattern = token_pattern(context.special_tokens)
    return edit_all_texts(
        row,
        lambda text: _escape(_trim(text, pattern), pattern),
        lambda text: _escape(text, pattern),
    )


def _trim(text: str, pattern: re.Pattern[str]) -> str:
    """The text without the tokens before and after everything it says."""
    start, end = 0, len(text)
    while (match := pattern.match(text, start)) and match.end() > start:
        start = match.end()
    for match in reversed(list(pattern.finditer(text, start))):
        if text[match.end() : end].strip():
            break
        end = match.start()
    return text[start:end] if (start, end) != (0, len(text)) and text[start:end].strip() else text


def _escape(text: str, pattern: re.Pattern[str]) -> str:
    for _ in range(ESCAPES):
        escaped = pattern.sub(lambda match: f"{match[0][:1]} {match[0][1:]}", text)
        if escaped == text:
            break
        text = escaped
    return text


def cut_question(row: RawRow, _: RepairContext) -> RawRow | None:
    """Cut the user's text from the start of the reply that repeats it."""
    turns = turns_of(row)
    edited = [turns[0], *map(_without_question, turns, turns[1:])] if turns else turns
    return row if edited == turns else {**row, "messages": edited}


def _without_question(asked: Turn, reply: Turn) -> Turn:
    question, text = asked.get("content"), reply.get("content")
    if role_of(asked) != "user" or role_of(reply) != "assistant":
        return reply
    if not isinstance(question, str) or not isinstance(text, str):
        return reply
    question, text = question.strip(), text.strip()
    if len(question) < REPEATED_CHARACTERS or not text.startswith(question):
        return reply
    rest = text[len(question) :].lstrip(" \n\t:：,，-—>")
    return {**reply, "content": rest} if rest else reply
