"""The bundled items, read as what they are."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import model_validator

from core.messages import Message, Record
from eval.judge.prompt import VERSION
from eval.judge.records import Trait
from eval.records import Answer, Sample
from eval.rubric.rubrics import Criterion

FILE = Path(__file__).parent / "items.yaml"


class ExamQuestion(Record):
    """One item: an answer with a criterion, or two answers."""

    id: str
    traits: tuple[Trait, ...]
    language: Literal["en", "zh"]
    question: str
    reference: str = ""
    answer: str | None = None
    criterion: str = ""
    first: str = ""
    second: str = ""
    expected: Literal["met", "not_met", "first", "second", "tie"]

    @model_validator(mode="after")
    def _whole(self) -> ExamQuestion:
        if self.is_pair != (self.expected in ("first", "second", "tie")):
            raise ValueError(f"{self.id}: `expected` does not fit what is asked")
        if (self.first == self.second) != ("identical" in self.traits) and self.is_pair:
            raise ValueError(f"{self.id}: `identical` and its answers disagree")
        return self

    @property
    def is_pair(self) -> bool:
        return self.answer is None

    @property
    def sample(self) -> Sample:
        """What it looks like to a judge: any other sample."""
        prompt = (Message(role="user", content=self.question),)
        return Sample(id=self.id, row=0, group=self.id, prompt=prompt, reference=self.reference)

    @property
    def asked(self) -> Criterion:
        return Criterion(id=self.id, text=self.criterion, kind="judge")

    @property
    def given(self) -> Answer:
        return Answer(text=self.answer)


@lru_cache(maxsize=1)
def load_items() -> tuple[ExamQuestion, ...]:
    """All items, single ones first."""
    found = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(ExamQuestion.model_validate(item) for item in [*found["single"], *found["pair"]])


def version() -> str:
    """Changes with every item and every word that a judge is asked with."""
    return hashlib.sha256(FILE.read_bytes() + VERSION.encode()).hexdigest()[:12]
