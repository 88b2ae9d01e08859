"""Writes support_desk.jsonl from support_desk.phrases.yaml.

Run `python -m core.data.examples.make_support_desk`; the seed is fixed, so the file is the same
every time. Test rows use phrasings, items or both that no training row has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import yaml

HERE = Path(__file__).parent
PHRASES = HERE / "support_desk.phrases.yaml"
ROWS = HERE / "support_desk.jsonl"
SEED = 7

Row = dict[str, Any]
Turns = list[tuple[str, str]]


@dataclass(frozen=True)
class Group:
    """One block of rows: where it goes, and what in it is new to a trained model."""

    split: str
    language: str
    count: int
    new_phrasing: bool = False
    new_item: bool = False

    @property
    def tags(self) -> list[str]:
        """The tags that every row of the group has."""
        found = [self.language]
        found += ["new_phrasing"] if self.new_phrasing else []
        found += ["new_item"] if self.new_item else []
        return found


GROUPS = (
    Group("train", "en", 450),
    Group("train", "zh", 150),
    Group("validation", "en", 45),
    Group("validation", "zh", 15),
    Group("test", "en", 45, new_phrasing=True),
    Group("test", "zh", 15, new_phrasing=True),
    Group("test", "en", 45, new_item=True),
    Group("test", "zh", 15, new_item=True),
    Group("test", "en", 30, new_phrasing=True, new_item=True),
    Group("test", "zh", 10, new_phrasing=True, new_item=True),
)


class Desk:
    """Draws dialogues with the desk in one language."""

    def __init__(self, language: str, group: Group, rng: Random) -> None:
        phrases = yaml.safe_load(PHRASES.read_text(encoding="utf-8"))
        self._words: dict[str, Any] = phrases[language]
        self._next: dict[str, list[str]] = phrases["next"]
        self._english = language == "en"
        self._rng = rng
        self._wording = "new" if group.new_phrasing else "train"
        self._items: list[str] = self._words["items"]["new" if group.new_item else "train"]

    @property
    def intents(self) -> list[str]:
        """The wishes a customer can have."""
        return list(self._words["replies"])

    def dialogue(self, intent: str) -> Turns:
        """Return one dialogue whose last wish is the intent."""
        item, draw = self._rng.choice(self._items), self._rng.random()
        earlier = [first for first, after in self._next.items() if intent in after]
        if draw < 0.18 and earlier:
            turns = self._after_another_wish(intent, self._rng.choice(earlier), item)
        elif draw < 0.4:
            turns = self._after_an_opening(intent, item)
        else:
            turns = [("user", self._first(self._pick("sentences", intent), item, intent))]
        answer = self._words["replies"][intent].format(i=item)
        return [("system", self._words["system"]), *turns, ("assistant", answer)]

    def _after_another_wish(self, intent: str, earlier: str, item: str) -> Turns:
        bridge = self._rng.choice(self._words["bridges"])
        return [
            ("user", self._first(self._pick("sentences", earlier), item, earlier)),
            ("assistant", self._words["replies"][earlier].format(i=item)),
            ("user", bridge + self._pick("follow_ups", intent)),
        ]

    def _after_an_opening(self, intent: str, item: str) -> Turns:
        opening = self._rng.choice(self._words["openings"][self._wording])
        return [
            ("user", self._first(opening, item)),
            ("assistant", self._words["hello"].format(i=item)),
            ("user", self._pick("follow_ups", intent)),
        ]

    def _pick(self, kind: str, intent: str) -> str:
        return str(self._rng.choice(self._words[kind][intent][self._wording]))

    def _first(self, text: str, item: str, intent: str = "") -> str:
        opener = self._rng.choice(self._words["openers"])
        start = _upper(text) if not opener or opener.endswith(". ") else text
        parts = [opener + start, self._rng.choice(self._words["asides"])]
        # Who only says thanks does not plead.
        pleas = [] if intent == "thanks" else self._words["pleas"]
        parts.append(self._rng.choice([*self._words["closers"], *pleas]))
        joined = (" " if self._english else "").join(part for part in parts if part)
        if self._english and item.startswith(("a", "e", "i", "o", "um")):  # but: a ukulele
            joined = joined.replace(" a {i}", " an {i}")
        filled = joined.format(
            i=item,
            n=self._rng.randint(10_000, 99_999),
            day=self._rng.choice(self._words["days"]),
            person=self._rng.choice(self._words["people"]),
        )
        return _upper(filled)


def rows() -> Iterator[Row]:
    """Yield every row; no two rows share a first user turn."""
    rng, seen = Random(SEED), set[str]()
    for group in GROUPS:
        desk = Desk(group.language, group, rng)
        intents = cycle(desk.intents)
        for _ in range(group.count):
            yield _fresh_row(desk, next(intents), group, seen)


def _fresh_row(desk: Desk, intent: str, group: Group, seen: set[str]) -> Row:
    while True:
        turns = desk.dialogue(intent)
        first = next(text for role, text in turns if role == "user").casefold()
        if first not in seen:
            seen.add(first)
            messages = [{"role": role, "content": text} for role, text in turns]
            return {"messages": messages, "split": group.split, "tags": [*group.tags, intent]}


def main() -> None:
    """Write the file, each split shuffled."""
    made = list(rows())
    Random(SEED).shuffle(made)
    made.sort(key=lambda row: ("train", "validation", "test").index(row["split"]))
    lines = [json.dumps(row, ensure_ascii=False) for row in made]
    ROWS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} rows in {ROWS.name}")


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    main()
