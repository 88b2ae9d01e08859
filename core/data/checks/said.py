"""A text somebody says in a conversation, and which stretches of it are code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from core.data.problems import Path
from core.messages import Conversation, Role

# A fence that is never closed runs to the end, as Markdown shows it.
CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]+`", re.DOTALL)
CODE_TALK = re.compile(
    r"```|\b(?:html|xml|css|javascript|typescript|jsx|php|react|vue|angular|jquery|jinja2?|django"
    r"|mustache|handlebars|template engine|web ?page|website|scrap(?:e|ing)|beautifulsoup|svg"
    r"|bash|shell script|latex|java|python|c\+\+|sql|markdown|script)\b|网页|网站|爬虫|标签|前端"
    r"|模板|代码|脚本|编程|<!DOCTYPE|<html",
    re.IGNORECASE,
)

TEMPLATES = re.compile(
    r"```|\b(?:jinja2?|django|mustache|handlebars|liquid|helm|ansible|terraform|vue|angular|react"
    r"|jsx|javascript|typescript|php|bash|shell|perl|kotlin|makefile|template (?:engine|syntax))\b"
    r"|模板(?:引擎|语法)|占位符|placeholder",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Topic:
    """What a conversation is about, worked out when a check first asks for it."""

    talk: Conversation

    @cached_property
    def is_code(self) -> bool:
        """Whether it deals with code or markup, so that marks in it are its subject."""
        return any(CODE_TALK.search(turn.content) for turn in self.talk.messages)

    @cached_property
    def is_templates(self) -> bool:
        """Whether it deals with code in which `{{name}}` and `${name}` mean something."""
        return any(TEMPLATES.search(turn.content) for turn in self.talk.messages)


class Said(NamedTuple):
    """One text of a conversation."""

    text: str
    path: Path
    role: Role
    topic: Topic


def has_any(text: str, marks: tuple[str, ...]) -> bool:
    """Whether a text contains one of the marks; far cheaper than a pattern of them."""
    for mark in marks:  # noqa: SIM110  # `any` over a generator takes twice as long
        if mark in text:
            return True
    return False


def prose(text: str) -> str:
    """The text with every character of code made a space, so that places stay the same."""
    if "`" not in text and "~~~" not in text:
        return text
    return CODE.sub(lambda match: " " * len(match[0]), text)
