"""Whether a run's model is being served now, so that its files must stay."""

from __future__ import annotations

from pathlib import Path

from core.serving import published
from core.serving.engines import Engines
from core.training.records import Run


def is_served(engines: Engines, run: Run) -> bool:
    """Whether a living engine was given a model of this run, or has its adapter registered."""
    if not run.has_model:
        return False
    living, folder = engines.living(), engines.workspace.run(run.id)
    if any(Path(engine.model_path).is_relative_to(folder.root) for engine in living):
        return True
    name = published.name_of(folder.adapter)
    return any(name in engines.folder(engine).registered() for engine in living)
