"""Whether a run's model is being served now, so that its files must stay."""

from __future__ import annotations

from pathlib import Path

from core.serving import adapters
from core.serving.engines import Engines
from core.training import manifests
from core.training.records import Run
from core.workspace import RunFolder

PARTS = (adapters.CONFIG, adapters.WEIGHTS)


def is_served(engines: Engines, run: Run) -> bool:
    """Whether a living engine was given a model of this run, or proved and offers its adapter."""
    if not run.has_model:
        return False
    living, folder = engines.living(), engines.workspace.run(run.id)
    if any(Path(engine.model_path).is_relative_to(folder.root) for engine in living):
        return True
    name = _adapter_name(folder)
    checks = (engines.folder(engine).root / "checks" for engine in living)
    return name is not None and any(any(each.glob(f"{name}-*.json")) for each in checks)


def _adapter_name(folder: RunFolder) -> str | None:
    """What the run's adapter is served as, as its manifest has its content; None without one."""
    manifest = manifests.read(folder.adapter)
    if manifest is None or not all(part in manifest.files for part in PARTS):
        return None
    return adapters.name_of([manifest.files[part].sha256 for part in PARTS])
