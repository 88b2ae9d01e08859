"""Make a rubric from parts that came in another format, and remember all that did not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from pydantic import ValidationError

from eval.rubric.complaints import told
from eval.rubric.criteria import Criterion
from eval.rubric.formats.sources import Path, Source
from eval.rubric.records import Converted, Exported, FormatName, Remark
from eval.rubric.rubrics import Rubric

WORD = re.compile(r"[A-Za-z0-9]+")
LONGEST_ID = 40
LONGEST_NAME = 60


class Notes:
    """Sentences in both languages, each told once with how often it was so."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}

    def add(self, text: str, text_zh: str, count: int = 1) -> None:
        """One more of a kind; `{n}` in the sentences becomes the count."""
        key = (text, text_zh)
        self._counts[key] = self._counts.get(key, 0) + count

    def told(self) -> tuple[Remark, ...]:
        """All of them, in the order in which they first came."""
        return tuple(
            Remark(text=text.replace("{n}", str(n)), text_zh=text_zh.replace("{n}", str(n)))
            for (text, text_zh), n in self._counts.items()
        )


class Builder:
    """Collects criteria from a source."""

    def __init__(self, source: Source, format_name: FormatName, title: str) -> None:
        self.source = source
        self.notes = Notes()
        self.shared: list[Criterion] = []
        self.examples: dict[str, dict[str, Any]] = {}
        self._format = format_name
        self._title = title
        self._ids: set[str] = set()

    def criterion(self, path: Path, wanted_id: str = "", **fields: Any) -> Criterion | None:
        """A criterion with an id not yet taken; None, and the problem noted, when it is none."""
        if fields.get("points") == 0:
            self.notes.add(
                "{n} criteria with 0 points were left out: they could never count.",
                "有 {n} 条 0 分的准则被略去：它们永远不会计分。",
            )
            return None
        name = str(fields.get("name") or "")
        made = self._free_id(wanted_id or name or str(fields.get("text", "")))
        fields["name"] = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        try:
            return Criterion.model_validate({"kind": "judge", **fields, "id": made})
        except ValidationError as error:
            self.source.problems += told(error, self.source.place, path)
            return None

    def add(self, path: Path, wanted_id: str = "", **fields: Any) -> None:
        """A criterion for every example."""
        made = self.criterion(path, wanted_id, **fields)
        if made is not None:
            self.shared.append(made)

    def example(
        self, path: Path, name: str, criteria: Sequence[Criterion | None], prompt: str = ""
    ) -> None:
        """The criteria of one example, whose name must be new."""
        found = [criterion for criterion in criteria if criterion is not None]
        if name in self.examples:
            self.source.complain(path, f"example {name} stands here a second time.")
        elif found:
            self.examples[name] = {"prompt": prompt, "criteria": found}

    def start_example(self) -> None:
        """Ids of the next example's criteria begin anew; those of all examples stay taken."""
        self._ids = {criterion.id for criterion in self.shared}

    def finish(self, **facts: Any) -> Converted:
        """The rubric; RubricError with every problem when there are any."""
        if not self.source.problems and not self.shared and not self.examples:
            self.source.complain((), "no criterion is left that could be used.")
        self.source.finish(self._title)
        stem = re.split(r"\W+line \d+", PurePath(self.source.where).name)[0].split(".")[0]
        plain = {
            "id": slug(stem, "rubric"),
            "criteria": self.shared,
            "examples": self.examples,
            **{key: value for key, value in facts.items() if value},
        }
        try:
            rubric = Rubric.model_validate(plain)
        except ValidationError as error:
            self.source.problems += told(error, lambda _: "")
            self.source.finish(self._title)
            raise AssertionError("a rubric with problems was not refused") from error
        return Converted(
            format=self._format, version=rubric.hash, notes=self.notes.told(), rubric=rubric
        )

    def _free_id(self, text: str) -> str:
        stem = slug(text, "c")
        if stem == "c":
            stem = f"c{len(self._ids) + 1}"
        made, number = stem, 2
        while made in self._ids:
            made, number = f"{stem}-{number}", number + 1
        self._ids.add(made)
        return made


def slug(text: str, otherwise: str) -> str:
    """A short id of the plain letters and digits in a text."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", text):
        return text
    short = ""
    for word in WORD.findall(text.lower()):
        if short and len(short) + len(word) >= LONGEST_ID:
            break
        short = f"{short}_{word}" if short else word[:LONGEST_ID]
    return short or otherwise


LOST: Mapping[str, tuple[str, str]] = {
    "gate": (
        "{n} gates are lost: this format has none, so such a criterion only costs its points.",
        "丢失 {n} 个门槛：此格式没有门槛，这些准则只会影响分数。",
    ),
    "scale": (
        "{n} scales are left out: this format has only criteria that are met or not.",
        "略去 {n} 条分级准则：此格式只有“满足/不满足”的准则。",
    ),
    "judge": (
        "{n} criteria for a judge are left out: this format has only scales.",
        "略去 {n} 条由评审判断的准则：此格式只有分级准则。",
    ),
    "check": (
        "{n} checks are left out: this format can't say how code decides them.",
        "略去 {n} 条自动检查：此格式无法写明由代码如何判定。",
    ),
    "check_text": (
        "{n} checks are kept as sentences only: there a judge has to decide them.",
        "{n} 条自动检查只保留了文字：在那里须由评审判断。",
    ),
    "negative": (
        "{n} criteria with points below 0 are left out: this format only adds.",
        "略去 {n} 条负分准则：此格式只能加分。",
    ),
    "points": (
        "The points of {n} criteria are lost: this format weighs all alike.",
        "丢失 {n} 条准则的分值：此格式对所有准则同等看待。",
    ),
    "applies_to": (
        "{n} criteria lose that they look at every turn or at the whole conversation.",
        "{n} 条准则丢失“检查每一轮或整段对话”的设定。",
    ),
    "examples": (
        "{n} examples with criteria of their own are left out: this format has shared ones only.",
        "略去 {n} 个自带准则的样本：此格式只有共用准则。",
    ),
    "levels": (
        "{n} scales are left out: this format has scales of five levels only.",
        "略去 {n} 条分级准则：此格式只有五级量表。",
    ),
    "pass_mark": ("The pass mark is lost.", "丢失及格分数线。"),
    "names": ("The names of {n} criteria are lost.", "丢失 {n} 条准则的名称。"),
    "turned": (
        "{n} criteria with points below 0 become asserts that earn points when they are not met: "
        "scores differ from ours.",
        "{n} 条扣分准则变为“未满足即得分”的断言：得分会与此处不同。",
    ),
    "tags": ("The tags of {n} criteria are lost.", "丢失 {n} 条准则的标签。"),
    "draft": (
        "{n} criteria lose their mark of being drafts that nobody has accepted.",
        "{n} 条准则丢失“草稿，尚未确认”的标记。",
    ),
    "headline": (
        "It is lost which criterion the verdict speaks of.",
        "丢失“结论针对哪条准则”的设定。",
    ),
}
"""What a format may not be able to carry."""


def lose(notes: Notes, what: str, count: int = 1) -> None:
    """Note something that the format can't carry."""
    if count:
        notes.add(*LOST[what], count)


def lose_marks(notes: Notes, criteria: Sequence[Criterion], *kept: str) -> None:
    """Note marks on these criteria, and on their rubric, that are not among those kept."""
    marked = {
        "gate": sum(c.gate != "none" for c in criteria),
        "applies_to": sum(c.applies_to != "final" for c in criteria),
        "tags": sum(bool(c.tags) for c in criteria),
        "draft": sum(c.draft for c in criteria),
        "headline": sum(c.headline for c in criteria),
    }
    for what, count in marked.items():
        if what not in kept:
            lose(notes, what, min(count, 1) if what == "headline" else count)


def exported(name: FormatName, text: str, notes: Notes) -> Exported:
    """The text with its notes."""
    return Exported(
        format=name, text=text if text.endswith("\n") else f"{text}\n", notes=notes.told()
    )
