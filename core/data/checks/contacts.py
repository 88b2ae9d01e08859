"""E-mail addresses, phone numbers, IP addresses and handles in a text."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from core.data.checks.private import Private
from core.data.checks.words import words

EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}"
    r"[A-Za-z]{2,24}(?![A-Za-z0-9])"
)
FILE_ENDINGS = frozenset({"png", "jpg", "jpeg", "gif", "svg", "webp", "py", "js", "ts", "css"})
EXAMPLE_DOMAIN = re.compile(
    r"(?:^|\.)(?:example\.(?:com|org|net|cn)|(?:your|my)?(?:domain|company|email|website|site)\.\w+"
    r"|xxx+\.\w+|(?:test|example|invalid|localhost|local))$",
    re.IGNORECASE,
)
EXAMPLE_USERS = frozenset(words("contacts", "example_users"))
CN_MOBILE = re.compile(
    r"(?<![0-9A-Za-z+])(?<![0-9][.-])(?:(?:\+|00)?86[ -]?)?"
    r"1[3-9][0-9](?:[0-9]{8}|([ -])[0-9]{4}\1[0-9]{4})(?![0-9A-Za-z]|[.-][0-9])"
)
PLUS = re.compile(r"(?<![0-9A-Za-z+])\+[1-9][0-9 ().-]{6,20}[0-9](?![0-9A-Za-z])")
NORTH_AMERICA = re.compile(
    r"(?<![0-9A-Za-z+])(?<![0-9][.-])(?:1[ .-])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}([.-]))"
    r"[0-9]{3}(?(1)\1|[ .-])[0-9]{4}(?![0-9A-Za-z]|[.-][0-9])"
)
CN_LANDLINE = re.compile(
    r"(?<![0-9A-Za-z.-])\(?0[1-9][0-9]{1,2}(?:-|\) ?)[1-9][0-9]{6,7}(?![0-9-])"
)
NAMED_PHONE = re.compile(
    r"(?:\b(?:[Pp]hone|PHONE|[Tt]el|TEL|[Mm]obile|MOBILE|[Ff]ax|[Ww]hats[Aa]pp|[Cc]all|[Tt]elephone)\b"
    r"|电话|手机|传真|座机)[^0-9+(\n]{0,14}(\+?\(?[0-9][0-9 ().-]{6,18}[0-9])(?![0-9A-Za-z])"
)
NAMED_REGIONS = ("CN", "US", "GB", "DE", "FR", "IN", "AU", "JP", "ES", "BR")
# Numbers set aside for films and examples, and those people make up: ascending or one digit.
EXAMPLE_PHONE = re.compile(
    r"555-?01[0-9]{2}$|^(?:\+?1)?(?:123456789|1234567890|0123456789|555[0-9]{7})$"
    r"|138001380[0-9]{2}$|12345678$|(\d)\1{6,}|^\+?447700900\d{3}$"
)
IP = re.compile(
    r"(?<![0-9A-Za-z.])(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}"
    r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?![0-9A-Za-z]|\.[0-9])"
)
PUBLIC_SERVERS = frozenset({"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9"})
VERSION = re.compile(r"(?:version|ver\.?|release|版本|v)\s*$", re.IGNORECASE)
HANDLE = re.compile(
    r"(?<![A-Za-z0-9_.@/`\-])@[A-Za-z][A-Za-z0-9_]{2,29}(?![A-Za-z0-9_]|[/.(][A-Za-z\"'(])"
)
NOT_HANDLES = frozenset(words("contacts", "not_handles"))


def find_emails(text: str) -> Iterator[Private]:
    """E-mail addresses; made-up ones as look-alikes."""
    if "@" not in text:
        return
    for match in EMAIL.finditer(text):
        user, _, domain = match[0].rpartition("@")
        if domain.rpartition(".")[2].lower() in FILE_ENDINGS or user == "git":
            continue
        made_up = EXAMPLE_DOMAIN.search(domain) or user.lower() in EXAMPLE_USERS
        code = "pii_email_lookalike" if made_up else "pii_email"
        yield Private(match.start(), match.end(), code, "EMAIL")


def find_handles(text: str) -> Iterator[Private]:
    """Names with an @ before them."""
    if "@" not in text:
        return
    for match in HANDLE.finditer(text):
        if match[0][1:].lower() not in NOT_HANDLES:
            yield Private(match.start(), match.end(), "pii_handle", "HANDLE")


def find_phones(text: str) -> Iterator[Private]:
    """Phone numbers that a numbering plan knows, and look-alikes."""
    for pattern, regions in (
        (PLUS, ("ZZ",)),
        (CN_MOBILE, ("CN",)),
        (NORTH_AMERICA, ("US",)),
        (CN_LANDLINE, ("CN",)),
        (NAMED_PHONE, NAMED_REGIONS),
    ):
        for match in pattern.finditer(text):
            group = 1 if pattern is NAMED_PHONE else 0
            code = _phone_code(match[group], regions, named=pattern is NAMED_PHONE)
            if code:
                yield Private(match.start(group), match.end(group), code, "PHONE")


def _phone_code(written: str, regions: tuple[str, ...], named: bool) -> str:
    """The code of a phone number; "" when it is none."""
    digits = re.sub(r"[^0-9]", "", written)
    if not 7 <= len(digits) <= 15:
        return ""
    if EXAMPLE_PHONE.search(digits) or EXAMPLE_PHONE.search(written):
        return "pii_phone_lookalike"
    if any(_in_plan(written, region) for region in regions):
        return "pii_phone"
    likely = named or written.startswith("+") or "(" in written or regions == ("US",)
    return "pii_phone_lookalike" if likely and len(digits) >= 8 else ""


def _in_plan(written: str, region: str) -> bool:
    number = "+" + written[2:] if written.startswith("0086") else written
    import phonenumbers  # here: its numbering plans are only read for what looks like a number

    try:
        parsed = phonenumbers.parse(number, None if region == "ZZ" else region)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_valid_number(parsed))


def find_addresses(text: str) -> Iterator[Private]:
    """IPv4 addresses that belong to somebody."""
    if text.count(".") < 3:
        return
    for match in IP.finditer(text):
        long = sum(len(part) > 1 for part in match[0].split(".")) > 1
        if not long or match[0] in PUBLIC_SERVERS:
            continue
        named = VERSION.search(text[max(0, match.start() - 12) : match.start()])
        if not named and ipaddress.ip_address(match[0]).is_global:
            yield Private(match.start(), match.end(), "pii_ip", "IP")
