"""Engines: start one vLLM server per model, find it again, and stop it with all it holds."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from core.disk import take_lease
from core.errors import ServingError
from core.identifiers import new_id
from core.processes import ProcessId, end_group, group_members, is_alive, start_detached
from core.serving import beside, commands, failures, gpu, launch, sleeping, states, vllm_options
from core.serving.engine_folder import EngineFolder
from core.serving.failures import PortTaken
from core.serving.launch import Wanted
from core.serving.probing import free_port, is_healthy, port_is_open
from core.serving.records import Engine, EngineState
from core.settings import Settings
from core.workspace import Workspace

Say = Callable[[str], None]

START_S, GPU_START_S = 300.0, 900.0
"""Longest wait for a start; a first start on a GPU may compile kernels for minutes."""
POLL_S = 0.1
THREADS_S = 5.0
"""Longest wait for the threads of a process that ended: they hold its files a little longer."""
PORT_TRIES = 3
"""Starts on another port each time that another program took the one found free, before it."""
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
        folders = (each for each in self._folders() if each.ready.exists() and not each.is_asleep)
        ready = (folder.load() for folder in folders)
        return tuple(each for each in ready if each is not None and is_alive(each.process))

    def living(self) -> tuple[Engine, ...]:
        """Every engine that has a process, be it starting or left behind by a dead one."""
        found = (folder.load() for folder in self._living())
        return tuple(engine for engine in found if engine is not None)

    def is_living(self) -> bool:
        """Whether any process of any engine lives; one that sleeps has given its memory back."""
        return any(not folder.is_asleep for folder in self._living())

    def status(self) -> EngineState:
        """How the newest engine stands."""
        folder = next(iter(self._folders()), None)
        engine = folder.load() if folder else None
        if folder is None or engine is None:
            return EngineState(status="stopped", engine=None, phase="No model is being served.")
        if not is_alive(engine.process):
            return states.ended(folder, engine)
        if folder.is_asleep:
            return EngineState(status="asleep", engine=engine, phase=states.ASLEEP)
        if folder.ready.exists():
            return EngineState(status="ready", engine=engine, phase=states.ready(folder))
        return EngineState(status="starting", engine=engine, phase=states.phase(engine))

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

        One that runs already is taken. Raises ModelError when the model can't be found,
        ServingError when it can't be served, or only by cutting off answers of another.
        """
        return self.ensure_all([launch.want(self.settings, base_model, revision, rank)], say)[0]

    def ensure_all(self, wanted: Sequence[Wanted], say: Say = _silent) -> tuple[Engine, ...]:
        """Engines for several models side by side, in this order.

        Any other is stopped, but for one that is being asked, or lately was, as `beside.kept` says.
        Raises what `ensure` raises.
        """
        if any(each.engine == "vllm" for each in wanted):
            launch.find_python(self.settings)  # before anything is stopped for it
        with self._turn(say):
            found = [self._find(each, say) for each in wanted]
            taken = {engine.id for engine in found if engine is not None}
            missing = [each for each, one in zip(wanted, found, strict=True) if one is None]
            kept = beside.kept(self.workspace, self._living(), taken, missing)
            self._stop_living(say, spared=kept)
            waiting = found.count(None)
            for place, each in enumerate(wanted):
                if found[place] is None:
                    found[place] = self._start(each, waiting, say)
                    waiting -= 1
        return tuple(engine for engine in found if engine is not None)

    def _find(self, wanted: Wanted, say: Say) -> Engine | None:
        for folder in self._living():
            engine = folder.load()
            if engine is not None and commands.serves(engine, wanted) and self._join(folder, say):
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
        if not any(is_healthy(engine, key, timeout_s=10.0) for _ in range(2)):
            return False
        return not folder.is_asleep or sleeping.wake(folder, engine, say)

    def _start(self, wanted: Wanted, waiting: int, say: Say) -> Engine:
        self._prune()
        for folder in self.crashed():
            folder.stopped.touch()  # this one takes its place
        # Measured only now: an engine that was stopped for this one has given its memory back.
        wanted = wanted.model_copy(update={"gpu": gpu.gpu_memory()})
        for left in reversed(range(PORT_TRIES)):
            folder = EngineFolder(self.workspace.engine(new_id("eng")))
            folder.write_key(secrets.token_urlsafe(32))
            folder.save_wanted(wanted)
            try:
                return self._run(folder, wanted, free_port(), waiting, say)
            except PortTaken:
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")

    def _run(
        self, folder: EngineFolder, wanted: Wanted, port: int, waiting: int, say: Say
    ) -> Engine:
        """Start an engine's processes, and wait until it answers."""
        python = launch.find_python(self.settings) if wanted.engine == "vllm" else None
        count = vllm_options.devices(wanted.options)
        key = folder.key().get_secret_value()
        with gpu.shared_slot(self.workspace, wanted.gpu, folder.root.name, count) as leases:
            process = start_detached(
                commands.arguments(wanted, python, port, waiting),
                folder.log,
                commands.environment(wanted, key, folder.lease, leases),
                leases,
            )
        engine = commands.engine_of(wanted, folder.root.name, port, process, folder.log)
        folder.save(engine)
        self._await_ready(folder, engine, say)
        return engine

    # -- after a crash ------------------------------------------------------------------------

    def crashed(self) -> list[EngineFolder]:
        """Engines that were ready and ended without being told to, newest first."""
        return [
            folder
            for folder in self._folders()
            if folder.ready.exists()
            and not folder.stopped.exists()
            and (engine := folder.load()) is not None
            and not is_alive(engine.process)
        ]

    def restart(self, folder: EngineFolder, say: Say) -> Engine | None:
        """Start a crashed engine again, at its address and with its key; None when it is too late.

        What its death left behind is ended first. Raises ServingError when it can't be started.
        """
        with self._turn(say):
            engine, wanted = folder.load(), folder.wanted()
            if engine is None or wanted is None or folder not in self.crashed():
                return None
            self._end(folder, engine.process)
            folder.begin_again()
            wanted = wanted.model_copy(update={"gpu": gpu.gpu_memory()})
            port = free_port() if port_is_open(engine) else engine.port
            return self._run(folder, wanted, port, 1, say)

    def end_orphans(self) -> None:
        """End what killed servers left behind; raises ServingError when something stays."""
        for folder in self._living():
            process = folder.process()
            if process is not None and not is_alive(process):
                self._end(folder, process)

    def _await_ready(self, folder: EngineFolder, engine: Engine, say: Say) -> None:
        """Wait until an engine answers, telling what it does.

        Raises ServingError when it ends or takes too long; nothing of it is left then.
        """
        began, said = time.monotonic(), ""
        patience = START_S if engine.gpu_used_before is None else GPU_START_S
        key = folder.key().get_secret_value()
        while time.monotonic() - began < patience:
            if not is_alive(engine.process):
                error = states.start_error(folder, engine)
                self._end(folder, engine.process)
                raise error
            if is_healthy(engine, key):
                folder.ready.touch()
                say(f"The model server is ready ({time.monotonic() - began:.0f} s).")
                return
            if (phase := states.phase(engine)) != said:
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
        deadline = time.monotonic() + THREADS_S
        while folder.has_processes() and time.monotonic() < deadline:
            time.sleep(POLL_S)
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
