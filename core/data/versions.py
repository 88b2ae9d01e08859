"""Versions of a dataset: answered, added to; compared row by row, and undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from core.data import deleting, ingest, mask_keys, splitting, store
from core.data.example_file import ExampleFile
from core.data.ingest import Checked, Progress
from core.data.problems import KINDS, make_problem
from core.data.records import Change, Dataset, Example, Problem, ReadChoices
from core.data.repairs.difference import row_diff
from core.errors import DataError
from core.messages import Record
from core.workspace import Workspace

READ_KINDS = ("repair", "rows removed")
"""Changes that reading the source file again makes again."""


class PlaceChange(Record):
    """One place of a row that changed."""

    path: str
    before: str | None
    after: str | None


class RowChange(Record):
    """How one row differs between a version and its parent."""

    row: int
    kind: Literal["changed", "added", "removed"]
    places: tuple[PlaceChange, ...] = ()


def keep(workspace: Workspace, checked: Checked, source: Path) -> Dataset:
    """Save what was read, and freeze its split by the near duplicates that reading has found.

    What masking hid goes into a key first: masked rows without it could not be unmasked. Raises
    as `store.save` does.
    """
    if checked.masks:
        mask_keys.save(workspace, checked.dataset.id, checked.masks)
    dataset = store.save(workspace, checked, source)
    if checked.whole is not None:
        splitting.frozen_split(workspace, dataset.id, checked.whole.clusters)
    return dataset


def answer(workspace: Workspace, dataset: Dataset, answers: Mapping[str, str]) -> Dataset:
    """Read a dataset's file again with the person's answers.

    Raises DataError when there is no such question or option, or no row can be used then.
    """
    if not is_as_read(workspace, dataset):
        raise DataError(
            "This version holds rows that are not in the file, so it can't be read anew.",
            dataset.id,
            "Answer the questions of the version that it was made from.",
        )
    questions = {question.id: question for question in dataset.questions}
    for name, chosen in answers.items():
        question = questions.get(name)
        if question is None or (question.options and chosen not in question.options):
            options = ", ".join(question.options if question else questions) or "none"
            raise DataError(
                f"'{chosen}' is no answer to '{name}'.", fix=f"Choose one of these: {options}."
            )
    merged = {**dataset.choices.answers, **answers}
    checked = read_again(workspace, dataset, dataset.choices.model_copy(update={"answers": merged}))
    final = bool(checked.masks) and mask_keys.is_final(workspace, dataset)
    if final:  # masks that were made final stay so, however often the file is read
        checked = replace(checked, masks={})
        mask_keys.make_final(workspace, checked.dataset.id)
    return keep(workspace, checked, store.source_file(workspace, dataset.id))


def inspect(workspace: Workspace, dataset: Dataset, progress: Progress) -> Dataset:
    """Read the texts of a dataset of which only the structure was checked."""
    choices = dataset.choices.model_copy(update={"structure_only": False})
    checked = read_again(workspace, dataset, choices, progress)
    if checked.dataset.id == dataset.id:
        return keep(workspace, checked, store.source_file(workspace, dataset.id))
    return save_child(workspace, dataset, checked, "rows removed", ())


def add_rows(workspace: Workspace, dataset: Dataset, file: Path) -> Dataset:
    """Add the good rows of another file, such as corrected rejects, as a new version.

    Raises DataError when it holds no usable row that is new.
    """
    checked = ingest.read_file(file)
    old = store.load_examples(workspace, dataset.id)
    known = {example.id for example in old}
    last = max(*old.rows, dataset.summary.rows)
    new = [example for example in checked.examples if example.id not in known]
    if not new:
        raise DataError(
            "Every usable row of this file is in the dataset already.",
            file.name,
            "Correct the rows, and add the file again.",
        )
    numbered = [e.model_copy(update={"row": last + 1 + n}) for n, e in enumerate(new)]
    rows = ExampleFile.of([*old, *numbered])
    facts = ingest.describe(rows)
    left_out = _left_out(checked, len(new))
    codes = Counter(facts["problem_counts"]) + Counter(problem.code for problem in left_out)
    facts |= {"problems": (*left_out, *facts["problems"]), "problem_counts": dict(codes)}
    change = Change(kind="rows added", added=len(new))
    return store.save_version(workspace, dataset, rows, {**facts, "change": change})


def _left_out(checked: Checked, added: int) -> tuple[Problem, ...]:
    """That rows of a file were not added: their own findings are about that file's rows."""
    summary = checked.dataset.summary
    known = summary.duplicates + len(checked.examples) - added
    if not summary.rejected and not known:
        return ()
    counts = {"rows": summary.rows, "rejected": summary.rejected, "known": known}
    values = {name: f"{count:,}" for name, count in counts.items()}
    return (make_problem("added_rows_left_out", file=checked.dataset.source_name, **values),)


def save_examples(
    workspace: Workspace, parent: Dataset, examples: Iterable[Example], change: Change
) -> Dataset:
    """Keep changed rows as a version of a dataset; its counts and findings are made anew."""
    return save_rows(workspace, parent, ExampleFile.of(examples), {"change": change})


def save_rows(
    workspace: Workspace, parent: Dataset, file: ExampleFile, update: Mapping[str, Any]
) -> Dataset:
    """The same for rows that are written already; `update` says what else differs."""
    return store.save_version(workspace, parent, file, {**ingest.describe(file), **update})


def changes(workspace: Workspace, dataset: Dataset) -> tuple[RowChange, ...]:
    """Row by row, how a version differs from its parent; empty for one without a parent."""
    if dataset.parent is None:
        return ()
    before = store.load_examples(workspace, dataset.parent)
    return tuple(_row_changes(before, store.load_examples(workspace, dataset.id)))


def undo(workspace: Workspace, dataset: Dataset) -> Dataset:
    """Go back to the parent; the version is deleted unless something still needs it.

    Raises DataError when there is no parent.
    """
    if dataset.parent is None:
        raise DataError(
            f"{dataset.name} was read from a file, so there is nothing to undo.",
            dataset.id,
            "Undo works on versions that were made from another dataset.",
        )
    parent = store.load(workspace, dataset.parent)
    if not _is_needed(workspace, dataset.id):
        deleting.remove(workspace, (dataset.id,))
    return parent


def _is_needed(workspace: Workspace, dataset_id: str) -> bool:
    """Whether a run was planned on a dataset, another version was made from it, or work goes on."""
    if any(other.parent == dataset_id for other in store.list_datasets(workspace)):
        return True
    if deleting.is_worked_on(workspace, dataset_id):
        return True
    plans = workspace.runs.glob("run-*/plan.json")
    return any(dataset_id.encode() in plan.read_bytes() for plan in plans)


def is_as_read(workspace: Workspace, dataset: Dataset) -> bool:
    """Whether reading the source file again gives this version, and not an earlier one."""
    found: Dataset | None = dataset
    while found is not None:
        if found.change is not None and found.change.kind not in READ_KINDS:
            return False
        found = store.load(workspace, found.parent) if found.parent else None
    return True


def read_again(
    workspace: Workspace,
    dataset: Dataset,
    choices: ReadChoices,
    progress: Progress = lambda *_: None,
) -> Checked:
    source = store.source_file(workspace, dataset.id)
    return ingest.read_file(source, dataset.name, choices, progress, dataset.source_name)


def save_child(
    workspace: Workspace,
    parent: Dataset,
    checked: Checked,
    kind: Literal["repair", "rows removed"],
    codes: tuple[str, ...],
) -> Dataset:
    before = store.load_examples(workspace, parent.id)
    kinds = [change.kind for change in _row_changes(before, checked.examples, places=False)]
    change = Change(
        kind=kind,
        codes=codes,
        repairs=tuple(dict.fromkeys(KINDS[code].repair for code in codes)),
        changed=kinds.count("changed"),
        added=kinds.count("added"),
        removed=kinds.count("removed"),
    )
    child = checked.dataset.model_copy(update={"parent": parent.id, "change": change})
    source = store.source_file(workspace, parent.id)
    saved = Checked(child, checked.examples, checked.rejects, checked.masks)
    return keep(workspace, saved, source)


def _row_changes(
    before: ExampleFile, after: ExampleFile, places: bool = True
) -> Iterator[RowChange]:
    """Both in file order; several conversations of one row are matched in order."""
    old, new = _by_row(before), _by_row(after)
    for row in sorted(old.keys() | new.keys()):
        was, now = old.get(row, []), new.get(row, [])
        for place in range(max(len(was), len(now))):
            first = before[was[place]] if place < len(was) else None
            second = after[now[place]] if place < len(now) else None
            if first is None or second is None:
                yield RowChange(row=row, kind="added" if first is None else "removed")
            elif first.id != second.id:
                found = _places(first, second) if places else ()
                yield RowChange(row=row, kind="changed", places=tuple(found))


def _by_row(examples: ExampleFile) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for place, row in enumerate(examples.rows):
        found.setdefault(row, []).append(place)
    return found


def _places(before: Example, after: Example) -> Iterator[PlaceChange]:
    for change in row_diff(_shape(before), _shape(after)):
        yield PlaceChange(
            path="$" + "".join(f"[{k}]" if isinstance(k, int) else f".{k}" for k in change.path),
            before=_shown(change.before),
            after=_shown(change.after),
        )


def _shape(example: Example) -> dict[str, Any]:
    talk = example.conversation
    found: dict[str, Any] = {"messages": talk.as_openai(), "tools": list(talk.tools)}
    if example.rejected:
        found["rejected"] = [turn.as_openai() for turn in example.rejected]
    return found


def _shown(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(value.get("content"), str):
        return f"{value.get('role')}: {value['content']}"
    return str(value)
