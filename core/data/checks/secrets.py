"""Keys and passwords in a text."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple

from core.data.checks.private import Private
from core.data.checks.said import has_any
from core.data.checks.words import words


class _Key(NamedTuple):
    kind: str
    sign: str
    """What the text must contain for the pattern to be tried."""
    pattern: re.Pattern[str]


def _key(kind: str, sign: str, pattern: str) -> _Key:
    return _Key(kind, sign, re.compile(rf"(?<![A-Za-z0-9_-])(?:{pattern})(?![A-Za-z0-9_-])"))


PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----[^\"]*?"
    r"(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----|(?=\")|\Z)"
)
KEYS = (
    _key("an Anthropic key", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{20,}"),
    _key(
        "an OpenAI key",
        "sk-",
        r"sk-(?=[A-Za-z_-]*[0-9])(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}",
    ),
    _key("a Stripe key", "k_live_", r"[sr]k_live_[A-Za-z0-9]{16,}"),
    _key("an AWS key", "AKIA", r"AKIA[0-9A-Z]{16}"),
    _key("an AWS key", "ASIA", r"ASIA[0-9A-Z]{16}"),
    _key("a GitHub token", "gh", r"gh[pousr]_[A-Za-z0-9]{36,}"),
    _key("a GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9_]{40,}"),
    _key("a GitLab token", "glpat-", r"glpat-[A-Za-z0-9_-]{20,}"),
    _key("a Slack token", "xox", r"xox[abeprs]-[A-Za-z0-9-]{10,}"),
    _key("a Google key", "AIza", r"AIza[A-Za-z0-9_-]{35}"),
    _key("a Hugging Face token", "hf_", r"hf_[A-Za-z0-9]{30,}"),
    _key("an npm token", "npm_", r"npm_[A-Za-z0-9]{36}"),
    _key("a SendGrid key", "SG.", r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
)
JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}(?![\w-])", re.ASCII)
URL_LOGIN = re.compile(r"(?<=://)[^\s/:@\"'<>]{1,64}:([^\s/@\"'<>]{3,128})(?=@[A-Za-z0-9.-])")
URL_TOKEN = re.compile(
    r"(?<=[?&])(?:access_token|token|api_?key|apikey|key|sig|signature|X-Amz-Signature|secret"
    r"|auth|sessionid|password)=([A-Za-z0-9%._~+/=-]{12,})",
    re.IGNORECASE,
)
NAMED_SECRET = re.compile(
    r"(?:[Pp]ass(?:word|wd)|PASSWORD|\bpwd\b|[Aa]pi[_ -]?[Kk]ey|API[_ ]?KEY"
    r"|[Ss]ecret(?:[_ ]?[Kk]ey)?|SECRET(?:_KEY)?|[Aa]ccess[_ ]?[Tt]oken|ACCESS_TOKEN"
    r"|密码|口令|密钥)['\"]?\s?"
    r"(?:=|:|：|is|是|为)\s?['\"“]?([^\s'\"”,;，。；<>(){}\[\]]{6,128})"
)
NAMED_SIGNS = (*words("secrets", "signs"), "pi key", "API KEY", "pi Key", "ess token")
# In a made-up value: these words, or the first digits or letters in order.
MADE_UP = re.compile(
    r"example|your|xxx|\*\*\*|\.\.\.|…|placeholder|changeme|dummy|sample|redacted|insert|123456"
    r"|abcdef|my[_-]|test|fake|foo",
    re.IGNORECASE,
)
# The header and the first words of the token that jwt.io shows.
EXAMPLE_JWT = "eyJzdWIiOiIxMjM0NTY3ODkwIi"
DIFFERENT = 8
"""Different characters that a real key has at least."""


def find_secrets(text: str) -> Iterator[Private]:
    """Keys and tokens known by their form, then passwords known by their name."""
    if "PRIVATE KEY" in text:
        for match in PRIVATE_KEY.finditer(text):
            yield Private(match.start(), match.end(), "secret_key", "SECRET", "a private key")
    for key in KEYS:
        if key.sign in text:
            for match in key.pattern.finditer(text):
                code = "secret_lookalike" if _is_made_up(match[0]) else "secret_key"
                yield Private(match.start(), match.end(), code, "SECRET", key.kind)
    if "eyJ" in text:
        yield from _find_tokens(text)
    if "://" in text:
        yield from _find_in_addresses(text)
    if has_any(text, NAMED_SIGNS):
        yield from _find_named(text)


def _find_tokens(text: str) -> Iterator[Private]:
    for match in JWT.finditer(text):
        real = EXAMPLE_JWT not in match[0] and _has_algorithm(match[0].partition(".")[0])
        code = "secret_key" if real else "secret_lookalike"
        yield Private(match.start(), match.end(), code, "SECRET", "a signed token (JWT)")


def _has_algorithm(header: str) -> bool:
    try:
        data = base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))
    except binascii.Error:
        return False
    return b'"alg"' in data


def _find_in_addresses(text: str) -> Iterator[Private]:
    for pattern, kind in (
        (URL_LOGIN, "a password in a web address"),
        (URL_TOKEN, "a token in a web address"),
    ):
        for match in pattern.finditer(text):
            if not MADE_UP.search(match[1]):
                yield Private(match.start(1), match.end(1), "secret_lookalike", "SECRET", kind)


def _find_named(text: str) -> Iterator[Private]:
    for match in NAMED_SECRET.finditer(text):
        value = match[1].rstrip(".")
        if _is_password(value):
            end = match.start(1) + len(value)
            yield Private(match.start(1), end, "secret_lookalike", "SECRET", "a password")


def _is_password(value: str) -> bool:
    """Whether a value that a password's name stands before looks chosen, not described."""
    if not value.isascii() or MADE_UP.search(value) or value.startswith(("$", "http", "os.")):
        return False
    kinds = (str.isdigit, str.isalpha, lambda c: not c.isalnum())
    return any(map(str.isdigit, value)) and sum(any(map(kind, value)) for kind in kinds) >= 2


def _is_made_up(key: str) -> bool:
    return bool(MADE_UP.search(key)) or len(set(key)) < DIFFERENT + 4
