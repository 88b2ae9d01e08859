"""What a dead engine's log says becomes a sentence and a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.serving import failures


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("OSError: [Errno 98] Address already in use", "port was taken"),
        ("torch.OutOfMemoryError: CUDA out of memory. Tried", "not enough memory"),
        ("ValueError: Available memory on node 0 (1/23 GiB) on kv", "not enough free memory"),
        ("RuntimeError: Unsupported CPU attention configuration: head_dim=16", "head_dim=16"),
        (
            "ValueError: Model architectures ['FooForCausalLM'] are not supported for now.",
            "does not support this kind of model (['FooForCausalLM'])",
        ),
        ("ModuleNotFoundError: No module named 'xgrammar'", "xgrammar is missing"),
        ("ImportError: libcudart.so.13: cannot open shared object file", "NVIDIA GPU"),
        ("KeyError: 'rope_theta'", "It said: KeyError: 'rope_theta'"),
        (
            "(EngineCore pid=1) ERROR 11-21 09:45:50 [core.py:1] ValueError: the cause\n"
            "RuntimeError: Engine core initialization failed. See root cause above.",
            "It said: ValueError: the cause",
        ),
        ("", "without saying why"),
    ],
)
def test_a_failed_start_says_why(tmp_path: Path, message: str, says: str) -> None:
    log = tmp_path / "log.txt"
    log.write_text(f"(APIServer pid=7) INFO 11-21 09:03:01 [a.py:1] starting\n{message}\n")
    error = failures.start_failure(log, "starter")
    assert error.problem.startswith("The model server could not start for starter.")
    assert says in error.problem
    assert error.where == f"log: {log}"
    assert error.fix


def test_a_log_that_is_not_there_is_no_second_error(tmp_path: Path) -> None:
    error = failures.start_failure(tmp_path / "none.txt", "starter")
    assert "without saying why" in error.problem


def test_only_the_end_of_a_huge_log_is_read(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("MemoryError\n" + "x" * failures.TAIL_BYTES + "\nKeyError: 'last'\n")
    assert "KeyError: 'last'" in failures.start_failure(log, "starter").problem
