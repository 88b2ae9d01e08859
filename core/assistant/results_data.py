"""What the tools for data answer: the measured facts of an action, in few words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from core.assistant.records import Language
from core.data.advice import advise
from core.data.leaks import LeakReport
from core.data.records import Dataset, Example, Question
from core.data.repairing import harmless, offers
from core.data.versions import RowChange
from core.data.wording import place_text, problem_text
from core.messages import Record

if TYPE_CHECKING:
    from core.data.records import Split
    from core.training.token_view import TokenView

TOLD_ROWS = 5
MANY_LABELS = 12
"""More are only counted."""


class DataSeen(Record):
    """What is in a dataset."""

    kind: Literal["data"] = "data"
    dataset_id: str
    name: str
    source_name: str
    format: str
    container: str
    rows: int
    usable: int
    rejected: int
    duplicates: int
    multi_turn: int
    with_system: int
    with_tools: int
    languages: dict[str, int]
    tags: dict[str, int]
    classes: int
    """Different labels that its rows teach."""
    inspected: bool
    """False while the texts are still being read in the background."""
    too_few: bool
    """There are not enough rows to train on."""
    first_error: str
    """Where the first row with an error stands, and what is wrong with it; "" without one."""
    advice: tuple[str, ...]
    """What is most worth fixing, the costliest first: what was found, the cost, what to do."""
    mendable: dict[str, int]
    """Codes of problems that a repair mends without taking rows away, and how often each is."""
    questions: tuple[Question, ...]
    """Choices that are the person's, and how they are answered now."""


class DataChanged(Record):
    """A dataset version that was made, or gone back to."""

    kind: Literal["changed"] = "changed"
    how: Literal["repaired", "answered", "undone", "unmasked"]
    data: DataSeen
    changed: int = 0
    added: int = 0
    removed: int = 0
    mended: tuple[str, ...] = ()
    """What the repairs did, in words."""
    answers: dict[str, str] = {}  # noqa: RUF012  never changed
    is_new: bool = True
    """False when a version with exactly these rows was there already."""
    values: int = 0
    """Masked values that were put back."""
    held_values: int = 0
    """Values that stay masked, because their rows could not be trained on with them."""
    held_rows: int = 0
    unknown_rows: int = 0
    """Rows with masks that no key knows."""


class DataDeleted(Record):
    """A dataset that is gone, with the versions that were made from it."""

    kind: Literal["data_deleted"] = "data_deleted"
    name: str
    versions: int


class ChangesSeen(Record):
    """How a version differs from the one it was made from."""

    kind: Literal["changes"] = "changes"
    dataset_id: str
    name: str
    counts: dict[str, int]
    """Rows by changed, added and removed."""
    rows: tuple[int, ...]
    """The first few."""


class LeaksSeen(Record):
    """How rows are divided, and what of the held-out ones training sees too."""

    kind: Literal["leaks"] = "leaks"
    dataset_id: str
    name: str
    file: str = ""
    """The held-out file that was compared; "" for the dataset's own held-out rows."""
    train: int
    validation: int = 0
    test: int = 0
    held_out: int
    leaked: int
    counts: dict[str, int]
    """Leaked rows by how: exact, near, similar, ngram."""
    pairs: tuple[tuple[int, int, str], ...]
    """The first few: held-out row, training row, what the held-out one says."""


class RowSeen(Record):
    """One row of a dataset."""

    kind: Literal["row"] = "row"
    dataset_id: str
    row: int
    turns: int
    part: str
    """train, validation or test; "" when it is in none yet."""


class TokensSeen(Record):
    """What a base model learns of one row."""

    kind: Literal["tokens"] = "tokens"
    dataset_id: str
    row: int
    tokens: int
    supervised: int
    context: int
    cut: int
    ends_in_eos: bool


class DatasetsListed(Record):
    """The newest datasets, and how many there are in all."""

    kind: Literal["datasets"] = "datasets"
    datasets: tuple[DataSeen, ...]
    total: int


DataResult = (
    DataSeen
    | DataChanged
    | DataDeleted
    | ChangesSeen
    | LeaksSeen
    | RowSeen
    | TokensSeen
    | DatasetsListed
)


def data_seen(dataset: Dataset, language: Language = "en") -> DataSeen:
    """The facts of a dataset, with what is most worth fixing in a language."""
    summary = dataset.summary
    blank = "" if language == "zh" else " "
    advice = tuple(
        blank.join(part.in_language(language) for part in (one.found, one.cost, one.fix))
        for one in advise(dataset)
    )
    return DataSeen(
        dataset_id=dataset.id,
        name=dataset.name,
        source_name=dataset.source_name,
        format=dataset.format,
        container=dataset.container,
        classes=len(summary.labels),
        inspected=dataset.inspected,
        first_error=_first_error(dataset, language),
        too_few="rows_too_few" in dataset.problem_counts,
        advice=advice,
        mendable={offer.code: offer.count for offer in harmless(offers(dataset))},
        questions=dataset.questions,
        **summary.model_dump(include=set(DataSeen.model_fields) & set(type(summary).model_fields)),
    )


def _first_error(dataset: Dataset, language: Language) -> str:
    error = next((one for one in dataset.problems if one.severity == "error"), None)
    if error is None:
        return ""
    whole, colon = ("文件", "：") if language == "zh" else ("the file", ": ")
    return f"{place_text(error, language) or whole}{colon}{problem_text(error, language)}"


def changes_seen(dataset: Dataset, found: Sequence[RowChange]) -> ChangesSeen:
    return ChangesSeen(
        dataset_id=dataset.id,
        name=dataset.name,
        counts=dict(Counter(change.kind for change in found)),
        rows=tuple(change.row for change in found[:TOLD_ROWS]),
    )


def leaks_seen(
    dataset: Dataset, found: LeakReport, split: Split | None = None, file: str = ""
) -> LeaksSeen:
    return LeaksSeen(
        dataset_id=dataset.id,
        name=dataset.name,
        file=file,
        train=found.train_rows,
        held_out=found.held_out_rows,
        leaked=len(found.leaked_ids),
        counts={str(kind): count for kind, count in found.counts.items()},
        pairs=tuple(
            (pair.held_out_row, pair.train_row, pair.held_out_text)
            for pair in found.pairs[:TOLD_ROWS]
        ),
        validation=len(split.validation) if split else 0,
        test=len(split.test) if split else 0,
    )


def row_seen(dataset_id: str, example: Example, part: str) -> RowSeen:
    turns = len(example.conversation.messages)
    return RowSeen(dataset_id=dataset_id, row=example.row, turns=turns, part=part)


def tokens_seen(dataset_id: str, view: TokenView) -> TokensSeen:
    return TokensSeen(
        dataset_id=dataset_id,
        row=view.row,
        tokens=view.tokens,
        supervised=view.supervised,
        context=view.tokens - view.supervised - view.cut,
        cut=view.cut,
        ends_in_eos=view.ends_in_eos,
    )
