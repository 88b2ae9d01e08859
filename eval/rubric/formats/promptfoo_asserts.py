"""Single asserts of promptfoo as criteria, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from eval.checks.kinds import (
    ContainsCheck,
    JsonCheck,
    JsonSchemaCheck,
    OneOfCheck,
    RefusalCheck,
    RegexCheck,
)
from eval.rubric.criteria import Criterion

JUDGED = ("llm-rubric", "g-eval", "model-graded-closedqa", "closedqa", "conversation-relevance")
LISTS = ("contains-any", "contains-all", "icontains-any", "icontains-all")


class NotCarried(Exception):
    """Why an assert has no counterpart, in both languages."""

    def __init__(self, text: str, zh: str) -> None:
        super().__init__(text)
        self.zh = zh


def as_fields(kind: str, value: Any, found: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a criterion that decides as this assert does.

    `inverted` among them says that meeting it is what must not be. Raises NotCarried for what
    has no counterpart.
    """
    name = str(found.get("metric") or found.get("description") or "")
    plain = kind.removeprefix("not-")
    if plain in JUDGED or plain == "factuality":
        return {"name": name, "text": _question(kind, plain, value)}
    check, said = _check(plain, kind != plain, value)
    fields: dict[str, Any] = {"name": name, "text": said, "kind": "check", "check": check}
    if kind != plain and plain in ("is-json", "is-refusal"):
        fields["inverted"] = True
    return fields


def _question(kind: str, plain: str, value: Any) -> str:
    text = "\n".join(map(str, value)) if isinstance(value, list) else str(value or "").strip()
    if not text:
        raise NotCarried("it has no text", "没有文字")
    if plain == "factuality":
        text = f"The facts in the answer agree with this: {text}"
    return text if kind == plain else f"This is not true: {text}"


def _check(plain: str, negated: bool, value: Any) -> tuple[dict[str, Any], str]:
    """The check and its sentence."""
    match plain:
        case "equals":
            return _equals(_text(value), negated)
        case "contains" | "icontains":
            return _contains(_text(value), negated, _fold(plain))
        case "starts-with" | "regex":
            return _pattern(plain, _text(value), negated)
        case "is-json" if isinstance(value, dict) and value:
            return {"type": "json_schema", "schema": value}, "Is JSON as the schema wants it."
        case "is-json":
            return {"type": "json"}, "Is JSON and nothing else."
        case "is-refusal":
            return {"type": "refusal"}, "Refuses to answer."
        case "word-count" if isinstance(value, dict | int):
            return _words(value)
        case _ if plain in LISTS:
            return _several(plain, negated, value)
    raise NotCarried("there is no such check here", "此处没有这种检查")


def _contains(text: str, negated: bool, fold: dict[str, str]) -> tuple[dict[str, Any], str]:
    if negated:
        return {"type": "contains", "none": [text], **fold}, f"Does not contain “{text}”."
    return {"type": "contains", "text": text, **fold}, f"Contains “{text}”."


def _pattern(plain: str, text: str, negated: bool) -> tuple[dict[str, Any], str]:
    if plain == "regex":
        pattern = rf"(?s)\A(?!.*(?:{text}))" if negated else text
        said = f"{'Does not match' if negated else 'Matches'} the pattern {text}."
    else:
        pattern = rf"\A(?!{re.escape(text)})" if negated else rf"\A{re.escape(text)}"
        said = f"{'Does not begin' if negated else 'Begins'} with “{text}”."
    return {"type": "regex", "pattern": pattern}, said


def _equals(text: str, negated: bool) -> tuple[dict[str, Any], str]:
    if negated:
        pattern = rf"(?s)\A(?!\s*{re.escape(text)}\s*\Z)"
        return {"type": "regex", "pattern": pattern}, f"Does not equal “{text}”."
    return {"type": "one_of", "values": [text]}, f"Equals “{text}”."


def _several(plain: str, negated: bool, value: Any) -> tuple[dict[str, Any], str]:
    given = value if isinstance(value, list) else str(value or "").split(",")
    texts = [str(item).strip() for item in given if str(item).strip()]
    if not texts:
        raise NotCarried("it has no texts", "没有文字")
    listed = ", ".join(f"“{text}”" for text in texts)
    fold = _fold(plain)
    if plain.endswith("any"):
        form, verb = ("none", "Contains none of") if negated else ("any", "Contains one of")
        return {"type": "contains", form: texts, **fold}, f"{verb} {listed}."
    if negated:
        raise NotCarried("there is no such check here", "此处没有这种检查")
    return {"type": "contains", "all": texts, **fold}, f"Contains all of {listed}."


def _words(value: dict[str, Any] | int) -> tuple[dict[str, Any], str]:
    low, high = (value, value) if isinstance(value, int) else (value.get("min"), value.get("max"))
    bounds = {k: v for k, v in (("min_words", low), ("max_words", high)) if v is not None}
    return {"type": "length", **bounds}, f"Has {low or 0} to {high or 'any number of'} words."


def _fold(plain: str) -> dict[str, str]:
    return {"normalise": "fold"} if plain.startswith("i") else {}


def _text(value: Any) -> str:
    if value is None or isinstance(value, dict | list) or not str(value).strip():
        raise NotCarried("it has no text", "没有文字")
    if isinstance(value, bool):
        raise NotCarried(
            "YAML reads its value as true or false: put it in quotes",
            "YAML 把其值读成真假：请加引号",
        )
    if str(value).startswith("file://"):
        raise NotCarried("its value is another file", "其值在另一个文件中")
    return str(value)


def as_assert(criterion: Criterion) -> dict[str, Any]:
    """The assert that decides as a criterion does; `llm-rubric` where there is no such check."""
    match criterion.check:
        case ContainsCheck(reference_regex=None) as found:
            form = "text" if found.text else "any" if found.any else "all" if found.all else "none"
            start = "i" if found.normalise == "fold" else ""
            kind = {"text": "contains", "any": "contains-any", "all": "contains-all"}.get(form)
            value = found.text or list(found.any or found.all or found.none or ())
            return {
                "type": f"{start}{kind}" if kind else f"not-{start}contains-any",
                "value": value,
            }
        case RegexCheck(pattern=pattern):
            return {"type": "regex", "value": pattern}
        case OneOfCheck(values=(one,)):
            return {"type": "equals", "value": one}
        case JsonSchemaCheck() as schema:
            return {"type": "is-json", "value": schema.json_schema}
        case JsonCheck():
            return {"type": "is-json"}
        case RefusalCheck():
            return {"type": "is-refusal"}
    kind = "not-llm-rubric" if criterion.points < 0 else "llm-rubric"
    return {"type": kind, "value": criterion.text}
