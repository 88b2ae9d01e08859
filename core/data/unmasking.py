"""Put masked values back into a dataset, as a new version, and say what its masks hide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.data import mask_keys, store, versions
from core.data.checks.inspection import inspect_conversation
from core.data.checks.privacy import find_private, without_escapes
from core.data.checks.rejected import breaks_pair, inspect_rejected
from core.data.checks.rows import check_row
from core.data.example_file import ExampleFile
from core.data.identity import example_id
from core.data.problems import ERRORS
from core.data.records import Change, Dataset, Example
from core.data.repairs.masking import MaskKey, looks_masked, reveal, standing, type_of
from core.errors import DataError
from core.messages import Message, Record
from core.workspace import Workspace


class Hidden(Record):
    """What the masks of a dataset hide, counted from its rows and its key."""

    values: dict[str, int]
    """Hidden values by type, such as `email`, the most frequent first; of a row each one once."""
    rows: int
    """Rows that they stand in."""
    unknown_rows: int
    """Rows with what looks like a mask, that no key knows."""
    final_since: str
    """When the key was deleted so that the masks stay, ISO time; "" while it is kept."""
    problem: str = ""
    """Why no value can be put back; "" when some can."""
    where: str = ""
    fix: str = ""


class Unmasked(Record):
    """A dataset with its masked values back, and what became of each of them."""

    dataset: Dataset
    is_new: bool
    """False when a version with exactly these rows was there already, such as the one from before
    the masking."""
    values: int
    """Values that were put back."""
    rows: int
    """Rows that they were put into."""
    held_values: int
    """Values that stay masked: with them their rows could not be trained on."""
    held_rows: int
    unknown_rows: int
    """Rows with what looks like a mask, that no key knows; they are as they were."""
    equal_rows: int
    """Rows that equal an earlier one with the values back, and are left out."""


def hidden(workspace: Workspace, dataset: Dataset) -> Hidden | None:
    """What a dataset's masks hide; None when it has none. Reads every row with a mask.

    Raises DataError when the rows can't be read.
    """
    if not mask_keys.was_masked(workspace, dataset):
        return None
    try:
        key, trouble = mask_keys.find(workspace, dataset), None
    except DataError as error:
        key, trouble = MaskKey(), error
    values: Counter[str] = Counter()
    rows = unknown = 0
    for example in _masked(store.load_examples(workspace, dataset.id)):
        masks = _known(key, example)
        found = {(type_of(mask), value) for mask, value in _standing(example, masks).items()}
        values.update(kind for kind, _ in found)
        rows += bool(found)
        unknown += not masks
    if not rows and not unknown:
        return None
    if not rows and trouble is None:
        trouble = mask_keys.why_none(workspace, dataset, key)
    told = (trouble.problem, trouble.where, trouble.fix) if trouble else ("", "", "")
    return Hidden(
        values=dict(values.most_common()),
        rows=rows,
        unknown_rows=unknown,
        final_since=key.forgotten,
        problem=told[0],
        where=told[1],
        fix=told[2],
    )


def unmask(workspace: Workspace, dataset: Dataset, key_file: Path | None = None) -> Unmasked:
    """Put the values back as a new version of the dataset.

    `key_file` is an exported key, to be used in place of the workspace's own. A value that may not
    be trained on, such as a card number, stays masked; a row that no key knows stays as it is.
    Raises DataError, with nothing made, when no value can be put back.
    """
    work = _PuttingBack(_known_key(workspace, dataset, key_file))
    file = ExampleFile.of(work.rows_of(store.load_examples(workspace, dataset.id)))
    if not work.changed:
        raise _why_nothing(workspace, dataset, work, key_file)
    if work.staying and not mask_keys.is_final(workspace, dataset):
        mask_keys.save(workspace, file.dataset_id, work.staying)
    found = store.find(workspace, file.dataset_id)
    made = found or _save(workspace, dataset, file, work)
    return Unmasked(
        dataset=made,
        is_new=found is None,
        values=work.values,
        rows=work.changed,
        held_values=work.held_values,
        held_rows=work.held_rows,
        unknown_rows=work.unknown,
        equal_rows=work.equal,
    )


def key_of(workspace: Workspace, dataset: Dataset, key_file: Path | None = None) -> MaskKey:
    """The exported key, or the one that the workspace has for a dataset.

    Raises DataError when there is none, or it is damaged.
    """
    key = _known_key(workspace, dataset, key_file)
    if not key.rows:
        raise mask_keys.why_none(workspace, dataset, key)
    return key


def _known_key(workspace: Workspace, dataset: Dataset, key_file: Path | None) -> MaskKey:
    return mask_keys.read(key_file) if key_file else mask_keys.find(workspace, dataset)


def _save(workspace: Workspace, dataset: Dataset, file: ExampleFile, work: _PuttingBack) -> Dataset:
    change = Change(kind="unmasked", changed=work.changed - work.equal_changed, removed=work.equal)
    if file.dataset_id in mask_keys.lineage(workspace, dataset):
        # The version from before the masking, which somebody deleted: it is made from no other.
        return versions.save_rows(workspace, dataset, file, {"parent": None, "change": None})
    return versions.save_rows(workspace, dataset, file, {"change": change})


def _why_nothing(
    workspace: Workspace, dataset: Dataset, work: _PuttingBack, key_file: Path | None
) -> DataError:
    """Why no value could be put back."""
    if work.held_values:
        return DataError(
            "No value was put back: with them, their rows could not be trained on.",
            dataset.id,
            "To see the values, put them into a file: "
            "`duotune unmask DATASET --file IN --to OUT` does it.",
        )
    if key_file is not None:
        return DataError(
            f"This key knows none of the masks in {dataset.name}.",
            str(key_file),
            "Use the key that was exported from this dataset.",
        )
    return mask_keys.why_none(workspace, dataset, work.key)


# -- rows -----------------------------------------------------------------------------------------


@dataclass
class _PuttingBack:
    """The values of one key on their way back into rows, counted."""

    key: MaskKey
    values: int = 0
    changed: int = 0
    held_values: int = 0
    held_rows: int = 0
    unknown: int = 0
    equal: int = 0
    equal_changed: int = 0
    staying: dict[str, dict[str, str]] = field(default_factory=dict)
    """Masks that stay, by the new ids of their rows."""
    _ids: dict[str, str] = field(default_factory=dict)
    """New ids by old ones."""
    _seen: set[str] = field(default_factory=set)

    def rows_of(self, examples: Iterable[Example]) -> Iterator[Example]:
        """All rows with their values back, each only once."""
        for example in examples:
            back = self._put_back(example)
            if example.parent in self._ids:  # a row stands before those that were made from it
                back = back.model_copy(update={"parent": self._ids[example.parent]})
            if back.id in self._seen:
                self.equal += 1
                self.equal_changed += back.id != example.id
                continue
            self._seen.add(back.id)
            yield back

    def _put_back(self, example: Example) -> Example:
        if not _is_masked(example):
            return example
        known = _known(self.key, example)
        if not known:
            self.unknown += 1
            return example
        masks = _standing(example, known)
        back, held = _revealed(example, masks)
        self.held_values += len(set(held.values()))
        self.held_rows += bool(held)
        if len(held) == len(masks):
            return example
        self.changed += 1
        self.values += len(set(masks.values()) - set(held.values()))
        name = example_id(back.conversation, back.rejected)
        self._ids[example.id] = name
        if held:
            self.staying[name] = held
        return back.saying(back.conversation, back.rejected, name)


def _masked(examples: Iterable[Example]) -> Iterator[Example]:
    return (example for example in examples if _is_masked(example))


def _is_masked(example: Example) -> bool:
    return any(looks_masked(text) for text in _texts(example))


def _known(key: MaskKey, example: Example) -> dict[str, str]:
    """What is known of a row's masks: its own, or those of the row that it was made from."""
    return key.masks_of(example.id) or key.masks_of(example.parent)


def _standing(example: Example, masks: Mapping[str, str]) -> dict[str, str]:
    return standing(_texts(example), masks)


def _turns(example: Example) -> Iterator[Message]:
    """What is said in a row, the rejected answer included."""
    yield from example.conversation.messages
    yield from example.rejected or ()


def _texts(example: Example) -> Iterator[str]:
    for turn in _turns(example):
        yield turn.content
        yield from (call.arguments for call in turn.tool_calls)


def _revealed(example: Example, masks: Mapping[str, str]) -> tuple[Example, dict[str, str]]:
    """The row with its values back, and the masks that must stay for it to be usable."""
    before = _errors(example)
    back = _reveal_in(example, masks)
    if _errors(back) <= before:
        return back, {}
    barred = set(_barred(back))
    held = {m: v for m, v in masks.items() if any(v in one or one in v for one in barred)}
    back = _reveal_in(example, {m: v for m, v in masks.items() if m not in held})
    return (back, held) if _errors(back) <= before else (example, dict(masks))


def _reveal_in(example: Example, masks: Mapping[str, str]) -> Example:
    """The row with its masks replaced, in what is said and in the arguments of calls."""
    talk = example.conversation
    turns = tuple(_reveal_turn(turn, masks) for turn in talk.messages)
    rejected = tuple(_reveal_turn(turn, masks) for turn in example.rejected or ()) or None
    said = talk.model_copy(update={"messages": turns})
    return example.saying(said, rejected, example.id)


def _reveal_turn(turn: Message, masks: Mapping[str, str]) -> Message:
    calls = tuple(
        call.model_copy(update={"arguments": reveal(call.arguments, masks)})
        for call in turn.tool_calls
    )
    return turn.model_copy(update={"content": reveal(turn.content, masks), "tool_calls": calls})


def _errors(example: Example) -> set[tuple[object, ...]]:
    """Why a row or its pair could not be trained on: kinds of problems with their places."""
    talk = example.conversation
    raw = {"messages": talk.as_openai(), "tools": list(talk.tools)}
    found = [*check_row(raw).found, *inspect_conversation(talk)]
    worse = inspect_rejected(talk, example.rejected or ())
    barring = [one for one in found if one.code in ERRORS]
    barring += [one for one in worse if breaks_pair([one])]
    return {(one.code, *one.path) for one in barring}


def _barred(example: Example) -> Iterator[str]:
    """Private values that no row that is trained on may hold."""
    for turn in _turns(example):
        said = [(turn.content, turn.content)]
        said += [(call.arguments, without_escapes(call.arguments)) for call in turn.tool_calls]
        for text, searched in said:
            for place in find_private(searched):
                if place.code in ERRORS:
                    yield text[place.start : place.end]
