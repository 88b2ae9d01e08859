"""The bundled general set: items with what makes an answer right, and texts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml
from pydantic import TypeAdapter

from core.messages import Message
from eval.checks import deciding as checks
from eval.checks.kinds import Check
from eval.records import Answer, Sample
from eval.rubric.rubrics import Criterion

HERE = Path(__file__).parent
Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, Language] = ("en", "zh")


class Item(NamedTuple):
    """One question of the general set."""

    id: str
    suite: str
    language: Language
    messages: tuple[Message, ...]
    criteria: tuple[Criterion, ...]
    """An answer is right when it meets all with points above 0 and none below."""

    @property
    def sample(self) -> Sample:
        """The item in the shape that checks read."""
        return Sample(id=self.id, row=0, group=self.id, prompt=self.messages, reference="")

    def is_right(self, answer: Answer) -> bool | None:
        """Whether an answer is right; None when there is none, or a check can't tell.

        Too short an answer to tell its language is not right: a sentence was asked for.
        """
        if checks.missing_reason(answer):
            return None
        found = [
            (criterion.points > 0, checks.check(criterion, self.sample, answer, "base").outcome)
            for criterion in self.criteria
        ]
        return all(outcome == ("met" if wanted else "not_met") for wanted, outcome in found)


class Suite(NamedTuple):
    """Items of one kind."""

    id: str
    name: str
    name_zh: str
    items: tuple[Item, ...]


@cache
def suites() -> tuple[Suite, ...]:
    """The general set as it is bundled."""
    found: dict[str, Any] = yaml.safe_load((HERE / "general.yaml").read_text(encoding="utf-8"))
    return tuple(
        Suite(
            id=suite,
            name=told["name"],
            name_zh=told["name_zh"],
            items=tuple(
                _item(suite, language, number, fields)
                for language in LANGUAGES
                for number, fields in enumerate(told[language], 1)
            ),
        )
        for suite, told in found.items()
    )


@cache
def texts() -> dict[str, str]:
    """The general texts by name, such as `en-3`."""
    found: dict[str, list[str]] = yaml.safe_load((HERE / "texts.yaml").read_text(encoding="utf-8"))
    return {
        f"{language}-{number}": text
        for language, several in found.items()
        for number, text in enumerate(several, 1)
    }


def _item(suite: str, language: Language, number: int, fields: dict[str, Any]) -> Item:
    said = fields["ask"] if isinstance(fields["ask"], list) else [fields["ask"]]
    messages = tuple(
        Message(role="assistant" if turn % 2 else "user", content=text)
        for turn, text in enumerate(said)
    )
    wanted = [name for name in fields if name != "ask"]
    return Item(
        id=f"{suite}-{language}-{number}",
        suite=suite,
        language=language,
        messages=messages,
        criteria=tuple(_criterion(name, fields[name]) for name in wanted),
    )


def _criterion(name: str, value: Any) -> Criterion:
    """What one field of an item asks for; `refuses: false` wants no refusal."""
    check = TypeAdapter(Check).validate_python(_check(name, value))
    unwanted = name == "refuses" and not value
    return Criterion(
        id=name, text=f"{name}: {value}", kind="check", points=-1 if unwanted else 1, check=check
    )


def _check(name: str, value: Any) -> dict[str, Any]:
    match name:
        case "number":
            return {"type": "number", "value": value, "which": "last"}
        case "any" | "all" | "none":
            return {"type": "contains", name: value, "normalise": "fold"}
        case "regex":
            return {"type": "regex", "pattern": value}
        case "json":
            shape = {"type": "object", "required": list(value), "properties": value}
            return {"type": "json_schema", "schema": shape}
        case "language":
            return {"type": "language", "language": value}
        case "refuses":
            return {"type": "refusal"}
        case "min_words" | "max_words":
            return {"type": "length", name: value}
    raise ValueError(f"an item of the general set has an unknown field: {name}")
