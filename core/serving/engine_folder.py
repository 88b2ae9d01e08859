"""EngineFolder: the files of one engine, by which it is found again after the app restarted."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from pydantic import SecretStr, ValidationError

from core.disk import lease_is_held, write_atomic
from core.errors import disk_errors
from core.processes import ProcessId, is_alive
from core.serving.launch import Wanted
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

    @property
    def crashes(self) -> Path:
        """When it ended without being told to: a line of seconds since the epoch for each time."""
        return self.root / "crashes"

    @property
    def seen(self) -> Path:
        """When an app last saw it alive, as the file's time."""
        return self.root / "seen"

    @property
    def asleep(self) -> Path:
        """Exists while the engine sleeps, with what it answered before; see `sleeping`."""
        return self.root / "asleep.json"

    @property
    def is_asleep(self) -> bool:
        return self.asleep.exists()

    def save_wanted(self, wanted: Wanted) -> None:
        """Keep what the engine is started with, to start it again after a crash."""
        write_atomic(self.root / "wanted.json", wanted.model_dump_json(indent=1))

    def wanted(self) -> Wanted | None:
        """What the engine was started with; None when that can't be read."""
        try:
            return Wanted.model_validate_json((self.root / "wanted.json").read_bytes())
        except (OSError, ValidationError):
            return None

    def begin_again(self) -> None:
        """Forget what was true of the processes that are gone."""
        for mark in (self.ready, self.stopped, self.asleep):
            mark.unlink(missing_ok=True)
        shutil.rmtree(self.root / "checks", ignore_errors=True)

    def why_stopped(self) -> str | None:
        """What the mark of a stopped engine says, "" by a person; None without a mark."""
        try:
            return self.stopped.read_text(encoding="ascii")
        except OSError:
            return None

    def check(self, adapter_id: str, parity_sha256: str) -> Path:
        """The verdict on an adapter that this engine serves, by one parity file."""
        return self.root / "checks" / f"{adapter_id}-{parity_sha256[:16]}.json"

    @property
    def uses(self) -> Path:
        """A file for each model of the engine that was asked; see `vllm_server.Uses`."""
        return self.root / "uses"

    def note_use(self, model: str) -> None:
        """Say that a model counts as used at this moment."""
        path = self._use(model)
        with disk_errors(path, "note the use of a model"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            now = time.time_ns()  # the file system's own stamp may be 10 ms coarse
            os.utime(path, ns=(now, now))

    def forget(self, model: str) -> None:
        """Note no more of a model that the engine offers no more."""
        self._use(model).unlink(missing_ok=True)

    def last_use(self, model: str) -> float:
        """When a model was last asked, in seconds since the epoch; 0 when that was never noted."""
        try:
            return self._use(model).stat().st_mtime
        except OSError:
            return 0.0

    def is_asked(self, model: str) -> bool:
        """Whether a request to a model is under way."""
        return lease_is_held(self._use(model))

    def asked(self) -> tuple[str, ...]:
        """Models to which a request is under way; adapters by their names."""
        return tuple(path.name for path in self.uses.glob("*") if lease_is_held(path))

    def last_asked(self) -> float:
        """When any model was last asked, in seconds since the epoch; to begin with, when it began.

        Whoever had it started is about to ask it.
        """
        began = self.ready.stat().st_mtime if self.ready.exists() else 0.0
        return max((self.last_use(path.name) for path in self.uses.glob("*")), default=began)

    def registered(self) -> tuple[str, ...]:
        """Adapters that were given to the engine, as noted; cheap, and true also after a crash."""
        return tuple(sorted(path.name for path in self.uses.glob("ad-*")))

    def _use(self, model: str) -> Path:
        return self.uses / Path(model).name

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
