"""Memory as it is read while training: peaks since the last look, and the most of a whole run."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from core.training.program.meter import MIB, SELF, Meter


class Gpu:
    """The part of torch.cuda that is asked, with a peak that resets like the real one."""

    def __init__(self) -> None:
        self.used_mb = self.peak_mb = 0

    def is_initialized(self) -> bool:
        return True

    def memory_stats_as_nested_dict(self) -> dict[str, Any]:
        return {
            "allocated_bytes": {"all": {"peak": self.peak_mb * MIB}},
            "reserved_bytes": {"all": {"peak": (self.peak_mb + 100) * MIB}},
        }

    def reset_peak_memory_stats(self) -> None:
        self.peak_mb = self.used_mb

    def holds(self, peak_mb: int, afterwards_mb: int) -> None:
        self.peak_mb, self.used_mb = max(self.peak_mb, peak_mb), afterwards_mb


def test_each_stretch_has_its_own_peak_and_the_run_the_highest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gpu, meter = Gpu(), Meter()
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=gpu))
    gpu.holds(500, afterwards_mb=200)
    assert meter.look().gpu_mb == 500
    assert meter.take()[1:] == (500, 600), "a look begins no new stretch"
    gpu.holds(300, afterwards_mb=200)
    assert meter.take()[1:] == (300, 400)
    assert meter.peaks()["peak_gpu_mb"] == 600


@pytest.mark.parametrize(
    "torch",
    [None, SimpleNamespace(), SimpleNamespace(cuda=SimpleNamespace())],
    ids=["none", "half imported", "its cuda half imported"],
)
def test_without_a_gpu_in_use_there_is_nothing_to_tell(
    monkeypatch: pytest.MonkeyPatch, torch: object
) -> None:
    monkeypatch.setitem(sys.modules, "torch", torch)
    held = Meter().take()
    assert held.rss_mb is not None
    assert held.rss_mb > 1
    assert (held.gpu_mb, held.gpu_reserved_mb) == (None, None)
    assert Meter().peaks()["peak_gpu_mb"] is None


@pytest.mark.skipif(not SELF.exists(), reason="only Linux tells the peak of a process")
def test_the_peak_of_main_memory_outlives_what_was_given_back() -> None:
    meter = Meter()
    before = meter.look().rss_mb
    block = bytearray(64 * MIB)
    block[::4096] = bytes(len(block[::4096])).replace(b"\0", b"\1")
    del block
    peak = meter.peak_rss_mb
    assert before is not None
    assert peak is not None
    assert peak >= before + 60
