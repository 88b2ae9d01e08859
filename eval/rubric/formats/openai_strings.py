"""The graders of OpenAI that compare texts by code, as checks and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from eval.checks.kinds import ContainsCheck, ExactCheck, OneOfCheck, SimilarityCheck
from eval.rubric.criteria import Criterion
from eval.rubric.formats.building import Builder
from eval.rubric.formats.sources import Path

OUTPUT = "{{sample.output_text}}"
REFERENCE = "{{item.reference_answer}}"
WHOLE = r"(?s)\A\s*(.*?)\s*\Z"
"""Finds all of the reference, without spaces at its ends."""
TEMPLATE = re.compile(r"\{\{.*\}\}")
SPOKEN = {"eq": "equals", "ne": "does not equal", "like": "contains", "ilike": "contains"}


def fields(builder: Builder, path: Path, grader: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of the criterion that compares as a grader does; None when there is none."""
    if "output" not in str(grader.get("input", "")):
        builder.notes.add(
            "{n} graders that don't look at the answer were left out.",
            "略去 {n} 个不检查回答的评分器。",
        )
        return None
    reference = grader.get("reference")
    if not isinstance(reference, str) or not reference:
        builder.source.complain((*path, "reference"), "a text is expected here.")
        return None
    from_data = bool(TEMPLATE.search(reference))
    if from_data:
        builder.notes.add(
            f"`{reference}` in {{n}} graders is taken to be the data's reference answer.",
            f"{{n}} 个评分器中的 `{reference}` 被当作数据的参考答案。",
        )
    if grader["type"] == "text_similarity":
        return _similar(builder, path, grader, from_data)
    operation = grader.get("operation")
    if not isinstance(operation, str) or operation not in SPOKEN:
        builder.source.complain((*path, "operation"), f"it must be one of {', '.join(SPOKEN)}.")
        return None
    said = "the reference answer" if from_data else f"“{reference}”"
    found: dict[str, Any] = {
        "text": f"The answer {SPOKEN[operation]} {said}.",
        "kind": "check",
        "check": _check(operation, reference, from_data),
    }
    if operation == "ne" and from_data:
        found |= {"text": "The answer equals the reference answer.", "inverted": True}
        builder.notes.add(
            "{n} graders that want another answer than the reference take points away for it.",
            "{n} 个要求不同于参考答案的评分器改为相同时扣分。",
        )
    return found


def _check(operation: str, reference: str, from_data: bool) -> dict[str, Any]:
    if operation in ("like", "ilike"):
        wanted = {"reference_regex": WHOLE} if from_data else {"text": reference}
        fold = {"normalise": "fold"} if operation == "ilike" else {}
        return {"type": "contains", **wanted, **fold}
    if from_data:
        return {"type": "exact"}
    if operation == "eq":
        return {"type": "one_of", "values": [reference]}
    return {"type": "regex", "pattern": rf"(?s)\A(?!\s*{re.escape(reference)}\s*\Z)"}


def _similar(
    builder: Builder, path: Path, grader: Mapping[str, Any], from_data: bool
) -> dict[str, Any] | None:
    metric, least = grader.get("evaluation_metric"), grader.get("pass_threshold")
    if metric != "rouge_l" or not from_data:
        builder.notes.add(
            f"{{n}} graders of the similarity `{metric}` were left out: here ROUGE-L and chrF "
            "with the data's reference are computed.",
            f"略去 {{n}} 个相似度为 `{metric}` 的评分器："
            "此处只计算与数据参考答案的 ROUGE-L 和 chrF。",
        )
        return None
    if least is None:
        builder.source.complain(path, "`pass_threshold` is missing: from where on is it met?")
        return None
    return {
        "text": f"ROUGE-L with the reference answer is at least {least}.",
        "kind": "check",
        "check": {"type": "similarity", "metric": "rouge_l", "least": least},
    }


def grader(criterion: Criterion) -> dict[str, Any] | None:
    """The grader that decides as a check does; None when there is none."""
    start = {"name": criterion.label, "input": OUTPUT}
    match criterion.check:
        case ExactCheck(normalise="strip"):
            compared = {"operation": "eq", "reference": REFERENCE}
        case OneOfCheck(values=(one,), normalise="strip"):
            compared = {"operation": "eq", "reference": one}
        case ContainsCheck(text=str(text), normalise=how):
            compared = {"operation": "ilike" if how == "fold" else "like", "reference": text}
        case SimilarityCheck(metric="rouge_l", least=least):
            return {
                "type": "text_similarity", **start, "reference": REFERENCE,
                "evaluation_metric": "rouge_l", "pass_threshold": least,
            }  # fmt: skip
        case _:
            return None
    return {"type": "string_check", **start, **compared}
