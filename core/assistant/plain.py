"""Plain text: what a person wrote, reduced to a form that phrases can be looked for in."""

from __future__ import annotations

import re
import unicodedata

from core.assistant.records import Language

HAN = re.compile(r"[\u3400-\u9fff]")
LETTER = re.compile(r"[^\W\d_]")

SIMPLIFIED = str.maketrans(
    "訓練開評報對數據資學習輪種樣幫終結來繼續復運為麼還進狀態說動謝請長類進查個現導關閉釋內顯過語範確認敗問題擇試裡碼脫隱夠嗎",
    "训练开评报对数据资学习轮种样帮终结来继续复运为么还进状态说动谢请长类进查个现导关闭释内显过语范确认败问题择试里码脱隐够吗",
)
"""The traditional characters that the phrases need."""

CONTRACTIONS = (
    (re.compile(r"\b(do|does|did|is|are|was|should|would|could)n'?t\b"), r"\1 not"),
    (re.compile(r"\bcan'?t\b"), "can not"),
    (re.compile(r"\bwon'?t\b"), "will not"),
    (re.compile(r"\blet'?s\b"), "lets"),
    (re.compile(r"\b(what|how|where|that|it|there|who)'s\b"), r"\1 is"),
    (re.compile(r"\bwhats\b"), "what is"),
    (re.compile(r"\bhows\b"), "how is"),
    (re.compile(r"\bi'?m\b"), "i am"),
    (re.compile(r"\bi'd\b"), "i would"),
    (re.compile(r"\bfine[ -]?(tun)(e|ed|ing)\b"), r"fine\1\2"),
    (re.compile(r"\bside[ -]by[ -]side\b"), "side by side"),
    (re.compile(r"\bdata[ -]set(s?)\b"), r"dataset\1"),
)
NOISE = re.compile(r"[^\w\s.\-/=+%^*:']|(?<!\d)\.(?!\d)|\.(?!\d)|'")
BOUNDARY = re.compile(r"(?<=[\u3400-\u9fff])(?=[a-z0-9.])|(?<=[a-z0-9%])(?=[\u3400-\u9fff])")

WORDS = """
train training finetune finetuning start stop resume continue compare evaluate evaluation report
progress status approve cancel epoch epochs learning batch length model models dataset datasets
example demo results rank steps yes please conversation side name seed
"""
ORDINARY_WORDS = "sample samples strain stat stats state states stars starts mode modes"
VOCABULARY = frozenset(WORDS.split())
ORDINARY = frozenset(ORDINARY_WORDS.split())
"""Real words that differ from one of the vocabulary by one slip, so they are no slips."""
VOWELS = frozenset("aeiou")


def language_of(text: str, before: Language) -> Language:
    """Chinese when the text has a Han character; text without any letter keeps the language."""
    if HAN.search(text):
        return "zh"
    return "en" if LETTER.search(text) else before


def plain(text: str) -> str:
    """Lower case, simplified characters, no punctuation, contractions and slips of the pen undone.

    Han and Latin text are set apart by one space, so word boundaries mean the same in both.
    """
    text = unicodedata.normalize("NFKC", text).replace("\u2019", "'").replace("\u2212", "-")
    text = text.casefold().translate(SIMPLIFIED)
    for pattern, replacement in CONTRACTIONS:
        text = pattern.sub(replacement, text)
    text = BOUNDARY.sub(" ", NOISE.sub(" ", text))
    return " ".join(corrected(word) for word in text.split())


def is_asked(text: str) -> bool:
    """Whether the person's text ends as a question."""
    return text.rstrip().endswith(("?", "？"))


def corrected(word: str) -> str:
    """The word of the vocabulary that this one is a slip of, or the word itself."""
    if len(word) < 5 or word in VOCABULARY or word in ORDINARY or not word.isascii():
        return word
    near = (known for known in sorted(VOCABULARY) if len(known) > 4 and is_slip(word, known))
    return next(near, word)


def is_slip(word: str, known: str) -> bool:
    """Whether one letter is missing, doubled or swapped with its neighbour, or one vowel is wrong.

    The first letter must be right; a wrong consonant makes another word (smart, start).
    """
    if word[0] != known[0] or abs(len(word) - len(known)) > 1:
        return False
    if len(word) == len(known):
        differing = [i for i, (a, b) in enumerate(zip(word, known, strict=True)) if a != b]
        if len(differing) == 1:
            return {word[differing[0]], known[differing[0]]} <= VOWELS
        swapped = len(differing) == 2 and differing[1] - differing[0] == 1
        return swapped and sorted(word) == sorted(known)
    longer, shorter = (word, known) if len(word) > len(known) else (known, word)
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))
