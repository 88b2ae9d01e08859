"""Rubric: what a good answer is, in points, for all examples or for single ones; read from YAML."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from core.disk import sha256_text
from core.errors import RubricError
from core.messages import Message, Record
from eval.checks.kinds import ExactCheck
from eval.records import Sample
from eval.rubric.complaints import told
from eval.rubric.criteria import Cap, Criterion
from eval.rubric.located_yaml import LONGEST, LocatedYaml

__all__ = ["Cap", "Criterion", "ExampleCriteria", "Rubric", "load", "load_file", "prompt_key"]

MOST_CRITERIA = 2_000
"""For all examples; PaperBench's largest tree has about a thousand leaves."""
MOST_OF_AN_EXAMPLE = 200
MOST_EXAMPLES = 20_000


class ExampleCriteria(Record):
    """What the answer to one example must have besides."""

    prompt: str = Field(default="", exclude_if=lambda v: v == "")
    """`prompt_key` of its messages, by which it is found in data that calls it otherwise."""
    criteria: tuple[Criterion, ...] = Field(min_length=1, max_length=MOST_OF_AN_EXAMPLE)

    @model_validator(mode="before")
    @classmethod
    def _a_plain_list(cls, value: Any) -> Any:
        return {"criteria": value} if isinstance(value, list | tuple) else value


class Rubric(Record):
    """Criteria with points: score = points met / points that can be gained."""

    id: str = Field(min_length=1, max_length=80)
    title: str = ""
    note: str = ""
    """What a reader of the report should know of this rubric."""
    default: bool = False
    """True when Duotune built it from the data because nobody wrote one."""
    language: str | None = Field(default=None, pattern=r"^[a-z]{2,3}$")
    """ISO 639 code of the language that it is written in; None when nobody said."""
    scope: Literal["shared", "per_example"] = Field(
        default="shared", exclude_if=lambda v: v == "shared"
    )
    """per_example: some or all criteria belong to single examples."""
    pass_mark: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)
    """The score from which an answer passes, as a share; None counts no passes."""
    criteria: tuple[Criterion, ...] = Field(default=(), max_length=MOST_CRITERIA)
    """For every example."""
    examples: dict[str, ExampleCriteria] = Field(
        default_factory=dict, max_length=MOST_EXAMPLES, exclude_if=lambda v: not v
    )
    """By sample id, or by the prompt's key: what counts for that one only."""

    @model_validator(mode="before")
    @classmethod
    def _scope_follows_examples(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("examples") and "scope" not in value:
            return {**value, "scope": "per_example"}
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Rubric:
        if not self.criteria and not self.examples:
            raise ValueError("there are no `criteria`")
        if (self.scope == "per_example") != bool(self.examples):
            wanted = "has no `examples`" if not self.examples else "has `examples`"
            raise ValueError(f"`scope` is {self.scope}, but the rubric {wanted}")
        _refuse_repeated(self.criteria)
        for name, example in self.examples.items():
            _refuse_repeated((*self.criteria, *example.criteria), f" of example {name}")
        marked = [criterion for criterion in self.criteria if criterion.headline]
        if len(marked) > 1:
            raise ValueError("more than one criterion is marked `headline`")
        if marked and marked[0].points < 0:
            raise ValueError("the `headline` criterion must have points above 0")
        if any(c.headline for e in self.examples.values() for c in e.criteria):
            raise ValueError("a criterion of one example can't be the `headline`")
        return self

    @property
    def headline(self) -> Criterion | None:
        """The criterion the verdict speaks of: marked, else the first exact check.

        None means the rubric score as a whole.
        """
        marked = next((c for c in self.criteria if c.headline), None)
        exact = (c for c in self.criteria if isinstance(c.check, ExactCheck) and c.points > 0)
        return marked or next(exact, None)

    @property
    def hash(self) -> str:
        """SHA-256 of the content, its version; comments and layout don't change it."""
        return sha256_text(json.dumps(self.plain(), sort_keys=True, ensure_ascii=False))

    def criteria_of(self, sample: Sample) -> tuple[Criterion, ...]:
        """All criteria that count for a sample: those of every example, then its own."""
        return (*self.criteria, *self.own_criteria(sample))

    def own_criteria(self, sample: Sample) -> tuple[Criterion, ...]:
        """The criteria of this sample only, found by its id, or by what was asked."""
        if not self.examples:
            return ()
        known = self.examples.get(sample.id)
        if known is None:
            key = prompt_key(sample.prompt)
            known = self.examples.get(key) or self._by_prompt().get(key)
        return known.criteria if known else ()

    def _by_prompt(self) -> dict[str, ExampleCriteria]:
        """The index, made anew where a copy got other examples."""
        made_of, index = self._index
        return index if made_of is self.examples else _indexed(self.examples)

    @cached_property
    def _index(self) -> tuple[dict[str, ExampleCriteria], dict[str, ExampleCriteria]]:
        """The examples, and the same by what was asked: thousands are not searched each time."""
        return self.examples, _indexed(self.examples)

    @property
    def needs_judge(self) -> bool:
        """Whether any criterion is decided by a judge."""
        return any(criterion.kind != "check" for criterion in self.all_criteria())

    def all_criteria(self) -> tuple[Criterion, ...]:
        """Those of every example and those of single ones; ids of the latter may repeat."""
        return (*self.criteria, *(c for e in self.examples.values() for c in e.criteria))

    def as_yaml(self) -> str:
        """The rubric as a YAML text that `load` reads back as the same rubric.

        A rubric too long to be read as YAML is written as JSON, which is YAML too.
        """
        plain = self.plain()
        short = json.dumps(plain, ensure_ascii=False)
        if len(short) > LONGEST / 2:  # as YAML it is longer, and takes seconds
            return short
        text: str = yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=100)
        return text if len(text) <= LONGEST else short

    def plain(self) -> dict[str, Any]:
        """The rubric as plain data, without what was left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def prompt_key(prompt: Sequence[Message]) -> str:
    """A name for what was asked: `prompt-` and the SHA-256 of its roles and texts, shortened."""
    said = [[message.role, message.content] for message in prompt]
    return f"prompt-{sha256_text(json.dumps(said, ensure_ascii=False))[:24]}"


def load(text: str, where: str = "the rubric") -> Rubric:
    """Read a rubric from YAML (or JSON) text.

    Raises RubricError that lists every problem with its line.
    """
    document = LocatedYaml(text, where)
    return validated(document.value, where, document.place, document.problems)


def validated(
    value: Any,
    where: str,
    place: Callable[[Sequence[int | str]], str],
    problems: Sequence[str] = (),
) -> Rubric:
    """A rubric from plain data; `place` names the line of a path, `problems` are known already.

    Raises RubricError that lists every problem with its place.
    """
    listed = list(problems)
    rubric = None
    try:
        rubric = Rubric.model_validate(value)
    except ValidationError as error:
        listed += told(error, place)
    if rubric is not None and not listed:
        return rubric
    count = "a problem" if len(listed) == 1 else f"{len(listed)} problems"
    raise RubricError(
        f"The rubric has {count}:\n" + "\n".join(f"- {problem}" for problem in listed),
        where,
        "Correct these lines and use the file again; nothing was started.",
    )


def load_file(path: Path) -> Rubric:
    """Read a rubric file.

    Raises RubricError when it can't be read, or lists every problem with its line.
    """
    return load(read_text(path), path.name)


def read_text(path: Path) -> str:
    """The text of a rubric file; RubricError when it can't be read as UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RubricError("The rubric is not UTF-8 text.", str(path), "Save as UTF-8.") from error
    except OSError as error:
        raise RubricError(
            f"The rubric can't be read: {error.strerror}.", str(path), "Check the path."
        ) from error


def _indexed(examples: dict[str, ExampleCriteria]) -> dict[str, ExampleCriteria]:
    """By prompt; where two have the same one, the first."""
    return {e.prompt: e for e in reversed(examples.values()) if e.prompt}


def _refuse_repeated(criteria: Sequence[Criterion], whose: str = "") -> None:
    ids = [criterion.id for criterion in criteria]
    if len(set(ids)) < len(ids):
        repeated = ", ".join(sorted({i for i in ids if ids.count(i) > 1}))
        raise ValueError(f"these criterion ids{whose} stand more than once: {repeated}")
