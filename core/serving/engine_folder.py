"""EngineFolder: the files of one engine, by which it is found again after the app restarted."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psutil
from pydantic import SecretStr, ValidationError

from core.disk import lease_is_held, write_atomic
from core.errors import disk_errors
from core.processes import ProcessId, is_alive
from core.serving.records import Engine


@dataclass(frozen=True)
class EngineFolder:
    """One engine's record, key, log and lease."""

    root: Path

    @property
    def record(self) -> Path:
        return self.root / "engine.json"

    @property
    def log(self) -> Path:
        return self.root / "log.txt"

    @property
    def lease(self) -> Path:
        """Held by every process of the engine; the server writes its process id into it."""
        return self.root / "engine.lease"

    @property
    def ready(self) -> Path:
        """Its existence says that the engine once answered that it is healthy."""
        return self.root / "READY"

    @property
    def stopped(self) -> Path:
        """Its existence says that the engine was stopped on purpose and left nothing behind."""
        return self.root / "STOPPED"

    def check(self, adapter_id: str, parity_sha256: str) -> Path:
        """The verdict on an adapter that this engine serves, by one parity file."""
        return self.root / "checks" / f"{adapter_id}-{parity_sha256[:16]}.json"

    def write_key(self, key: str) -> None:
        """Keep the API key in a file that only this user may read."""
        path = self.root / "api_key"
        with disk_errors(path, "write a file"):
            self.root.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", encoding="ascii") as file:
                file.write(key)

    def key(self) -> SecretStr:
        """The API key of this engine."""
        return SecretStr((self.root / "api_key").read_text(encoding="ascii"))

    def made(self) -> int:
        """When the folder was made, in nanoseconds; 0 when that can't be told."""
        try:
            return (self.root / "api_key").stat().st_mtime_ns
        except OSError:
            return 0

    def save(self, engine: Engine) -> None:
        """Write the record."""
        write_atomic(self.record, engine.model_dump_json(indent=1))

    def load(self) -> Engine | None:
        """The record; None when the app died before it could write one, or it is unreadable."""
        try:
            return Engine.model_validate_json(self.record.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def process(self) -> ProcessId | None:
        """The server process that leads the engine's group, living or dead; None if never begun.

        Known from the record, or from the lease when the app died before it wrote the record.
        """
        engine = self.load()
        if engine is not None:
            return engine.process
        try:
            pid = int(self.lease.read_text(encoding="ascii"))
            return ProcessId(pid=pid, started=psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return ProcessId(pid=pid, started=0.0)
        except (FileNotFoundError, ValueError):
            return None

    def has_processes(self) -> bool:
        """Whether anything of the engine lives, be it only what a killed server left behind."""
        process = self.process()
        return lease_is_held(self.lease) or (process is not None and is_alive(process))
