"""promptfoo: asserts of tests, decided by code where we have the same check, else by a judge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from eval.rubric.criteria import Criterion
from eval.rubric.formats.building import Builder, Notes, exported, lose, lose_marks
from eval.rubric.formats.promptfoo_asserts import NotCarried, as_assert, as_fields
from eval.rubric.formats.sources import Path, Source
from eval.rubric.records import Converted, Exported
from eval.rubric.rubrics import Rubric

NAME = "promptfoo"
VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
TEMPLATE = "#/assertionTemplates/"


def fits(source: Source) -> bool:
    """Tests with `assert`, or asserts for all of them."""
    value = source.value
    if isinstance(value, list):
        return any(isinstance(test, dict) and _is_asserts(test.get("assert")) for test in value)
    if not isinstance(value, dict):
        return False
    shared = value.get("defaultTest")
    return (
        _is_asserts(value.get("assert"))
        or (isinstance(shared, dict) and _is_asserts(shared.get("assert")))
        or any(isinstance(t, dict) and _is_asserts(t.get("assert")) for t in _tests(value))
    )


def read(source: Source) -> Converted:
    """Asserts of `defaultTest` for every example, those of tests for their own."""
    builder = Builder(source, "promptfoo", NAME)
    value = {"tests": source.value} if isinstance(source.value, list) else source.value
    start: Path = () if isinstance(source.value, list) else ("tests",)
    templates = value.get("assertionTemplates") or {}
    reader = _Reader(builder, templates if isinstance(templates, dict) else {})
    default = value.get("defaultTest")
    common = default.get("vars") if isinstance(default, dict) else None
    for path, parent in ((("assert",), value), (("defaultTest", "assert"), default)):
        if isinstance(parent, dict) and _is_asserts(parent.get("assert")):
            builder.shared += list(reader.criteria(path, parent["assert"], common or {}))
    tests = list(_tests(value))
    described = [str(test.get("description") or "") for test in tests if isinstance(test, dict)]
    for n, test in enumerate(tests):
        if not isinstance(test, dict) or not _is_asserts(test.get("assert")):
            _skip(builder, (*start, n), test)
            continue
        builder.start_example()
        given = test.get("vars")
        variables = {**(common or {}), **(given if isinstance(given, dict) else {})}
        criteria = list(reader.criteria((*start, n, "assert"), test["assert"], variables))
        title = str(test.get("description") or "")
        unique = title and described.count(title) == 1
        builder.example((*start, n), title if unique else f"test-{n + 1}", criteria)
    if isinstance(value.get("tests"), str):
        builder.notes.add(
            f"The tests in {value['tests']} were left out: give that file itself.",
            f"略去 {value['tests']} 中的测试：请直接提供该文件。",
        )
    return builder.finish(title=str(value.get("description") or ""))


def _skip(builder: Builder, path: Path, test: Any) -> None:
    """Tell of a test without asserts, or refuse what is none."""
    if isinstance(test, dict) and test.get("assert") not in (None, []):
        builder.source.complain((*path, "assert"), "a list of asserts is expected here.")
    else:
        builder.notes.add(
            "{n} tests without asserts of their own were left out.",
            "略去 {n} 个没有自带断言的测试。",
        )


class _Reader:
    """Turns lists of asserts into criteria."""

    def __init__(self, builder: Builder, templates: Mapping[str, Any]) -> None:
        self._builder = builder
        self._templates = templates

    def criteria(
        self, path: Path, asserts: list[Any], variables: Mapping[str, Any]
    ) -> Iterator[Criterion]:
        for n, given in enumerate(asserts):
            here = (*path, n)
            found = self._resolved(here, given)
            if found is None:
                continue
            if found.get("type") == "assert-set":
                inner = found.get("assert")
                if _is_asserts(inner):
                    self._note_set(found)
                    yield from self.criteria((*here, "assert"), inner or [], variables)
                continue
            made = self._criterion(here, found, variables)
            if made is not None:
                yield made

    def _resolved(self, path: Path, given: Any) -> dict[str, Any] | None:
        """An assert, also where it stands among the templates."""
        if isinstance(given, dict) and isinstance(given.get("$ref"), str):
            name = given["$ref"].removeprefix(TEMPLATE)
            given = self._templates.get(name)
            if given is None:
                self._builder.source.complain(path, f"there is no assertion template `{name}`.")
                return None
        if not isinstance(given, dict) or not isinstance(given.get("type"), str):
            self._builder.source.complain(path, "an assert with a `type` is expected here.")
            return None
        return given

    def _note_set(self, found: Mapping[str, Any]) -> None:
        if "threshold" in found or "weight" in found:
            self._builder.notes.add(
                "The threshold or weight of {n} assert sets is lost: their asserts count singly.",
                "丢失 {n} 个断言组的阈值或权重：其中断言各自计分。",
            )

    def _criterion(
        self, path: Path, found: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> Criterion | None:
        kind = found["type"]
        weight = found.get("weight", 1)
        try:
            fields = as_fields(kind, _filled(found.get("value"), variables), found)
        except NotCarried as error:
            self._builder.notes.add(
                f"{{n}} asserts of type `{kind}` were left out: {error}.",
                f"略去 {{n}} 个 `{kind}` 类型的断言：{error.zh}。",
            )
            return None
        self._note_losses(found, fields)
        if fields.pop("inverted", False) and isinstance(weight, int | float):
            weight = -weight
            self._builder.notes.add(
                f"{{n}} asserts of type `{kind}` take points away when they are met, instead of "
                "giving them when they are not.",
                f"{{n}} 个 `{kind}` 断言改为满足时扣分，而不是不满足时加分。",
            )
        return self._builder.criterion(path, points=weight, **fields)

    def _note_losses(self, found: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
        if "threshold" in found and fields.get("kind") != "check":
            self._builder.notes.add(
                "The thresholds of {n} asserts are lost: a judge says met or not met.",
                "丢失 {n} 个断言的阈值：评审只判断是否满足。",
            )
        for key in ("provider", "transform", "rubricPrompt"):
            if key in found:
                self._builder.notes.add(
                    f"`{key}` of {{n}} asserts is left out.", f"略去 {{n}} 个断言的 `{key}`。"
                )
        if VARIABLE.search(str(fields.get("text", ""))):
            self._builder.notes.add(
                "{n} asserts keep a {{variable}} that no `vars` fills: correct their texts.",
                "{n} 个断言保留了没有取值的 {{变量}}：请改正其文字。",
            )


def _filled(value: Any, variables: Mapping[str, Any]) -> Any:
    """A value with the variables of its test put in."""
    if isinstance(value, list):
        return [_filled(item, variables) for item in value]
    if not isinstance(value, str):
        return value
    return VARIABLE.sub(
        lambda found: str(variables.get(found[1], found[0])), value
    )  # fmt: skip


def _tests(value: Mapping[str, Any]) -> list[Any]:
    tests = value.get("tests")
    return tests if isinstance(tests, list) else []


def _is_asserts(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def write(rubric: Rubric) -> Exported:
    """Shared criteria as asserts of `defaultTest`, those of examples as tests."""
    notes = Notes()
    value: dict[str, Any] = {"description": rubric.title or rubric.id}
    shared = [a for c in rubric.criteria if (a := _written(notes, c))]
    if shared:
        value["defaultTest"] = {"assert": shared}
    tests = []
    for name, example in rubric.examples.items():
        own = [a for c in example.criteria if (a := _written(notes, c))]
        tests += [{"description": name, "assert": own}] if own else []
    if tests:
        value["tests"] = tests
        notes.add(
            "The {n} tests have no `vars`: fill them in.",
            "{n} 个测试没有 `vars`：请填写。",
            len(tests),
        )
    criteria = [c for c in rubric.all_criteria() if c.kind != "scale"]
    lose(notes, "scale", sum(c.kind == "scale" for c in rubric.all_criteria()))
    lose(notes, "pass_mark", rubric.pass_mark is not None)
    lose(notes, "turned", sum(c.points < 0 and c.kind == "judge" for c in criteria))
    lose_marks(notes, criteria)
    text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=100)
    return exported("promptfoo", text if shared or tests else "", notes)


def _written(notes: Notes, criterion: Criterion) -> dict[str, Any] | None:
    if criterion.kind == "scale":
        return None
    if criterion.points < 0 and criterion.kind == "check":
        lose(notes, "negative")
        return None
    found = as_assert(criterion)
    if found["type"] == "llm-rubric" and criterion.kind == "check":
        lose(notes, "check_text")
    return {**found, "weight": abs(criterion.points), "metric": criterion.label}
