"""Finished runs with adapters of a few bytes, which the fake engine takes and the proof accepts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.disk import sha256_text
from core.models import folders
from core.models.catalog import STARTER_FOLDER
from core.serving.engines import Engines
from core.settings import Settings
from core.training import manifests
from core.training import parity as parities
from core.training.events import RunStarted, RunSucceeded
from core.training.parity import Parity, Probe
from core.workspace import Workspace
from tests.core.serving.test_serving_adapters import write_adapter
from tests.core.training.conftest import WrittenRun
from tests.fake_vllm import make_environment

IDS = tuple(range(3, 20))
BASE = -1.0
"""Log-probability that the fake engine gives every token."""


def adapter_run(
    workspace: Workspace, name: str, shift: float, rank: int = 8, steps: tuple[int, ...] = ()
) -> WrittenRun:
    """A run whose adapter changes every log-probability by `shift`."""
    run = WrittenRun(workspace, name)
    run.happened(RunStarted(attempt=1, pid=1, from_step=0))
    run.happened(
        RunSucceeded(attempt=1, step=9, best_step=6, best_loss=0.5, seconds=3.0, changes_model=True)
    )
    write_adapter(run.folder.adapter, r=rank, shift=shift)
    manifests.write(run.folder.adapter)
    parities.save(run.folder.parity, parity(shift))
    for step in steps:
        place = run.folder.checkpoints / f"checkpoint-{step}"
        write_adapter(place, r=rank, shift=shift * step)
        manifests.write(place)
    return run


def parity(shift: float) -> Parity:
    count = len(IDS) - 1
    probe = Probe(token_ids=IDS, base=(BASE,) * count, tuned=(BASE + shift,) * count)
    return Parity(
        base_model="starter",
        revision=None,
        dtype="float32",
        template_sha256=sha256_text(folders.chat_template(STARTER_FOLDER) or ""),
        chat_template_kwargs={"enable_thinking": False},
        stop_token_ids=(2,),
        probes=(probe,),
    )


def library_entry(run: WrittenRun, workspace: Workspace, name: str, proven: bool) -> Path:
    """The run's model in the library, with or without what proves it."""
    from core.training import library, runs

    kept = library.keep(workspace, runs.status(workspace, run.folder.run_id), name)
    if not proven:
        (Path(kept.folder) / "parity.json").unlink()
    return Path(kept.folder)


@contextmanager
def fake_engines(root: Path, **settings: object) -> Iterator[Engines]:
    """Engines whose vLLM is the fake that answers."""
    python = make_environment(root / "serve")
    workspace = Workspace.open(root / "workspace")
    given = {"vllm_python": python, "offline": True, "engine": "vllm", "home": workspace.root}
    found = Engines(workspace, Settings.model_validate(given | settings))
    try:
        yield found
    finally:
        found.stop_all()
        shutil.rmtree(root / "serve", ignore_errors=True)
