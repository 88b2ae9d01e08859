"""The words and sentences that practice is made of, read from practice.en.yaml and .zh.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Lexicon:
    """One language's words and sentences; `{x}` or `ITEM` marks where an item stands."""

    things: list[str]
    qualifiers: list[str]
    """Words that make a compound with a thing."""
    characters: str
    sounds: dict[str, list[str]]
    names: list[str]
    places: list[str]
    days: list[str]
    kinds: dict[str, list[str]]
    topics: dict[str, list[str]]
    same: list[list[str]]
    opposite: list[list[str]]
    about: list[str]
    heads: list[str]
    tails: list[str]
    bodies: list[str]
    asides: list[str]
    meanings: dict[str, list[str]]

    @property
    def colours(self) -> list[str]:
        """The names of colours."""
        return self.kinds.get("colour") or self.kinds["颜色"]


def _read(language: str) -> Lexicon:
    found = yaml.safe_load((_FOLDER / f"practice.{language}.yaml").read_text(encoding="utf-8"))
    for key in ("things", "qualifiers", "names", "places", "days"):
        found[key] = found.get(key, "").split()
    for key in ("kinds", "topics", "sounds"):
        found[key] = {name: words.split() for name, words in found.get(key, {}).items()}
    found["same"] = [words.split() for words in found["same"]]
    found["opposite"] = [pair.split(":") for pair in found["opposite"].split()]
    found["characters"] = "".join(found.get("characters", "").split())
    return Lexicon(**found)


ENGLISH = _read("en")
CHINESE = _read("zh")
