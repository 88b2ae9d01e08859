"""What a model can be exported as: what each takes of disk and memory, or why it can't be done."""

from __future__ import annotations

from pathlib import Path

from core.certificates.source import Source
from core.errors import DuotuneError
from core.exporting import gguf, pushing, room, writing
from core.exporting.records import Content, Kind
from core.messages import Record
from core.settings import Settings
from core.training.capacity import main_memory

KINDS: tuple[Kind, ...] = ("adapter", "merged", "gguf", "zip", "hub")
"""In the order in which they are shown."""


class Offer(Record):
    """One way to export a model; bytes."""

    kind: Kind
    content: Content
    disk: int
    disk_free: int
    memory: int | None
    """Main memory for merging; None where nothing is merged, or it does not fit."""
    memory_free: int
    problem: str = ""
    """Why it can't be done; "" where it can."""
    where: str = ""
    fix: str = ""


def offers(settings: Settings, source: Source, directory: Path) -> tuple[Offer, ...]:
    """All of them for a model; `directory` is where an export would stand."""
    return tuple(_offer(settings, source, directory, kind) for kind in KINDS)


def _offer(settings: Settings, source: Source, directory: Path, kind: Kind) -> Offer:
    content = content_of(kind, source)
    offer = Offer(
        kind=kind,
        content=content,
        disk=room.wanted(source, kind, content, "f16"),
        disk_free=room.free(directory),
        memory=None,
        memory_free=main_memory()[1],
    )
    try:
        _need(settings, source, kind)
        needed = room.need(source, kind, content, "f16", directory)
    except DuotuneError as error:
        why = {"problem": error.problem, "where": error.where, "fix": error.fix}
        return offer.model_copy(update=why)
    return offer.model_copy(update={"memory": needed.memory})


def content_of(kind: Kind, source: Source) -> Content:
    """What an export holds where nobody chose."""
    if kind in ("zip", "hub"):
        return "adapter" if source.is_adapter else "merged"
    return "adapter" if kind == "adapter" else "merged"


def _need(settings: Settings, source: Source, kind: Kind) -> None:
    """Raises what would stop it whatever else is chosen."""
    if kind == "adapter":
        writing.need_adapter(source)
    if kind == "gguf":
        gguf.converter(settings)
    if kind == "hub":
        pushing.need_access(settings)
