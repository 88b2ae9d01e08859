"""Repair a dataset as a new version: from its file, or row by row where that holds not all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.data import store
from core.data.checks.inspection import InspectOptions
from core.data.collecting import Problems
from core.data.example_file import ExampleWriter
from core.data.formats.shape import Talk
from core.data.identity import example_id
from core.data.intake import How, Intake
from core.data.problems import KINDS
from core.data.records import Change, Dataset, Example
from core.data.repairs.catalog import REPAIRS
from core.data.versions import is_as_read, read_again, save_child, save_examples, save_key
from core.errors import DataError
from core.messages import Record
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
    if not is_as_read(workspace, dataset):
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
    intake = Intake(how, Problems(), ExampleWriter.unnamed())
    rows: list[Example] = []
    masks: dict[str, dict[str, str]] = {}
    changed = removed = 0
    for example in store.load_examples(workspace, dataset.id):
        checked, hidden = intake.mend(Talk(_raw(example)))
        if checked.conversation is None:
            removed += 1
            continue
        name = example_id(checked.conversation)
        if name != example.id:
            changed += 1
            update = {"id": name, "conversation": checked.conversation}
            example = example.model_copy(update=update)
        if hidden:
            masks[name] = hidden
        rows.append(example)
    if not changed and not removed:
        raise _nothing_changed(codes)
    repairs = tuple(dict.fromkeys(KINDS[code].repair for code in codes))
    change = Change(kind="repair", codes=codes, repairs=repairs, changed=changed, removed=removed)
    child = save_examples(workspace, dataset, rows, change)
    if masks:
        save_key(workspace, child.id, masks)
    return child


def _raw(example: Example) -> dict[str, Any]:
    talk = example.conversation
    raw: dict[str, Any] = {"messages": talk.as_openai()}
    return {**raw, "tools": list(talk.tools)} if talk.tools else raw


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
