"""What deleting a dataset comes to: what goes with it, and what stays."""

from __future__ import annotations

from core.messages import Record


class Version(Record):
    """A dataset version as a person knows it."""

    id: str
    name: str
    rows: int | None
    """Usable ones; None where its record is damaged."""
    change: str = ""
    """How it was made from its parent; "" for one that was read from a file."""


class Stays(Record):
    """What was made with the rows of a dataset and is not deleted with it."""

    runs: tuple[str, ...] = ()
    """Runs that were trained on them, by name; they keep a few rows to be checked by."""
    kept: tuple[str, ...] = ()
    """Their models in the library, by name."""
    reports: int = 0
    """Evaluations of those runs: they quote held-out rows."""
    exports: int = 0
    """Exports of those models."""
    comparisons: int = 0
    """Conversations with models that quote a row."""
    batches: int = 0
    """Batches that ask held-out rows."""
    chats: int = 0
    """Conversations with the assistant about it."""


class DatasetDeletion(Record):
    """What deleting a dataset takes with it and what stays, named before it is done."""

    id: str
    name: str
    versions: tuple[Version, ...]
    """All that go: itself first, then those that were made from it."""
    bytes: int
    """That are free afterwards."""
    source: str
    """The file as it was read, by its own name; "" where a version that stays has it too, or the
    record that names it is damaged."""
    uploads: int
    """Copies of it that a browser brought or may fetch."""
    rejected: int
    """Rejected rows."""
    keys: int
    """Keys of masked values: what is masked elsewhere can't be put back then."""
    jobs: int
    """Pieces of work, with the rows that they proposed."""
    worked_out: int
    """Rows as tokens, trials of base models, and pre-flights."""
    holders: tuple[Version, ...]
    """Versions of the same file that stay, and hold the same rows or that file."""
    stays: Stays = Stays()

    @property
    def ids(self) -> tuple[str, ...]:
        """Of all versions that go."""
        return tuple(version.id for version in self.versions)

    @property
    def also(self) -> tuple[str, ...]:
        """Of the versions that go because they were made from it."""
        return self.ids[1:]
