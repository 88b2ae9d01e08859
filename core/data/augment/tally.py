"""What a run of augmentation has done so far, counted; nothing that is left out goes unsaid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.data.augment.proposals import Proposals
from core.data.augment.records import Method, Proposal, make_proposal
from core.data.records import Example
from core.messages import Conversation, Record


class AugmentProgress(Record):
    """How far a run is."""

    done: int
    """Rows worked on, in this run."""
    total: int
    proposed: int
    sound: int
    """Proposals that no filter speaks against."""
    failed: int
    """Rows for which no usable reply came."""


class Outcome(Record):
    """What a run did."""

    asked: int
    skipped: int
    """Rows that had been asked before."""
    proposed: int
    sound: int
    repeated: int
    """Rewordings that equal their parent or an earlier proposal, and were left out."""
    failed_filters: dict[str, int]
    """Proposals by filter that speaks against them; one proposal may fail several."""
    failures: dict[str, int]
    """Rows without a usable reply, by reason; they are asked again next time."""
    finished: bool
    """False when it was stopped, or gave up."""
    gave_up: str = ""
    """Why the endpoint was no longer asked."""


@dataclass
class Tally:
    """The counts of a run that is under way."""

    before: Proposals
    """What the file holds, with what this run adds."""
    total: int
    skipped: int = 0
    rows: int = 0
    repeated: int = 0
    proposed: int = 0
    sound: int = 0
    filters: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)

    def is_new(self, parent: Example, conversation: Conversation, method: Method) -> bool:
        """Whether a rewording is neither its parent nor an earlier proposal; counted if not."""
        bare = make_proposal(parent, conversation, method, "", ())
        new = conversation != parent.conversation and bare.id not in self.before.by_id
        self.repeated += not new
        return new

    def count(self, proposals: Sequence[Proposal]) -> None:
        """One more row is done, with these proposals."""
        self.rows += 1
        self.proposed += len(proposals)
        self.sound += sum(proposal.sound for proposal in proposals)
        self.filters.update(name for proposal in proposals for name in proposal.failed)

    @property
    def progress(self) -> AugmentProgress:
        failed = self.failures.total()
        return AugmentProgress(
            done=self.rows + failed,
            total=self.total,
            proposed=self.proposed,
            sound=self.sound,
            failed=failed,
        )

    def outcome(self, finished: bool, gave_up: str = "") -> Outcome:
        """The counts as they stand at the end."""
        return Outcome(
            asked=self.rows + self.failures.total(),
            skipped=self.skipped,
            proposed=self.proposed,
            sound=self.sound,
            repeated=self.repeated,
            failed_filters=dict(self.filters.most_common()),
            failures=dict(self.failures.most_common()),
            finished=finished and not gave_up,
            gave_up=gave_up,
        )
