"""Tools for data: read, look, answer, mend, unmask, undo, delete, and what leaks or is learned.

What changes the rows that will be trained on waits for the person's approval.
"""

from __future__ import annotations

from pathlib import Path

from pydantic_ai import ApprovalRequired

from core.assistant import results_data
from core.assistant.results_data import (
    ChangesSeen,
    DataChanged,
    DataDeleted,
    DataSeen,
    DatasetsListed,
    LeaksSeen,
    RowSeen,
    TokensSeen,
)
from core.assistant.tool_basics import Context, dataset_id_of, told
from core.assistant.turn import Turn
from core.data import repairing
from core.data.records import Dataset
from core.errors import DataError

EXAMPLES = Path(__file__).parent.parent / "data" / "examples"
TOLD_DATASETS = 10


@told
def import_data(ctx: Context, file: str) -> DataSeen:
    """Read a dialogue file of any kind, list its problems, and keep its good rows as a dataset.

    Args:
        file: Name of a file that the person dropped here, or `support_desk.jsonl`, the example.
    """
    turn = ctx.deps
    return _shown(turn, turn.actions.import_quickly(_file(turn, file)))


@told
def show_dataset(ctx: Context, dataset_id: str | None = None) -> DataSeen:
    """What is in a dataset: rows, languages, what is most worth fixing.

    Args:
        dataset_id: Left out, the one last checked here.
    """
    turn = ctx.deps
    dataset = turn.actions.dataset(dataset_id_of(turn, dataset_id))
    turn.show("dataset", dataset.id)
    return results_data.data_seen(dataset, turn.chat.language)


@told
def list_datasets(ctx: Context) -> DatasetsListed:
    """All datasets, newest first."""
    found = ctx.deps.actions.datasets()
    newest = tuple(results_data.data_seen(dataset) for dataset in found[:TOLD_DATASETS])
    return DatasetsListed(datasets=newest, total=len(found))


# -- change ---------------------------------------------------------------------------------------


@told
def answer_questions(
    ctx: Context, answers: dict[str, str], dataset_id: str | None = None
) -> DataChanged:
    """Read the file again with the person's answers, such as which speaker is the assistant.

    Args:
        answers: By the id of the question, such as {"assistant": "Bob"}.
        dataset_id: Left out, the one last checked here.
    """
    turn = ctx.deps
    made = turn.actions.answer(dataset_id_of(turn, dataset_id), answers)
    return DataChanged(how="answered", data=_shown(turn, made), answers=answers)


@told
def repair(
    ctx: Context,
    codes: list[str] | None = None,
    fills: dict[str, str] | None = None,
    dataset_id: str | None = None,
) -> DataChanged:
    """Mend problems of a dataset as a new version. It waits for the person's approval.

    Args:
        codes: Problems to mend; left out, all that can be mended without taking rows away.
        fills: What placeholders stand for, by name, such as {"name": "Fennel"}.
        dataset_id: Left out, the one last checked here.
    """
    turn = ctx.deps
    dataset = turn.actions.dataset(dataset_id_of(turn, dataset_id))
    chosen = repairing.choose(turn.actions.repairs(dataset.id), codes, dataset.id)
    wanted = [offer.code for offer in chosen]
    if any(offer.asks for offer in chosen) and not fills:
        raise DataError(
            "I can't fill in placeholders without knowing what they stand for.",
            dataset.name,
            "Say it, such as “[name] is Fennel”.",
        )
    if not ctx.tool_call_approved:
        arguments = {"codes": wanted, "fills": fills, "dataset_id": dataset.id}
        raise ApprovalRequired({"arguments": arguments})
    made = turn.actions.repair(dataset.id, wanted, fills)
    zh = turn.chat.language == "zh"
    words = tuple(dict.fromkeys(offer.zh if zh else offer.en for offer in chosen))
    counts = made.change.model_dump(include={"changed", "added", "removed"}) if made.change else {}
    return DataChanged(how="repaired", data=_shown(turn, made), mended=words, **counts)


@told
def unmask(ctx: Context, dataset_id: str | None = None) -> DataChanged:
    """Put the private values back that were masked, as a new version. It waits for approval.

    Args:
        dataset_id: Left out, the one last checked here.
    """
    turn = ctx.deps
    dataset = turn.actions.dataset(dataset_id_of(turn, dataset_id))
    if not ctx.tool_call_approved:
        hidden = turn.actions.hidden(dataset.id)
        if hidden is None or hidden.problem:
            turn.actions.unmask(dataset.id)  # raises: there is nothing to approve
        raise ApprovalRequired({"arguments": {"dataset_id": dataset.id}})
    made = turn.actions.unmask(dataset.id)
    return DataChanged(
        how="unmasked",
        data=_shown(turn, made.dataset),
        is_new=made.is_new,
        changed=made.rows,
        removed=made.equal_rows,
        values=made.values,
        held_values=made.held_values,
        held_rows=made.held_rows,
        unknown_rows=made.unknown_rows,
    )


@told
def undo(ctx: Context, dataset_id: str | None = None) -> DataChanged:
    """Take a repair back: go back to the version that a dataset was made from.

    Args:
        dataset_id: Left out, the one last checked here.
    """
    turn = ctx.deps
    parent = turn.actions.undo(dataset_id_of(turn, dataset_id))
    return DataChanged(how="undone", data=_shown(turn, parent))


@told
def delete_dataset(
    ctx: Context,
    dataset_id: str | None = None,
    whole: bool = False,
    also: list[str] | None = None,
) -> DataDeleted:
    """Delete a dataset and all versions made from it for ever. It waits for approval.

    Args:
        dataset_id: Id or name; left out, the one last checked here.
        whole: Also the versions that it was made from: everything of the same file.
        also: Leave it out.
    """
    turn = ctx.deps
    if not ctx.tool_call_approved:
        found = _named(turn, dataset_id)
        first = _first(turn, found) if whole else found
        going = turn.actions.dataset_deletion(first.id)  # raises while something needs it
        given = {"dataset_id": first.id, "also": list(going.also)}
        raise ApprovalRequired({"arguments": given})
    chosen = turn.actions.dataset(dataset_id_of(turn, dataset_id))
    gone = turn.actions.delete_dataset(chosen.id, also or ())
    if turn.memory.dataset_id in gone.ids:
        turn.remember(dataset_id=chosen.parent)
    return DataDeleted(name=gone.name, versions=len(gone.versions))


def _named(turn: Turn, name: str | None) -> Dataset:
    """By its id or a name, which the one of this conversation has before others.

    Raises DataError when none has it.
    """
    current = turn.actions.dataset(dataset_id_of(turn, None))
    known = (current, *turn.actions.datasets())
    found = (one for one in known if name in (one.id, one.name, one.source_name))
    return current if name is None else next(found, None) or turn.actions.find_dataset(name)


def _first(turn: Turn, dataset: Dataset) -> Dataset:
    """The version that all versions of the same file were made from, as far as it is there."""
    known = {one.id: one for one in turn.actions.datasets()}
    while dataset.parent in known:
        dataset = known[dataset.parent]
    return dataset


# -- look -----------------------------------------------------------------------------------------


@told
def show_changes(ctx: Context, dataset_id: str | None = None) -> ChangesSeen:
    """Row by row, how a version of a dataset differs from the one it was made from.

    Args:
        dataset_id: Left out, the one last checked here.
    """
    turn = ctx.deps
    dataset = turn.actions.dataset(dataset_id_of(turn, dataset_id))
    if dataset.parent is None:
        raise DataError(
            f"{dataset.name} was read from a file, so nothing was changed in it.", dataset.id
        )
    found = turn.actions.changes(dataset.id)
    turn.show("changes", dataset.id)
    return results_data.changes_seen(dataset, found)


@told
def show_leaks(
    ctx: Context, against: str | None = None, dataset_id: str | None = None
) -> LeaksSeen:
    """How rows are divided into train, validation and test, and what leaks between them.

    Args:
        against: Name of a dropped file with held-out rows to compare with instead.
        dataset_id: Left out, the one last checked here.
    """
    turn = ctx.deps
    dataset = turn.actions.dataset(dataset_id_of(turn, dataset_id))
    if against is None:
        split, found = turn.actions.split(dataset.id), turn.actions.leaks(dataset.id)
        return results_data.leaks_seen(dataset, found, split)
    found = turn.actions.leaks_against(dataset.id, _file(turn, against))
    return results_data.leaks_seen(dataset, found, file=against)


@told
def show_row(ctx: Context, row: int, dataset_id: str | None = None) -> RowSeen:
    """One row of a dataset, as a dialogue.

    Args:
        row: Its number, as rows are counted in the file, from 1.
        dataset_id: Left out, the one last checked here.
    """
    turn = ctx.deps
    chosen = dataset_id_of(turn, dataset_id)
    example = turn.actions.example(chosen, row)
    split = turn.actions.split(chosen)
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    part = next((name for name, ids in parts.items() if example.id in ids), "")
    turn.show("row", f"{chosen}:{row}")
    return results_data.row_seen(chosen, example, part)


@told
def show_tokens(ctx: Context, row: int | None = None, dataset_id: str | None = None) -> TokensSeen:
    """What the base model will learn of one row, token by token.

    Args:
        row: Its number, as rows are counted in the file, from 1; left out, the first usable one.
        dataset_id: Left out, the one last checked here.
    """
    turn = ctx.deps
    chosen = dataset_id_of(turn, dataset_id)
    number = row if row is not None else turn.actions.examples(chosen)[0].row
    view = turn.actions.show_tokens(chosen, number)
    turn.show("tokens", f"{chosen}:{number}")
    return results_data.tokens_seen(chosen, view)


def _shown(turn: Turn, dataset: Dataset) -> DataSeen:
    """A dataset that the conversation is about from now on."""
    turn.remember(dataset_id=dataset.id)
    turn.show("dataset", dataset.id)
    return results_data.data_seen(dataset, turn.chat.language)


def _file(turn: Turn, name: str) -> Path:
    """Only what was dropped here, or comes with Duotune: a name is never a path."""
    if name in turn.memory.files:
        return Path(turn.memory.files[name])
    bundled = {path.name: path for path in EXAMPLES.glob("*.jsonl")}
    if name not in bundled:
        raise DataError(
            f"No file called '{name[:80]}' was dropped into this conversation.",
            fix="Drop it here, or say 'use the example data'.",
        )
    return bundled[name]
