"""Characters that nobody sees, and text that was read with the wrong encoding."""

from __future__ import annotations

import re
from collections import Counter

from core.data.checks.said import Said
from core.data.problems import Finding, shorten

# Joiners do work between emoji and inside the scripts of India, Persia and Mongolia.
JOINED = "\u0590-\u109f\u1700-\u18af\ua800-\ua8ff\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
ZERO_WIDTH = re.compile(
    rf"[\u00ad\u180e\u200b\u2060-\u2064\ufeff]|(?<![{JOINED}])[\u200c\u200d]"
    r"|(?<![\U0001f3f4\U000e0000-\U000e007f])[\U000e0000-\U000e007f]+"
)
BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Direction marks belong to text written from right to left; overrides do not.
BIDI_OVERRIDE = re.compile("[\u202d\u202e]")
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
CONTROL = re.compile("\x1b\\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
SHOWN = 4
"""Different characters that one finding names."""
# What the bytes of lost characters look like when read as GBK; nothing can bring them back.
GBK_LOST = "锟斤拷"
# Without such a letter, nothing was UTF-8 that was read as a European encoding.
EUROPEAN = re.compile("[\u00a1-\u04ff]")
NON_ASCII = re.compile(r"[^\x00-\x7f]{3,}")
CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
FIRST_CHARACTERS = 24
"""Enough of a run of characters to tell whether its bytes, written as GBK, are UTF-8."""


def check_hidden(said: Said, found: list[Finding]) -> None:
    """Add zero-width, direction and control characters, by name."""
    text = said.text
    if text.replace("\n", "").isprintable():
        return
    if not text.isascii():
        _report("zero_width", ZERO_WIDTH.findall(text), said, found)
        _report("bidi_control", bidi_pattern(text).findall(text), said, found)
    _report("control_character", CONTROL.findall(text), said, found)


def bidi_pattern(text: str) -> re.Pattern[str]:
    """What matches the direction characters that have no business in this text."""
    return BIDI_OVERRIDE if RIGHT_TO_LEFT.search(text) else BIDI


def strip_hidden(text: str) -> str:
    """The text without the characters that `check_hidden` names."""
    return CONTROL.sub("", bidi_pattern(text).sub("", ZERO_WIDTH.sub("", text)))


def _report(code: str, matches: list[str], said: Said, found: list[Finding]) -> None:
    if not matches:
        return
    which = Counter(f"U+{ord(match[0]):04X}" for match in matches)
    names = [*list(which)[:SHOWN], *(["…"] if len(which) > SHOWN else [])]
    values = {"characters": ", ".join(names), "times": str(len(matches))}
    found.append(Finding(code, said.path, values))


def check_mojibake(said: Said, found: list[Finding]) -> None:
    """Add the first stretch of a text that was read with the wrong encoding."""
    text = said.text
    if text.isascii():
        return
    wrong = _wrong_line(text)
    if wrong:
        values = {"text": shorten(wrong[0], 30), "mended": shorten(wrong[1], 30)}
        found.append(Finding("mojibake", said.path, values))
    elif GBK_LOST in text:
        found.append(Finding("encoding_lost", said.path, {"text": GBK_LOST}))


def _wrong_line(text: str) -> tuple[str, str] | None:
    """A line that is in the wrong encoding, and what it should be."""
    bad = EUROPEAN.search(text) and _is_bad(text)
    if not (bad or _is_gbk_run(text)):
        return None
    for line in text.split("\n"):
        mended = mend_encoding(line)
        if mended != line:
            return line, mended
    return None


def mend_encoding(text: str) -> str:
    """The text with what was read with the wrong encoding read rightly."""
    lines = []
    for line in text.split("\n"):
        if not line.isascii():
            if _is_bad(line):
                line = _fixed(line)
            line = NON_ASCII.sub(lambda match: _from_gbk(match[0]), line)
        lines.append(line)
    return "\n".join(lines)


def _is_bad(text: str) -> bool:
    import ftfy.badness  # here: most files have no text that it must be asked about

    return bool(ftfy.badness.is_bad(text))


def _fixed(text: str) -> str:
    """Only encodings are mended: quotes, ligatures, widths and line breaks stay as written."""
    import ftfy

    wanted = ftfy.TextFixerConfig(
        unescape_html=False,
        remove_terminal_escapes=False,
        uncurl_quotes=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        fix_line_breaks=False,
        fix_surrogates=False,
        remove_control_chars=False,
        normalization=None,
    )
    return str(ftfy.fix_text(text, wanted))


def _is_gbk_run(text: str) -> bool:
    match = NON_ASCII.search(text)
    return match is not None and _from_gbk(match[0][:FIRST_CHARACTERS], cut=True) != ""


def _from_gbk(run: str, cut: bool = False) -> str:
    """UTF-8 text that was read as GBK, read rightly; the run itself (or "") when it is not."""
    other = "" if cut else run
    try:
        data = run.encode("gbk")
        text = data.decode("utf-8")
    except UnicodeEncodeError:
        return other
    except UnicodeDecodeError as error:
        # A cut run may end inside a character.
        if not cut or error.start < len(data) - 3:
            return other
        text = data[: error.start].decode("utf-8")
    return text if _is_likely(text) else other


def _is_likely(text: str) -> bool:
    """Whether it is text: at least two Han characters, and hardly anything odd."""
    han = len(CHINESE.findall(text))
    return han >= 2 and han * 10 >= len(text) * 9
