"""Rubric and Criterion: what a good answer is, in points, read from YAML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from core.disk import sha256_text
from core.errors import RubricError
from core.messages import Record
from eval.check_types import CHECK_NAMES, Check, ExactCheck
from eval.located_yaml import LocatedYaml


class Criterion(Record):
    """One thing that an answer meets or does not meet."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$")
    name: str = Field(default="", max_length=60)
    """What sentences and tables call it; left out, the id."""
    text: str = Field(min_length=1, max_length=4000)
    """What meeting it means, in a sentence; a judge is asked exactly this."""
    kind: Literal["check", "judge"]
    points: float = Field(default=1, allow_inf_nan=False)
    """What meeting it adds to the score; below 0 for something undesirable."""
    check: Check | None = None
    """How it is decided; for kind `check` only."""
    headline: bool = False
    """Whether the verdict sentence speaks of this one."""

    @field_validator("points")
    @classmethod
    def _not_zero(cls, value: float) -> float:
        if value == 0:
            raise ValueError("0 points would never count; leave the criterion out")
        return value

    @model_validator(mode="after")
    def _check_fits_kind(self) -> Criterion:
        if self.kind == "check" and self.check is None:
            raise ValueError("kind `check` needs a `check`, such as {type: exact}")
        if self.kind == "judge" and self.check is not None:
            raise ValueError("kind `judge` takes no `check`")
        return self

    @property
    def label(self) -> str:
        """What to call it in a sentence."""
        return self.name or self.id.replace("_", " ").replace("-", " ")


class Rubric(Record):
    """Criteria with points: score = points met / points that can be gained."""

    id: str = Field(min_length=1, max_length=80)
    title: str = ""
    note: str = ""
    """What a reader of the report should know of this rubric."""
    default: bool = False
    """True when Duotune built it from the data because nobody wrote one."""
    criteria: tuple[Criterion, ...] = Field(min_length=1, max_length=100)

    @model_validator(mode="after")
    def _consistent(self) -> Rubric:
        ids = [criterion.id for criterion in self.criteria]
        if repeated := sorted({i for i in ids if ids.count(i) > 1}):
            raise ValueError(f"these criterion ids stand more than once: {', '.join(repeated)}")
        if not any(criterion.points > 0 for criterion in self.criteria):
            raise ValueError("no criterion has points above 0, so no score can be computed")
        marked = [criterion for criterion in self.criteria if criterion.headline]
        if len(marked) > 1:
            raise ValueError("more than one criterion is marked `headline`")
        if marked and marked[0].points < 0:
            raise ValueError("the `headline` criterion must have points above 0")
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
        """SHA-256 of the content; comments and layout of the file don't change it."""
        return sha256_text(json.dumps(self._plain(), sort_keys=True, ensure_ascii=False))

    def as_yaml(self) -> str:
        """The rubric as a YAML text that `load` reads back as the same rubric."""
        text: str = yaml.safe_dump(self._plain(), allow_unicode=True, sort_keys=False, width=100)
        return text

    def _plain(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def load(text: str, where: str = "the rubric") -> Rubric:
    """Read a rubric from YAML text.

    Raises RubricError that lists every problem with its line.
    """
    document = LocatedYaml(text, where)
    problems = list(document.problems)
    rubric = None
    try:
        rubric = Rubric.model_validate(document.value)
    except ValidationError as error:
        for item in _told(error):
            place = f"line {document.line(item['loc'])}{_path(item['loc'])}"
            problems.append(f"{place}: {_complaint(item)}.")
    if rubric is None or problems:
        count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise RubricError(
            f"The rubric has {count}:\n" + "\n".join(f"- {problem}" for problem in problems),
            where,
            "Correct these lines and use the file again; nothing was started.",
        )
    return rubric


def load_file(path: Path) -> Rubric:
    """Read a rubric file.

    Raises RubricError when it can't be read, or lists every problem with its line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RubricError("The rubric is not UTF-8 text.", str(path), "Save as UTF-8.") from error
    except OSError as error:
        raise RubricError(
            f"The rubric can't be read: {error.strerror}.", str(path), "Check the path."
        ) from error
    return load(text, path.name)


def _told(error: ValidationError) -> list[ErrorDetails]:
    """The errors worth telling: not that a list is too short when its items are what is wrong."""
    items = error.errors(include_url=False)
    inside = {item["loc"][:1] for item in items if len(item["loc"]) > 1}
    return [i for i in items if not (i["type"] == "too_short" and i["loc"] in inside)]


def _complaint(item: ErrorDetails) -> str:
    """pydantic's message in the words of a person who writes a rubric."""
    context = item.get("ctx", {})
    if item["type"] == "missing":
        return "this is missing"
    if item["type"] == "extra_forbidden":
        return "this key is not known here"
    if item["type"] == "union_tag_invalid":
        return f"`type` is '{context['tag']}', but it can be {context['expected_tags']}"
    if item["type"] == "union_tag_not_found":
        return "`type` is missing"
    if item["type"] == "string_type":
        return "a text is expected here; put it in quotes"
    return item["msg"].removeprefix("Value error, ")


def _path(loc: tuple[int | str, ...]) -> str:
    """`criteria[0].check.pattern` from a pydantic location, without its union tags."""
    words = ""
    for before, part in zip(("", *loc), loc, strict=False):
        if isinstance(part, int):
            words += f"[{part}]"
        elif not (before == "check" and part in CHECK_NAMES):
            words += f".{part}" if words else part
    return f", {words}" if words else ""
