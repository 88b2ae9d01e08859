"""Guess the encoding of text that isn't UTF-8."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Sequence

from core.data.reading.names import NAMES

HIGH = re.compile(rb"[\x80-\xff]+")
COMMON_CHINESE = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年"
    "过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心"
    "她本前开但因只从想实吗呢吧请问怎什您号单款买很，。？！、：；“”（）"
)

HIRAGANA = frozenset(map(chr, range(0x3041, 0x3094)))
WESTERN = frozenset(
    "àâäáãåæçéèêëíìîïñóòôöõøœúùûüÿßÀÂÄÁÃÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØŒÚÙÛÜŸ¿¡«»“”„‘’–—…€£§°ªº·\xa0"
)


def guess_encoding(lines: bytes) -> str | None:
    """The encoding that lines which aren't UTF-8 seem to be in, when it reads nearly all."""
    sample = lines[: lines.rfind(b"\n")] if lines.count(b"\n") > 1 else lines
    for name, is_likely in TELLING:
        text = sample.decode(name, "replace")
        beyond = [c for c in text if not c.isascii()]
        if beyond and beyond.count("\ufffd") * 50 < len(beyond) and is_likely(beyond, sample):
            return name
    from charset_normalizer import from_bytes  # here: few files need a guess

    best = from_bytes(sample, cp_isolation=list(NAMES["encodings"])).best()
    if best is None or best.encoding == "ascii":
        return None
    wrong = sample.decode(best.encoding, "replace").count("\ufffd")
    high = sum(len(match[0]) for match in HIGH.finditer(sample))
    return best.encoding if wrong * 100 <= high else None


def _share(characters: Sequence[str], expected: Container[str]) -> float:
    return sum(c in expected for c in characters) / len(characters)


def _is_chinese(characters: Sequence[str], _: bytes) -> bool:
    return _share(characters, COMMON_CHINESE) >= 0.2


def _is_japanese(characters: Sequence[str], _: bytes) -> bool:
    return _share(characters, HIRAGANA) >= 0.2


def _is_western(characters: Sequence[str], sample: bytes) -> bool:
    """Letters with marks, standing one by one between plain ones."""
    alone = sum(len(match[0]) < 3 for match in HIGH.finditer(sample))
    runs = sum(1 for _ in HIGH.finditer(sample))
    return alone >= 0.9 * runs and _share(characters, WESTERN) >= 0.95


# What short texts can be told by, where a general guess is often misled.
TELLING: tuple[tuple[str, Callable[[Sequence[str], bytes], bool]], ...] = (
    ("gb18030", _is_chinese),
    ("cp932", _is_japanese),
    ("euc_jp", _is_japanese),
    ("cp1252", _is_western),
)
