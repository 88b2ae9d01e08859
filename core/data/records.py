"""Problem, Example, Dataset and Split: what reading a file yields, typed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.messages import Conversation, Message, Record

Severity = Literal["error", "warning", "note"]
"""error: the row cannot be trained on; warning: it can, but look; note: for information."""

Part = Literal["train", "validation", "test"]


class Problem(Record):
    """One thing wrong with one place in a file."""

    code: str
    """Stable identifier, such as `no_assistant_turn`."""
    severity: Severity
    message: str
    """What is wrong, in one sentence."""
    fix: str
    """What to do about it, in one sentence."""
    row: int | None = None
    """1-based row of the dataset; None when the whole file is meant."""
    line: int | None = None
    """1-based line of the file where the place is."""
    column: int | None = None
    """1-based character column in that line."""
    field: str = ""
    """JSON path inside the row, such as `$.messages[1].role`."""
    file: str = ""
    """The file inside an archive where the place is; "" when there is only one."""
    values: dict[str, str] = Field(default_factory=dict)
    """What was put into message and fix, so that they can be said in another language."""

    @property
    def where(self) -> str:
        """The place in words: row, line, column and field, as far as known."""
        parts = [
            f"{name} {value}"
            for name, value in (("row", self.row), ("line", self.line), ("column", self.column))
            if value is not None
        ]
        return ", ".join([*filter(None, [self.file]), *parts, *filter(None, [self.field])])


class Question(Record):
    """A choice that is the person's, answered for them until they answer it themselves."""

    id: str
    """Stable name, such as `assistant` or `answer_column`."""
    en: str
    """The question, such as "Which speaker is the assistant?"."""
    zh: str
    options: tuple[str, ...]
    """Values to choose from, as they stand in the file."""
    chosen: str
    """The answer that this reading of the file used."""


class Example(Record):
    """One row that can be trained or evaluated on."""

    id: str
    """Content hash of the conversation and of the rejected answer: equal rows have equal ids."""
    row: int
    """1-based row in the source file."""
    conversation: Conversation
    part: Part | None = None
    """The split the file itself asks for (`split` key), if it does."""
    tags: tuple[str, ...] = ()
    """Free labels from the file (`tags` key), used to break results down."""
    group: str = ""
    """Conversation, user or tree that the row belongs to: its rows stay in one part."""
    label: str = ""
    """The class that the row teaches, where the data is about classes."""
    parent: str = ""
    """Id of the example that this one was made from by augmentation."""
    rejected: tuple[Message, ...] | None = None
    """A worse answer to the last question, which preference training (DPO) learns to avoid.

    Stands in for `conversation.messages[conversation.answer_start:]`; None where there is none."""

    @property
    def worse(self) -> Conversation | None:
        """The same dialogue with the rejected answer; None where there is none."""
        return self.conversation.answered_by(self.rejected) if self.rejected else None

    def saying(
        self, conversation: Conversation, rejected: tuple[Message, ...] | None, name: str
    ) -> Example:
        """The same row with other texts, under the id that these have."""
        update = {"id": name, "conversation": conversation, "rejected": rejected}
        return self.model_copy(update=update)


class Summary(Record):
    """What is in a file, counted: every number on the data card comes from here."""

    rows: int
    """Records that were read."""
    rejected: int
    """Records with at least one error."""
    duplicates: int
    """Conversations that equal an earlier one, and are left out."""
    usable: int
    """Conversations that can be trained on. A record can hold several, or only part of one."""
    turns: int
    """Messages over all usable conversations."""
    multi_turn: int
    """Usable conversations with more than one user turn."""
    with_system: int
    with_tools: int
    characters: int
    longest_row: int | None
    """Row number of the usable conversation with most characters."""
    languages: dict[str, int]
    """Usable conversations by language."""
    tags: dict[str, int]
    labels: dict[str, int] = Field(default_factory=dict)
    """Usable conversations by the class they teach."""
    pairs: int = 0
    """Usable conversations with a rejected answer beside the chosen one."""
    near_duplicates: int | None = None
    """Conversations that nearly equal an earlier one; None while that was not looked for."""
    pii: dict[str, int] | None = None
    """Places with personal data or secrets, by type; None while that was not looked for."""


class Change(Record):
    """How a dataset version was made from its parent."""

    kind: Literal[
        "repair",
        "rows added",
        "rows removed",
        "rows excluded",
        "rows corrected",
        "augmented",
        "balanced",
        "unmasked",
    ]
    codes: tuple[str, ...] = ()
    """The problems that were mended."""
    repairs: tuple[str, ...] = ()
    """The repairs that were applied."""
    changed: int = 0
    """Conversations with other content than in the parent."""
    added: int = 0
    removed: int = 0


class ReadChoices(Record):
    """How the person wants a file read; what is left out is found out."""

    format: str | None = None
    encoding: str | None = None
    answers: dict[str, str] = Field(default_factory=dict)
    """To the questions that a Dataset carries, by their ids."""
    special_tokens: frozenset[str] = frozenset()
    """Control tokens of the model that will be trained, if it is known already."""
    structure_only: bool = False
    """Leave the texts unread: quick, for files of hundreds of megabytes."""
    repairs: tuple[str, ...] = ()
    """Codes of problems to mend on the way in, as far as they can be."""
    fills: dict[str, str] = Field(default_factory=dict)
    """What placeholders such as `{{name}}` stand for, by their names."""


class Dataset(Record):
    """A dataset version: content-addressed and never changed in place."""

    id: str
    """`ds-` and a hash of the canonical usable rows (with their asked split and tags)."""
    name: str
    source_name: str
    """The file's own name."""
    source_sha256: str
    format: str
    """What most rows were read as, such as `sharegpt`."""
    formats: dict[str, int] = Field(default_factory=dict)
    """Rows by the format they were read as."""
    container: str = "jsonl"
    encoding: str = "utf-8"
    created: str
    """ISO time, UTC."""
    summary: Summary
    problems: tuple[Problem, ...]
    """Problems of every row, in file order; of very many of a kind, the first."""
    problem_counts: dict[str, int] = Field(default_factory=dict)
    """How often each code was found."""
    questions: tuple[Question, ...] = ()
    """Choices that are the person's, and how they were answered."""
    choices: ReadChoices = ReadChoices()
    """How the file was read."""
    inspected: bool = True
    """False while only the structure was checked and the texts were not read yet."""
    parent: str | None = None
    """The dataset version that this one was made from."""
    change: Change | None = None
    """How it was made from its parent."""


class Split(Record):
    """Which example ids are for training, validation and test, frozen."""

    dataset_id: str
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    seed: int
    given: bool
    """True when the file itself named the parts."""
    fingerprint: str
    """Hash over the three id lists."""
    groups: int = 0
    """Sets of rows that were kept together."""
    stratified_by: tuple[Literal["label", "tags", "language"], ...] = ()
    """What the drawn parts hold in proportion."""
    near_duplicates: bool = False
    """Whether near duplicates were kept together, too."""
    notes: tuple[str, ...] = ()
    """What the person should know, such as rows moved to keep groups together."""
