"""Base models that can be picked by name, and what any other choice turns out to be."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from core.errors import ModelError
from core.messages import Record
from core.models import folders, hub
from core.models.facts import ModelFacts as ModelFacts
from core.models.facts import hub_models
from core.models.folders import Shape
from core.models.licences import LICENCES
from core.settings import Settings

STARTER = "starter"
STARTER_FOLDER = Path(__file__).parent / "starter"
SMALL_QWEN = "Qwen/Qwen3-0.6B"


class ResolvedModel(Record):
    """A base model that was found and may be trusted."""

    name: str
    """As the plan names it."""
    id_or_path: str
    """What loaders are given."""
    revision: str | None
    """Commit of a Hub model, as far as known; None for a local folder."""
    local: bool
    shape: Shape | None
    """Read from config and weight headers; None for a Hub model that is not here yet."""

    @property
    def shown_name(self) -> str:
        """The name without a machine's paths, for model cards and adapters."""
        return Path(self.id_or_path).name if self.local and self.name != STARTER else self.name


def models(settings: Settings) -> tuple[ModelFacts, ...]:  # noqa: ARG001  settings may hide some
    """The bundled starter first, then open chat models of the Hub."""
    return (_starter(), *hub_models().models)


def facts_of(name: str, settings: Settings) -> ModelFacts | None:
    """What the catalog says of a model; None for any other one."""
    return next((facts for facts in models(settings) if facts.name == name), None)


@lru_cache(maxsize=1)
def _starter() -> ModelFacts:
    try:
        shape = folders.inspect(STARTER_FOLDER)
    except ModelError:
        shape = None
    return ModelFacts(
        name=STARTER,
        id_or_path=str(STARTER_FOLDER),
        family="Duotune",
        parameters=shape.parameters if shape else None,
        context=shape.context if shape else None,
        languages=("en", "zh"),
        terms=LICENCES["apache-2.0"],
        gated=False,
        local=True,
        model_type=shape.model_type if shape else "qwen3",
        thinking="none",
        system_role="supported",
        tools=False,
        min_transformers="4.51.0",
        note="Bundled and tiny: learns a narrow task in a minute without a GPU or a hub.",
        note_zh="随软件自带的小模型：无需 GPU 或下载，一分钟即可学会一项窄任务。",
        recommended=STARTER_SETTINGS,
    )


STARTER_SETTINGS: dict[str, float | int | str] = {
    "rank": 32,
    "alpha": 64,
    "learning_rate": 2e-3,
    "epochs": 3.0,
    "batch_size": 4,
    "max_length": 512,
    "evaluations": 3,
}


def default_model(settings: Settings) -> str:
    """The starter; with an NVIDIA GPU and a hub in reach, a small current instruct model."""
    if not settings.offline and gpu_name() is not None and hub.answers(settings.hub_endpoint):
        return SMALL_QWEN
    return STARTER


@lru_cache(maxsize=1)
def gpu_name() -> str | None:
    """The first NVIDIA GPU as its driver names it; None without one."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    try:
        told = subprocess.run(
            [program, "--query-gpu=name", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    names = told.stdout.strip().splitlines()
    return names[0].strip() if told.returncode == 0 and names else None


def resolve(name: str, revision: str | None, settings: Settings) -> ResolvedModel:
    """Find a base model by catalog name, Hub id or local folder, and see that it may be trusted.

    Raises ModelError when the folder or id can't be used; nothing of it is run.
    """
    if name == STARTER:
        return _local(name, STARTER_FOLDER)
    if looks_local(name):
        return _local(name, Path(name).expanduser().resolve())
    return _hub(name, revision, settings)


def looks_local(name: str) -> bool:
    """Whether a name means a folder of this machine rather than a Hub id."""
    if name.startswith(("/", "./", "../", "~")) or "\\" in name:
        return True
    with suppress(OSError):  # a name too long for a path
        return Path(name).is_dir()
    return False


def _local(name: str, folder: Path) -> ResolvedModel:
    shape = folders.inspect(folder)
    return ResolvedModel(name=name, id_or_path=str(folder), revision=None, local=True, shape=shape)


def _hub(name: str, revision: str | None, settings: Settings) -> ResolvedModel:
    hub.check_id(name)
    commit = None if settings.offline else hub.commit_of(name, revision, settings)
    cached = hub.cached_folder(name, commit or revision)
    if commit is None and cached is None:
        raise ModelError(
            f"{name} is not on this machine, and the model hub is not in reach.",
            fix="Connect to the hub, or use `starter` or a path to a model folder.",
        )
    return ResolvedModel(
        name=name,
        id_or_path=name,
        revision=commit or (cached.name if cached else revision),
        local=False,
        shape=_cached_shape(cached),
    )


def _cached_shape(folder: Path | None) -> Shape | None:
    """A snapshot's shape, when all of it is here already."""
    if folder is None:
        return None
    try:
        return folders.inspect(folder)
    except ModelError:
        return None
