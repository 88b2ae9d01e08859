"""Looks at the workspace that are remembered for as long as what they depend on stays the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import RLock
from typing import Protocol, TypeVar

from core.actions import Actions

T = TypeVar("T")
Facts = tuple[tuple[str, int, int], ...]


class Going(Protocol):
    """What goes on by itself until it has ended."""

    @property
    def status(self) -> str: ...


class Watched:
    """The verbs, and what they told last."""

    def __init__(self, actions: Actions) -> None:
        self.actions = actions
        self._lock = RLock()
        self._known: dict[str, tuple[object, object]] = {}

    def while_same(self, key: str, facts: object, read: Callable[[], T]) -> T:
        """Something that is read again only when these facts have changed."""
        return self._kept(key, facts, read)

    def lasting(self, key: str, read: Callable[[], T]) -> T:
        """Something that never changes once it is there, read once."""
        return self._kept(key, (), read)

    def _kept(
        self,
        key: str,
        facts: object,
        read: Callable[[], T],
        stale: Callable[[T], bool] | None = None,
    ) -> T:
        with self._lock:
            known = self._known.get(key)
            if known is not None and known[0] == facts:
                value: T = known[1]  # type: ignore[assignment]  # stored under this key by this call
                if stale is None or not stale(value):
                    return value
            fresh = read()
            self._known[key] = (facts, fresh)
            return fresh


def any_running(found: Sequence[Going]) -> bool:
    """Whether one of them has not ended: its process may die without a word."""
    return any(one.status == "running" for one in found)


def folder_facts(folder: Path) -> Facts:
    """Name, time and size of everything directly in a folder; () when it is none."""
    try:
        with os.scandir(folder) as entries:
            found = [(entry.name, entry.stat()) for entry in entries]
    except (FileNotFoundError, NotADirectoryError):  # gone, never made, or a file
        return ()
    return tuple(sorted((name, each.st_mtime_ns, each.st_size) for name, each in found))


def file_facts(file: Path) -> Facts:
    """The same of one file."""
    try:
        found = file.stat()
    except OSError:
        return ()
    return ((str(file), found.st_mtime_ns, found.st_size),)


def nested_facts(folder: Path) -> Facts:
    """The same of a folder and of each folder in it."""
    facts = folder_facts(folder)
    for child in sorted(folder.iterdir()) if folder.is_dir() else ():
        facts += folder_facts(child)
    return facts
