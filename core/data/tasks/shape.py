"""Labelled: a text with what is known about it; Task: how such texts are taught and measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from core.data.formats.shape import Talk, said
from core.data.problems import ERRORS, Finding, Path
from core.data.records import Example
from core.data.whole.languages import script_of

Language = Literal["en", "zh"]
SAMPLED_TEXTS = 500
SAMPLED_CHARACTERS = 200

Label = str | list[str]


class Labelled(NamedTuple):
    """One text of a labelled file."""

    number: int
    """The number of its row."""
    text: str
    labels: Mapping[str, Label | None] = {}  # never changed
    """What is said about the text, by field; None where the file leaves a field empty."""
    values: Mapping[str, list[str]] = {}  # never changed
    """Pieces of the text, by field."""
    relations: tuple[Mapping[str, str], ...] = ()
    """What the text states, where a file says several things about one text."""
    text_at: Path = ()
    label_at: Path = ()
    label: str = ""
    """The class for splits and balance, where it is not the first of `labels`."""
    part: str = ""
    group: str = ""
    system: str = ""
    """The row's own system prompt, where it has one."""
    found: tuple[Finding, ...] = ()
    rows: tuple[int, ...] = ()
    """The rows it was made of, where there are several."""

    @property
    def usable(self) -> bool:
        """Whether a dialogue can be made of it."""
        return not any(finding.code in ERRORS for finding in self.found)


class TaskFinding(NamedTuple):
    """A finding of a whole-data check; without a row it concerns the data as a whole."""

    row: int | None
    finding: Finding


@dataclass(frozen=True)
class Task:
    """A kind of task: what data is for it, and how that is taught, checked and measured."""

    name: str
    en: str
    zh: str
    matches: Callable[[Sequence[Example]], bool]
    """Whether dialogues are of this task already."""
    build: Callable[[Sequence[Labelled], Language], Iterator[Talk]]
    """Dialogues of usable items; all of them get the same system prompt."""
    check: Callable[[Sequence[Example]], list[TaskFinding]]
    """What is wrong with dialogues of this task."""
    rubric: Callable[[str, Iterable[Example]], dict[str, Any]]
    """A default rubric for data of this name, as its YAML would be read."""
    metrics: tuple[str, ...]
    """Names of what an evaluation of this task reports."""


class Told(NamedTuple):
    """What the assistant says about a text, and how the row is filed."""

    answer: str
    label: str
    tags: tuple[str, ...]


def talk(item: Labelled, system: str, told: Told, found: Sequence[Finding] = ()) -> Talk:
    """A dialogue of three turns: the task, the text, the answer."""
    messages = [said("system", item.system or system)]
    messages += [said("user", item.text), said("assistant", told.answer)]
    row: dict[str, Any] = {"messages": messages}
    if item.part:
        row["split"] = item.part
    if told.tags:
        row["tags"] = list(told.tags)
    return Talk(
        row,
        origins=((), item.text_at, item.label_at),
        found=(*item.found, *found),
        group=item.group,
        label=told.label,
        rows=item.rows or (item.number,),
    )


def language_of(texts: Sequence[str]) -> Language:
    """The language of a task's words: Chinese for data in Chinese, else English."""
    joined = " ".join(text[:SAMPLED_CHARACTERS] for text in texts[:SAMPLED_TEXTS])
    return "zh" if script_of(joined) == "zh" else "en"


def text_of(example: Example) -> str:
    """The user turn that the last answer is about."""
    turns = [turn.content for turn in example.conversation.prompt if turn.role == "user"]
    return turns[-1] if turns else ""


def answer_path(example: Example) -> Path:
    """Where an example's last answer stands."""
    turns = example.conversation.messages
    return ("messages", max(i for i, m in enumerate(turns) if m.role == "assistant"), "content")


def system_of(example: Example) -> str:
    """An example's system prompt; "" when it has none."""
    first = example.conversation.messages[0]
    return first.content if first.role == "system" else ""
