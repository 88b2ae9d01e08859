"""Understand what a person asks for, without a language model, in English and Chinese."""

from __future__ import annotations

import re

from core.assistant import phrases
from core.assistant.phrases import Intent
from core.assistant.plain import is_asked, plain
from core.assistant.settings_said import SettingsSaid, read_settings
from core.messages import Record

MEANINGS = tuple((intent, re.compile("|".join(said))) for intent, said in phrases.MEANINGS)
NEGATED = re.compile(phrases.NEGATED)
HOLD = re.compile(phrases.HOLD)
APPROVE_EN = re.compile(phrases.APPROVE_EN)
APPROVE_ZH = re.compile(
    rf"({phrases.FILLERS_ZH})*({phrases.APPROVE_ZH})({phrases.APPROVE_ZH}|{phrases.FILLERS_ZH})*"
)
VERBS = re.compile(phrases.VERBS)
DECLINE = re.compile(
    rf"{phrases.DECLINE_EN}( (it|that|this|thanks?|please|the|plan|run|training|you))*"
    rf"|{phrases.DECLINE_ZH}(吧|了|它|训练|微调|计划|这个|谢谢)*"
)
COMMANDS = re.compile(
    r"^(please |now |lets )*(resume|continue|compare|evaluate|list|talk|stop|report)\b(?! after\b)"
    r"|^(请|帮我)?(继续|恢复|对比|比较|评估|评测|列出)"
)
QUESTION = re.compile(
    r"^(what|why|how|when|which|who|where|is|are|was|were|did|does|do (i|we|you)|has|have)\b"
    r"(?! (about|if|not use))|吗|么$|为什么|为啥|多少|什么|怎么|几[轮步个]|是不是|有没有|够不够"
)
REQUEST = re.compile(
    r"^(can|could|would|will|shall|may|should) (you|we|i)\b|^(how|what) about\b|^what if\b|^why not\b"
    r"|能不能|可不可以|可以|能否|能(?=用|改|把|换|调|设)|要不|不如|怎么样$"
)
RUN_ID = re.compile(r"\brun-\d{8}-\d{6}-[0-9a-f]{4}\b")
LIMIT = re.compile(
    r"\b(?:on|with|use|using|only|first) (\d+) (?:test |held ?out )?"
    r"(?:samples?|examples?|prompts?|questions?|rows?)\b|(\d+) ?(?:条|个?样本|个?问题|个?例子)"
)
PURPOSE = re.compile(
    r"\b(?:goal|purpose|aim) (?:is|:)|\bi (?:want|need|would like)\b.* to\b|\bso that\b|\bin order to\b"
    r"|\bteach (?:it|the model|him|her)\b|\bshould (?:answer|reply|speak|sound|act|be|write|classify)\b"
    r"|目标是|目的是|希望|让(?:它|模型|他)|想要(?:它|一个|做)|用于|用来",
    re.IGNORECASE,
)
ACTS: frozenset[Intent] = frozenset(
    ("train", "stop_run", "resume", "compare", "evaluate", "stop_engine", "demo_data", "new_chat")
)
"""What a `do not` in the sentence takes back."""


class Request(Record):
    """What a sentence asks for."""

    intent: Intent
    settings: SettingsSaid = SettingsSaid()
    run: str | None = None
    """Id or name of the run that it speaks of."""
    limit: int | None = None
    """At most this many samples."""
    purpose: str = ""
    """The person's words for what the tuned model is for."""


class Known(Record):
    """Names that a sentence may use."""

    models: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    """Names of runs, newest first."""


def understand(text: str, pending: bool = False, known: Known | None = None) -> Request:
    """What the text asks for; `pending` says that something waits for a yes or no."""
    known = known or Known()
    said = plain(text)
    settings = read_settings(text, known.models)
    intent = _intent(text, said, settings, pending)
    limit = LIMIT.search(said) if intent == "evaluate" else None
    return Request(
        intent=intent,
        settings=settings,
        run=_run(text, known),
        limit=int(limit[1] or limit[2]) if limit else None,
        purpose=text.strip() if PURPOSE.search(text) else "",
    )


def is_approval(text: str) -> bool:
    """Whether the whole text is a yes: no question, no condition, nothing else asked."""
    said = plain(text)
    if is_asked(text) or not said:
        return False
    if APPROVE_EN.fullmatch(said) or APPROVE_ZH.fullmatch(said.replace(" ", "")):
        return True
    words = said.split()
    return set(words) <= phrases.APPROVE_WORDS | phrases.FILLERS and any(
        word in phrases.APPROVE_WORDS for word in words
    )


def is_refusal(text: str) -> bool:
    """Whether the whole text is a no."""
    said = plain(text)
    return bool(DECLINE.fullmatch(said) or DECLINE.fullmatch(said.replace(" ", "")))


def _intent(text: str, said: str, settings: SettingsSaid, pending: bool) -> Intent:
    if pending and (answer := _answer(text, said, settings)):
        return answer
    if settings.any and not COMMANDS.search(said) and _is_wish(text, said):
        return "change"
    meaning = next((intent for intent, said_for in MEANINGS if said_for.search(said)), "unknown")
    if NEGATED.search(said) and (meaning in ACTS or (meaning == "unknown" and VERBS.search(said))):
        return "leave"
    return meaning


def _answer(text: str, said: str, settings: SettingsSaid) -> Intent | None:
    """Yes, no or wait, when something is pending and the text is nothing else."""
    if settings.any:
        return None
    if is_approval(text):
        return "approve"
    if is_refusal(text):
        return "decline"
    return "hold" if HOLD.search(said) else None


def _is_wish(text: str, said: str) -> bool:
    """Whether a sentence that names settings wants them, rather than asks about them."""
    if REQUEST.search(said):
        return True
    return not QUESTION.search(said) and not is_asked(text)


def _run(text: str, known: Known) -> str | None:
    if found := RUN_ID.search(text.casefold()):
        return found[0]
    lowered = text.casefold()
    names = sorted({name for name in known.runs if len(name) > 2}, key=len, reverse=True)
    for name in names:
        if re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", lowered):
            return name
    return None
