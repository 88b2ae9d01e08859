"""What a person calls a run and notes about it; the plan that was agreed to stays as it is."""

from __future__ import annotations

from pydantic import Field, ValidationError

from core.disk import write_atomic
from core.errors import RunError
from core.messages import Record
from core.workspace import RunFolder

LONGEST_NAME, LONGEST_NOTE = 80, 10_000


class Label(Record):
    """A name and a note, both the person's."""

    name: str | None = Field(default=None, min_length=1, max_length=LONGEST_NAME)
    """None keeps the plan's."""
    note: str = Field(default="", max_length=LONGEST_NOTE)


def read(folder: RunFolder) -> Label:
    """The run's label; an empty one when it has none that can be read."""
    try:
        return Label.model_validate_json(folder.label.read_bytes())
    except (OSError, ValidationError):
        return Label()


def rename(folder: RunFolder, name: str) -> None:
    """Call a run something else.

    Raises RunError for a name that is empty or too long.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise RunError(
            f"A run's name has 1 to {LONGEST_NAME} characters, and this one has {len(name)}.",
            folder.run_id,
            "Choose another name.",
        )
    _write(folder, read(folder).model_copy(update={"name": name}))


def note(folder: RunFolder, text: str) -> None:
    """Keep a note on a run; an empty text removes it.

    Raises RunError for one that is too long.
    """
    text = text.strip()
    if len(text) > LONGEST_NOTE:
        raise RunError(
            f"The note has {len(text)} characters; {LONGEST_NOTE} are kept at most.",
            folder.run_id,
            "Shorten it.",
        )
    _write(folder, read(folder).model_copy(update={"note": text}))


def _write(folder: RunFolder, label: Label) -> None:
    write_atomic(folder.label, label.model_dump_json(indent=1))
