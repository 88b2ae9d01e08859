"""Repair a dataset as a new version: from its file, or row by row where that holds not all rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.data import mask_keys, store, versions
from core.data.checks.inspection import InspectOptions
from core.data.collecting import Problems
from core.data.example_file import ExampleFile
from core.data.formats.shape import Talk
from core.data.identity import example_id
from core.data.intake import How, Intake
from core.data.problems import KINDS
from core.data.records import Change, Dataset, Example
from core.data.repairs.catalog import REPAIRS
from core.data.repairs.masking import MaskKey
from core.data.versions import is_as_read, read_again, save_child
from core.errors import DataError
from core.messages import Message, Record
from core.workspace import Workspace

AUTOMATIC = tuple(
    code for code, kind in KINDS.items() if kind.repair and REPAIRS[kind.repair].is_harmless
)
"""Problems whose repair takes nothing away and needs no answer."""


class RepairOffer(Record):
    """A kind of problem that can be mended, and how often it was found."""

    code: str
    repair: str
    count: int
    en: str
    """What the repair does."""
    zh: str
    removes: bool
    """Whether it takes rows or turns away."""
    asks: bool
    """Whether it needs answers from the person."""

    @property
    def is_harmless(self) -> bool:
        """Whether the repair takes nothing away and needs no answer."""
        return not (self.removes or self.asks)


def offers(dataset: Dataset) -> tuple[RepairOffer, ...]:
    """What can be mended in a dataset, most frequent first."""
    found = []
    for code, count in dataset.problem_counts.items():
        repair = REPAIRS.get(KINDS[code].repair) if code in KINDS else None
        if repair is not None:
            found.append(
                RepairOffer(
                    code=code,
                    repair=repair.name,
                    count=count,
                    en=repair.en,
                    zh=repair.zh,
                    removes=repair.removes,
                    asks=repair.asks,
                )
            )
    return tuple(sorted(found, key=lambda offer: (-offer.count, offer.code)))


def repair(
    workspace: Workspace,
    dataset: Dataset,
    codes: Sequence[str] | None,
    fills: Mapping[str, str] | None = None,
) -> Dataset:
    """Mend what these codes name (None: all that takes nothing away) as a new version.

    Raises DataError when a code can't be mended, or nothing would change.
    """
    fills = {**dataset.choices.fills, **(fills or {})}
    wanted = tuple(offer.code for offer in choose(offers(dataset), codes, dataset.id))
    if mask_keys.is_final(workspace, dataset) or not is_as_read(workspace, dataset):
        return _repair_rows(workspace, dataset, wanted, fills)
    update = {"repairs": tuple(dict.fromkeys((*dataset.choices.repairs, *wanted))), "fills": fills}
    choices = dataset.choices.model_copy(update={**update, "structure_only": False})
    checked = read_again(workspace, dataset, choices)
    if checked.dataset.id == dataset.id:
        raise _nothing_changed(wanted)
    return save_child(workspace, dataset, checked, "repair", tuple(wanted))


def _repair_rows(
    workspace: Workspace, dataset: Dataset, codes: tuple[str, ...], fills: Mapping[str, str]
) -> Dataset:
    """Mend the rows themselves, where the file doesn't hold all of them."""
    how = How(None, {}, InspectOptions(), frozenset(codes), fills)
    intake = Intake(how, Problems())
    work = _Mending(intake, mask_keys.find(workspace, dataset))
    file = ExampleFile.of(work.rows_of(store.load_examples(workspace, dataset.id)))
    if not work.changed and not work.removed:
        raise _nothing_changed(codes)
    repairs = tuple(dict.fromkeys(KINDS[code].repair for code in codes))
    change = Change(
        kind="repair", codes=codes, repairs=repairs, changed=work.changed, removed=work.removed
    )
    if work.masks:
        mask_keys.save(workspace, file.dataset_id, work.masks)
    return versions.save_rows(workspace, dataset, file, {"change": change})


@dataclass
class _Mending:
    """Rows on their way through repairs, and what of them is hidden."""

    intake: Intake
    key: MaskKey
    """What is known of the masks that the rows have already."""
    changed: int = 0
    removed: int = 0
    masks: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of the rows that changed, by their new ids."""
    _ids: dict[str, str] = field(default_factory=dict)
    """New ids by old ones."""
    _seen: set[str] = field(default_factory=set)

    def rows_of(self, examples: Iterable[Example]) -> Iterator[Example]:
        """The mended rows; one that mending made equal to an earlier one is left out."""
        for example in examples:
            mended = self._mend(example)
            if mended is None or mended.id in self._seen:
                self.removed += 1
                continue
            self._seen.add(mended.id)
            self.changed += mended.id != example.id
            if mended.parent in self._ids:  # a row stands before those that were made from it
                mended = mended.model_copy(update={"parent": self._ids[mended.parent]})
            yield mended

    def _mend(self, example: Example) -> Example | None:
        checked, hidden = self.intake.mend(Talk(_raw(example)))
        if checked.conversation is None:
            return None
        name = example_id(checked.conversation, checked.rejected)
        if name == example.id:
            return example
        known = self.key.masks_of(example.id) or self.key.masks_of(example.parent)
        if name not in self._seen and (known or hidden):
            self.masks[name] = {**known, **hidden}
        self._ids[example.id] = name
        return example.saying(checked.conversation, checked.rejected, name)


def _raw(example: Example) -> dict[str, Any]:
    """A row as repairs take it. Unlike for an endpoint, the weights of turns are part of it."""
    talk = example.conversation
    raw: dict[str, Any] = {"messages": _raw_turns(talk.messages)}
    if example.rejected:
        raw["rejected"] = _raw_turns(example.rejected)
    return {**raw, "tools": list(talk.tools)} if talk.tools else raw


def _raw_turns(turns: Iterable[Message]) -> list[dict[str, Any]]:
    return [
        turn.as_openai() | ({} if turn.weight is None else {"weight": turn.weight})
        for turn in turns
    ]


def _nothing_changed(codes: Sequence[str]) -> DataError:
    return DataError(
        "Nothing changed: what these repairs mend is not in the rows that are used.",
        ", ".join(codes),
        "Look at the findings, and correct these rows by hand.",
    )


def harmless(found: Sequence[RepairOffer]) -> tuple[RepairOffer, ...]:
    """What takes nothing away and needs no answer: the rest is only done when asked for by name."""
    return tuple(offer for offer in found if offer.is_harmless)


def choose(
    found: Sequence[RepairOffer], codes: Sequence[str] | None, where: str
) -> tuple[RepairOffer, ...]:
    """The offers for these codes; for None, all harmless ones. `where` is the dataset's id.

    Raises DataError when a code can't be mended, or nothing can be by itself.
    """
    if codes is None:
        chosen = harmless(found)
        if not chosen:
            raise DataError(
                "Nothing in this dataset can be mended by itself.",
                where,
                "Correct the rejected rows by hand and add them again.",
            )
        return chosen
    known = {offer.code: offer for offer in found}
    for code in codes:
        if code not in known:
            can = ", ".join(known) or "nothing"
            raise DataError(
                f"'{code}' can't be mended in this dataset.",
                where,
                f"What can be mended here: {can}.",
            )
    return tuple(known[code] for code in codes)
