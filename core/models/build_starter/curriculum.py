"""Composes the practice chats: an endless, seeded stream of conversations in two languages."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from types import ModuleType

from core.models.build_starter import practice_en, practice_zh
from core.models.build_starter.practice_en import Turn

CHINESE_SHARE = 0.3

_SYSTEM = {
    practice_en: (
        "You are a helpful assistant.",
        "Answer politely.",
        "You are a friendly helper.",
        "Keep your answers short.",
        "You work for a small company. Be kind.",
    ),
    practice_zh: ("你是一个有用的助手。", "请礼貌地回答。", "回答要简短。", "你在一家小公司工作。"),
}


def conversation(rng: Random) -> list[Turn]:
    """Return one practice chat as (role, content) turns."""
    language = practice_zh if rng.random() < CHINESE_SHARE else practice_en
    draw = rng.random()
    if draw < 0.35:
        return language.follow_form(rng)
    if draw < 0.45:
        return _opening(language, rng) + language.recall(rng)
    if draw < 0.6:
        return language.gist(rng)
    turns = _opening(language, rng)
    for _ in range(rng.choice((1, 2, 3, 4))):
        question, answer = rng.choice(language.EXERCISES)(rng)
        turns += [("user", question), ("assistant", answer)]
    return turns


def conversations(seed: int) -> Iterator[list[Turn]]:
    """Yield practice chats without end; the same seed yields the same chats."""
    rng = Random(seed)
    while True:
        yield conversation(rng)


def _opening(language: ModuleType, rng: Random) -> list[Turn]:
    return [("system", rng.choice(_SYSTEM[language]))] if rng.random() < 0.6 else []
