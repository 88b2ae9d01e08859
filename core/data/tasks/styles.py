"""Style: what all answers of a persona have in common, found in the answers themselves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from core.data.records import Example
from core.data.tasks.shape import text_of
from core.data.whole.languages import HAN, LATIN, LETTERS_PER_HAN

FEWEST = 6
"""With fewer answers, what they share may be chance."""
SHARED = 0.8
"""Of answers: what more of them have belongs to the style."""
NAMED = 0.3
"""Of answers: a persona says its name when asked, not in every answer."""
MOST_SIGNATURES = 4
SIGNATURE_SHARE = 0.1
LONGEST_SIGNATURE = 60
MOST_TAGS = 30
SEARCHED = 20_000
"""Characters of an answer."""

TAG = re.compile(r"\A\s*(\[[^\[\]\n]{1,30}\]|【[^【】\n]{1,30}】|<[A-Za-z][\w-]{0,29}>)")
ENDS = re.compile(r"(?<=[.!?…。！？～~\n])\s*|\s+(?=[-—–~])|(?=——)")
NAME = re.compile(
    r"(?:\b(?:I am|I'm|I’m|[Mm]y name is)\s+|(?:我是|我叫|我的名字是|我的名字叫)\s*)"
    r"(\{\{\w+\}\}|<[A-Z_]+>|[A-Z][\w-]*|[\u3400-\u9fff]{1,8}?(?=[，。！,.!、；;\s]|\Z))"
)
NOT_A_NAME = frozenset(("An", "A", "The", "AI", "Your", "Not", "Sorry", "Glad", "Here"))
NOT_A_NAME_ZH = "一您你由个来在不很谁什"


class Style(NamedTuple):
    """What the answers of a persona share; empty where they share nothing of the kind."""

    signatures: tuple[str, ...] = ()
    """Endings of answers; several, for instance, when there are several languages."""
    tags: tuple[str, ...] = ()
    """Beginnings such as [REFUND], each of which is used."""
    name: str = ""
    """What the persona calls itself."""
    follows_language: bool = False
    """Whether answers are in the language of their question."""

    @property
    def is_any(self) -> bool:
        """Whether the answers share enough to speak of a style."""
        return bool(self.signatures or self.tags or self.name)


def style_of(asked: Sequence[tuple[str, str]]) -> Style:
    """What the answers of (question, answer) pairs share."""
    answers = [answer.strip() for _, answer in asked]
    if len(answers) < FEWEST:
        return Style()
    return Style(_signatures(answers), _tags(answers), _name(answers), _follows(asked))


def pairs_of(examples: Iterable[Example]) -> list[tuple[str, str]]:
    """The last question and answer of each example."""
    return [(text_of(example), example.conversation.reference) for example in examples]


def tag_of(answer: str) -> str:
    """The tag that an answer starts with; "" when there is none."""
    found = TAG.match(answer)
    return found.group(1) if found else ""


def names_in(answer: str) -> list[str]:
    """What the speaker calls itself."""
    return [
        name
        for name in NAME.findall(answer[:SEARCHED])
        if name not in NOT_A_NAME and name[0] not in NOT_A_NAME_ZH
    ]


def script_of(text: str) -> str:
    """`zh` or `en`, by what most of a text is written in; "" when it is neither."""
    text = text[:SEARCHED]
    han = sum(map(len, HAN.findall(text))) * LETTERS_PER_HAN
    latin = sum(map(len, LATIN.findall(text)))
    if han == latin:
        return ""
    return "zh" if han > latin else "en"


def _signatures(answers: Sequence[str]) -> tuple[str, ...]:
    if len(set(answers)) <= MOST_SIGNATURES:
        return ()
    endings = [_ending(answer) for answer in answers]
    counts = Counter(ending for ending in endings if ending)
    usual = [
        e for e, n in counts.most_common(MOST_SIGNATURES) if n >= SIGNATURE_SHARE * len(answers)
    ]
    covered = sum(counts[ending] for ending in usual)
    return tuple(sorted(usual)) if covered >= SHARED * len(answers) else ()


def _ending(answer: str) -> str:
    """The last piece of an answer that has more than this piece."""
    pieces = [piece.strip() for piece in ENDS.split(answer[-2 * LONGEST_SIGNATURE :])]
    pieces = [piece for piece in pieces if piece]
    last = pieces[-1] if len(pieces) > 1 else ""
    return last if 1 < len(last) <= LONGEST_SIGNATURE else ""


def _tags(answers: Sequence[str]) -> tuple[str, ...]:
    counts = Counter(tag for answer in answers if (tag := tag_of(answer)))
    if counts.total() < SHARED * len(answers) or len(counts) > MOST_TAGS:
        return ()
    return tuple(sorted(counts))


def _name(answers: Sequence[str]) -> str:
    counts = Counter(name for answer in answers for name in set(names_in(answer)))
    name, count = counts.most_common(1)[0] if counts else ("", 0)
    return name if count >= max(NAMED * len(answers), 3) else ""


def _follows(asked: Sequence[tuple[str, str]]) -> bool:
    pairs = [(script_of(question), script_of(answer)) for question, answer in asked]
    known = [question == answer for question, answer in pairs if question and answer]
    return bool(known) and sum(known) >= SHARED * len(known)
