"""The command line and the environment that an engine is started with."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.identifiers import now
from core.processes import ProcessId
from core.serving import launch, vllm_options
from core.serving.launch import AT_ONCE, MOST_ADAPTERS, Wanted, gpu_share
from core.serving.records import Engine
from core.serving.vllm_server import IDLE, LEASE, MODULE, SLOTS

PROGRAM = Path(__file__).with_name("vllm_server.py")
PLAIN = "core.serving.plain_server"


def engine_of(wanted: Wanted, engine_id: str, port: int, process: ProcessId, log: Path) -> Engine:
    """The record of an engine that was just started."""
    shape = wanted.model.shape
    return Engine(
        id=engine_id,
        base_model=wanted.model.name,
        model_path=wanted.given,
        port=port,
        process=process,
        log=str(log),
        started=now(),
        max_length=wanted.max_length,
        served_name=wanted.served_name,
        max_rank=wanted.max_rank,
        dtype=wanted.dtype,
        revision=wanted.model.revision,
        fingerprint=shape.fingerprint if shape else None,
        gpu_used_before=wanted.gpu.used if wanted.gpu else None,
        sharers=wanted.sharers,
        engine=wanted.engine,
        note=wanted.note,
        options=wanted.options,
        can_sleep=wanted.can_sleep,
    )


def serves(engine: Engine, wanted: Wanted) -> bool:
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
        and (engine.engine, engine.options) == (wanted.engine, wanted.options)
        and engine.can_sleep == wanted.can_sleep
        and (wanted.gpu is None or engine.sharers == wanted.sharers)
    )


def arguments(wanted: Wanted, python: Path | None, port: int, waiting: int = 1) -> list[str]:
    """The server's command line; the key is not in it.

    `waiting` engines are still to be started in what is free, this one included.
    """
    if wanted.engine == "transformers":
        return _plain(wanted, port)
    options: dict[str, object] = {
        "--host": "127.0.0.1",
        "--port": port,
        "--served-model-name": wanted.served_name,
        "--dtype": wanted.dtype,
        "--max-model-len": wanted.max_length,
        "--generation-config": "vllm",  # sampling is what the request says and nothing else
        "--allowed-origins": "[]",
        "--middleware": f"{MODULE}.RequireKey",
    }
    if wanted.given == wanted.model.id_or_path and wanted.model.revision:
        options["--revision"] = wanted.model.revision
    if wanted.gpu is not None:
        options["--gpu-memory-utilization"] = gpu_share(wanted.gpu, wanted.sharers, waiting)
    else:
        # One process fewer: starts in half the time with half the memory.
        options["--distributed-executor-backend"] = "uni"
        options["--kv-cache-memory-bytes"] = wanted.kv_bytes
        options["--max-num-seqs"] = 64
    flags = ["--disable-uvicorn-access-log", "--disable-log-stats", *_uncompiled(wanted)]
    if wanted.max_rank:
        flags.append("--enable-lora")
        options |= {
            "--max-loras": AT_ONCE,
            "--max-lora-rank": wanted.max_rank,
            "--max-cpu-loras": MOST_ADAPTERS,
        }
    if wanted.can_sleep:
        flags.append("--enable-sleep-mode")
    if vllm_options.value_of(wanted.options, "--data-parallel-size", 1) > 1:
        options["--api-server-count"] = 1  # adapters are loaded into one server only
    given, more = _split(wanted.options)
    options |= given
    flags += [flag for flag in more if flag not in flags]
    pairs = [str(part) for option in options.items() for part in option]
    return [str(python), str(PROGRAM), "serve", wanted.given, *pairs, *flags]


def _uncompiled(wanted: Wanted) -> list[str]:
    """On a CPU nothing is compiled, unless the person says how: it saves a C++ compiler, and time.

    The starter as a whole model takes 59 processor seconds to start compiled for the first time,
    38 from then on, and 21 so; its tokens cost the same within what two measurements differ by.
    With adapters vLLM compiles next to nothing.
    """
    asked = wanted.gpu is not None or "--compilation-config" in wanted.options
    return [] if asked else ["--enforce-eager"]


def _split(given: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Parsed options as those with a value, and flags."""
    valued, flags, rest = dict[str, str](), list[str](), list(given)
    while rest:
        name = rest.pop(0)
        if name in vllm_options.FLAGS:
            flags.append(name)
        else:
            valued[name] = rest.pop(0)
    return valued, flags


def _plain(wanted: Wanted, port: int) -> list[str]:
    options = {
        "--port": port,
        "--served-model-name": wanted.served_name,
        "--dtype": wanted.dtype,
        "--max-model-len": wanted.max_length,
    }
    if wanted.given == wanted.model.id_or_path and wanted.model.revision:
        options["--revision"] = wanted.model.revision
    pairs = [str(part) for option in options.items() for part in option]
    return [sys.executable, "-P", "-m", PLAIN, wanted.given, *pairs]


def environment(
    wanted: Wanted,
    key: str,
    lease: Path,
    slots: Sequence[int] = (),
    environ: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """What the server may know of this process's environment, and its own settings.

    `slots` are the open leases on GPUs that it inherits.
    """
    env = launch.inherited(environ) | {
        LEASE: str(lease),
        IDLE: str(wanted.idle_s),
        SLOTS: ",".join(map(str, slots)),
        "VLLM_API_KEY": key,
        "VLLM_ALLOW_RUNTIME_LORA_UPDATING": str(wanted.max_rank > 0),
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "HF_HUB_OFFLINE": "1" if wanted.offline else "0",
        "PYTHONSAFEPATH": "1",  # or the program's neighbours would hide modules of their name
    }
    if wanted.engine == "transformers":
        return env | {"PYTHONPATH": str(launch.PROJECT)}
    if wanted.can_sleep:
        env |= {"VLLM_SERVER_DEV_MODE": "1"}  # its further doors want the key too
    if wanted.gpu is None:
        if vllm_options.devices(wanted.options) == 1:
            env |= {"VLLM_ENABLE_V1_MULTIPROCESSING": "0"}
        env.setdefault("OMP_NUM_THREADS", str(_threads()))
        env.pop("VLLM_CPU_KVCACHE_SPACE", None)  # it can't stand beside the explicit size
    return env


def _threads() -> int:
    """All but one of the processors this process may use: the last one answers requests."""
    return max(1, len(os.sched_getaffinity(0)) - 1)
