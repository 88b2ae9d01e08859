"""What transformers makes of the questions: asked of a program of its own, which knows torch."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from core.certificates.records import Question, Reading, WeightFacts
from core.disk import write_atomic
from core.errors import RunError
from core.messages import Record

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds the package `core`, wherever the app was started from."""
PROGRAM = "core.certificates.program.measure"
Say = Callable[[str], None]


class Subject(Record):
    """A model on disk, to be read by transformers."""

    base: Path | None
    """The base model's folder; None for a model of its own."""
    model: Path
    """The adapter's folder, or the whole model's."""
    stop_ids: tuple[int, ...] = ()
    """Tokens that end an answer; () takes what the model's own files say."""


class Weighing(Record):
    """A merged model to be compared with what it was merged from, tensor by tensor."""

    base: Path
    adapter: Path
    merged: Path


class MeasureRequest(Record):
    """What the program is to do."""

    dtype: str
    texts: tuple[tuple[int, ...], ...]
    """Token ids whose log-probabilities are wanted."""
    questions: tuple[Question, ...]
    limit: int
    subjects: dict[str, Subject]
    weighing: Weighing | None = None


class Measured(Record):
    """What came of it."""

    readings: dict[str, Reading]
    problems: dict[str, str]
    """Why a subject could not be read, by its name."""
    weights: WeightFacts | None = None
    versions: dict[str, str]


def measure(request: MeasureRequest, work: Path, say: Say) -> Measured:
    """Read every subject, one after the other; raises RunError when the program fails."""
    work.mkdir(parents=True, exist_ok=True)
    asked, told = work / "measure.json", work / "measured.json"
    told.unlink(missing_ok=True)
    write_atomic(asked, request.model_dump_json())
    say("Reading the model with transformers.")
    run_module(PROGRAM, work / "measure.log", asked, told)
    return Measured.model_validate_json(told.read_bytes())


def run_module(module: str, log: Path, *arguments: Path) -> None:
    """Run a program of ours to its end, as part of this process's group.

    Raises RunError with its last line when it fails.
    """
    before = os.environ.get("PYTHONPATH")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *([before] if before else [])])}
    env |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    # where others compute too, threads that wait for each other cost more than they bring
    env.setdefault("OMP_NUM_THREADS", str(max(1, len(os.sched_getaffinity(0)) - 1)))
    # -P: a folder called `core` where the app was started must not be taken for ours
    command = [sys.executable, "-P", "-m", module, *map(str, arguments)]
    with log.open("wb") as output:
        done = subprocess.run(
            command, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            check=False,
        )  # fmt: skip
    if done.returncode:
        raise RunError(
            f"Reading or writing the model failed: {last_line(log)}",
            f"log: {log}",
            "Free memory or disk if the line says so, then try again.",
        )


def last_line(log: Path) -> str:
    """The last line of a log that says something."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "it ended without a word")[:300]
