"""Plain English prose that every Python installation carries: its own documentation strings."""

from __future__ import annotations

import ast
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

_SKIPPED = {"site-packages", "dist-packages", "test", "tests", "idlelib", "lib2to3", "__pycache__"}
_CODE_MARKS = re.compile(r">>>|``|[_{}\\|=<>]|\.\. |::|https?:")


def _docstrings(path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError, ValueError):
        return
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in ast.walk(tree):
        if isinstance(node, documented):
            text = ast.get_docstring(node)
            if text:
                yield text


def _raw_texts() -> Iterator[str]:
    # The import is here because the topics are one large module that only this function needs.
    from pydoc_data import topics

    yield from topics.topics.values()
    root = Path(sysconfig.get_path("stdlib"))
    for path in sorted(root.rglob("*.py")):
        if not _SKIPPED.intersection(path.relative_to(root).parts):
            yield from _docstrings(path)


def paragraphs() -> list[str]:
    """Return every distinct paragraph of the standard library that reads like a sentence."""
    found: dict[str, None] = {}
    for text in _raw_texts():
        for block in re.split(r"\n\s*\n", text):
            line = " ".join(block.split())
            letters = sum(character.isalpha() or character == " " for character in line)
            if len(line) >= 60 and letters > 0.93 * len(line) and not _CODE_MARKS.search(line):
                found[line] = None
    return list(found)
