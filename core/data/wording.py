"""Say a problem in the person's language: English as it was found, or Chinese."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import resources
from typing import Literal

from core.data.problems import KINDS, SHOWN_IN_ERROR, NoUsableRows
from core.data.records import Problem

Language = Literal["en", "zh"]


def _read_words() -> dict[str, str]:
    text = resources.files("core.data").joinpath("words_zh.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


CHINESE = _read_words()
OURS = frozenset({"kind", "reason", "guess", "suggestion"})
"""Values that hold such words; what comes from the file itself is left as it is."""


def problem_text(problem: Problem, language: Language) -> str:
    """What is wrong and what to do about it, in two sentences."""
    message, fix = problem_parts(problem, language)
    return f"{message}{fix}" if language == "zh" else f"{message} {fix}"


def problem_parts(problem: Problem, language: Language) -> tuple[str, str]:
    """What is wrong, and what to do about it."""
    kind = KINDS.get(problem.code)
    if language == "en" or kind is None:
        return problem.message, problem.fix
    values = dict(problem.values)
    for key in OURS & values.keys():
        values[key] = CHINESE.get(values[key], values[key])
    try:
        return kind.zh[0].format(**values), kind.zh[1].format(**values)
    except KeyError:  # saved by a version that knew the problem by other values
        return problem.message, problem.fix


def place_text(problem: Problem, language: Language) -> str:
    """Where the problem stands, as far as known; "" for the whole file."""
    if language == "en":
        return problem.where
    parts = [
        template.format(value)
        for template, value in (
            ("第 {} 条数据", problem.row),
            ("文件第 {} 行", problem.line),
            ("第 {} 个字符", problem.column),
        )
        if value is not None
    ]
    return "，".join([*parts, *([problem.field] if problem.field else [])])


def error_parts(error: NoUsableRows, language: Language) -> tuple[str, str, str]:
    """What happened, where, and what to do, for a file of which nothing can be used."""
    errors = [problem for problem in error.problems if problem.severity == "error"]
    if language == "en" or not errors:
        return error.problem, error.where, error.fix
    if len(errors) == 1:
        message, fix = problem_parts(errors[0], language)
        return message, place_text(errors[0], language), fix
    fixes = {problem_parts(problem, language)[1] for problem in errors}
    fix = fixes.pop() if len(fixes) == 1 else "请修正这些位置，然后重新添加文件。"
    return "没有一条数据可以使用。", _first_places(errors, language), fix


def _first_places(errors: Sequence[Problem], language: Language) -> str:
    lines = [f"{place_text(e, language)}：{problem_parts(e, language)[0]}" for e in errors]
    more = len(lines) - SHOWN_IN_ERROR
    return "\n".join([*lines[:SHOWN_IN_ERROR], *([f"……另有 {more} 处。"] if more > 0 else [])])
