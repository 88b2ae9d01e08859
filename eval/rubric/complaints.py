"""What pydantic found wrong with a rubric, in the words of a person who writes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from eval.checks.kinds import CHECK_NAMES

Path = Sequence[int | str]


def told(error: ValidationError, line: Callable[[Path], str], start: Path = ()) -> list[str]:
    """Each error as `line 3, criteria[0].points: ...`; `line` names the place of a path.

    `start` is the path of what was validated within the whole document.
    """
    found = []
    for item in _worth_telling(error):
        path = (*start, *item["loc"])
        place = ", ".join(part for part in (line(path), shown(path)) if part)
        found.append(f"{place}: {_complaint(item)}." if place else f"{_complaint(item)}.")
    return found


def _worth_telling(error: ValidationError) -> list[ErrorDetails]:
    """Not that a list is too short when its items are what is wrong.

    Of the forms of a gate only the one that was meant is told.
    """
    items = error.errors(include_url=False)
    inside = {item["loc"][:end] for item in items for end in range(1, len(item["loc"]))}
    items = [i for i in items if not (i["type"] == "too_short" and i["loc"] in inside)]
    caps = {i["loc"][:-2] for i in items if i["loc"][-2:-1] == ("Cap",)}
    words = {i["loc"][:-1] for i in items if i["type"] == "literal_error"}
    return [
        item
        for item in items
        if not (item["type"] == "literal_error" and item["loc"][:-1] in caps)
        and not (item["loc"][-1:] == ("Cap",) and item["loc"][:-1] in words)
    ]


def _complaint(item: ErrorDetails) -> str:
    """pydantic's message in plain words."""
    context = item.get("ctx", {})
    if "gate" in item["loc"] and item["type"] == "literal_error":
        return "a gate is `none`, `fail` or {cap: 0.4}"
    match item["type"]:
        case "missing":
            return "this is missing"
        case "extra_forbidden":
            return "this key is not known here"
        case "union_tag_invalid":
            return f"`type` is '{context['tag']}', but it can be {context['expected_tags']}"
        case "union_tag_not_found":
            return "`type` is missing"
        case "model_type" | "dict_type":
            return "an object with named parts is expected here"
        case "list_type" | "tuple_type":
            return "a list is expected here"
        case "string_type":
            return "a text is expected here; put it in quotes"
    return item["msg"].removeprefix("Value error, ")


def shown(loc: Path) -> str:
    """`criteria[0].check.pattern` from a pydantic location, without its union tags."""
    words = ""
    for before, part in zip(("", *loc), loc, strict=False):
        if isinstance(part, int):
            words += f"[{part}]"
        elif not _is_tag(str(before), part):
            words += f".{part}" if words else part
    return words


def _is_tag(before: str, part: str) -> bool:
    if before == "check":
        return part in CHECK_NAMES
    return (before == "gate" and (part == "Cap" or part.startswith("literal"))) or part == "[key]"
