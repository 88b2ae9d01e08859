"""Engines: start one vLLM server per model, find it again, and stop it with all it holds."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from core.disk import take_lease
from core.errors import ServingError
from core.identifiers import new_id, now
from core.processes import ProcessId, end_group, group_members, is_alive, start_detached
from core.serving import failures, gpu, launch
from core.serving.engine_folder import EngineFolder
from core.serving.launch import Wanted
from core.serving.probing import free_port, is_healthy, port_is_open
from core.serving.records import Engine, EngineState
from core.settings import Settings
from core.workspace import Workspace

Say = Callable[[str], None]

START_S, GPU_START_S = 300.0, 900.0
"""Longest wait for a start; a first start on a GPU may compile kernels for minutes."""
POLL_S = 0.1
KEPT = 5
"""Folders of stopped engines that are kept for their logs."""


def _silent(_: str) -> None:
    return None


@dataclass(frozen=True)
class Engines:
    """The engines of one workspace, whichever process of Duotune started them."""

    workspace: Workspace
    settings: Settings

    # -- looking ------------------------------------------------------------------------------

    def running(self) -> Engine | None:
        """The engine of a base model that is ready now; cheap enough to be asked every second."""
        found = self.all_running()
        return next((each for each in found if each.served_name == launch.BASE_NAME), None)

    def all_running(self) -> tuple[Engine, ...]:
        """Every engine that is ready now, newest first."""
        ready = (folder.load() for folder in self._folders() if folder.ready.exists())
        return tuple(each for each in ready if each is not None and is_alive(each.process))

    def living(self) -> tuple[Engine, ...]:
        """Every engine that has a process, be it starting or left behind by a dead one."""
        found = (folder.load() for folder in self._living())
        return tuple(engine for engine in found if engine is not None)

    def is_living(self) -> bool:
        """Whether any process of any engine lives."""
        return bool(self._living())

    def status(self) -> EngineState:
        """How the newest engine stands."""
        folder = next(iter(self._folders()), None)
        engine = folder.load() if folder else None
        if folder is None or engine is None:
            return EngineState(status="stopped", engine=None, phase="No model is being served.")
        if not is_alive(engine.process):
            return _ended(folder, engine)
        if folder.ready.exists():
            return EngineState(status="ready", engine=engine, phase="The model server is ready.")
        return EngineState(status="starting", engine=engine, phase=_phase(engine))

    def key(self, engine: Engine) -> SecretStr:
        """The API key that an engine asks for."""
        return self.folder(engine).key()

    def folder(self, engine: Engine) -> EngineFolder:
        """Where an engine's files lie."""
        return EngineFolder(self.workspace.engine(engine.id))

    # -- starting -----------------------------------------------------------------------------

    def ensure(
        self, base_model: str, revision: str | None = None, say: Say = _silent, rank: int = 1
    ) -> Engine:
        """An engine that answers for a base model and can load adapters up to `rank`.

        One that runs already is taken; any other is stopped before a new one is started.
        Raises ModelError when the model can't be found, ServingError when it can't be served.
        """
        return self.ensure_all([launch.want(self.settings, base_model, revision, rank)], say)[0]

    def ensure_all(self, wanted: Sequence[Wanted], say: Say = _silent) -> tuple[Engine, ...]:
        """Engines for several models side by side, in this order, and no others.

        Raises what `ensure` raises.
        """
        python = launch.find_python(self.settings)
        with self._turn(say):
            found = [self._find(each, say) for each in wanted]
            kept = {engine.id for engine in found if engine is not None}
            self._stop_living(say, spared=kept)
            waiting = found.count(None)
            for place, each in enumerate(wanted):
                if found[place] is None:
                    found[place] = self._start(each, python, waiting, say)
                    waiting -= 1
        return tuple(engine for engine in found if engine is not None)

    def _find(self, wanted: Wanted, say: Say) -> Engine | None:
        for folder in self._living():
            engine = folder.load()
            if engine is not None and _serves(engine, wanted) and self._join(folder, say):
                return engine
        return None

    def _join(self, folder: EngineFolder, say: Say) -> bool:
        """Whether a living engine answers; one that is still starting is waited for."""
        engine = folder.load()
        if engine is None or not is_alive(engine.process):
            return False
        if not folder.ready.exists():
            self._await_ready(folder, engine, say)
            return True
        key = folder.key().get_secret_value()
        return any(is_healthy(engine, key, timeout_s=10.0) for _ in range(2))

    def _start(self, wanted: Wanted, python: Path, waiting: int, say: Say) -> Engine:
        self._prune()
        # Measured only now: an engine that was stopped for this one has given its memory back.
        wanted = wanted.model_copy(update={"gpu": gpu.gpu_memory()})
        folder = EngineFolder(self.workspace.engine(new_id("eng")))
        key, port = secrets.token_urlsafe(32), free_port()
        folder.write_key(key)
        with gpu.shared_slot(self.workspace, wanted.gpu, folder.root.name) as leases:
            process = start_detached(
                launch.arguments(wanted, python, port, waiting),
                folder.log,
                launch.environment(wanted, key, folder.lease),
                leases,
            )
        engine = Engine(
            id=folder.root.name,
            base_model=wanted.model.name,
            model_path=wanted.given,
            port=port,
            process=process,
            log=str(folder.log),
            started=now(),
            max_length=wanted.max_length,
            served_name=wanted.served_name,
            max_rank=wanted.max_rank,
            dtype=wanted.dtype,
            revision=wanted.model.revision,
            fingerprint=wanted.model.shape.fingerprint if wanted.model.shape else None,
            gpu_used_before=wanted.gpu.used if wanted.gpu else None,
            sharers=wanted.sharers,
        )
        folder.save(engine)
        self._await_ready(folder, engine, say)
        return engine

    def _await_ready(self, folder: EngineFolder, engine: Engine, say: Say) -> None:
        """Wait until an engine answers, telling what it does.

        Raises ServingError when it ends or takes too long; nothing of it is left then.
        """
        began, said = time.monotonic(), ""
        patience = START_S if engine.gpu_used_before is None else GPU_START_S
        key = folder.key().get_secret_value()
        while time.monotonic() - began < patience:
            if not is_alive(engine.process):
                error = _start_error(folder, engine)
                self._end(folder, engine.process)
                raise error
            if is_healthy(engine, key):
                folder.ready.touch()
                say(f"The model server is ready ({time.monotonic() - began:.0f} s).")
                return
            if (phase := _phase(engine)) != said:
                say(said := phase)
            time.sleep(POLL_S)
        self._end(folder, engine.process)
        raise failures.too_slow(folder.log, engine.base_model, patience)

    # -- stopping -----------------------------------------------------------------------------

    def stop(self, engine: Engine, say: Say = _silent) -> None:
        """Stop one engine and see that nothing of it is left.

        Raises ServingError when a process or its GPU memory stays.
        """
        self._stop_folder(self.folder(engine), say)

    def stop_all(self, say: Say = _silent) -> None:
        """Stop whatever runs, what a killed server left behind included.

        Raises ServingError when a process or its GPU memory stays.
        """
        self._stop_living(say)  # first without a turn, so that a start under way is ended
        with self._turn(say):
            self._stop_living(say)

    def _stop_living(self, say: Say, spared: Collection[str] = ()) -> None:
        """Newest first: then what the GPU had in use before each is what it goes back to."""
        for folder in self._living():
            if folder.root.name not in spared:
                self._stop_folder(folder, say)

    def _stop_folder(self, folder: EngineFolder, say: Say) -> None:
        process = folder.process()
        if process is None or not folder.has_processes():
            return
        say("Stopping the model server.")
        engine, memory = folder.load(), gpu.gpu_memory()
        folder.stopped.touch()
        self._end(folder, process)
        if engine is not None and engine.gpu_used_before is not None and memory is not None:
            gpu.await_given_back(engine.gpu_used_before, memory.used, engine.log)
        say("The model server has stopped and given its memory back.")

    def _end(self, folder: EngineFolder, process: ProcessId) -> None:
        """End an engine's group, orphans included; raises ServingError when something stays."""
        if folder.has_processes():  # or the number may be another program's by now
            end_group(process)
        if folder.has_processes():
            left = ", ".join(map(str, group_members(process)))
            raise ServingError(
                f"The model server did not end: process {left} is still there.",
                f"log: {folder.log}",
                "End it by hand (kill -9), then try again.",
            )

    # -- folders ------------------------------------------------------------------------------

    def _folders(self) -> list[EngineFolder]:
        """All engines that left a folder, newest first."""
        if not self.workspace.engines.is_dir():
            return []
        found = [EngineFolder(path) for path in self.workspace.engines.glob("eng-*")]
        return sorted(found, key=EngineFolder.made, reverse=True)

    def _living(self) -> list[EngineFolder]:
        return [folder for folder in self._folders() if folder.has_processes()]

    def _prune(self) -> None:
        ended = [folder for folder in self._folders() if not folder.has_processes()]
        for folder in ended[KEPT:]:
            shutil.rmtree(folder.root, ignore_errors=True)

    @contextmanager
    def _turn(self, say: Say) -> Iterator[None]:
        """Be the only one in this workspace who starts or stops engines."""
        began, told = time.monotonic(), False
        while (lease := take_lease(self.workspace.engines / "turn.lease")) is None:
            if time.monotonic() - began > GPU_START_S + 60:
                raise ServingError(
                    "Another window has been starting the model server for too long.",
                    str(self.workspace.engines),
                    "Close it, then try again.",
                )
            if not told:
                say("Waiting for another window that is starting the model server.")
                told = True
            time.sleep(POLL_S)
        try:
            yield
        finally:
            os.close(lease)


def _serves(engine: Engine, wanted: Wanted) -> bool:
    """Whether an engine serves exactly this model, with these limits or wider ones."""
    shape = wanted.model.shape
    return (
        engine.model_path == wanted.given
        and engine.revision == wanted.model.revision
        and engine.fingerprint == (shape.fingerprint if shape else None)
        and engine.dtype == wanted.dtype
        and engine.max_length == wanted.max_length
        and engine.served_name == wanted.served_name
        and engine.max_rank >= wanted.max_rank
        and (wanted.gpu is None or engine.sharers == wanted.sharers)
    )


def _phase(engine: Engine) -> str:
    if port_is_open(engine):
        return "The model server answers; waiting until its model is ready."
    return f"Starting the model server for {Path(engine.base_model).name}."


def _ended(folder: EngineFolder, engine: Engine) -> EngineState:
    if folder.stopped.exists():
        return EngineState(status="stopped", engine=engine, phase="The model server is stopped.")
    problem = _start_error(folder, engine).problem
    if folder.ready.exists():
        problem = f"The model server ended by itself. {failures.last_error(folder.log)}"
    return EngineState(status="failed", engine=engine, phase=problem)


def _start_error(folder: EngineFolder, engine: Engine) -> ServingError:
    if folder.stopped.exists():
        return ServingError("The model server was stopped while it started.", engine.id)
    return failures.start_failure(folder.log, engine.base_model)
