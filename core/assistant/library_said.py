"""What a sentence says about the model library: which folder, on which base, exported as what."""

from __future__ import annotations

import re
from typing import Literal

from core.messages import Record

ExportKind = Literal["adapter", "merged", "gguf", "zip"]
PATH = re.compile(
    r"[\"“「『'‘](?P<quoted>[^\"”」』'’\n]*[/\\.][^\"”」』'’\n]*)[\"”」』'’]"
    r"|(?<![\w/])(?P<bare>(?:~|\.{1,2})?/[^\s\"”」，。；;、!！?？]+|[\w.-]+\.zip\b)",
    re.IGNORECASE,
)
BASE = re.compile(
    r"(?:\b(?:on|with|of|for)\s+(?:the\s+)?base(?:\s+model)?|--base|\bbase(?:\s+model)?\s*(?:is|:|=)"
    r"|\bbased on|基础模型(?:是|为|用|：|:)?|基于)\s*[\"“「]?(?P<base>[\w./~-]*[\w])",
    re.IGNORECASE,
)
KINDS: tuple[tuple[ExportKind, re.Pattern[str]], ...] = (
    ("gguf", re.compile(r"\bgguf\b|\bollama\b|llama\.?cpp", re.IGNORECASE)),
    ("zip", re.compile(r"\bzip\b|压缩包|打包下载", re.IGNORECASE)),
    ("merged", re.compile(r"\bmerged?\b|\bwhole model\b|合并|完整模型", re.IGNORECASE)),
    ("adapter", re.compile(r"\badapter\b|\blora\b|适配器", re.IGNORECASE)),
)


class LibrarySaid(Record):
    """What was said; None where nothing was."""

    folder: str | None = None
    base: str | None = None
    kind: ExportKind | None = None


def read_library(text: str) -> LibrarySaid:
    """The folder, base model and kind of export that a text names."""
    based = BASE.search(text)
    rest = f"{text[: based.start()]} {text[based.end() :]}" if based else text
    path = PATH.search(rest)
    return LibrarySaid(
        folder=(path["quoted"] or path["bare"]).rstrip(".") if path else None,
        base=based["base"] if based else None,
        kind=next((kind for kind, pattern in KINDS if pattern.search(text)), None),
    )
