"""Where two answers differ: by words, and by characters where a language has no blanks."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from ui.markup import Html, join, tag, text

UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+|\s+|[^\w\s]")
"""A character of Chinese, Japanese or Korean, a word, blanks, or a sign."""
LONGEST = 1200
"""Words up to which two answers are compared: the time grows with the square of it."""
ALIKE = 0.15
"""Share of words in common from which differences are worth marking."""


def marked(answer: str, other: str) -> Html:
    """An answer with what the other one does not say at that place marked.

    Nothing is marked where both are the same, too long to compare, or have less than ALIKE of
    their words in common: then all of it is a difference, which needs no marks.
    """
    words, others = WORD.findall(answer), WORD.findall(other)
    if words == others or not words or max(len(words), len(others)) > LONGEST:
        return text(answer)
    matcher = SequenceMatcher(None, others, words, autojunk=False)
    common = sum(
        bool(word.strip())
        for _, start, size in matcher.get_matching_blocks()
        for word in words[start : start + size]
    )
    most = max(sum(bool(word.strip()) for word in each) for each in (words, others))
    if common < ALIKE * most:
        return text(answer)
    pieces: list[str] = []
    for kind, _, _, start, end in matcher.get_opcodes():
        piece = "".join(words[start:end])
        if not piece:
            continue
        differs = kind != "equal" and bool(piece.strip())
        pieces.append(tag("mark", piece, class_="dt-diff") if differs else piece)
    return join(pieces)
