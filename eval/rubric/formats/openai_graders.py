"""OpenAI graders: string_check, text_similarity, label_model, score_model and multi."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from typing import Any

from eval.rubric.criteria import Criterion
from eval.rubric.formats import openai_strings
from eval.rubric.formats.building import Builder, Notes, exported, lose, lose_marks
from eval.rubric.formats.sources import Path, Source
from eval.rubric.records import Converted, Exported
from eval.rubric.rubrics import Rubric

NAME = "OpenAI graders"
TYPES = ("string_check", "text_similarity", "label_model", "score_model", "python", "multi")
OUTPUT = "{{sample.output_text}}"
OUR_PASSING = ["met"]
"""The passing label of a grader that we wrote."""


def fits(source: Source) -> bool:
    """A grader, a list of them, or `testing_criteria` of an eval."""
    return any(isinstance(g, dict) and g.get("type") in TYPES for _, g in _graders(source.value))


def read(source: Source) -> Converted:
    """Each grader as a criterion; `multi` gives its parts their weights."""
    builder = Builder(source, "openai", NAME)
    for path, grader in _graders(source.value):
        _add(builder, path, grader, 1.0)
    return builder.finish()


def _graders(value: Any) -> list[tuple[Path, Any]]:
    if isinstance(value, dict) and isinstance(value.get("testing_criteria"), list):
        return [(("testing_criteria", n), g) for n, g in enumerate(value["testing_criteria"])]
    if isinstance(value, dict) and isinstance(value.get("grader"), dict):
        return [(("grader",), value["grader"])]
    if isinstance(value, list):
        return [((n,), grader) for n, grader in enumerate(value)]
    return [((), value)]


def _add(builder: Builder, path: Path, grader: Any, points: float) -> None:
    kind = grader.get("type") if isinstance(grader, dict) else None
    if kind not in TYPES:
        builder.source.complain(path, f"`type` must be one of {', '.join(TYPES)}.")
        return
    if kind == "multi":
        _add_multi(builder, path, grader)
        return
    if kind == "python":
        builder.notes.add(
            "{n} graders in Python were left out: code that comes with a rubric is never run.",
            "略去 {n} 个 Python 评分器：随评分标准而来的代码不会被运行。",
        )
        return
    if kind in ("string_check", "text_similarity"):
        fields = openai_strings.fields(builder, path, grader)
    else:
        fields = _judged(builder, path, grader)
    if fields is not None:
        sign = -1 if fields.pop("inverted", False) else 1
        builder.add(path, name=str(grader.get("name") or ""), points=sign * points, **fields)


def _add_multi(builder: Builder, path: Path, grader: Mapping[str, Any]) -> None:
    parts = grader.get("graders")
    if not isinstance(parts, dict) or not parts:
        builder.source.complain((*path, "graders"), "named graders are expected here.")
        return
    weights = linear_weights(str(grader.get("calculate_output") or ""), set(parts))
    if weights is None:
        builder.notes.add(
            "`calculate_output` is no weighted sum of its graders, so each of them counts 1 point.",
            "`calculate_output` 不是各评分器的加权和，因此每个评分器计 1 分。",
        )
    for name, part in parts.items():
        named = {"name": name, **part} if isinstance(part, dict) else part
        _add(builder, (*path, "graders", name), named, 1.0 if weights is None else weights[name])


def linear_weights(formula: str, names: set[str]) -> dict[str, float] | None:
    """The factor of each name in a weighted sum such as `0.7 * a + b / 2`; None for any other."""
    try:
        tree = ast.parse(formula, mode="eval").body
        found = _terms(tree, 1.0)
    except (SyntaxError, ValueError, RecursionError, ZeroDivisionError, OverflowError):
        return None
    return {n: found.get(n, 0.0) for n in names} if found and set(found) <= names else None


def _terms(node: ast.expr, factor: float) -> dict[str, float]:
    """Name -> factor; ValueError for what is no weighted sum."""
    match node:
        case ast.Name(id=name):
            return {name: factor}
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            sums = _terms(left, factor)
            for name, value in _terms(
                right, -factor if isinstance(op, ast.Sub) else factor
            ).items():
                sums[name] = sums.get(name, 0.0) + value
            return sums
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return _terms(inner, -factor)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            by = _constant(left)
            return (
                _terms(left, factor * _number(right)) if by is None else _terms(right, factor * by)
            )
        case ast.BinOp(left=inner, op=ast.Div(), right=right):
            return _terms(inner, factor / _number(right))
    raise ValueError("no weighted sum")


def _constant(node: ast.expr) -> float | None:
    """The number that a node is; None when it is something else."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            found = _constant(inner)
            return None if found is None else -found
    return None


def _number(node: ast.expr) -> float:
    value = _constant(node)
    if value is None:
        raise ValueError("no weighted sum")
    return value


def _judged(builder: Builder, path: Path, grader: Mapping[str, Any]) -> dict[str, Any] | None:
    text = _instructions(grader.get("input"))
    if not text:
        builder.source.complain((*path, "input"), "messages with a text are expected here.")
        return None
    if grader["type"] == "label_model":
        passing = grader.get("passing_labels")
        if not isinstance(passing, list) or not passing:
            builder.source.complain(path, "`passing_labels` is missing.")
            return None
        if passing != OUR_PASSING:
            text += f"\nIt is met when the right label is {' or '.join(map(str, passing))}."
    else:
        threshold = grader.get("pass_threshold")
        builder.notes.add(
            "{n} score graders become criteria that are met or not: a bare score differs too much "
            "from judge to judge. Write levels for them to make them scales.",
            "{n} 个打分评分器变为“满足/不满足”的准则：裸分数在不同评审之间差异太大。"
            "若要分级，请写出各级说明。",
        )
        if threshold is not None:
            text += f"\nIt is met when the score would be {threshold} or more."
    if "{{" in text:
        builder.notes.add(
            "{n} graders speak of template fields such as " + OUTPUT + ": a judge is shown "
            "conversation, reference and answer, so correct their texts.",
            "{n} 个评分器提到 "
            + OUTPUT
            + " 之类的模板字段：评审会看到对话、参考答案和回答，请改正其文字。",
        )
    return {"text": text}


def _instructions(messages: Any) -> str:
    """The texts of a grader's messages, but for one that is only the answer."""
    if isinstance(messages, str):
        return messages.strip()
    texts = []
    for message in messages if isinstance(messages, list) else []:
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, dict):
            content = content.get("text")
        if isinstance(content, str) and content.strip() not in ("", OUTPUT):
            texts.append(content.strip())
    return "\n".join(texts)


def write(rubric: Rubric) -> Exported:
    """A `multi` grader whose formula adds the points up, as a share of what can be gained."""
    notes = Notes()
    graders = {f"g{n}": _grader(c) for n, c in enumerate(rubric.criteria, 1)}
    possible = sum(c.points for c in rubric.criteria if c.points > 0) or 1.0
    terms = [f"{c.points / possible!r} * g{n}" for n, c in enumerate(rubric.criteria, 1)]
    checks = [c for c in rubric.criteria if c.kind == "check"]
    carried = sum(g["type"] in ("string_check", "text_similarity") for g in graders.values())
    lose(notes, "check_text", len(checks) - carried)
    lose(notes, "examples", len(rubric.examples))
    lose(notes, "pass_mark", rubric.pass_mark is not None)
    lose_marks(notes, rubric.criteria)
    notes.add(
        "`model` is left open in each grader: name yours.", "各评分器的 `model` 留空：请填写。"
    )
    value = {
        "type": "multi", "name": rubric.id, "graders": graders,
        "calculate_output": " + ".join(terms),
    }  # fmt: skip
    text = json.dumps(value, ensure_ascii=False, indent=1) if graders else ""
    return exported("openai", text, notes)


def _grader(criterion: Criterion) -> dict[str, Any]:
    found = openai_strings.grader(criterion)
    if found is not None:
        return found
    asked = [
        {"role": "system", "content": criterion.text},
        {"role": "user", "content": OUTPUT},
    ]
    if criterion.kind == "scale":
        levels = criterion.anchors or {}
        told = "\n".join(f"{level}: {text}" for level, text in levels.items())
        asked[0]["content"] += f"\nAnswer with the level that fits:\n{told}"
        return {
            "type": "score_model", "name": criterion.label, "model": "", "input": asked,
            "range": [criterion.levels[0], criterion.levels[-1]],
        }  # fmt: skip
    return {
        "type": "label_model", "name": criterion.label, "model": "", "input": asked,
        "labels": [*OUR_PASSING, "not met"], "passing_labels": OUR_PASSING,
    }  # fmt: skip
