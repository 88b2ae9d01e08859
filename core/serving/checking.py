"""Proof that what is served is what was trained: prompt log-probabilities against the trainer's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from core.errors import ServingError
from core.serving.records import Adapter, AdapterCheck, Engine
from core.training.parity import Parity

if TYPE_CHECKING:
    from openai import OpenAI

EXACT, ROUNDED = 0.01, 0.3
"""Nats that served and trained may differ by on the worst token.

EXACT where both compute in float32 (measured on the starter: 0.00001), ROUNDED where either rounds
to 16 bits (measured: up to 0.13 over 73 tokens, and it grows slowly with their number).
"""
SILENT = 1e-6
"""Nats: a smaller change than this is none."""

Numbers = Sequence[float]


def connect(engine: Engine, key: str, timeout_s: float = 120.0) -> OpenAI:
    """A client for an engine on this machine, past any proxy.

    It loads no certificates, which nothing on loopback needs: that takes 30 ms.
    """
    from openai import DefaultHttpxClient, OpenAI

    http = DefaultHttpxClient(trust_env=False, verify=False)
    return OpenAI(
        base_url=engine.base_url, api_key=key, max_retries=0, timeout=timeout_s, http_client=http
    )


def load(client: OpenAI, adapter: Adapter) -> None:
    """Register a published adapter with a ready engine, unless it has it already.

    Raises ServingError with the engine's own words when it refuses.
    """
    from openai import APIError

    try:
        if any(model.id == adapter.id for model in client.models.list()):
            return
        body = {"lora_name": adapter.id, "lora_path": adapter.folder}
        client.post("/load_lora_adapter", body=body, cast_to=str)
    except APIError as error:
        raise ServingError(
            f"The model server refused the adapter: {error.message}",
            adapter.folder,
            "The adapter may belong to another base model; train again on this one.",
        ) from error


def unload(client: OpenAI, adapter_id: str) -> None:
    """Make an engine forget an adapter's name, so that nobody can be answered by it."""
    from openai import APIError

    try:
        client.post("/unload_lora_adapter", body={"lora_name": adapter_id}, cast_to=str)
    except APIError as error:
        raise ServingError(
            f"The model server would not forget an adapter: {error.message}", adapter_id
        ) from error


class Side(NamedTuple):
    """One of the two that are compared, as it is asked for."""

    client: OpenAI
    engine: Engine
    model: str
    """The name to ask for."""


def check(base: Side | None, tuned: Side, tuned_id: str, parity: Parity) -> AdapterCheck:
    """Compare what is served as base and as tuned with what the trainer computed after training.

    Without a base that is served, the trainer's own figures of it stand in.
    Raises ServingError when an engine can't be asked, or there is nothing to compare.
    """
    if not parity.probes:
        raise ServingError(
            "The run kept nothing to prove its result by, so it can't be shown as tuned.",
            tuned_id,
            "Train again.",
        )
    trained_base = [value for probe in parity.probes for value in probe.base]
    served_base = _served(base.client, base.model, parity) if base else trained_base
    served_tuned = _served(tuned.client, tuned.model, parity)
    trained_tuned = [value for probe in parity.probes for value in probe.tuned]
    dtypes = {side.engine.dtype for side in (base, tuned) if side} | {parity.dtype}
    tolerance = EXACT if dtypes == {"float32"} else ROUNDED
    worst = _largest(_minus(served_tuned, trained_tuned))
    served, trained = _minus(served_tuned, served_base), _minus(trained_tuned, trained_base)
    present = _is_present(served, trained)
    return AdapterCheck(
        adapter_id=tuned_id,
        tokens=len(served_tuned),
        worst_difference=worst,
        tolerance=tolerance,
        served_change=_largest(served),
        trained_change=parity.trained_change,
        agrees=worst <= tolerance and present,
        base_difference=_largest(_minus(served_base, trained_base)) if base else None,
    )


def disagreement(found: AdapterCheck) -> ServingError:
    """Why what is served is not shown as tuned."""
    base_off = found.base_difference is not None and found.base_difference > found.tolerance
    if base_off:
        cause = "The base model itself answers differently from the one that was trained on"
        fix = "The model's files have changed since training, or another model lies there."
    elif found.served_change <= SILENT < found.trained_change:
        cause = "It is served without any effect"
        fix = "Its tensors do not match the served model: train again with Duotune's own settings."
    else:
        cause = "It has another effect than when it was trained"
        fix = "It was trained for another base model, or vLLM scales it differently."
    return ServingError(
        f"What is served is not what was trained, so it is not shown as tuned. {cause}.",
        f"{found.adapter_id}: worst difference {found.worst_difference:.3f} nats over "
        f"{found.tokens} tokens (tolerance {found.tolerance}); change when trained "
        f"{found.trained_change:.3f}, as served {found.served_change:.3f}",
        fix,
    )


def _served(client: OpenAI, model: str, parity: Parity) -> list[float]:
    """Log-probability of each probe token but the first, by a served model.

    One probe after the other, so that base and tuned are computed in batches of the same shape.
    """
    from openai import APIError

    values: list[float] = []
    for probe in parity.probes:
        try:
            answer = client.completions.create(
                model=model,
                prompt=list(probe.token_ids),
                max_tokens=1,
                temperature=0,
                extra_body={"prompt_logprobs": 0},
            )
        except APIError as error:
            raise ServingError(
                f"The model server could not be asked for its probabilities: {error.message}",
                model,
                "Stop the engine and try again; its log says more.",
            ) from error
        values.extend(prompt_logprobs(answer.choices[0].model_dump(), probe.token_ids))
    return values


def prompt_logprobs(choice: dict[str, Any], token_ids: Iterable[int]) -> list[float]:
    """The prompt's own log-probabilities in vLLM's answer, in nats; the first token has none."""
    entries = list(zip(choice["prompt_logprobs"], token_ids, strict=True))[1:]
    return [float(entry[str(token)]["logprob"]) for entry, token in entries]


def _minus(left: Numbers, right: Numbers) -> list[float]:
    return [a - b for a, b in zip(left, right, strict=True)]


def _largest(values: Numbers) -> float:
    return max((abs(value) for value in values), default=0.0)


def _is_present(served: Numbers, trained: Numbers) -> bool:
    """Whether the trained change is in what is served, and no change where none was trained.

    The served change is regressed on the trained one, token by token, without intercept: a slope
    of 1 is the whole change, 0 none of it. It is refused when the slope's interval (two standard
    errors) lies wholly outside 0.5 to 1.5, so rounding noise alone refuses nothing.
    """
    if _largest(trained) <= SILENT:
        return True  # then tolerance bounds what may be served
    if _largest(served) <= SILENT:
        return False
    energy = sum(value * value for value in trained)
    slope = sum(s * t for s, t in zip(served, trained, strict=True)) / energy
    rest = sum((s - slope * t) ** 2 for s, t in zip(served, trained, strict=True))
    error = math.sqrt(rest / max(1, len(served) - 1) / energy)
    return slope + 2 * error >= 0.5 and slope - 2 * error <= 1.5
