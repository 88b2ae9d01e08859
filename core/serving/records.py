"""Engine, Adapter, Endpoint and AdapterCheck: what is served, where, and how it was proven."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, SecretStr

from core.messages import Record
from core.processes import ProcessId

EngineStatus = Literal["starting", "ready", "asleep", "stopped", "failed"]
EngineKind = Literal["vllm", "transformers"]


class Engine(Record):
    """One vLLM server for one model: a base with its adapters, or a tuned model of its own."""

    id: str
    base_model: str
    """As the plan names it; of a tuned model, the name of its run."""
    model_path: str
    """Local folder, or Hub id, that the server was given."""
    port: int
    process: ProcessId
    log: str
    started: str
    """ISO time, UTC."""
    max_length: int
    """Tokens of prompt and answer together."""
    served_name: str = "base"
    """What requests call its model."""
    max_rank: int = 16
    """The largest LoRA rank it can load; 0 when it loads none."""
    dtype: str = "auto"
    """Arithmetic: `float32`, or `auto` for the one its weights are stored in."""
    revision: str | None = None
    """Commit of a Hub model, as far as known."""
    fingerprint: str | None = None
    """Of the model's files; None for a Hub model that was not here yet."""
    gpu_used_before: int | None = None
    """GPU memory in use before it started, in MiB; None without an NVIDIA GPU."""
    sharers: int = 1
    """Engines that the GPU's memory was divided among when it started, itself included."""
    engine: EngineKind = "vllm"
    note: str = ""
    """What the person must know of its answers, such as that they are slow."""
    options: tuple[str, ...] = ()
    """What the person passed on to vLLM."""
    can_sleep: bool = False

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


class EngineState(Record):
    """How serving stands, for display."""

    status: EngineStatus
    engine: Engine | None
    """The newest engine; None when there never was one."""
    phase: str
    """What it does now, in words."""


class ServedModels(Record):
    """What one engine answers for now."""

    engine: Engine
    models: tuple[str, ...]
    """As requests call them: its own model first, then its adapters."""


class Adapter(Record):
    """A published adapter: an immutable copy, named by its content."""

    id: str
    """`ad-...`: from the hash of its files; also the name it is served under."""
    folder: str
    rank: int
    """The largest rank in it."""


class Endpoint(Record):
    """A model behind an OpenAI-compatible address: all that a caller needs."""

    label: Literal["base", "tuned"] | str
    base_url: str
    model: str
    """The name to ask for."""
    api_key: SecretStr
    note: str = ""
    """What the person must know of it, such as `identical to base: 0 steps trained`."""
    engine_id: str | None = None
    template_kwargs: dict[str, Any] = Field(default_factory=dict)
    """Arguments for the chat template, such as `enable_thinking`; as the tuned side was trained."""
    stop_token_ids: tuple[int, ...] = ()
    """Tokens that end a turn beside the ones the model itself names."""


class AdapterCheck(Record):
    """Proof that what is served as tuned is what was trained, by prompt log-probabilities."""

    adapter_id: str
    """`ad-...` of an adapter, `mo-...` of a model of its own."""
    tokens: int
    """Prompt tokens compared."""
    worst_difference: float
    """Largest |logprob served - logprob by the trainer| over those tokens, in nats."""
    tolerance: float
    served_change: float
    """Largest |logprob tuned - logprob base| as served, in nats."""
    trained_change: float
    """The same as the trainer computed it right after training."""
    agrees: bool
    """worst_difference is within tolerance, and the change is there exactly when PEFT saw one."""
    base_difference: float | None = None
    """Largest |logprob served - logprob PEFT| of the base model, in nats: the same base?"""


class Pair(Record):
    """Base and tuned, ready to be asked the same question."""

    run_id: str
    base: Endpoint
    tuned: Endpoint
    check: AdapterCheck


class Sampling(Record):
    """How both sides generate; the same record goes to both."""

    temperature: float = 0.0
    """0 is greedy: the likeliest token each time."""
    top_p: float = 1.0
    max_tokens: int = 256
    seed: int = 7


class Generation(Record):
    """An answer, possibly still growing, with what it took."""

    text: str
    done: bool
    finish_reason: str | None = None
    """`stop`, `length`, `abort`; None while it grows or after an error."""
    tokens: int | None = None
    """Generated tokens as the server counted them; None when it did not say."""
    first_token_s: float | None = None
    """Seconds from request to first text; None when none came."""
    tokens_per_s: float | None = None
    """(tokens - 1) / (seconds between first and last text); None when it can't be measured."""
    error: str | None = None
    """Why there is no (complete) answer."""
