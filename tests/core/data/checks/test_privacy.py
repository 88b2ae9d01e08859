"""Private data and secrets: real ones, look-alikes, and numbers that are neither."""

from __future__ import annotations

import pytest

from core.data.checks.privacy import TYPES, find_private, pii_type
from core.data.checks.private import hide
from core.data.checks.provenance import check_provenance
from core.data.checks.replies import SCRIPTS
from core.data.checks.secrets import KEYS
from core.data.problems import KINDS, Finding, make_problem
from core.data.wording import CHINESE

# Keys are put together here, so that no scanner takes this file for a leak.
OPENAI = "sk-" + "proj-aB3dE5gH7jK9mN1pQ3sT5vW7"
GITHUB = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7xY9zA1bC3dE5"
JWT_REAL = (
    "eyJhbGciOiJIUzI1NiJ9." + "eyJ1c2VyIjoiYW5uIn0." + "q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJ"
)
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIBOgIBAAJBAK\n-----END RSA PRIVATE KEY-----"

FOUND = [
    ("Write to ann.lee@gmail.com.", "pii_email", "ann.lee@gmail.com"),
    ("邮箱li.wei@163.com，谢谢", "pii_email", "li.wei@163.com"),
    ("user@example.com", "pii_email_lookalike", "user@example.com"),
    ("我的手机是13912345670。", "pii_phone", "13912345670"),
    ("手机139 8765 4321", "pii_phone", "139 8765 4321"),
    ("Call +44 20 7946 0018 now", "pii_phone", "+44 20 7946 0018"),
    ("Call (212) 736-5000.", "pii_phone", "(212) 736-5000"),
    ("座机 010-62751234", "pii_phone", "010-62751234"),
    ("Call 212-555-0123.", "pii_phone_lookalike", "212-555-0123"),
    ("Call +1-125-736-5000.", "pii_phone_lookalike", "+1-125-736-5000"),
    ("card 4539 1488 0343 6467", "pii_card", "4539 1488 0343 6467"),
    ("卡号6222021234567890128", "pii_card", "6222021234567890128"),
    ("card 4111 1111 1111 1111", "pii_card_lookalike", "4111 1111 1111 1111"),
    ("card 4539 1488 0343 6468", "pii_card_lookalike", "4539 1488 0343 6468"),
    ("IBAN DE68 2105 0170 0012 3456 78", "pii_iban", "DE68 2105 0170 0012 3456 78"),
    ("IBAN DE89 3704 0044 0532 0130 00", "pii_iban_lookalike", "DE89 3704 0044 0532 0130 00"),
    ("IBAN DE69 2105 0170 0012 3456 78", "pii_iban_lookalike", "DE69 2105 0170 0012 3456 78"),
    ("身份证11010519900307235X", "pii_cn_id_lookalike", "11010519900307235X"),
    ("例：11010519491231002X", "pii_cn_id_lookalike", "11010519491231002X"),
    ("SSN 219-09-9999", "pii_ssn_lookalike", "219-09-9999"),
    ("from 93.184.216.34", "pii_ip", "93.184.216.34"),
    ("thanks @ann_lee!", "pii_handle", "@ann_lee"),
    (f"key={OPENAI}", "secret_key", OPENAI),
    (GITHUB, "secret_key", GITHUB),
    ("AKIA" + "J7Q2M5X8ZB3KD9PW", "secret_key", "AKIA" + "J7Q2M5X8ZB3KD9PW"),
    (JWT_REAL, "secret_key", JWT_REAL),
    (f"Here:\n{PEM}\nok", "secret_key", PEM),
    ("AKIA" + "IOSFODNN7EXAMPLE", "secret_lookalike", "AKIA" + "IOSFODNN7EXAMPLE"),
    ("password: hunter2!!", "secret_lookalike", "hunter2!!"),
    ("密码是Qw8rty77", "secret_lookalike", "Qw8rty77"),
    ("postgres://ann:s3cr3tpw@db.acme.io/x", "secret_lookalike", "ann:s3cr3tpw"),
    ("https://a.io/?access_token=9f8a7b6c5d4e3f2a", "secret_lookalike", "9f8a7b6c5d4e3f2a"),
]


@pytest.mark.parametrize(("text", "code", "value"), FOUND, ids=[v[:14] for _, _, v in FOUND])
def test_it_is_found_whole(text: str, code: str, value: str) -> None:
    found = [(p.code, text[p.start : p.end]) for p in find_private(text)]
    assert (code, value) in found or (code, value.split(":")[-1]) in found
    assert len(found) == 1


def test_a_chinese_id_with_the_right_check_digit_is_an_error() -> None:
    body = "11010519900307235"
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    digit = "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]
    (found,) = find_private(f"身份证号：{body}{digit}")
    assert found.code == "pii_cn_id"


NOT_PRIVATE = [
    "pi is 3.14159265358979323846",
    "10 000 000 000 000 and 1,234,567,890",
    "2023-01-15 12:30:45, 20230115123045",
    "1672531199000",
    "ISBN 978-3-16-148410-0",
    "order 20240115000123456",
    "127.0.0.1, 192.168.1.10, 8.8.8.8, section 1.2.3.4, version 10.12.11.1",
    "@property\ndef x(self): ...",
    "@media (max-width: 20em)",
    "npm i @types/node",
    "logo@2x.png git@github.com:a/b.git",
    "password: string, password=os.environ['X'], your password is required",
    "password: your_password123, api_key=<API_KEY>, token: xxxxxxxx1",
    "the secret is to stir, the key is 12",
    "sk-learn-contrib-something-long-name",
    "https://example.org/?key=value&token=abc",
    "7*11*13 = 1001; f(x) = 2x - 3; (555) 3",
    "0.00000000123456789",
    "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6",
]


@pytest.mark.parametrize("text", NOT_PRIVATE)
def test_other_numbers_and_names_are_left_alone(text: str) -> None:
    assert [(p.code, text[p.start : p.end]) for p in find_private(text)] == []


def test_what_is_shown_never_shows_the_value() -> None:
    for value in ("1234", "hunter2!!", "13912345670", OPENAI, PEM):
        shown = hide(value)
        assert len(shown) <= 7
        assert len(shown.replace("…", "")) <= len(value) // 2
        assert value not in shown


def test_every_code_has_a_type_and_every_kind_of_secret_its_chinese() -> None:
    codes = [code for code in KINDS if code.startswith(("pii_", "secret_"))]
    assert all(pii_type(Finding(code)) in TYPES.values() for code in codes)
    assert pii_type(Finding("turn_empty")) == ""
    kinds = {key.kind for key in KEYS} | {"a private key", "a password", "a signed token (JWT)"}
    kinds |= {"a password in a web address", "a token in a web address"}
    assert not (kinds | SCRIPTS.keys()) - CHINESE.keys()


SOURCES = [
    ({"license": "CC BY-NC 4.0"}, "licence_noncommercial"),
    ({"metadata": {"licence": "仅供研究使用"}}, "licence_noncommercial"),
    ({"copyright": "© 2020 Acme"}, "licence_reserved"),
    ({"license": "cc-by-sa-3.0"}, "licence_share_alike"),
    ({"license": "unknown"}, "licence_unknown"),
    ({"source": "ShareGPT"}, "source_model_output"),
    ({"dataset": "EvolInstruct-70k"}, "source_model_output"),
    ({"source": ["a", "知乎"]}, "source_scraped"),
    ({"url": "https://example.org/a"}, "source_web"),
]


@pytest.mark.parametrize(("record", "code"), SOURCES, ids=[code for _, code in SOURCES])
def test_words_about_the_source_are_found(record: dict[str, object], code: str) -> None:
    (found,) = check_provenance({"messages": [], **record})
    assert found.code == code
    assert KINDS[code].once
    assert make_problem(code, count="1", first="1", **found.values).message


@pytest.mark.parametrize(
    "record",
    [None, [], {}, {"license": "MIT"}, {"source": "our help desk"}, {"source": 3}, {"meta": "x"}],
)
def test_other_records_are_left_alone(record: object) -> None:
    assert check_provenance(record) == []
