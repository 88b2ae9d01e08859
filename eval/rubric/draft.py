"""Have a language model draft a rubric from example rows; a person accepts each criterion."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError

from core.data.augment.asking import Question, fill, open_asker
from core.errors import JudgeError, RubricError
from core.messages import Record
from core.settings import EndpointSetting
from eval.checks import deciding as checks
from eval.records import Answer, Sample
from eval.rubric.checking import proposed
from eval.rubric.criteria import Criterion
from eval.rubric.formats.building import Notes, slug
from eval.rubric.records import Remark
from eval.rubric.rubrics import Rubric

PROMPT = (Path(__file__).parent / "draft.txt").read_text(encoding="utf-8")
MOST_ROWS = 12
LONGEST_ROW = 3_000
"""Characters of one row that are shown."""
FEWEST, MOST = 5, 12
"""Criteria of a draft."""
BUDGET = 2_000
"""Tokens for the reply."""
HALF = 0.5
Language = Literal["en", "zh"]
SPOKEN: dict[Language, str] = {"en": "English", "zh": "Chinese (中文)"}


class Drafted(Record):
    """A rubric that nobody has accepted yet, and how it came about."""

    rubric: Rubric
    """Every criterion is marked as a draft."""
    model: str
    attempts: int
    rows: int
    """Rows that the model was shown."""
    notes: tuple[Remark, ...] = ()


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: StrictStr = Field(min_length=1, max_length=60)
    text: StrictStr = Field(min_length=8, max_length=600)
    points: int = Field(ge=-5, le=5, strict=True)


class _Proposal(BaseModel):
    model_config = ConfigDict(extra="ignore")

    title: StrictStr = ""
    criteria: tuple[_Item, ...] = Field(min_length=FEWEST, max_length=60)


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "maxLength": 80},
        "criteria": {
            "type": "array",
            "minItems": FEWEST,
            "maxItems": MOST,
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "maxLength": 60},
                    "text": {"type": "string", "maxLength": 600},
                    "points": {"type": "integer", "minimum": -5, "maximum": 5},
                },
                "required": ["name", "text", "points"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["title", "criteria"],
    "additionalProperties": False,
}


async def draft(
    endpoint: EndpointSetting, samples: Sequence[Sample], language: Language = "en"
) -> Drafted:
    """A rubric of 5 to 12 criteria drawn from rows with good answers.

    What code can decide becomes a check, where the rows' own answers mostly meet it. Raises
    RubricError when no row has an answer, JudgeError when no usable draft comes.
    """
    rows = [sample for sample in samples if sample.reference.strip()][:MOST_ROWS]
    if not rows:
        raise RubricError(
            "No row has an answer, so there is nothing to draft a rubric from.",
            "",
            "Choose data whose rows end with the assistant's answer.",
        )
    notes = Notes()
    question = Question(_prompt(rows, language, notes), SCHEMA, _read, BUDGET)
    async with open_asker(endpoint) as asker:
        reply = await asker.ask(question)
    if reply.value is None:
        raise JudgeError(
            f"No usable rubric was drafted: {reply.trouble}",
            endpoint.model,
            "Try again, name a larger model, or write the rubric by hand.",
        )
    return Drafted(
        rubric=_rubric(reply.value, rows, language, notes),
        model=endpoint.model,
        attempts=reply.attempts,
        rows=len(rows),
        notes=notes.told(),
    )


def _prompt(rows: Sequence[Sample], language: Language, notes: Notes) -> str:
    mark = secrets.token_hex(8)
    told = []
    for number, row in enumerate(rows, 1):
        turns = [f"[{message.role}] {message.content}" for message in row.prompt]
        text = "\n".join([*turns, f"[good answer] {row.reference}"])
        if len(text) > LONGEST_ROW:
            notes.add(
                "{n} long rows were shown in part: their middle was left out.",
                "{n} 行过长，只展示了首尾部分。",
            )
            text = f"{text[: LONGEST_ROW // 2]}\n[...]\n{text[-LONGEST_ROW // 2 :]}"
        told.append(f"{mark} row {number}\n{text}")
    rows_text = "\n".join([*told, f"{mark} end of rows"])
    return fill(PROMPT, {"mark": mark, "language": SPOKEN[language], "rows": rows_text})


def _read(value: Any) -> _Proposal | None:
    """The proposal that a reply is; None when it is none, or repeats itself."""
    try:
        found = _Proposal.model_validate(value)
    except ValidationError:
        return None
    kept = {_plain(item.text): item for item in found.criteria if item.points}
    if len(kept) < FEWEST or not any(item.points > 0 for item in kept.values()):
        return None
    return found.model_copy(update={"criteria": tuple(kept.values())})


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".。")


class _Names(NamedTuple):
    taken: set[str]

    def free(self, name: str) -> str:
        stem = slug(name.replace(" ", "_").lower(), f"c{len(self.taken) + 1}")
        made = stem if stem not in self.taken else f"{stem[:50]}-{len(self.taken) + 1}"
        self.taken.add(made)
        return made


def _rubric(
    proposal: _Proposal, rows: Sequence[Sample], language: Language, notes: Notes
) -> Rubric:
    if len(proposal.criteria) > MOST:
        notes.add(
            f"The model proposed {len(proposal.criteria)} criteria; the first {MOST} were kept.",
            f"模型提出了 {len(proposal.criteria)} 条准则，保留前 {MOST} 条。",
        )
    names = _Names(set())
    criteria = [_criterion(item, names, rows, notes) for item in proposal.criteria[:MOST]]
    return Rubric(
        id="draft",
        title=proposal.title[:80],
        note=(
            "A language model drafted this rubric from example rows."
            if language == "en"
            else "此评分标准由语言模型根据示例数据起草。"
        ),
        language=language,
        criteria=tuple(criteria),
    )


def _criterion(item: _Item, names: _Names, rows: Sequence[Sample], notes: Notes) -> Criterion:
    """A check where the text says one that the good answers pass, else a question to a judge."""
    facts: dict[str, Any] = {
        "id": names.free(item.name), "name": item.name, "text": item.text, "points": item.points,
        "draft": True,
    }  # fmt: skip
    judged = Criterion(kind="judge", **facts)
    check = proposed(item.text)
    if check is None:
        return judged
    checked = Criterion(kind="check", check=check, **facts)
    met = sum(_meets(checked, row) for row in rows)
    fine = met >= HALF * len(rows) if item.points > 0 else met <= HALF * len(rows)
    if not fine:
        notes.add(
            f"“{item.name}” could be decided by code, but the good answers themselves fail it in "
            f"{len(rows) - met if item.points > 0 else met} of {len(rows)} rows: look at it.",
            f"“{item.name}”可由代码判定，但 {len(rows)} 行好回答中有 "
            f"{len(rows) - met if item.points > 0 else met} 行自己就不符合：请检查。",
        )
        return judged
    notes.add(
        "{n} criteria are decided by code and need no judge.", "{n} 条准则由代码判定，无需评审。"
    )
    return checked


def _meets(criterion: Criterion, row: Sample) -> bool:
    """Whether the row's own answer meets it."""
    answer = Answer(text=row.reference, finish_reason="stop")
    return checks.check(criterion, row, answer, "base").outcome == "met"
