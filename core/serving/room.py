"""Whether several engines fit into this machine's memory beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

import psutil

from core.errors import ServingError
from core.serving import launch
from core.serving.launch import MOST_SHARE, Wanted
from core.training.capacity import main_memory

if TYPE_CHECKING:
    from core.serving.engines import Engines

T = TypeVar("T")
PROGRAM_BYTES = 1_100_000_000
"""Main memory of an engine beside its weights and cache (measured: vLLM on a CPU, resident)."""
UNKNOWN_PARAMETERS = 1_000_000_000
"""For a Hub model that is not here yet."""
SLACK = 1.25
"""Of main memory, for what else grows meanwhile."""
GPU_SLACK = 1.25
"""GPU memory that an engine needs, over its weights: activations and a least cache."""


def check(engines: Engines, wanted: Sequence[Wanted], titles: Mapping[T, tuple[str, ...]]) -> None:
    """See that engines for all of these fit; one alone may always try.

    `titles` names what is asked of each, in the same order. Raises ServingError saying what can be
    shown together.
    """
    if len(wanted) < 2:
        return
    free, cost = _measures(engines, wanted)
    if sum(map(cost, wanted)) <= free:
        return
    named = list(titles.values())
    sized = sorted(zip(wanted, named, strict=True), key=lambda pair: (-len(pair[1]), cost(pair[0])))
    together = _fitting(sized, free, cost)
    raise ServingError(
        f"These can't be shown together: their {len(wanted)} model servers would need "
        f"{sum(map(cost, wanted)) / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB is free.",
        fix=f"These can be shown together: {', '.join(together)}.",
    )


def _fitting(
    sized: Iterable[tuple[Wanted, tuple[str, ...]]], free: float, cost: Callable[[Wanted], float]
) -> list[str]:
    """Titles of as many as fit: those that share an engine first; the first always."""
    together: list[str] = []
    left = free
    for each, names in sized:
        if not together or cost(each) <= left:
            together.extend(names)
            left -= cost(each)
    return together


def left_beside(wanted: Sequence[Wanted]) -> bool:
    """Whether engines for all of these fit beside whatever runs now.

    Never on a GPU, of whose memory each engine takes its whole share.
    """
    if any(each.gpu is not None for each in wanted):
        return False
    return sum(map(_cpu_cost, wanted)) * SLACK <= main_memory()[1]


def _measures(
    engines: Engines, wanted: Sequence[Wanted]
) -> tuple[float, Callable[[Wanted], float]]:
    """Bytes that can be had, and what an engine takes of them."""
    gpu = wanted[0].gpu
    if gpu is not None:
        return gpu.total * MOST_SHARE * (1 << 20), _gpu_cost
    given_back = sum(_resident(engine.process.pid) for engine in engines.living())
    free = float(main_memory()[1] + given_back)
    return free, _cpu_cost


def _gpu_cost(wanted: Wanted) -> float:
    return launch.parameters(wanted, UNKNOWN_PARAMETERS) * 2 * GPU_SLACK


def _cpu_cost(wanted: Wanted) -> float:
    item = 4 if wanted.dtype == "float32" else 2
    weights = launch.parameters(wanted, UNKNOWN_PARAMETERS) * item
    return float(PROGRAM_BYTES + weights + (wanted.kv_bytes or 0))


def _resident(pid: int) -> int:
    with suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0
