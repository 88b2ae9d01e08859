"""Private and secret text in a conversation: found, named, and counted by type."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from core.data.checks.contacts import find_addresses, find_emails, find_handles, find_phones
from core.data.checks.numbers import find_ibans, find_numbers
from core.data.checks.private import Private, hide, without_overlap
from core.data.checks.said import Said
from core.data.checks.secrets import find_secrets
from core.data.problems import Finding

# The least that any phone number, card, account or address has in common.
DIGITS = re.compile(r"[0-9][0-9 ().-]{5,}[0-9Xx]")
ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
TYPES = {
    "pii_email": "email",
    "pii_phone": "phone",
    "pii_card": "card",
    "pii_iban": "iban",
    "pii_cn_id": "cn_id",
    "pii_ssn": "ssn",
    "pii_ip": "ip",
    "pii_handle": "handle",
    "secret_key": "secret",
    "secret": "secret",
}


def find_private(text: str) -> list[Private]:
    """Everything private in a text, by place, without overlaps."""
    return without_overlap(_find_all(text))


def _find_all(text: str) -> Iterator[Private]:
    yield from find_secrets(text)
    yield from find_emails(text)
    if DIGITS.search(text):
        yield from find_ibans(text)
        yield from find_numbers(text)
        yield from find_phones(text)
        yield from find_addresses(text)
    yield from find_handles(text)


def without_escapes(text: str) -> str:
    """JSON text with every escape made spaces, so that no escape is taken for part of a value."""
    return ESCAPE.sub(lambda match: " " * len(match[0]), text) if "\\" in text else text


def check_private(said: Said, found: list[Finding]) -> None:
    """Add each different private value of a text once, shown by its first and last characters."""
    values: dict[str, Private] = {}
    for private in find_private(said.text):
        values.setdefault(said.text[private.start : private.end], private)
    for value, private in values.items():
        shown = {"value": hide(value), **({"kind": private.kind} if private.kind else {})}
        found.append(Finding(private.code, said.path, shown))


def pii_type(finding: Finding) -> str:
    """What sort of private text a finding is about, such as `email`; "" when it is not."""
    return TYPES.get(finding.code.removesuffix("_lookalike"), "")


def pii_counts(counts: Mapping[str, int]) -> dict[str, int]:
    """How often each type was found, from how often each code was."""
    found: Counter[str] = Counter()
    for code, count in counts.items():
        if kind := pii_type(Finding(code)):
            found[kind] += count
    return dict(found.most_common())
