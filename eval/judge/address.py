"""Answers that speak to whoever grades them, and what is left of them without those words."""

from __future__ import annotations

import re

SENTENCE = re.compile(r"[^\n.!?。！？;；]*[\n.!?。！？;；]*", re.DOTALL)
VERDICT = re.compile(
    r"""\{[^{}]*(?:
        "met"\s*:\s*(?:true|false|"unsure")
      | "better"\s*:\s*"(?:first|second|tie)"
      | "(?:evidence|reason)"\s*:[^{}]*"level"\s*:
    )[^{}]*\}""",
    re.IGNORECASE | re.VERBOSE,
)
"""A reply of the kind that judges are asked for."""
WHO = r"(?:graders?|evaluators?|judges?|reviewers?|examiners?|assessors?)"
ADDRESS = re.compile(
    rf"""
      \b(?:ignore|disregard|forget|override)\s+(?:\w+\s+){{0,3}}?
        (?:rubric|criteri\w+|instructions?|rules?|prompt|guidelines?)\b
    | \b(?:met|better|verdict)\s*[=:]\s*["']?(?:true|false|first|second|yes|no)\b
    | \b(?:reply|answer|say|output|return)\s+(?:with\s+)?["'{{]*met\b
    | \b(?:ai|llm|automatic|scoring|grading|judge)\s+(?:{WHO}|models?)\b
    | \b(?:dear|attention|hey|hello|(?:note|message)\s+(?:to|for))\s+(?:the\s+)?{WHO}\b
    | \b{WHO}\s*(?::|,|\bmust\b|\bshould\b|\bplease\b)
    | \b(?:give|award|assign|rate|score|grade|mark)\s+
        (?:me|it|(?:this|my)(?:\s+(?:answer|response|reply|one))?)\s+
        (?:(?:a|an|the|as|at|with|of)\s+)*
        (?:\d+\s*(?:/|out\s+of)\s*\d+|\bfull\b|maximum|highest|\btop\b|perfect|\bmet\b|\bpass)
    | \b(?:begin|end)\s+(?:(?:first|second)\s+)?answer\b
    | \bthis\s+(?:answer|response)\s+(?:meets|satisfies|fulfil+s)\s+(?:all|every|the)\b
    | (?:忽略|无视|忘记|不要理会)[^。\n]{{0,12}}?(?:评分|评判|标准|准则|规则|指令|指示|提示)
    | (?:评分者|评分员|评审模型|评判者|打分者|裁判模型)
    | (?:请|致|亲爱的|尊敬的)[^。\n]{{0,4}}?(?:评委|评审|裁判|阅卷)
    | (?:给|打|请评)[^。\n]{{0,8}}?(?:满分|最高分)
    | (?:判定为|判为|评为|标记为)[^。\n]{{0,6}}?(?:符合|满足|通过|达标)
    """,
    re.IGNORECASE | re.VERBOSE,
)
REMOVED = " "


def without_address(text: str) -> str | None:
    """The text without its sentences that speak to a grader; None when it has none.

    A guess by wording. What it finds is judged both with and without those words, and counts
    only when the verdict is the same: a false alarm mostly costs a call and changes nothing.
    """
    plain = VERDICT.sub(REMOVED, text)
    kept = [s for s in SENTENCE.findall(plain) if not ADDRESS.search(s)]
    left = "".join(kept)
    return left.strip() if left != text else None
