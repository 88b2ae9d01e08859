"""Which checkpoints of a run count, and which one to go on from."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from core.training import manifests

NAME = re.compile(r"checkpoint-(\d+)")


class Checkpoint(NamedTuple):
    """A folder with resumable state."""

    step: int
    path: Path


class Choice(NamedTuple):
    """The checkpoint to go on from, and what was passed over on the way to it."""

    checkpoint: Checkpoint | None
    skipped: tuple[str, ...]
    """One sentence per newer checkpoint that is damaged."""


def complete(folder: Path) -> list[Checkpoint]:
    """Checkpoints whose manifest is there and whose files have their full size, oldest first."""
    return [found for found in _all(folder) if manifests.is_whole(found.path)]


def newest_valid(folder: Path) -> Choice:
    """The newest checkpoint whose every byte is as it was written."""
    skipped: list[str] = []
    for candidate in reversed(_all(folder)):
        wrong = manifests.damage(candidate.path)
        if wrong is None:
            return Choice(candidate, tuple(skipped))
        skipped.append(f"Checkpoint {candidate.path.name} can't be used: {wrong}.")
    return Choice(None, tuple(skipped))


def _all(folder: Path) -> list[Checkpoint]:
    if not folder.is_dir():
        return []
    found = [
        Checkpoint(int(match.group(1)), path)
        for path in folder.iterdir()
        if (match := NAME.fullmatch(path.name)) and path.is_dir()
    ]
    return sorted(found)


class Best(NamedTuple):
    """The checkpoint with the lowest validation loss; nothing when it was never measured."""

    step: int | None = None
    loss: float | None = None

    @classmethod
    def of(cls, log_history: Iterable[dict[str, Any]], steps: Iterable[int]) -> Best:
        """The lowest validation loss among these steps; the earliest on a tie.

        `log_history` is what transformers keeps in a trainer's state.
        """
        kept = set(steps)
        measured = [
            (float(entry["eval_loss"]), int(entry["step"]))
            for entry in log_history
            if "eval_loss" in entry and entry["step"] in kept
        ]
        return cls(min(measured)[1], min(measured)[0]) if measured else cls()


def prune(folder: Path, log_history: Iterable[dict[str, Any]]) -> None:
    """Keep the best checkpoint, the last, and the one before it in case the last is damaged."""
    found = complete(folder)
    best = Best.of(log_history, (checkpoint.step for checkpoint in found)).step
    for checkpoint in found[:-2]:
        if checkpoint.step != best:
            shutil.rmtree(checkpoint.path)


def sweep(folder: Path) -> None:
    """Remove what a dying trainer left half-written: a folder without a manifest never counts."""
    for found in _all(folder):
        if not (found.path / manifests.NAME).exists():
            shutil.rmtree(found.path)


def set_aside(folder: Path, newer_than: int) -> None:
    """Rename the damaged checkpoints after a step, so that training may write them again."""
    for found in _all(folder):
        if found.step > newer_than:
            aside = found.path.with_name(f"damaged-{found.path.name}")
            shutil.rmtree(aside, ignore_errors=True)
            found.path.rename(aside)
