"""A large file of conversations to measure reading on: about 260,000 rows, 500 MB.

English, Chinese and Russian; some rows call tools, a fifth write their text with \\u escapes, one
in a hundred is broken in one of six ways. A row has 3.6 messages and 1.9 KB on average, like the
mix of published files that reading was first measured on. The same seed gives the same file.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

ROWS = 260_949
SIZE = 500_000_000
"""Bytes, about."""
BAD_SHARE = 0.01
ESCAPED_SHARE = 0.2
TOOL_SHARE = 0.05
WORDS = {
    "en": "the order parcel refund please delivery account invoice what when could your team "
    "warranty battery replace screen shipping address payment card receipt colour size return",
    "zh": "订单 包裹 退款 请问 快递 账户 发票 什么 时候 可以 您的 客服 保修 电池 更换 "
    "屏幕 地址 付款 收据 颜色 尺寸 退货",
    "ru": "заказ посылка возврат пожалуйста доставка счёт когда можно ваш гарантия батарея экран",
}
LANGUAGES = ("en", "en", "zh", "ru")
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": f"look_up_{what}",
            "description": f"Look up the {what} that a customer asks about.",
            "parameters": {
                "type": "object",
                "properties": {"number": {"type": "string"}},
                "required": ["number"],
            },
        },
    }
    for what in ("order", "parcel", "invoice")
]
BAD = (
    b'{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":5}]}',
    b'{"messages":[{"role":"usr","content":"x"},{"role":"assistant"}]}',
    b'{"messages":[{"role":"user","content":"caf\xe9"}]}',
    b'{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y" "z"}]}',
    b'{"msgs":[]}',
    b'{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":""}]}',
)


def lines(rows: int, seed: int = 5) -> Iterator[bytes]:
    """The file's rows, without line breaks."""
    chance = random.Random(seed)
    share = SIZE / ROWS
    for number in range(rows):
        if chance.random() < BAD_SHARE:
            yield BAD[number % len(BAD)]
            continue
        row = _row(chance, share)
        yield json.dumps(row, ensure_ascii=chance.random() < ESCAPED_SHARE).encode()


def write(path: Path, rows: int = ROWS, array: bool = False, whole: bool = False) -> int:
    """Write the file as JSON Lines or as one array; returns its size in bytes.

    An array, and a `whole` file, have no broken rows.
    """
    with path.open("wb") as file:
        for number, line in enumerate(_usable(lines(rows)) if array or whole else lines(rows)):
            if array:
                file.write(b",\n" if number else b"[")
            file.write(line if array else line + b"\n")
        if array:
            file.write(b"]\n")
    return path.stat().st_size


def _usable(rows: Iterator[bytes]) -> Iterator[bytes]:
    """Broken JSON in an array is another question than speed: only what decodes is kept."""
    return (row for row in rows if row not in BAD)


def _row(chance: random.Random, size: float) -> dict[str, object]:
    language = chance.choice(LANGUAGES)
    words = WORDS[language].split()
    tools = chance.random() < TOOL_SHARE
    messages: list[dict[str, object]] = []
    if chance.random() < 0.45:
        messages.append({"role": "system", "content": _text(chance, words, 12)})
    pairs = chance.choice((1, 1, 1, 1, 2, 3))
    each = max(4, int(size * 0.775 / (2 * pairs) / (len(" ".join(words).encode()) / len(words))))
    for pair in range(pairs):
        messages.append({"role": "user", "content": _text(chance, words, each)})
        if tools and pair == 0:
            messages += _call(chance, words)
        messages.append({"role": "assistant", "content": _text(chance, words, each)})
    return {"messages": messages, "tools": TOOLS} if tools else {"messages": messages}


def _text(chance: random.Random, words: list[str], count: int) -> str:
    start = chance.randrange(len(words))
    picked = [words[(start + chance.randrange(7) * i) % len(words)] for i in range(count)]
    return f"{' '.join(picked)} {chance.randrange(10**6)}."


def _call(chance: random.Random, words: list[str]) -> list[dict[str, object]]:
    number = str(chance.randrange(10**9))
    call = {
        "id": f"call_{number}",
        "type": "function",
        "function": {"name": "look_up_order", "arguments": json.dumps({"number": number})},
    }
    return [
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": f"call_{number}", "content": _text(chance, words, 8)},
    ]
