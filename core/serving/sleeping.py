"""Sleep of an engine on a GPU: its memory is a trainer's for a while, without a start afterwards.

Level 1 only: weights go to main memory, the cache is dropped; level 2 breaks adapters in vLLM.
Answers after waking up are not trusted: they are compared with those before.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from core.disk import write_atomic
from core.errors import ServingError
from core.serving import checking, gpu
from core.serving.engine_folder import EngineFolder
from core.serving.records import Engine

Say = Callable[[str], None]
LEVEL = 1
TAKEN = 409
"""How the server program answers when a trainer has the GPU."""
SAME = 0.05
"""Nats that a token's log-probability may differ by before and after, on the same weights."""
TEXT = "The quick brown fox jumps over the lazy dog, and 12 times 12 is 144."
"""Read by the base and every adapter, before and after."""


class _Busy(ServingError):
    """A trainer has the GPU."""


def sleep(folder: EngineFolder, engine: Engine, say: Say) -> bool:
    """Put an engine to sleep and see its memory given back; False when it has to be stopped."""
    memory = gpu.gpu_memory()
    if not engine.can_sleep or engine.gpu_used_before is None or memory is None:
        return False
    if not folder.ready.exists():
        return False
    if folder.is_asleep:
        return True
    say("The model server goes to sleep.")
    try:
        before = _answers(folder, engine)
        _post(folder, engine, f"/sleep?level={LEVEL}")
        write_atomic(folder.asleep, json.dumps(before))
        gpu.await_given_back(engine.gpu_used_before, memory.used, engine.log)
    except ServingError as error:
        say(f"It could not sleep, so it is stopped. {error.problem}")
        return False
    return True


def wake(folder: EngineFolder, engine: Engine, say: Say) -> bool:
    """Wake an engine up; False when it answers otherwise than before, and must be started anew.

    Raises ServingError while a trainer has its GPU; it sleeps on then.
    """
    say("The model server wakes up.")
    before: dict[str, list[float]] = json.loads(folder.asleep.read_bytes())
    try:
        if _post(folder, engine, "/wake_up") == TAKEN:
            raise _Busy(
                "A run is being trained on the GPU, and serving needs its memory.",
                engine.id,
                "Wait until it is done, or stop it first: it can be resumed later.",
            )
        after = _answers(folder, engine)
    except _Busy:
        raise
    except ServingError as error:
        say(f"It could not wake up, so it is started anew. {error.problem}")
        return False
    if before.keys() != after.keys() or any(_differ(before[n], after[n]) for n in before):
        say("It answers otherwise than before it slept, so it is started anew.")
        return False
    folder.asleep.unlink()
    return True


def _differ(before: list[float], after: list[float]) -> bool:
    pairs = zip(before, after, strict=False)
    return len(before) != len(after) or any(abs(a - b) > SAME for a, b in pairs)


def _answers(folder: EngineFolder, engine: Engine) -> dict[str, list[float]]:
    """Log-probability of each token of TEXT but the first, by each model of the engine."""
    from openai import APIError

    found: dict[str, list[float]] = {}
    try:
        with checking.connect(engine, folder.key().get_secret_value()) as client:
            for model in [one.id for one in client.models.list()]:
                told = client.completions.create(
                    model=model,
                    prompt=TEXT,
                    max_tokens=1,
                    temperature=0,
                    extra_body={"prompt_logprobs": 0},
                )
                entries = told.choices[0].model_dump()["prompt_logprobs"][1:]
                found[model] = [next(iter(one.values()))["logprob"] for one in entries]
    except APIError as error:
        raise ServingError(f"The model server did not answer: {error.message}") from error
    return found


def _post(folder: EngineFolder, engine: Engine, path: str) -> int:
    """The status of an answer that is no failure, or TAKEN."""
    from openai import APIError, APIStatusError

    root = engine.base_url.removesuffix("/v1")
    try:
        with checking.connect(engine, folder.key().get_secret_value()) as client:
            client.post(f"{root}{path}", cast_to=str)
    except APIStatusError as error:
        if error.status_code == TAKEN:
            return TAKEN
        raise ServingError(f"The model server did not answer: {error.message}") from error
    except APIError as error:
        raise ServingError(f"The model server did not answer: {error.message}") from error
    return 200
