"""Settings that a person names in a sentence, in English or Chinese, as values for a plan."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from pydantic import Field

from core.assistant import naming, phrases
from core.assistant.numerals import NUMBER, number, prepared
from core.assistant.plain import plain
from core.assistant.settings_texts import take_texts
from core.assistant.settings_words import (
    ABOUT,
    CHOICES,
    DAYS,
    DIRECTION,
    LINK,
    LONGER,
    NAMES,
    NO_TRACKERS,
    NOT_THIS,
    OFF,
    SCANNER,
    TRACKERS,
    Choice,
)
from core.messages import Record

NUMBERED = re.compile(rf"(?: ?patience)?{LINK}{NUMBER}")


class SettingsSaid(Record):
    """What a sentence asks of the plan."""

    values: dict[str, Any] = Field(default_factory=dict)
    """By PlanChanges field; None takes back what was asked for before."""
    factors: dict[str, float] = Field(default_factory=dict)
    """Multiply the present value by this."""
    added: dict[str, float] = Field(default_factory=dict)
    """Add this to the present value."""
    vague: tuple[str, ...] = ()
    """Fields that should change, without a value."""
    effective_batch: int | None = None
    """Rows a step, to be reached by accumulation."""
    accepts_licence: bool = False
    """The person accepts the licence of the plan's base model."""
    unused: tuple[str, ...] = ()
    """Numbers in the sentence that belong to none of these."""

    @property
    def any(self) -> bool:
        asked = self.values or self.factors or self.added or self.vague
        return bool(asked or self.effective_batch or self.accepts_licence)


def read_settings(
    text: str, models: tuple[str, ...] = (), runs: tuple[str, ...] = ()
) -> SettingsSaid:
    """Every setting that the text names; `models` and `runs` are names that a plan may use."""
    text = unicodedata.normalize("NFKC", text)
    off, _ = _chosen(prepared(text), OFF)
    if NO_TRACKERS.search(prepared(text)):
        off["trackers"] = ()
    text = without_negated(text)
    name, text = naming.take_name(text)
    model, text = naming.take_model(text, models)
    named, accepts, text = take_texts(text, runs)
    rest = NO_TRACKERS.sub(" ", _without(prepared(text), OFF))
    chosen, rest = _chosen(rest, CHOICES)
    trackers, rest = _trackers(rest)
    numbers = _Numbers(rest)
    left = SCANNER.sub(" ", rest)
    own = {"name": name, "base_model": model, "trackers": trackers or None}
    return SettingsSaid(
        values=chosen | numbers.values | _given(own) | named | off,
        factors=numbers.factors,
        added=numbers.added,
        vague=_vague(left),
        effective_batch=numbers.effective_batch,
        accepts_licence=accepts,
        unused=tuple(re.findall(rf"(?<![\w./-]){NUMBER}(?![\w/-])", left)),
    )


def without_negated(text: str) -> str:
    """The text without the parts that say what is not wanted."""
    parts = re.split(r"(?<!\d)[,;，；。]|[,;，；。](?!\d)|\b(?:but|instead)\b(?! of\b)", text)
    return ", ".join(part for part in parts if not phrases.NEGATED.search(plain(part)))


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _chosen(text: str, choices: tuple[Choice, ...]) -> tuple[dict[str, Any], str]:
    """The values that are said in words, and the text without them."""
    values: dict[str, Any] = {}
    for field, value, said in choices:
        for found in said.finditer(text):
            if NOT_THIS.search(text[: found.start()]):
                continue
            if field == "modules_to_save" and field in values:
                values[field] = f"{values[field]},{value}"
            values.setdefault(field, value)
        text = _blank(field, said, text)
    return values, text


def _without(text: str, choices: tuple[Choice, ...]) -> str:
    for choice in choices:
        text = choice.said.sub(" ", text)
    return text


def _blank(field: str, said: re.Pattern[str], text: str) -> str:
    """The text without what was found, unless it is the name of a number that follows."""
    if field not in NAMES:
        return said.sub(" ", text)
    return said.sub(lambda m: m[0] if NUMBERED.match(text, m.end()) else " ", text)


def _trackers(text: str) -> tuple[tuple[str, ...], str]:
    found = tuple(name for name, said in TRACKERS.items() if said.search(text))
    for said in TRACKERS.values():
        text = said.sub(" ", text)
    return found, text


class _Numbers:
    """What a scan from the left finds of numbers that belong to a setting."""

    def __init__(self, text: str) -> None:
        self.values: dict[str, Any] = {}
        self.factors: dict[str, float] = {}
        self.added: dict[str, float] = {}
        self.effective_batch: int | None = None
        for match in SCANNER.finditer(text):
            self._take({key: value for key, value in match.groupdict().items() if value})

    def _take(self, said: dict[str, str]) -> None:
        if more := said.get("more_zh") or said.get("more_en"):
            self.added["epochs"] = number(more)
            return
        if rows := said.get("whole_en") or said.get("whole_zh"):
            self.effective_batch = int(rows)
            return
        if kept := said.get("kept") or said.get("kept_zh"):
            unit = said.get("kept_unit") or said["kept_unit_zh"]
            self.values["retention_days"] = int(kept) * DAYS[unit]
            return
        kind, _, field = next(iter(said)).partition("_")
        if kind == "rate":
            self.values["learning_rate"] = number(said["rate"])
        elif kind in ("name", "unit"):
            self.values[field] = number(next(iter(said.values())))
        else:
            self.factors[field] = 2.0 if kind.startswith("double") else 0.5


def _vague(rest: str) -> tuple[str, ...]:
    if LONGER.search(rest):
        return ("epochs",)
    if not DIRECTION.search(rest):
        return ()
    return tuple(field for field, said in ABOUT.items() if re.search(said, rest))
