"""FLASK: skills with five described levels, and which of them count for which example."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, Field

from eval.rubric.criteria import Criterion
from eval.rubric.formats.building import Builder, Notes, exported, lose, lose_marks
from eval.rubric.formats.sources import Source
from eval.rubric.records import Converted, Exported
from eval.rubric.rubrics import Rubric

NAME = "FLASK"
CHOSEN = ("skill", "skills", "metrics")
"""Where a row names the skills that count for it."""


class _Skill(BaseModel):
    Skill: str = Field(min_length=1)
    Criteria: str = Field(min_length=1)
    Scoring: dict[int, str]


def fits(source: Source) -> bool:
    """A list in which some object has `Skill` and `Scoring`."""
    return isinstance(source.value, list) and any(_defines(row) for row in source.value)


def read(source: Source) -> Converted:
    """The skills as scales: for every example, or for those rows that choose from them."""
    builder = Builder(source, "flask", NAME)
    skills: dict[str, Criterion] = {}
    for index, row in enumerate(source.value):
        if not _defines(row):
            continue
        found = source.parse(_Skill, (index,))
        made = found and builder.criterion(
            (index,), name=found.Skill, text=found.Criteria, kind="scale", anchors=found.Scoring
        )
        if found and made:
            if found.Skill.casefold() in skills:
                source.complain((index, "Skill"), f"`{found.Skill}` stands here a second time.")
            skills[found.Skill.casefold()] = made
    chosen = False
    for index, row in enumerate(source.value):
        if not _defines(row):
            chosen = _choose(builder, index, row, skills) or chosen
    if not chosen:
        builder.shared = list(skills.values())
    return builder.finish()


def _choose(builder: Builder, index: int, row: Any, skills: dict[str, Criterion]) -> bool:
    """The skills that a row names, as this example's criteria."""
    key = next((k for k in CHOSEN if isinstance(row, dict) and isinstance(row.get(k), list)), None)
    if key is None:
        builder.source.complain((index,), "this is neither a skill nor an example with `skill`.")
        return False
    name = next((row[k] for k in ("id", "question_id", "idx") if k in row), None)
    if name is None:
        builder.source.complain((index,), "`id` is missing, so it is not known which example.")
        return False
    criteria = []
    for n, skill in enumerate(row[key]):
        found = skills.get(str(skill).strip().casefold())
        if found is None:
            builder.source.complain((index, key, n), f"no skill is called `{skill}`.")
        else:
            criteria.append(found)
    builder.example((index,), str(name), criteria)
    return True


def _defines(row: Any) -> bool:
    return isinstance(row, dict) and "Skill" in row and "Scoring" in row


def write(rubric: Rubric) -> Exported:
    """Every scale of five levels as a skill; examples name theirs."""
    notes = Notes()
    criteria = rubric.all_criteria()
    carried = {(c.label, c.text): c for c in criteria if c.kind == "scale" and len(c.levels) == 5}
    rows: list[dict[str, Any]] = [
        {
            "Skill": c.label,
            "Criteria": c.text,
            "Scoring": {str(n): text for n, text in enumerate((c.anchors or {}).values(), 1)},
        }
        for c in carried.values()
    ]
    for name, example in rubric.examples.items():
        names = [
            c.label for c in (*rubric.criteria, *example.criteria) if (c.label, c.text) in carried
        ]
        rows += [{"id": name, "skill": names}] if names else []
    lose(notes, "levels", sum(c.kind == "scale" and len(c.levels) != 5 for c in criteria))
    lose(notes, "judge", sum(c.kind == "judge" for c in criteria))
    lose(notes, "check", sum(c.kind == "check" for c in criteria))
    lose(notes, "points", sum(c.points != 1 for c in carried.values()))
    lose(notes, "pass_mark", rubric.pass_mark is not None)
    lose_marks(notes, list(carried.values()))
    return exported("flask", json.dumps(rows, ensure_ascii=False, indent=1) if rows else "", notes)
