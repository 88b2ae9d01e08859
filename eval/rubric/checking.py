"""Criteria that code can decide, told by their text, so that no judge has to be asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import TypeAdapter

from eval.checks.kinds import Check

WHO = (
    r"(?:the |an? )?(?:answer|reply|response|assistant|output|it|text)?\s*"
    r"(?:must|should|has to|needs to|always)?\s*"
)
WHO_ZH = r"(?:回答|答案|回复|输出)?(?:必须|应该|应当|应|需要|需|要|须)?"
QUOTED = r"[\"“'‘「『]([^\"”'’」』]{1,200})[\"”'’」』]"
SEVERAL = rf"{QUOTED}(?:(?:\s?(?:,|、|，|and|or|和|与|或者|或)){{1,2}}\s?{QUOTED}){{0,7}}"
UNIT = r"(words?|characters?|chars?|letters?)"
NUMBER = r"(\d{1,6})"
SAYS = (
    r"(?:mentions?|contains?|includes?|says?|names?|uses?)"
    r"(?: the (?:words?|phrases?|texts?|names?|terms?))?"
)
SAYS_ZH = r"(?:提到|提及|包含|含有|出现|写明|说明|使用)"
LANGUAGES: Mapping[str, str] = {
    "english": "en", "chinese": "zh", "german": "de", "french": "fr", "spanish": "es",
    "italian": "it", "japanese": "ja", "korean": "ko", "russian": "ru", "portuguese": "pt",
    "英文": "en", "英语": "en", "中文": "zh", "汉语": "zh", "日文": "ja", "日语": "ja",
}  # fmt: skip
LONGEST = 300
"""Characters; a longer text asks for more than one thing."""
Found = Mapping[str, Any] | None


def proposed(text: str) -> Check | None:
    """The check that decides a criterion as its text says; None when only a reader can.

    The whole text must be one plain demand: a condition, or a second demand, leaves it to a judge.
    """
    plain = " ".join(text.split()).strip().rstrip(".。")
    if len(plain) > LONGEST:
        return None
    for pattern, make in RULES:
        if (match := pattern.fullmatch(plain)) and (found := make(match)):
            check: Check = TypeAdapter(Check).validate_python(found)
            return check
    return None


def _rule(start: str, rest: str, make: Callable[[re.Match[str]], Found]) -> tuple[Any, Any]:
    return re.compile(start + rest, re.IGNORECASE), make


def _at_most(match: re.Match[str]) -> Found:
    return _length(match, None, int(match[1]))


def _below(match: re.Match[str]) -> Found:
    return _length(match, None, int(match[1]) - 1) if int(match[1]) > 1 else None


def _at_least(match: re.Match[str]) -> Found:
    return _length(match, int(match[1]), None)


def _above(match: re.Match[str]) -> Found:
    return _length(match, int(match[1]) + 1, None)


def _between(match: re.Match[str]) -> Found:
    low, high = int(match[1]), int(match[2])
    return _length(match, low, high) if low <= high else None


def _length(match: re.Match[str], low: int | None, high: int | None) -> Found:
    """字 counts as a word: in Chinese each character is one, and punctuation is none."""
    unit = match[match.re.groups].lower()
    name = "words" if unit.startswith("word") or unit == "字" else "chars"
    bounds = {f"min_{name}": low, f"max_{name}": high}
    if high == 0:
        return None
    return {"type": "length", **{key: value for key, value in bounds.items() if value is not None}}


def _contains(match: re.Match[str]) -> Found:
    """Either text where they are joined by `or`, else all of them."""
    texts = re.findall(QUOTED, match.group())
    outside = re.sub(QUOTED, " ", match.group())
    either = bool(re.search(r"\bor\b|或", outside))
    if len(texts) == 1:
        return {"type": "contains", "text": texts[0], "normalise": "fold"}
    return {"type": "contains", "any" if either else "all": texts, "normalise": "fold"}


def _lacks(match: re.Match[str]) -> Found:
    return {
        "type": "contains",
        "none": re.findall(QUOTED, match.group()),
        "normalise": "fold",
    }


def _begins(match: re.Match[str]) -> Found:
    return {"type": "regex", "pattern": rf"\A\s*{re.escape(match[1])}"}


def _ends(match: re.Match[str]) -> Found:
    return {"type": "regex", "pattern": rf"{re.escape(match[1])}\s*\Z"}


def _language(match: re.Match[str]) -> Found:
    code = LANGUAGES.get(match[1].lower())
    return {"type": "language", "language": code} if code else None


NOT = r"(?:does not|doesn't|do not|must not|should not|never|may not|cannot)\s+(?:ever )?"
RULES = (
    _rule(WHO, rf"(?:is |has |have |be |uses? )?(?:at most|no more than|not more than|up to|"
               rf"a maximum of|within) {NUMBER} {UNIT}(?: long)?", _at_most),
    _rule(WHO, rf"(?:is |has |have |be )?(?:fewer than|less than|under|below|shorter than) "
               rf"{NUMBER} {UNIT}(?: long)?", _below),
    _rule(WHO, rf"(?:is |has |have |be )?(?:at least|no fewer than|no less than|a minimum of) "
               rf"{NUMBER} {UNIT}(?: long)?", _at_least),
    _rule(WHO, rf"(?:is |has |have |be )?(?:more than|over|longer than) {NUMBER} {UNIT}", _above),
    _rule(WHO, rf"(?:is |has |have |be )?(?:between )?{NUMBER} ?(?:and|to|-|–) ?{NUMBER} {UNIT}"
               rf"(?: long)?", _between),
    _rule(WHO_ZH, rf"(?:长度)?(?:不超过|最多|不多于|控制在|至多){NUMBER}(?:个)?(字符|字)(?:以内)?",
          _at_most),
    _rule(WHO_ZH, rf"(?:长度)?(?:至少|不少于|最少)(?:有)?{NUMBER}(?:个)?(字符|字)", _at_least),
    _rule(WHO_ZH, rf"(?:长度)?(?:在|为|是)?{NUMBER}(?:到|至|-|–){NUMBER}(?:个)?(字符|字)(?:之间)?",
          _between),
    _rule(WHO, rf"(?:{NOT}|avoids? )(?:mention|contain|include|say|name|use)(?:ing|ning|ding)?"
               rf"(?: the (?:words?|phrases?|terms?))? {SEVERAL}", _lacks),
    _rule(WHO, rf"{SAYS} (?:both |either )?{SEVERAL}", _contains),
    _rule(WHO_ZH, rf"(?:不得|不要|不能|不应|不可|不|未|没有|避免){SAYS_ZH}{SEVERAL}", _lacks),
    _rule(WHO_ZH, rf"{SAYS_ZH}(?:了)?{SEVERAL}", _contains),
    _rule(WHO, rf"(?:begins?|starts?) with {QUOTED}", _begins),
    _rule(WHO, rf"ends? with {QUOTED}", _ends),
    _rule(WHO_ZH, rf"以{QUOTED}(?:开头|开始)", _begins),
    _rule(WHO_ZH, rf"以{QUOTED}(?:结尾|结束)", _ends),
    _rule(WHO, r"(?:is|be) (?:a )?(?:only )?(?:valid )?JSON(?: object)?"
               r"(?: and nothing else| only)?", lambda _: {"type": "json"}),
    _rule(WHO_ZH, r"(?:只)?是(?:一个)?(?:有效|合法)?的?\s?JSON(?:格式|对象)?",
          lambda _: {"type": "json"}),
    _rule(WHO, r"(?:is |be |replies |reply |answers )?(?:written |given )?in (?:the )?"
               r"(?:same )?language (?:of|as) the (?:question|user)(?:'s question)?",
          lambda _: {"type": "language"}),
    _rule(WHO, r"(?:is |be |replies |reply |answers )?(?:written |given )?in (\w+)", _language),
    _rule(WHO_ZH, r"(?:使)?用(?:的是)?(\w{2})(?:书写|回答|作答)?", _language),
    _rule(WHO, rf"{NOT}repeat itself", lambda _: {"type": "repetition"}),
    _rule(WHO_ZH, r"(?:不|没有|不得)重复(?:自己|内容)?", lambda _: {"type": "repetition"}),
)  # fmt: skip
"""Tried in order, each on the whole text."""
