"""GPUs are counted as their driver tells them, through a driver's program of our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.training.machine import Machine, gpu_names


def driver(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_every_gpu_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver(tmp_path, "echo 'NVIDIA H100'; echo 'NVIDIA H100'", monkeypatch)
    assert gpu_names({}) == ("NVIDIA H100", "NVIDIA H100")


def test_only_visible_gpus_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver(tmp_path, 'echo "$@"', monkeypatch)
    assert gpu_names({"CUDA_VISIBLE_DEVICES": "1"})[0].endswith("--id=1")
    assert gpu_names({"CUDA_VISIBLE_DEVICES": ""}) == ()


@pytest.mark.parametrize("script", ["exit 9", "exit 0", "echo; echo"])
def test_a_driver_that_does_not_answer_means_no_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    driver(tmp_path, script, monkeypatch)
    assert gpu_names({}) == ()


def test_no_driver_means_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu_names({}) == ()


@pytest.mark.parametrize(
    ("gpus", "words"), [(0, "2 CPU cores"), (1, "NVIDIA H100"), (4, "4 x NVIDIA H100")]
)
def test_a_machine_is_told_in_words(gpus: int, words: str) -> None:
    name = "NVIDIA H100" if gpus else None
    assert Machine(gpus=gpus, gpu_name=name, cores=2, packages=frozenset()).words == words
