"""Count what is in a file: every number on the data card comes from here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from core.data.records import Example, Summary
from core.messages import Conversation

HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
# Kana, Hangul, Cyrillic, Greek, Arabic, Hebrew, Thai and the scripts of India.
OTHER = re.compile(
    r"[\u0370-\u058f\u0590-\u06ff\u0900-\u0fff\u1100-\u11ff\u3040-\u30ff\uac00-\ud7af]"
)
SAMPLED_CHARACTERS = 200
"""Of each of the first few turns; enough to tell a conversation's script."""
SAMPLED_TURNS = 4
LETTERS_PER_HAN = 3
"""A Han character says about as much as three letters of an alphabet."""


def summarise(rows: int, rejected: int, duplicates: int, examples: Sequence[Example]) -> Summary:
    """The summary of a file with `rows` rows, of which `examples` are usable."""
    talks = [example.conversation for example in examples]
    sizes = [sum(len(turn.content) for turn in talk.messages) for talk in talks]
    longest = max(range(len(sizes)), key=sizes.__getitem__, default=None)
    return Summary(
        rows=rows,
        kept=rows - rejected,
        rejected=rejected,
        duplicates=duplicates,
        usable=len(examples),
        turns=sum(len(talk.messages) for talk in talks),
        multi_turn=sum(sum(turn.role == "user" for turn in t.messages) > 1 for t in talks),
        with_system=sum(has_system(talk) for talk in talks),
        with_tools=sum(_has_tools(talk) for talk in talks),
        characters=sum(sizes),
        longest_row=None if longest is None else examples[longest].row,
        languages=dict(Counter(main_script(talk) for talk in talks).most_common()),
        tags=dict(Counter(tag for example in examples for tag in example.tags).most_common()),
    )


def has_system(conversation: Conversation) -> bool:
    """Whether a conversation has a system prompt anywhere."""
    return any(turn.role == "system" for turn in conversation.messages)


def _has_tools(conversation: Conversation) -> bool:
    return bool(conversation.tools) or any(turn.tool_calls for turn in conversation.messages)


def main_script(conversation: Conversation) -> str:
    """`en` (Latin letters), `zh` (Han characters) or `other`, by what most of the turns hold."""
    spoken = [turn for turn in conversation.messages if turn.role in ("user", "assistant")]
    text = " ".join(turn.content[:SAMPLED_CHARACTERS] for turn in spoken[:SAMPLED_TURNS])
    if text.isascii():
        return "en" if LATIN.search(text) else "other"
    weights = {
        "en": len(LATIN.findall(text)),
        "zh": len(HAN.findall(text)) * LETTERS_PER_HAN,
        # Japanese mixes Kana with Han: Kana decide.
        "other": len(OTHER.findall(text)) * LETTERS_PER_HAN * 2,
    }
    best = max(weights, key=weights.__getitem__)
    return best if weights[best] else "other"
