"""Small, safe file operations: atomic writes, hashes, and leases that die with their holder."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path
from threading import get_ident
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from core.errors import disk_errors

R = TypeVar("R", bound=BaseModel)
TAIL = 4096
"""Bytes from the end of a file of records in which its last line surely stands."""
LOOKS, PAUSE_S = 4, 0.002
"""Whoever looks at a lease takes it for an instant: only a refusal that lasts means a holder."""
PATIENCE_S = 1.0
POLL_S = 0.1


def write_atomic(path: Path, data: bytes | str, private: bool = False) -> None:
    """Write a file so that readers see the old content or the new, never a part.

    A private one can be read by this user only. Raises WorkspaceError when the disk is full,
    read-only or forbidden.
    """
    payload = data.encode() if isinstance(data, str) else data
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{get_ident()}.tmp")
    with disk_errors(path, "write a file"):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(temporary, "wb", opener=_for_owner if private else None) as file:
                file.write(payload)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_directory(path.parent)


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def append_line(path: Path, line: str) -> None:
    """Append one line in a single write and flush it to the operating system."""
    with disk_errors(path, "append to a file"), path.open("ab") as file:
        file.write(line.encode() + b"\n")


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_text(text: str) -> str:
    """Hex SHA-256 of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def take_lease(path: Path) -> int | None:
    """Lock a file for this process and its children; None when somebody else holds it.

    The kernel frees the lock on any death of the last holder, so a held lease means a living one
    and a reused process id can't be mistaken for it. Close the descriptor to give the lease back.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    os.set_inheritable(descriptor, True)
    return descriptor


def await_lease(path: Path, patience_s: float = PATIENCE_S) -> int | None:
    """Take a lease that others may be looking at; None when it stays held for `patience_s`."""
    deadline = time.monotonic() + patience_s
    while (descriptor := take_lease(path)) is None:
        if time.monotonic() > deadline:
            return None
        time.sleep(POLL_S)
    return descriptor


def lease_is_held(path: Path) -> bool:
    """Whether a living process holds the lease; others who look at it too don't count."""
    if not path.exists():
        return False
    for _ in range(LOOKS):
        descriptor = take_lease(path)
        if descriptor is not None:
            os.close(descriptor)
            return False
        time.sleep(PAUSE_S)
    return True


def last_record(path: Path, kind: type[R]) -> R | None:
    """The last whole line of a file of JSON records; None when there is none.

    A line that a full disk cut short spoils only itself.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL))
            lines = file.read().split(b"\n")[:-1]
    except OSError:
        return None
    for line in reversed(lines):
        with suppress(ValidationError):
            return kind.model_validate_json(line)
    return None
