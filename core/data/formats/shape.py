"""What a format is: a signature, and a function from a record to conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from core.data.problems import Finding, Path
from core.data.records import Question

Answers = Mapping[str, str]
"""What the person chose, by question id."""


class Talk(NamedTuple):
    """One conversation made from a record: OpenAI-shaped, not yet checked."""

    row: dict[str, Any]
    """`messages`, and where the record has them `tools`, `split`, `tags`.

    `rejected`: the turns that a pair says are a worse answer to the last question; none of them
    where the record's answer belongs to another question."""
    origins: tuple[Path, ...] = ()
    """For each message, where its text stands in the record: findings are shown there."""
    found: tuple[Finding, ...] = ()
    """What the conversion itself has to say; paths are the record's."""
    group: str = ""
    """Conversation, user or tree that must stay in one part of a split."""
    label: str = ""
    """The class it teaches, for labelled texts."""
    rows: tuple[int, ...] = ()
    """The numbers of the rows it was made of, where it was made of several."""
    rejected: Path = ()
    """Where in the record the rejected answer of a preference pair stands."""


class Numbered(NamedTuple):
    """A record with the number of its row."""

    number: int
    value: Any


def _no_questions(_: Sequence[Any]) -> tuple[Question, ...]:
    return ()


@dataclass(frozen=True)
class Format:
    """One dialogue format."""

    name: str
    """Stable, such as `sharegpt`; what `--format` takes."""
    en: str
    """What people call it."""
    zh: str
    fits: Callable[[Any], bool]
    """The signature: whether a decoded record is of this format. Cheap, never raises."""
    convert: Callable[[Any, Answers], Iterable[Talk]] | None = None
    """A fitting record's conversations. Never raises: what can't be converted is a Talk whose row
    is incomplete (the checks then say what is missing) or has a Finding in `found`."""
    gather: Callable[[Sequence[Numbered], Answers], Iterator[Talk]] | None = None
    """For formats whose conversations span records (chat exports, flat trees): all at once.
    Rows that no Talk names are counted as not dialogue by the Findings of `leftovers`."""
    ask: Callable[[Sequence[Any]], tuple[Question, ...]] = field(default=_no_questions)
    """Questions that the records leave open, each with a preselected answer."""


def said(role: str, content: Any, /, **more: Any) -> dict[str, Any]:
    """One OpenAI-shaped message."""
    return {"role": role, "content": content, **more}
