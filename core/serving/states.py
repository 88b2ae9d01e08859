"""How an engine stands, in words."""

from __future__ import annotations

from pathlib import Path

from core.errors import ServingError
from core.serving import failures
from core.serving.engine_folder import EngineFolder
from core.serving.probing import port_is_open
from core.serving.records import Engine, EngineState

CRASHED, IDLE = "crashed", "idle"
"""Why an engine stopped without a person, in the mark that says so."""
ASLEEP = "The model server sleeps while a run is trained; it wakes up when it is asked."


def phase(engine: Engine) -> str:
    """What an engine that is not ready yet does."""
    if port_is_open(engine):
        return "The model server answers; waiting until its model is ready."
    return f"Starting the model server for {Path(engine.base_model).name}."


def ready(folder: EngineFolder) -> str:
    """What a person should know of an engine that answers."""
    if folder.crashes.exists():
        return "The model server is ready; it had ended by itself and was started again."
    return "The model server is ready."


def ended(folder: EngineFolder, engine: Engine) -> EngineState:
    """How and why an engine is there no more."""
    wanted, why = folder.wanted(), folder.why_stopped()
    if why is None or why == CRASHED:
        return EngineState(status="failed", engine=engine, phase=_failed(folder, engine))
    words = "The model server is stopped."
    if why == IDLE and wanted is not None:
        minutes = f"{wanted.idle_s / 60:g}"
        words = f"The model server has stopped: nobody asked it for {minutes} minutes."
    return EngineState(status="stopped", engine=engine, phase=words)


def _failed(folder: EngineFolder, engine: Engine) -> str:
    if not folder.ready.exists():
        return start_error(folder, engine).problem
    return f"The model server ended by itself. {failures.last_error(folder.log)}"


def start_error(folder: EngineFolder, engine: Engine) -> ServingError:
    """Why an engine did not start."""
    if folder.stopped.exists():
        return ServingError("The model server was stopped while it started.", engine.id)
    return failures.start_failure(folder.log, engine.base_model)
