"""How a reply fits the turn before it: its language, its words, its edges."""

from __future__ import annotations

import re

from core.data.checks.said import CODE, Said
from core.data.problems import Finding
from core.messages import Conversation

SAMPLED = 300
"""Characters of a text that tell its script."""
LETTERS = 20
"""With fewer letters, a script is not told."""
LETTERS_PER_HAN = 3
MOST = 0.75
SCRIPTS = {
    "Latin letters": re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
    "Chinese": re.compile("[\u3400-\u9fff\uf900-\ufaff]"),
    "Japanese": re.compile("[\u3040-\u30ff]"),
    "Korean": re.compile("[\uac00-\ud7af]"),
    "Cyrillic": re.compile("[\u0400-\u052f]"),
    "Arabic": re.compile("[\u0600-\u06ff]"),
    "Devanagari": re.compile("[\u0900-\u097f]"),
    "Thai": re.compile("[\u0e00-\u0e7f]"),
}
# A turn that names a language may ask for it.
ASKS_LANGUAGE = re.compile(
    r"translat|翻译|译成|译为|[英中汉日韩法德俄]语|[英中日韩法德俄]文|拼音|双语|français|español"
    r"|\b(?:English|Chinese|Mandarin|Japanese|Korean|Russian|Arabic|Hindi|Thai|French|German|Spanish"
    r"|pinyin|language)\b",
    re.IGNORECASE,
)
REPEATED_CHARACTERS = 30
"""A shorter question may well be said again."""
FEW_CHARACTERS = 20
NOTHING_SAID = frozenset({"nan", "undefined", "[object object]", "#n/a", "#value!", "<na>"})
WORDLESS = re.compile(r"[\s.…。,，;；:：!！?？\-—–_*#/\\|~`'\"“”‘’()（）\[\]【】<>《》]+")


def check_edges(said: Said, found: list[Finding]) -> None:
    """Add that white space stands at the start or the end of a text."""
    if said.text and (said.text[0].isspace() or said.text[-1].isspace()) and said.text.strip():
        found.append(Finding("edge_whitespace", said.path))


def check_wordless(said: Said, found: list[Finding]) -> None:
    """Add that a reply has no words, or only what a program writes for nothing."""
    if said.role != "assistant" or len(said.text) > FEW_CHARACTERS or not said.text.strip():
        return
    if WORDLESS.fullmatch(said.text) or said.text.strip().casefold() in NOTHING_SAID:
        found.append(Finding("reply_without_words", said.path, {"text": said.text.strip()}))


def check_replies(talk: Conversation, found: list[Finding]) -> None:
    """Add replies in another script than their question, and replies that repeat it."""
    turns = talk.messages
    for index in range(1, len(turns)):
        asked, reply = turns[index - 1], turns[index]
        if reply.role == "assistant" and asked.role == "user":
            path = ("messages", index, "content")
            _check_repeat(asked.content.strip(), reply.content.strip(), path, found)
            _check_script(asked.content, reply.content, path, found)


def _check_repeat(
    asked: str, reply: str, path: tuple[str | int, ...], found: list[Finding]
) -> None:
    if asked == reply and asked:
        found.append(Finding("reply_is_question", path))
    elif len(asked) >= REPEATED_CHARACTERS and reply.startswith(asked):
        found.append(Finding("reply_repeats_question", path))


def _check_script(
    asked: str, reply: str, path: tuple[str | int, ...], found: list[Finding]
) -> None:
    if asked.isascii() == reply.isascii() and (reply.isascii() or _same_han(asked, reply)):
        return
    theirs, ours = script_of(asked), script_of(reply)
    if not theirs or not ours or theirs == ours or ASKS_LANGUAGE.search(asked):
        return
    found.append(Finding("reply_language", path, {"kind": ours, "guess": theirs}))


def _same_han(asked: str, reply: str) -> bool:
    han = SCRIPTS["Chinese"]
    return bool(han.search(asked[:SAMPLED]) and han.search(reply[:SAMPLED]))


def script_of(text: str) -> str:
    """The script that most of a text's start is written in; "" when that is not plain."""
    start = CODE.sub(" ", text[: 2 * SAMPLED])[:SAMPLED]
    counts = {name: len(script.findall(start)) for name, script in SCRIPTS.items()}
    counts["Chinese"] *= LETTERS_PER_HAN
    if counts["Japanese"]:
        counts["Japanese"] = (counts["Japanese"] + counts.pop("Chinese")) * 2
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] >= max(LETTERS, MOST * sum(counts.values())) else ""
