"""Numbers as people write and say them, in English and Chinese, as digits."""

from __future__ import annotations

import re

from core.assistant.plain import plain

NUMBER = r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d{1,2})?k?"
DIGITS = dict(zip("零一二三四五六七八九", range(10), strict=True)) | {"两": 2}
HAN = "零一二两三四五六七八九十百千"
SPOKEN = "one two three four five six seven eight nine ten"
WORDS = {word: place for place, word in enumerate(SPOKEN.split(), start=1)}
COUNTED = (
    r"(?:more |additional |extra )?(?:epochs?|passes|steps?|days?|weeks?|months?|years?|gpus?"
    r"|workers?|processes|evaluations?|validations?)\b"
)
COUNTED_ZH = r"(?:个 ?)?(?:轮|遍|步|周期|epoch|天|星期|周|月|年|(?:张|块) ?(?:显?卡|gpu)|进程)"


def prepared(text: str) -> str:
    """Plain text with every number in digits and the old value of `from 2 to 3` taken out."""
    text = re.sub(r"(?<=\d)[,，](?=\d{3}\b)", "", text).replace("×", "*")
    text = plain(re.sub(r"(\d+(?:\.\d+)?)\s*[*x]\s*10\s*\^?\s*(-\d+)", r"\1e\2", text))
    text = re.sub(r"(?<![\d.])10 ?\^ ?(-\d+)", r"1e\1", text)
    text = re.sub(r"\bhalf an? epoch\b|半(个 ?)?(轮|epoch)", "0.5 epochs", text)
    text = re.sub(r"\b(?:an?|single) (?=(?:single )?(?:epoch|day|week|month|year)\b)", "1 ", text)
    text = re.sub(r"\b1 single (?=epoch\b)", "1 ", text)
    text = re.sub(r"\banother (?=epoch\b)", "1 more ", text)
    spoken = "|".join(WORDS)
    text = re.sub(rf"\b(to|of|=|is) ({spoken})\b", lambda m: f"{m[1]} {WORDS[m[2]]}", text)
    text = re.sub(rf"\b({spoken})(?= {COUNTED})", lambda m: str(WORDS[m[1]]), text)
    text = re.sub(
        rf"(?<![第哪下上这那每{HAN}])([{HAN}]+)(?= ?{COUNTED_ZH})",
        lambda m: f" {han_number(m[1])} ",
        text,
    )
    text = re.sub(rf"百分之 ?([{HAN}]+|[\d.]+)", lambda m: f" {han_number(m[1])}%", text)
    text = re.sub(
        rf"([万千])分之 ?([{HAN}]+|[\d.]+)",
        lambda m: f" {han_number(m[2])}e-{'4' if m[1] == '万' else '3'}",
        text,
    )
    text = re.sub(rf"\bfrom {NUMBER} (?=(?:up |down )?to\b)", "", text)
    text = re.sub(rf"从 ?{NUMBER} ?[轮步天]?(?= ?[改调变提降增减加到换])", "", text)
    return " ".join(text.split())


def han_number(text: str) -> float | int:
    """The value of a Chinese numeral below ten thousand, or of digits."""
    if text[0] in "0123456789.":
        return number(text)
    total = digit = 0
    for character in text:
        if character in DIGITS:
            digit = DIGITS[character]
        else:
            total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[character]
            digit = 0
    return total + digit


def number(text: str) -> float | int:
    """The value of NUMBER, or of a percentage; `2k` is 2048."""
    share = text.removesuffix("%").removesuffix("percent").strip()
    if share != text:
        return round(float(share) / 100, 9)
    value = float(text.removesuffix("k")) * (1024 if text.endswith("k") else 1)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value
