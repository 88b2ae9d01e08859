"""Places that a template left open for a person to fill in."""

from __future__ import annotations

import re

from core.data.checks.said import Said, has_any, prose
from core.data.problems import Finding, shorten

NAMED = "|".join(
    (
        r"(?:FULL |FIRST |LAST |USER |COMPANY |PRODUCT |BRAND |CLIENT |CUSTOMER |RECIPIENT )?NAME",
        r"COMPANY|ADDRESS|CITY|STATE|ZIP(?: CODE)?|DATE|EMAIL(?: ADDRESS)?|PHONE(?: NUMBER)?",
        r"(?:JOB )?TITLE|POSITION|RECIPIENT|SENDER|SIGNATURE|LOCATION|DEPARTMENT|ORGANI[SZ]ATION",
        r"SCHOOL|UNIVERSITY|AMOUNT|PRODUCT",
    )
)
NAMED_ZH = (
    "姓名|名字|公司(?:名称?)?|日期|地址|电话(?:号码)?|手机号?码?|邮箱(?:地址)?|职位|学校|城市"
    "|部门|产品(?:名称?)?|品牌(?:名称?)?|金额|单位|行业|作者"
)
# Each pattern begins with its mark, which is what makes the search for it fast.
# In braces: not after a letter, a brace or a LaTeX mark, where they group.
BRACES = re.compile(
    r"\{\{(?<![A-Za-z0-9_{}\\^$]\{\{)\s?[^\W\d][\w .:-]{1,40}\s?\}\}(?!\})|\$\{[^\W\d]\w{1,40}\}"
)
# In brackets: not an index (`row[NAME]`) and not a link (`[Name](...)`).
BRACKETS = re.compile(
    r"\[(?<![A-Za-z0-9_)\]]\[)(?:(?i:your|insert|enter|fill in)[ _][^\]\[\n]{1,40}"
    rf"|(?:{NAMED})|(?:{NAMED.title()}))\](?!\()"
)
BRACKETS_ZH = re.compile(
    rf"\[(?:(?:您的|你的|插入|请?填写|请?输入)[^\]\[\n]{{1,20}}|(?:{NAMED_ZH}))\]"
)
CORNERS = re.compile(r"【(?:您的|你的|插入|请?填写|请?输入)[^】【\n]{1,20}】")
ANGLES = re.compile(
    r"<(?:(?i:your|insert|enter)[ _-][A-Za-z _-]{1,40}|(?:你的|您的)[^<>\n]{1,12})>"
)
PATTERNS = (("{", BRACES), ("[", BRACKETS), ("[", BRACKETS_ZH), ("【", CORNERS), ("<", ANGLES))
CODE_MARKS = ("{{", "${")
"""What stands in code, too."""
DRAFT = re.compile(r"[Ll]orem ipsum|(?<![A-Za-z_])(?:TODO(?=[:：\s]|$)|(?:FIXME|TBD)(?![A-Za-z_]))")
DRAFT_MARKS = ("orem ipsum", "TODO", "FIXME", "TBD")


def find_placeholders(text: str) -> list[str]:
    """The different placeholders that a text holds outside of code, in order."""
    return list(dict.fromkeys(text[start:end] for start, end in _places(text)))


def _places(text: str) -> list[tuple[int, int]]:
    likely = [pattern for mark, pattern in PATTERNS if mark in text]
    if not any(pattern.search(text) for pattern in likely):
        return []
    open_text = prose(text)
    places: list[tuple[int, int]] = []
    for place in sorted(m.span() for pattern in likely for m in pattern.finditer(open_text)):
        if not places or place[0] >= places[-1][1]:  # one may stand inside another
            places.append(place)
    return places


def check_placeholders(said: Said, found: list[Finding]) -> None:
    """Add each different placeholder of a text, and words that mark a draft."""
    names = find_placeholders(said.text)
    if any(name.startswith(CODE_MARKS) for name in names) and said.topic.is_templates:
        names = [name for name in names if not name.startswith(CODE_MARKS)]
    for name in names:
        found.append(Finding("placeholder", said.path, {"placeholder": shorten(name)}))
    if has_any(said.text, DRAFT_MARKS) and not said.topic.is_code:
        for word in dict.fromkeys(DRAFT.findall(prose(said.text))):
            found.append(Finding("draft_text", said.path, {"word": word}))


def fill_placeholders(text: str, answers: dict[str, str]) -> str:
    """The text with the placeholders that have an answer filled in, outside of code.

    Answers are named by the whole placeholder (`{{name}}`) or by what stands inside (`name`).
    """

    def fill(name: str) -> str:
        return answers.get(name, answers.get(name.strip("{}[]<>【】$ "), name))

    parts, end = [], 0
    for start, stop in _places(text):
        parts += [text[end:start], fill(text[start:stop])]
        end = stop
    return "".join([*parts, text[end:]])
