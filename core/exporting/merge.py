"""Merge an adapter into its base, in a program of its own, after seeing that it fits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import disk_usage

from core.certificates.measuring import run_module
from core.certificates.source import Source
from core.disk import write_atomic
from core.errors import WorkspaceError
from core.messages import Record
from core.training.capacity import main_memory

PROGRAM = "core.exporting.program.merging"
EXTRA = 1.2
"""Memory beside the weights themselves: the tensor at work, the libraries."""
LIBRARIES = 700 << 20
"""Bytes that torch, transformers and PEFT take before any weight."""
SHARD_GB = 5
Say = Callable[[str], None]


class MergeRequest(Record):
    """What the merging program is to do."""

    base: Path
    adapter: Path
    target: Path
    dtype: str
    """Arithmetic to merge in; "" for the stored one."""
    shard_gb: int = SHARD_GB


def precision(source: Source) -> tuple[str, int]:
    """The arithmetic to merge in, and the bytes of main memory that takes.

    float32 where it fits, else the one the base is stored in, which rounds twice. Raises
    WorkspaceError, with both figures, when not even that fits.
    """
    shape = source.base.shape
    parameters, stored = (shape.parameters, shape.weight_bytes) if shape else (0, 0)
    free = main_memory()[1]
    for name, weights in (("float32", parameters * 4), ("", stored)):
        needed = int(weights * EXTRA) + LIBRARIES
        if needed <= free:
            return name, needed
    raise WorkspaceError(
        f"Merging takes {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free.",
        source.base.shown_name,
        "Close other programs, or export the adapter, which takes next to none.",
    )


def _need_disk(source: Source, target: Path) -> None:
    needed, free = (
        source.base.shape.weight_bytes if source.base.shape else 0,
        disk_usage(target).free,
    )
    if needed > free:
        raise WorkspaceError(
            f"Merging takes {needed / 1e9:.1f} GB of disk, and {free / 1e9:.1f} GB are free.",
            str(target),
            "Free some space on that disk, then try again.",
        )


def merge(source: Source, target: Path, work: Path, say: Say) -> None:
    """Write the merged model's weights and config into a folder that exists.

    Raises WorkspaceError when memory or disk is short, RunError when the program fails.
    """
    dtype, _ = precision(source)
    _need_disk(source, target)
    request = MergeRequest(
        base=source.base_folder, adapter=source.published, target=target, dtype=dtype
    )
    work.mkdir(parents=True, exist_ok=True)
    write_atomic(work / "merge.json", request.model_dump_json())
    say("Merging the adapter into its base model.")
    run_module(PROGRAM, work / "merge.log", work / "merge.json")
