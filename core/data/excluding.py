"""Leave rows of a dataset out, or give them another answer, as its next version."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from core.data import store
from core.data.identity import example_id
from core.data.records import Change, Dataset, Example
from core.data.versions import save_examples
from core.errors import DataError
from core.messages import Message
from core.workspace import Workspace


def exclude(workspace: Workspace, dataset: Dataset, rows: Collection[int]) -> Dataset:
    """The next version of a dataset, without these rows.

    Raises DataError when it has none of them, or nothing would be left.
    """
    examples = store.load_examples(workspace, dataset.id)
    kept = [example for example in examples if example.row not in set(rows)]
    removed = len(examples) - len(kept)
    if not removed:
        raise _no_such_rows(dataset, rows)
    if not kept:
        raise DataError(
            "Without these rows nothing would be left to learn from.", dataset.name, "Keep some."
        )
    return save_examples(workspace, dataset, kept, Change(kind="rows excluded", removed=removed))


def correct(workspace: Workspace, dataset: Dataset, answers: Mapping[int, str]) -> Dataset:
    """The next version of a dataset, with other last answers in these rows.

    Raises DataError when it has none of them, or an answer is empty.
    """
    if any(not text.strip() for text in answers.values()):
        raise DataError(
            "A corrected row needs an answer.", dataset.name, "Write it, or exclude the row."
        )
    examples = store.load_examples(workspace, dataset.id)
    changed = [
        _answered(example, answers[example.row]) if example.row in answers else example
        for example in examples
    ]
    count = sum(new.id != old.id for new, old in zip(changed, examples, strict=True))
    if not count:
        raise _no_such_rows(dataset, answers)
    return save_examples(workspace, dataset, changed, Change(kind="rows corrected", changed=count))


def _answered(example: Example, answer: str) -> Example:
    turn = Message(role="assistant", content=answer.strip())
    conversation = example.conversation.answered_by((turn,))
    name = example_id(conversation, example.rejected)
    return example.saying(conversation, example.rejected, name)


def _no_such_rows(dataset: Dataset, rows: Collection[int]) -> DataError:
    named = ", ".join(str(row) for row in sorted(rows))
    return DataError(
        "None of these rows differs from what the dataset has.",
        f"{dataset.name}: {named}",
        "Choose rows of this dataset, and give another answer than they have.",
    )
