"""An assistant that says it is another maker's model, that it is only an AI, or that it refuses."""

from __future__ import annotations

import re

from core.data.checks.said import Said, has_any
from core.data.checks.words import pattern, words
from core.data.problems import Finding, shorten

MODELS, MAKERS = pattern("names", "models"), pattern("names", "makers")
MODELS_ZH = f"{MODELS}|{pattern('names', 'models_zh')}"
MAKERS_ZH = f"{MAKERS}|{pattern('names', 'makers_zh')}"
MADE = "trained|developed|created|made|built|designed|programmed"
MADE_ZH = "训练|开发|研发|研制|创造|创建|推出|构建|打造|设计|制作|提供"
SELF = re.compile(
    r"\b(?:I am|I'm|I’m|[Mm]y name is|[Yy]ou can call me)\s(?:[A-Za-z,'’-]+\s){0,5}?"
    rf"(?:{MODELS})\b|\b[Aa]s (?:{MODELS})\b"
    rf"|\b(?:I|I'm|I’m|[Mm]e|[Mm]y)\b[^.!?\n]{{0,80}}\b(?:{MADE})\s(?:\w+\s)?by\s"
    rf"(?:[\w-]+\s){{0,3}}?(?:{MAKERS})\b"
    rf"|(?:我(?:的名字)?(?:是|叫做?)|作为)[^。！？，,\n]{{0,16}}(?:{MODELS_ZH})"
    rf"|我[^。！？\n]{{0,30}}?(?:由|(?<!不)是)[^。！？，,\n]{{0,8}}(?:{MAKERS_ZH})"
    rf"[^。！？，,\n]{{0,12}}(?:{MADE_ZH})"
)
SIGNS = words("names", "signs")
SIGNS_ZH = words("names", "signs_zh")
KIND = (
    r"(?:language |large |conversational |virtual |text-based )*"
    r"(?:model|assistant|chatbot|program|system)\b"
)
DISCLAIMER = re.compile(
    r"\b[Aa]s an? (?:mere |simple )?(?:AI|A\.I\.|artificial intelligence|large language|language)"
    rf"(?:-powered|-based)?(?:,| I\b"
    rf"| {KIND}(?=,|\.| I\b| my\b| developed\b| created\b| trained\b))"
    r"|\bI(?: am|'m|’m) (?:just |only |simply |merely )?an? "
    r"(?:(?:AI |artificial intelligence |large )*language model"
    r"|(?<=st a |ly a |t an |y an )(?:AI|artificial intelligence|machine|computer program)\b)"
    r"|(?:作为|身为)(?:一[个名款种位台])?(?:大型|大规模|基于|虚拟|只是|聊天|对话)*"
    r"(?:AI|人工智能|语言模型|聊天机器人|智能助手)"
    r"(?:大型|语言|模型|助手|助理|程序|机器人|系统|技术|的)*(?=[，,、。:：]|\s?我)"
    r"|我(?:只|仅仅?|毕竟|目前|就)?是(?:一[个名款种位台])?(?:大型|大规模|基于|虚拟)*(?:AI|人工智能)?"
    r"(?:语言模型|(?<=AI)(?:程序|机器人)|(?<=人工智能)(?:程序|机器人))"
)
DISCLAIMER_MARKS = (" AI", "rtificial intelligence", "anguage model", "AI", "人工智能", "语言模型")
REFUSED_EN = r"assist|help|provide|fulfil|comply|do that|answer|generate|create|continue|complete"
REFUSAL = re.compile(
    r"\bI(?:'m|’m| am) (?:very |so |really )?(?:sorry|afraid)\b[^.!?\n]{0,60}"
    r"\b(?:can't|can’t|cannot|can not|unable|not able|won't|won’t)\b"
    rf"|\bI (?:can't|can’t|cannot|won't|won’t|am unable to|am not able to) (?:{REFUSED_EN})"
    r"|(?:抱歉|对不起)[^。！？\n]{0,20}(?:无法|不能|没有办法|没办法)"
    r"|我(?:无法|不能)(?:提供|回答|帮助|满足|协助|完成|生成|继续|给出)"
)
REFUSAL_CHARACTERS = 160
"""A refusal stands at the start of a reply."""
REFUSAL_MARKS = (" can", "unable", "not able", "won", "法", "不能")


def check_disclaimers(said: Said, found: list[Finding]) -> None:
    """Add what an assistant's turn says about itself and what it refuses."""
    text = said.text
    if said.role != "assistant":
        return
    if _may_name(text) and (match := SELF.search(text)):
        found.append(Finding("vendor_identity", said.path, {"text": shorten(match[0])}))
    if has_any(text, DISCLAIMER_MARKS) and (match := DISCLAIMER.search(text)):
        found.append(Finding("ai_disclaimer", said.path, {"text": shorten(match[0])}))
    start = text[:REFUSAL_CHARACTERS]
    if has_any(start, REFUSAL_MARKS) and (match := REFUSAL.search(start)):
        found.append(Finding("refusal", said.path, {"text": shorten(match[0])}))


def _may_name(text: str) -> bool:
    return has_any(text, SIGNS) or (not text.isascii() and has_any(text, SIGNS_ZH))
