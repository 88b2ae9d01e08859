"""The known ways in which runs end badly, as data."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import Field

from core.messages import Record

State = Literal["interrupted", "silent", "failed"]
RemedyName = Literal[
    "resume",
    "new_plan",
    "halve_batch",
    "lower_rate",
    "plain_attention",
    "no_kernels",
    "no_compile",
    "auto_precision",
    "no_trackers",
]


class Signature(Record):
    """One known cause, and how it is recognised."""

    id: str
    match: tuple[re.Pattern[str], ...] = ()
    """Any of these in what the trainer said."""
    state: State | None = None
    """Told by how the run stands, for causes that leave no words."""
    sample: str = ""
    """A real text that fits."""
    cause: str
    zh: str
    fix: str
    fix_zh: str
    remedy: RemedyName | None = None
    """The one change that helps; None where only a person can."""

    def found_in(self, text: str) -> re.Match[str] | None:
        """Where a text fits; None when it does not."""
        return next((found for one in self.match if (found := one.search(text))), None)


class _Written(Record):
    match: tuple[str, ...] = ()
    state: State | None = None
    sample: str = ""
    cause: str
    zh: str
    fix: str
    fix_zh: str
    remedy: RemedyName | None = Field(default=None)


@cache
def signatures() -> tuple[Signature, ...]:
    """All of them, the most particular first."""
    file = resources.files("core.training.doctor").joinpath("signatures.toml")
    entries = tomllib.loads(file.read_text(encoding="utf-8")).items()
    return tuple(_signature(name, _Written.model_validate(entry)) for name, entry in entries)


def _signature(name: str, written: _Written) -> Signature:
    values = dict(written) | {"match": tuple(re.compile(one) for one in written.match)}
    return Signature(id=name, **values)


def of_state(state: State) -> Signature:
    """The cause that a state stands for by itself."""
    return next(signature for signature in signatures() if signature.state == state)


def chinese() -> dict[str, str]:
    """Every sentence of the catalogue with its Chinese."""
    found: dict[str, str] = {}
    for signature in signatures():
        found |= {signature.cause: signature.zh, signature.fix: signature.fix_zh}
    return found
