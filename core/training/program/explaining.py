"""What went wrong, as an error a person can act on."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import torch

from core.errors import DISK_FIXES, DuotuneError, ModelError, RunError, WorkspaceError
from core.workspace import RunFolder

DISK_WORDS = ("no space left", "disk quota", "file too large", "os error 28")
DISK_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
MEMORY_WORDS = ("can't allocate memory", "cannot allocate memory", "bad_alloc", "out of memory")
MEMORY_FIX = (
    "Lower batch_size (raise gradient_accumulation by as much, and nothing else changes), lower "
    "max_length, or pick a smaller base model. Close other programs that use the memory."
)


def explained(error: BaseException, folder: RunFolder) -> DuotuneError:
    """The error itself when it already says what to do; else the likeliest cause, typed."""
    if isinstance(error, DuotuneError):
        return error
    chain = list(_chain(error))
    text = " ".join(str(link).lower() for link in chain)
    if any(_is_disk(link) for link in chain) or any(word in text for word in DISK_WORDS):
        return WorkspaceError(
            "The disk is full (or a limit on file sizes was reached) while saving.",
            str(folder.root),
            f"{DISK_FIXES[errno.ENOSPC]} Then resume the run.",
        )
    if any(isinstance(link, MemoryError | torch.OutOfMemoryError) for link in chain) or any(
        word in text for word in MEMORY_WORDS
    ):
        return RunError("There is not enough memory for this plan.", "", MEMORY_FIX)
    if "trust_remote_code" in text:
        return ModelError(
            "This model needs code of its own, and Duotune runs no code from models.",
            fix="Pick a model that the transformers library supports by itself.",
        )
    return RunError(
        f"The trainer stopped on an error it did not expect: {_first_line(error)}",
        f"run {folder.run_id}",
        "The log has the details. If the plan is unusual, try the recommended settings.",
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def _is_disk(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in DISK_NUMBERS


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__
