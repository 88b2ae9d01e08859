"""Proposal and FilterVerdict: what augmentation suggests, and what speaks for and against it."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from core.data.identity import example_id
from core.data.records import Example
from core.messages import Conversation, Record

Method = Literal["paraphrase", "noise"]
FilterName = Literal[
    "language",
    "length",
    "values",
    "added",
    "near_duplicate",
    "on_topic",
    "answer",
    "held_out",
    "label",
    "judge",
]
HARD: frozenset[FilterName] = frozenset({"held_out"})
"""A proposal that fails one of these can't be accepted, whoever asks."""


class FilterVerdict(Record):
    """What one filter says about a proposal, with the number that it rests on."""

    name: FilterName
    passed: bool | None
    """None: it could not be told, and `detail` says why."""
    number: float | None = None
    """What was measured; each filter's function says what it means."""
    detail: str = ""
    """Values of the data that decided, or why nothing could be told."""


class Proposal(Record):
    """A row that could be added to the training data."""

    kind: Literal["proposal"] = "proposal"
    id: str
    """`pr-` and a hash of parent, method and conversation."""
    parent_id: str
    """Id of the example that it was made from."""
    conversation: Conversation
    method: Method
    made_by: str
    """The model that worded it, or the kinds of noise."""
    verdicts: tuple[FilterVerdict, ...]
    accepted: bool | None = None
    """None until somebody decides."""

    @property
    def sound(self) -> bool:
        """Whether no filter speaks against it."""
        return not self.failed

    @property
    def failed(self) -> tuple[FilterName, ...]:
        """The filters that speak against it."""
        return tuple(verdict.name for verdict in self.verdicts if verdict.passed is False)


class Asked(Record):
    """That a row was asked for with certain settings, so that it is not asked again."""

    kind: Literal["asked"] = "asked"
    parent_id: str
    key: str
    """Hash of the settings that the answer depends on."""


class Decision(Record):
    """What a person decided about one proposal; the last one holds."""

    kind: Literal["decision"] = "decision"
    proposal_id: str
    accepted: bool | None


Line = Annotated[Proposal | Asked | Decision, Field(discriminator="kind")]
LINE: TypeAdapter[Line] = TypeAdapter(Line)
"""One line of a file of proposals."""


class Task(Record):
    """One row to be reworded, and how many rewordings are wanted."""

    example: Example
    turns: tuple[str, ...]
    """What the user says, turn by turn, without the frame that all rows share."""
    variants: int = Field(ge=1, le=20)


class ParaphraseRequest(Record):
    """How rows are reworded by a language model."""

    rows: int | None = Field(default=100, ge=1)
    """Rows to reword, drawn with the seed; None takes all."""
    variants: int = Field(default=3, ge=1, le=10)
    """Rewordings asked for, per row."""
    temperature: float = Field(default=0.9, ge=0, le=2)
    seed: int = 7
    concurrency: int = Field(default=4, ge=1, le=32)
    """Calls under way at once."""

    def key(self, model: str, variants: int) -> str:
        """Equal for requests that would ask a model the same about a row."""
        said = f"{model}\0{variants}\0{self.temperature}\0{self.seed}"
        return hashlib.sha256(said.encode()).hexdigest()[:12]


def make_proposal(
    parent: Example,
    conversation: Conversation,
    method: Method,
    made_by: str,
    verdicts: tuple[FilterVerdict, ...],
) -> Proposal:
    """A proposal that nobody has decided about yet."""
    said = f"{parent.id}\0{method}\0{example_id(conversation)}"
    return Proposal(
        id=f"pr-{hashlib.sha256(said.encode()).hexdigest()[:16]}",
        parent_id=parent.id,
        conversation=conversation,
        method=method,
        made_by=made_by,
        verdicts=verdicts,
    )
