"""What people call settings and their values, as patterns: from `settings.toml` and the plan."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

from core.assistant.numerals import NUMBER
from core.training.plan_changes import PlanChanges

LINK = (
    r"(?:(?:\s|=|:|\b(?:to|of|as|at|is|be|should|with|after|about|around|just|only|value|use)\b"
    r"|大概|[改成为到调设置用是换变降提升高低至约定在])*)"
)
SHARES = frozenset(("dropout", "train_share", "warmup_ratio", "weight_decay"))
"""Settings from 0 to 1, which people also say in per cent."""
PERCENT = r"(?: ?%| ?percent\b)"
BOOLS = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
NOT_THIS = re.compile(r"(?:\b(?:from|instead of|rather than|not|than)|从|而不是|不是|不用) ?$")
"""What stands before a value that is not wanted."""

_FILE: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("settings.toml").read_text(encoding="utf-8")
)


def own_name(field: str) -> str:
    """A setting's own name, as a person may type it."""
    return field.replace("_", "[ _-]?")


NAMES: dict[str, str] = {
    field: f"{own_name(field)}|{said}" for field, said in _FILE["name"].items()
}
UNITS: dict[str, str] = _FILE["unit"]
WITHOUT: dict[str, float] = _FILE["without"]
TRACKERS = {name: re.compile(said) for name, said in _FILE["trackers"].items() if name != "none"}
NO_TRACKERS = re.compile(_FILE["trackers"]["none"])


class Choice(NamedTuple):
    """A way to say that a setting gets a value."""

    field: str
    value: Any
    said: re.Pattern[str]


def _words(field: str) -> dict[str, Any]:
    """The words that a plan allows for a setting, and what each stands for."""
    kinds = get_args(PlanChanges.model_fields[field].annotation)
    if bool in kinds:
        return BOOLS
    allowed = (get_args(kind) for kind in kinds if get_origin(kind) is Literal)
    return {word: word for words in allowed for word in words}


def _by_own_names() -> Iterator[Choice]:
    for field in PlanChanges.model_fields:
        for word, value in _words(field).items():
            said = re.compile(rf"(?<![a-z]){own_name(field)}{LINK}{word}(?![\w.])")
            yield Choice(field, value, said)


def _as_said() -> Iterator[Choice]:
    for each in _FILE["choice"]:
        yield Choice(each["field"], each["value"], re.compile("|".join(each["said"])))


def _taken_away() -> Iterator[Choice]:
    for each in _FILE["choice"]:
        if "off" in each:
            value = each.get("off_value", False)
            yield Choice(
                each["field"], None if value == "none" else value, re.compile("|".join(each["off"]))
            )
    refuse = r"\b(?:no|without|zero|disable|turn off|do not (?:use|want)|never use) (?:any |the )?"
    refuse_zh = r"(?:不要?|别|无需?|不用|没有|关闭?|关掉|取消|去掉|禁用)(?:启用|使用|任何)? ?"
    for field, value in WITHOUT.items():
        said = rf"{refuse}(?:{NAMES[field]})(?![\w])|{refuse_zh}(?:{NAMES[field]})(?! ?\d)"
        yield Choice(field, value, re.compile(said))


OFF: tuple[Choice, ...] = tuple(_taken_away())
"""What is said of a setting that is not wanted at all; a `do not` belongs to these."""
CHOICES: tuple[Choice, ...] = (*_by_own_names(), *_as_said())
"""The first one that is found counts for its setting."""


def _scanner() -> re.Pattern[str]:
    """One pattern for every way to say a number, so that a scan from the left takes each once."""
    ways = [
        r"(?P<more>(?:再多?|多)(?:训练|跑|来|练|学)? ?(?P<more_zh>\d+) ?(?:个 ?)?"
        r"(?:轮|遍|epochs?))",
        r"(?P<more_en>\d+) (?:more|additional|extra) (?:epochs?|passes)\b",
        rf"\beffective batch(?: size)?{LINK}(?P<whole_en>\d+)|有效批(?:次|量)?(?:大小)?{LINK}"
        r"(?P<whole_zh>\d+)",
        r"\b(?:keep|retain|store|hold)\b(?: [a-z]+){0,4}? for (?P<kept>\d+) "
        r"(?P<kept_unit>day|week|month|year)s?\b",
        r"保[留存](?:期|时间)?(?:结果|文件|模型|它)? ?(?P<kept_zh>\d+) ?(?:个 ?)?"
        r"(?P<kept_unit_zh>天|日|周|星期|月|年)",
    ]
    ways += [
        rf"(?<![a-z])(?:{alias})-?{LINK}(?P<name_{field}>{_number(field)})(?![\w.])"
        for field, alias in NAMES.items()
    ]
    ways += [
        rf"(?<![\w.])(?<!第)(?<!第 )(?P<unit_{field}>{_number(field)})[ -]?(?:{unit})(?![a-z])"
        for field, unit in UNITS.items()
        if field not in SHARES
    ]
    ways += [
        rf"(?<![\w.])(?P<unit_{field}>{NUMBER}{PERCENT}|0?\.\d+)[ -]?(?:{UNITS[field]})(?![a-z])"
        for field in SHARES
    ]
    ways.append(r"(?P<rate>(?:0?\.\d+|\d+(?:\.\d+)?e-\d+)) (?:learning rate|lr)\b")
    for field, alias in NAMES.items():
        ways.append(
            rf"(?P<double_{field}>\b(?:double|twice)(?: of)?(?: the)? (?:{alias})(?![a-z]))"
        )
        ways.append(rf"(?P<halve_{field}>\b(?:halve|half)(?: of)?(?: the)? (?:{alias})(?![a-z]))")
        ways.append(rf"(?P<doubled_{field}>(?:{alias}) ?(?:翻倍|加倍|翻一番|doubled))")
        ways.append(rf"(?P<halved_{field}>(?:{alias}) ?(?:减半|halved))")
    return re.compile("|".join(ways))


def _number(field: str) -> str:
    return f"{NUMBER}{PERCENT}?" if field in SHARES else NUMBER


SCANNER = _scanner()
DIRECTION = re.compile(
    r"\b(lower|higher|increase|decrease|reduce|raise|bigger|smaller|larger|fewer|less|more|longer"
    r"|shorter|slower|faster|change|adjust|different|another|other|set|modify|tweak"
    r"|too (?:high|low|big|large|small|long|short|many|few))\b"
    r"|[调改降提升增减加换][高低大小多少长短]?|[大小高低多少长短]一?[点些]"
)
LONGER = re.compile(
    r"\btrain (it )?(for )?(a bit |a little |much )?(longer|shorter)\b"
    r"|训练久一?点|多(训练|跑|练)(一会|几)"
)
ABOUT: dict[str, str] = {
    **{field: rf"(?<![a-z])(?:{alias})(?![a-z])" for field, alias in NAMES.items()},
    **_FILE["about"],
}
"""How a change without a value says what it is about."""
DAYS = {"day": 1, "week": 7, "month": 30, "year": 365,
        "天": 1, "日": 1, "周": 7, "星期": 7, "月": 30, "年": 365}  # fmt: skip
