"""Payment cards, bank accounts and identity numbers in a text, told by their check digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import iban, luhn
from stdnum.cn import ric

from core.data.checks.private import Private
from core.data.checks.words import words

CARD = re.compile(
    r"(?<![0-9A-Za-z_])(?<![0-9][.-])(?:[0-9]{14,19}"
    r"|[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{1,7}|[0-9]{4}([ -])[0-9]{6}\2[0-9]{4,5})"
    r"(?![0-9A-Za-z_]|[.-][0-9])"
)
# First digits and lengths by brand: Visa, Mastercard (two ranges), American Express, Discover,
# JCB, Diners Club, UnionPay.
BRANDS = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})|5[1-5][0-9]{14}"
    r"|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}"
    r"|3[47][0-9]{13}|(?:6011|65[0-9]{2}|64[4-9][0-9])[0-9]{12}|35(?:2[89]|[3-8][0-9])[0-9]{12}"
    r"|3(?:0[0-5]|[68][0-9])[0-9]{11}|62[0-9]{14,17}"
)
CARD_WORD = re.compile(
    r"card|visa|master|amex|american express|discover|credit|debit|银行卡|信用卡|卡号|借记卡",
    re.IGNORECASE,
)
NEAR = 40
"""Characters before a number in which a word may say what it is."""
TEST_CARDS = frozenset(words("numbers", "test_cards"))
IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"
)
IBAN_LENGTHS = {entry[:2]: int(entry[2:]) for entry in words("numbers", "iban_lengths")}
EXAMPLE_IBANS = frozenset(words("numbers", "example_ibans"))
CN_ID = re.compile(
    r"(?<![0-9A-Za-z])[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    r"[0-9]{3}[0-9Xx](?![0-9A-Za-z])"
)
EXAMPLE_CN_IDS = frozenset(words("numbers", "example_cn_ids"))
SSN = re.compile(
    r"(?<![0-9A-Za-z-])(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?![0-9A-Za-z-])"
)


def find_numbers(text: str) -> Iterator[Private]:
    """Numbers of people and their accounts; check digits decide whether they are real."""
    yield from _find_cn_ids(text)
    yield from _find_cards(text)
    for match in SSN.finditer(text):
        yield Private(match.start(), match.end(), "pii_ssn_lookalike", "SSN")


def find_ibans(text: str) -> Iterator[Private]:
    """International bank account numbers."""
    for match in IBAN.finditer(text):
        number = match[0].replace(" ", "")
        if number not in EXAMPLE_IBANS and iban.is_valid(number):
            code = "pii_iban"
        elif IBAN_LENGTHS.get(number[:2]) == len(number):
            code = "pii_iban_lookalike"
        else:
            continue
        yield Private(match.start(), match.end(), code, "IBAN")


def _find_cn_ids(text: str) -> Iterator[Private]:
    for match in CN_ID.finditer(text):
        number = match[0].upper()
        real = number not in EXAMPLE_CN_IDS and ric.is_valid(number)
        code = "pii_cn_id" if real else "pii_cn_id_lookalike"
        yield Private(match.start(), match.end(), code, "ID")


def _find_cards(text: str) -> Iterator[Private]:
    for match in CARD.finditer(text):
        number = match[0].replace(" ", "").replace("-", "")
        if not BRANDS.fullmatch(number):
            continue
        named = match[0] != number or CARD_WORD.search(
            text[max(0, match.start() - NEAR) : match.start()]
        )
        if luhn.is_valid(number) and number not in TEST_CARDS and (named or len(number) > 14):
            code = "pii_card"
        elif named:
            code = "pii_card_lookalike"
        else:
            continue
        yield Private(match.start(), match.end(), code, "CARD")
