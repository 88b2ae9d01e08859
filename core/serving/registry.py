"""Which adapters an engine has registered: put there, withdrawn, the least recently used first.

The engine's own list of models says what is registered. When each was last asked, and whether it is
being asked now, the server program notes in the engine's folder; so it survives the app.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import ServingError
from core.serving import checking
from core.serving.engines import Engines
from core.serving.launch import MOST_ADAPTERS
from core.serving.records import Adapter, Engine

if TYPE_CHECKING:
    from openai import OpenAI


def offered(engines: Engines, engine: Engine) -> tuple[str, ...]:
    """What can be asked of an engine now: its model, then its adapters, as requests call them.

    Raises ServingError when it does not answer.
    """
    with checking.connect(engine, engines.key(engine).get_secret_value()) as client:
        return _models(client, engine)


def _models(client: OpenAI, engine: Engine) -> tuple[str, ...]:
    from openai import APIError

    try:
        return tuple(model.id for model in client.models.list())
    except APIError as error:
        raise ServingError(
            f"The model server could not be asked for its models: {error.message}",
            engine.id,
            "Stop the engine and try again; its log says more.",
        ) from error


def offer(engines: Engines, engine: Engine, adapter: Adapter) -> None:
    """Register a published adapter, unless the engine has it.

    Where it has MOST_ADAPTERS, the one that was not asked for longest is withdrawn; one that is
    being asked never is. Raises ServingError when the engine refuses, or all are being asked.
    """
    folder = engines.folder(engine)
    with checking.connect(engine, engines.key(engine).get_secret_value()) as client:
        present = [one for one in _models(client, engine) if one != engine.served_name]
        if adapter.id not in present:
            for _ in range(len(present) - MOST_ADAPTERS + 1):
                leaving = _least_used(engines, engine, present)
                checking.unload(client, leaving)
                folder.forget(leaving)
                present.remove(leaving)
            checking.load(client, adapter)
    folder.note_use(adapter.id)


def withdraw(engines: Engines, engine: Engine, adapter_id: str) -> None:
    """Make an engine forget an adapter, so that nobody can be answered by it."""
    with checking.connect(engine, engines.key(engine).get_secret_value()) as client:
        checking.unload(client, adapter_id)
    engines.folder(engine).forget(adapter_id)


def _least_used(engines: Engines, engine: Engine, present: list[str]) -> str:
    folder = engines.folder(engine)
    free = [name for name in present if not folder.is_asked(name)]
    if not free:
        raise ServingError(
            f"The model server has {len(present)} adapters, and all of them are being asked.",
            engine.id,
            "Wait until an answer is complete, then try again.",
        )
    return min(free, key=folder.last_use)
