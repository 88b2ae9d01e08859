"""Names inside a sentence: what the person calls a run, and which base model they want."""

from __future__ import annotations

import re

QUOTED = r"""["“「『'‘](?P<{0}>[^"”」』'’]+)["”」』'’]"""
END = r"(?=\s+(?:and|with|then|please|but)\b|\.(?=\s|$)|[,;，；。、!！?？\n]|$)"
NAME_EN = re.compile(
    r"\b(?:(?:call|name|rename)\s+(?:it|this(?:\s+run)?|that|(?:the|my)\s+(?:run|model|bot|adapter))"
    r"(?:\s+to)?|named|called|(?<!my )(?<!your )(?:run\s+)?name\s*(?:is|=|:|to|should\s+be)"
    r"|^name\b)\s*[:=]?\s*(?:" + QUOTED.format("quoted") + rf"|(?P<bare>[^\s,;，。].*?){END})",
    re.IGNORECASE,
)
NAME_ZH = re.compile(
    r"(?:(?:把它|给它|它)?(?:重新)?(?:命名|取名|起名|改名)(?:字)?(?:为|叫做?|成)?"
    r"|(?<!我的)(?<!你的)(?<!我)(?<!你)(?:名字|名称)(?:叫做?|改成|改为|换成|设为|是|为|用)?"
    r"|(?:就|它)?叫(?:它|做|作))\s*[:：]?\s*"
    r"(?:" + QUOTED.format("quoted") + r"|(?P<bare>[^\s,，。；;、!！?？]+?)"
    r"(?=吧|并且|然后|[\s,，。；;、!！?？]|$))"
)
HUB_ID = r"[A-Za-z0-9][\w.-]*/[\w.-]*\w"
VERSIONED = r"[A-Za-z][\w.]*-[\w.-]*\d[\w.-]*"
FOLDER = r"(?:~|\.{1,2})?/[\w./-]+"
CUE = (
    r"(?:\b(?:use|with|using|try|switch to|change to|pick|take|on|model|model:|base|to|is|of)\b"
    r"|用|换成|改成|改为|模型|选择?|是|为)"
)
MODEL = re.compile(
    rf"{CUE}\s*(?:the\s+)?(?:base\s+)?(?:model\s+)?(?:模型)?\s*[:=]?\s*"
    rf"[\"“「']?(?<!\w)(?P<model>{FOLDER}|{HUB_ID}|{VERSIONED})[\"”」']?(?![\w/])",
    re.IGNORECASE | re.ASCII,
)
NOT_MODELS = re.compile(
    r"^(?:run|ds|rep|chat)-|^(?:base/tuned|tuned/base|and/or|or/and|yes/no|train/test|n/a)$"
    r"|\.(?:jsonl?|ya?ml|csv|txt)$|^\d+/\d+$",
    re.IGNORECASE,
)
ASKED = re.compile(r"什么|啥|哪")
NEW_NAME = re.compile(
    r"(?:^.*?\b(?:rename|relabel)\b.*?\bto\b|\b(?:as|under the name(?: of)?|called|named)\b"
    r"|^.*?\bcall (?:the|this|that|my)(?: last| newest)? (?:run|training)\b"
    r"|(?:改名|更名|重命名)(?:为|叫|成)?|名为|叫做|叫)\s*[:：]?\s*"
    r"[\"“「『'‘]?(?P<name>[^\"”」』’\n]+?)[\"”」』'’]?\s*(?:please|吧)?[.。!！]*$",
    re.IGNORECASE,
)


def take_name(text: str) -> tuple[str | None, str]:
    """The name that the text gives to a run, and the text without it."""
    match = NAME_EN.search(text) or NAME_ZH.search(text)
    if match is None:
        return None, text
    name = (match["quoted"] or match["bare"]).strip().strip("\"“”'")
    if not name or ASKED.search(name):
        return None, text
    return name, f"{text[: match.start()]} {text[match.end() :]}"


def new_name(text: str) -> str | None:
    """What the end of a text says that something shall be called; None when it says nothing."""
    match = NEW_NAME.search(text)
    if match is None:
        return None
    name = match["name"].strip()
    return None if ASKED.search(name) else name


def take_model(text: str, known: tuple[str, ...]) -> tuple[str | None, str]:
    """The base model that the text asks for, and the text without it.

    Known names count beside a word such as `model` or `use`; else a Hub id, a folder, or a name
    with a version number right after such a word.
    """
    for name in sorted(known, key=len, reverse=True):
        word = rf"(?<![\w/.-]){re.escape(name)}(?![\w/-]|\.\w)"
        found = re.search(word, text, re.IGNORECASE | re.ASCII)
        rest = f"{text[: found.start()]} {text[found.end() :]}" if found else ""
        if found and re.search(rf"{CUE}|换|改", rest, re.IGNORECASE):
            return name, rest
    match = MODEL.search(text)
    if match is None or NOT_MODELS.search(match["model"]):
        return None, text
    return match["model"], f"{text[: match.start()]} {text[match.end() :]}"
