"""HTML that was left in a text: tags and entities, outside of code."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from core.data.checks.said import CODE, Said, prose
from core.data.problems import Finding, shorten

# <sub>, <sup>, <kbd>, <details> and <br> in a table row are good Markdown, so they are left out.
NAMES = (
    "p|div|span|b|i|u|em|strong|a|img|font|center|table|tbody|thead|tr|td|th|ul|ol|li|hr"
    "|h[1-6]|blockquote|section|article|header|footer|nav|iframe|script|style|br"
)
TAG = re.compile(
    rf"</(?:{NAMES})\s?>|<(?:{NAMES})(?:\s+[A-Za-z-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s<>\"']+))*"
    r"\s*/?>",
    re.IGNORECASE,
)
ENTITY = re.compile(
    r"&(?:amp|lt|gt|quot|apos|nbsp|[lr][ds]quo|[mn]dash|hellip|middot|bull|copy|reg|trade|times"
    r"|#[0-9]{2,6}|#[xX][0-9a-fA-F]{2,5});"
)
BREAKS = re.compile(r"<(?:br|hr)\s*/?>|</(?:p|div|h[1-6]|li|tr|table|blockquote)\s?>", re.I)
BLOCK = re.compile(
    r"<(?:script|style)\b[^<]*(?:<(?!/?(?:script|style)\b)[^<]*)*</(?:script|style)\s?>", re.I
)
ITEM = re.compile(r"<li(?:\s[^<>]*)?>", re.I)
TABLE_ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*$", re.M)
UNESCAPES = 3
"""How often an entity may be inside an entity (`&amp;lt;`)."""


def check_markup(said: Said, found: list[Finding]) -> None:
    """Add HTML tags and entities, unless the conversation is about code."""
    text = said.text
    tags = TAG.search(text) if "<" in text else None
    entities = ENTITY.search(text) if "&" in text else None
    if not (tags or entities) or said.topic.is_code:
        return
    open_text = prose(text)
    for code, match in (
        ("html_tag", TAG.search(_without_tables(open_text))),
        ("html_entity", ENTITY.search(open_text)),
    ):
        if match:
            found.append(Finding(code, said.path, {"mark": shorten(match[0])}))


def _without_tables(text: str) -> str:
    return TABLE_ROW.sub("", text) if "|" in text else text


def strip_tags(text: str) -> str:
    """The text without HTML tags: breaks become line breaks, list items dashes."""
    return _outside_code(text, _strip_tags)


def unescape(text: str) -> str:
    """The text with HTML entities written as the characters they stand for."""
    return _outside_code(text, _unescape)


def _strip_tags(text: str) -> str:
    text = ITEM.sub("- ", BREAKS.sub("\n", BLOCK.sub("", text)))
    text = TAG.sub("", text)
    return re.sub(r"\n{3,}", "\n\n", text)


def _unescape(text: str) -> str:
    for _ in range(UNESCAPES):
        mended = ENTITY.sub(lambda match: html.unescape(match[0]).replace("\u00a0", " "), text)
        if mended == text:
            break
        text = mended
    return text


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    parts, end = [], 0
    for match in CODE.finditer(text):
        parts += [change(text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, change(text[end:])])
