"""The model server's ways: engines are started for them, asked, and given back as they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from core.certificates import asking, files
from core.certificates.asking import Ask
from core.certificates.records import Reading
from core.certificates.source import Source
from core.errors import ModelError, ServingError
from core.serving import adapters, checking, launch, registry
from core.serving.engines import Engines
from core.serving.launch import BASE_NAME, Wanted
from core.serving.records import Engine

Say = Callable[[str], None]
NO_VLLM = "vLLM can't run here, so what it would answer was not measured."


class Served(NamedTuple):
    """What came of asking an engine."""

    reading: Reading | None
    problem: str = ""
    """Why it could not be asked."""
    version: str = ""
    """Of vLLM."""


class Server:
    """Asks engines, and stops those that it started. Use as a context manager."""

    def __init__(self, engines: Engines, source: Source, say: Say) -> None:
        self.engines, self.source, self.say = engines, source, say
        self.before = {engine.id for engine in engines.living()}

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        for engine in self.engines.living():
            if engine.id not in self.before:
                self.engines.stop(engine)

    def adapter(self, folder: Path, ask: Ask) -> Served:
        """An adapter beside its base."""
        try:
            published = adapters.publish(self.engines.workspace, folder)
            wanted = self._base(published.rank)
            if wanted.engine != "vllm":
                return Served(None, NO_VLLM)
            engine = self.engines.ensure_all([wanted], self.say)[0]
            registry.offer(self.engines, engine, published)
            return self._read(engine, published.id, BASE_NAME, ask, self.source.base_folder)
        except (ServingError, ModelError) as error:
            return Served(None, error.problem)

    def model(self, folder: Path, ask: Ask) -> Served:
        """A whole model; the base's engine, where one runs, is left running."""
        settings, running = self.engines.settings, self.engines.running()
        try:
            wanted = [launch.want_tuned(settings, folder, self.source.name)]
            if wanted[0].engine != "vllm":
                return Served(None, NO_VLLM)
            if running is not None and running.base_model == self.source.base_model:
                beside = self._base(running.max_rank)
                wanted.insert(0, beside.model_copy(update={"sharers": wanted[0].sharers}))
            engine = self.engines.ensure_all(wanted, self.say)[-1]
            return self._read(engine, engine.served_name, None, ask, folder)
        except (ServingError, ModelError) as error:
            return Served(None, error.problem)

    def _base(self, rank: int) -> Wanted:
        source = self.source
        return launch.want(self.engines.settings, source.base_model, source.base.revision, rank)

    def _read(
        self, engine: Engine, model: str, base: str | None, ask: Ask, weights: Path
    ) -> Served:
        self.say("Asking the model server the certificate's questions.")
        key = self.engines.key(engine).get_secret_value()
        stored = next(iter(files.stored_dtypes(weights)), "auto")
        dtype = stored if engine.dtype == "auto" else engine.dtype
        with checking.connect(engine, key) as client:
            reading = asking.read(client, model, base, ask, dtype)
            return Served(reading, version=asking.version(client))
