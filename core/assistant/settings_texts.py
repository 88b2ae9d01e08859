"""Settings whose values are names: layers, a commit, a licence, the run to begin with."""

from __future__ import annotations

import re

LIST = r"[\w.-]+(?:\s*(?:,|，|、|\s+and\s+|和)\s*[\w.-]+)*"
IS = r"\s*(?:=|:|：|\bto\b|\bis\b|\bare\b|是|为|用|改成|设为)\s*"
REST = r"(?P<{0}>[^,;，；。\n]+)"
COMMIT = r"[0-9a-f]{7,40}|v\d[\w.]*|main"
NAMED: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("target_modules", re.compile(
        rf"\b(?:target|adapt(?:er)?)[ _](?:modules?|layers?)(?:{IS}(?P<value>{LIST})"
        r"|\s+(?P<plain>\w+_\w+(?:\s*(?:,|，|、|\s+and\s+|和|\s)\s*\w+_\w+)*))"
        rf"|目标(?:模块|层){IS}(?P<zh>{LIST})", re.IGNORECASE)),
    ("modules_to_save", re.compile(
        rf"\bmodules[ _]to[ _]save{IS}(?P<value>{LIST})"
        rf"|(?:整层训练|完整训练)(?:的模块|的层)?{IS}?(?P<zh>{LIST})", re.IGNORECASE)),
    ("target_modules", re.compile(
        r"(?<!\w)(?P<value>\w+_proj(?:\s*(?:,|，|、|\s+and\s+|和|\s)\s*\w+_proj)*)(?!\w)",
        re.IGNORECASE)),
    ("revision", re.compile(
        rf"\b(?:revision|commit)(?:{IS}|\s+)(?P<value>{COMMIT})\b"
        rf"|(?:版本|修订)号?(?:{IS})?\s*(?P<zh>{COMMIT})(?![\w])", re.IGNORECASE)),
    ("licence_accepted", re.compile(
        rf"\blicen[cs]e[ _]accepted\s*[=:]\s*{REST.format('value')}", re.IGNORECASE)),
    ("description", re.compile(
        rf"\b(?:description|purpose)\s*[=:]\s*{REST.format('value')}"
        rf"|(?:描述|用途)\s*[=:：]\s*{REST.format('zh')}", re.IGNORECASE)),
)  # fmt: skip
"""The first that is found counts for its setting."""
ACCEPTS = re.compile(
    r"\b(?:accept|agree (?:to|with))\b[^,;.\n]{0,40}\b(?:licen[cs]e|terms)\b"
    r"|(?:同意|接受)[^,，;；。\n]{0,16}(?:许可证|许可协议|许可|协议|条款)",
    re.IGNORECASE,
)
LAST = "last"
"""Stands for the newest run that has a model."""
FROM = (
    r"(?:\b(?:start|begin|train|build|dpo|start_from)\w*\s*(?:=|\bfrom\b|\bon\b|\bwith\b)"
    r"|\bon top of\b|\bfrom\b(?=[^,;]*\b(?:result|model|adapter)\b)|从|在|基于)\s*"
)
BEGIN = re.compile(
    rf"{FROM}(?:(?:the|my|that|its)\s+)*(?:result of (?:the )?)?"
    r"(?P<last>(?:last|latest|newest|previous|tuned|finished)(?:\s+(?:tuned|finished))?\s+"
    r"(?:run|model|adapter|result)(?:'s (?:model|result))?"
    r"|(?:上一?次|上一个|最新|刚才|之前|微调后|调好)的?(?:训练|运行|微调)?的?(?:模型|结果|适配器)?)"
    r"(?:上|之上|的?基础上|开始)*",
    re.IGNORECASE,
)
FROM_BASE = re.compile(
    r"\b(?:start|begin)\w* (?:again )?(?:from|with) (?:scratch|the base(?: model)?)\b"
    r"|从(?:头|基础模型|原始模型)开始",
    re.IGNORECASE,
)


def take_texts(text: str, runs: tuple[str, ...] = ()) -> tuple[dict[str, str | None], bool, str]:
    """Settings with a name for a value, whether a licence is accepted, and the text without them.

    `runs` are names that a plan may begin with; None takes the setting away.
    """
    found: dict[str, str | None] = {}
    for field, pattern in NAMED:
        match = pattern.search(text)
        if match is None or field in found:
            continue
        value = next(one for one in match.groupdict().values() if one)
        is_list = field in ("target_modules", "modules_to_save")
        found[field] = _listed(value) if is_list else value.strip().strip("\"“”'")
        text = f"{text[: match.start()]} {text[match.end() :]}"
    begun, text = _begin(text, runs)
    accepts = ACCEPTS.search(text)
    return found | begun, accepts is not None, ACCEPTS.sub(" ", text)


def _listed(value: str) -> str:
    parts = re.split(r"\s*(?:,|，|、|\band\b|和|\s)\s*", value)
    return ",".join(part for part in parts if part)


def _begin(text: str, runs: tuple[str, ...]) -> tuple[dict[str, str | None], str]:
    """The run to begin with, and the text without it."""
    for name in sorted(runs, key=len, reverse=True):
        named = rf"{FROM}(?:(?:the|my|run)\s+)*[\"“「']?{re.escape(name)}[\"”」']?(?!\w)"
        if found := re.search(named, text, re.IGNORECASE):
            return {"start_from": name}, f"{text[: found.start()]} {text[found.end() :]}"
    if found := BEGIN.search(text):
        return {"start_from": LAST}, f"{text[: found.start()]} {text[found.end() :]}"
    if found := FROM_BASE.search(text):
        return {"start_from": None}, f"{text[: found.start()]} {text[found.end() :]}"
    return {}, text
