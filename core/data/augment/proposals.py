"""The file of proposals: appended to, never overwritten, and read as what holds now."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from core.data.augment.context import refuse_held_out
from core.data.augment.records import HARD, LINE, Asked, Decision, Line, Proposal
from core.data.identity import example_id, group_key
from core.data.records import Example, Part, Split
from core.disk import PATIENCE_S, append_line, await_lease
from core.errors import DataError, disk_errors

TAG = "augmented"
"""Every row that was made from another has it."""


@dataclass
class Proposals:
    """What a file of proposals says, taken together."""

    by_id: dict[str, Proposal] = field(default_factory=dict)
    """In the order in which they were made."""
    asked: set[tuple[str, str]] = field(default_factory=set)
    """Rows and request keys that were asked for already."""
    damaged: int = 0
    """Lines that can't be read: a program that was killed leaves half of one."""

    @property
    def accepted(self) -> tuple[Proposal, ...]:
        return tuple(proposal for proposal in self.by_id.values() if proposal.accepted)

    @property
    def undecided(self) -> tuple[Proposal, ...]:
        return tuple(p for p in self.by_id.values() if p.accepted is None)

    def take(self, line: Line) -> None:
        """What one more line says; a proposal that is there already keeps its decision."""
        if isinstance(line, Proposal):
            self.by_id.setdefault(line.id, line)
        elif isinstance(line, Asked):
            self.asked.add((line.parent_id, line.key))
        elif known := self.by_id.get(line.proposal_id):
            changed = known.model_copy(update={"accepted": line.accepted})
            self.by_id[line.proposal_id] = changed


class ProposalFile:
    """A JSON Lines file of proposals at a path that the caller names."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Proposals:
        """Everything in the file; a file that is not there is an empty one."""
        found = Proposals()
        if not self.path.exists():
            return found
        with disk_errors(self.path, "read the proposals"):
            lines = self.path.read_bytes().splitlines()
        for line in lines:
            if not line.strip():
                continue
            try:
                found.take(LINE.validate_json(line))
            except ValidationError:
                found.damaged += 1
        return found

    def append(self, lines: Sequence[Line]) -> None:
        """Add lines in one write, so that a kill keeps all of them or spoils only the last."""
        if lines:
            append_line(self.path, "\n".join(line.model_dump_json() for line in lines))

    def decide(self, proposal_id: str, accepted: bool | None) -> Proposal:
        """Accept or reject one proposal, or take that back with None; the last word holds.

        Raises DataError when there is no such proposal, or it may not be accepted.
        """
        return self.decide_all([proposal_id], accepted)[0]

    def decide_all(self, ids: Iterable[str], accepted: bool | None) -> tuple[Proposal, ...]:
        """The same for several: all of them, or none when one may not be accepted."""
        known, wanted = self.read().by_id, tuple(dict.fromkeys(ids))
        for proposal_id in wanted:
            _check(known.get(proposal_id), proposal_id, accepted)
        self.append([Decision(proposal_id=name, accepted=accepted) for name in wanted])
        return tuple(known[name].model_copy(update={"accepted": accepted}) for name in wanted)

    @contextmanager
    def filling(self) -> Iterator[Proposals]:
        """Hold the file for adding proposals, and give what it has.

        Raises DataError when somebody else is adding to it.
        """
        with disk_errors(self.path, "write the proposals"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        lease = await_lease(self.path.with_name(f"{self.path.name}.lock"), PATIENCE_S)
        if lease is None:
            raise DataError(
                "Proposals are being added to this file already.",
                str(self.path),
                "Wait until that is done, or stop it.",
            )
        try:
            self._mend()
            yield self.read()
        finally:
            os.close(lease)

    def _mend(self) -> None:
        """End a last line that was cut, so that the next one stands for itself."""
        if not self.path.exists() or not self.path.stat().st_size:
            return
        with disk_errors(self.path, "write the proposals"), self.path.open("rb+") as file:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")


def _check(proposal: Proposal | None, proposal_id: str, accepted: bool | None) -> None:
    if proposal is None:
        raise DataError(
            "There is no such proposal.", proposal_id, "Look at the list of proposals again."
        )
    if accepted and HARD & set(proposal.failed):
        raise DataError(
            "This proposal says the same as a held-out row, so it can't be accepted.",
            proposal_id,
            "Reject it: a test on a row that training has seen measures memory.",
        )


def as_example(proposal: Proposal, parent: Example) -> Example:
    """The row that an accepted proposal becomes: on the train side, in its parent's group.

    Raises DataError when it is not accepted, or made from another row.
    """
    if not proposal.accepted or proposal.parent_id != parent.id:
        raise DataError(
            "Only an accepted proposal becomes a row, beside the row it was made from.",
            proposal.id,
            "Accept it first.",
        )
    return Example(
        id=example_id(proposal.conversation, parent.rejected),
        row=parent.row,
        conversation=proposal.conversation,
        part="train",
        tags=tuple(dict.fromkeys([*parent.tags, TAG])),
        group=parent.group or group_key(parent.conversation),
        label=parent.label,
        parent=parent.id,
        rejected=parent.rejected,  # only questions are reworded, so it answers them as before
    )


def with_accepted(
    examples: Sequence[Example], split: Split, proposals: Proposals
) -> tuple[Example, ...]:
    """All rows in the parts where the split has them, each followed by what was made from it.

    The parts are written down, so that no later split moves a parent away from what was made
    from it. Raises DataError when an accepted proposal has its parent outside the train part.
    """
    refuse_held_out((proposal.parent_id for proposal in proposals.accepted), split.train)
    parts: dict[str, Part] = dict.fromkeys(split.train, "train")
    parts |= dict.fromkeys(split.validation, "validation")
    parts |= dict.fromkeys(split.test, "test")
    made: dict[str, list[Proposal]] = {}
    for proposal in proposals.accepted:
        made.setdefault(proposal.parent_id, []).append(proposal)
    taken = {example.id for example in examples}
    found: list[Example] = []
    for example in examples:
        found.append(example.model_copy(update={"part": parts.get(example.id, example.part)}))
        for row in (as_example(proposal, example) for proposal in made.get(example.id, ())):
            if row.id not in taken:
                taken.add(row.id)
                found.append(row)
    return tuple(found)
