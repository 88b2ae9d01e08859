"""Proof of what an engine serves: made once for an adapter or a whole model, then kept with it."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from core.disk import sha256_file, sha256_text, write_atomic
from core.errors import ServingError
from core.models import folders
from core.serving import checking, registry
from core.serving.checking import Side
from core.serving.engines import Engines, Say
from core.serving.launch import BASE_NAME, TUNED_NAME
from core.serving.records import Adapter, AdapterCheck, Engine
from core.training import manifests
from core.training import parity as parities
from core.training.parity import Parity

IDENTICAL = "Identical to the base model: training changed nothing."


class Case(NamedTuple):
    """What must be proven, where, and by what."""

    base: Engine | None
    """The engine of the base; None where none is served beside a whole model."""
    tuned: Engine
    """The same one where the tuned side is an adapter."""
    tuned_id: str
    adapter: Adapter | None
    parity_file: Path
    parity: Parity

    @property
    def tuned_name(self) -> str:
        """What requests call the tuned side."""
        return self.adapter.id if self.adapter else TUNED_NAME

    @property
    def name(self) -> str:
        """What the verdict is kept under: a whole model's depends on the base beside it."""
        beside = self.base.id if self.base else "alone"
        return self.tuned_id if self.adapter else f"{self.tuned_id}-{beside}"


def prove(engines: Engines, case: Case, say: Say) -> AdapterCheck:
    """The verdict on what these engines serve; an adapter is registered for it.

    Raises ServingError unless it agrees with what was trained.
    """
    kept = engines.folder(case.tuned).check(case.name, sha256_file(case.parity_file))
    if kept.exists():
        if case.adapter:
            registry.offer(engines, case.tuned, case.adapter)
        return AdapterCheck.model_validate_json(kept.read_bytes())
    for engine in {each.id: each for each in (case.base, case.tuned) if each}.values():
        _check_template(engine, case.parity)
    say("Comparing what is served as tuned with what was trained.")
    if case.adapter:
        registry.offer(engines, case.tuned, case.adapter)
    with ExitStack() as stack:
        clients = {
            each.id: stack.enter_context(
                checking.connect(each, engines.key(each).get_secret_value())
            )
            for each in (case.base, case.tuned)
            if each
        }
        base = Side(clients[case.base.id], case.base, BASE_NAME) if case.base else None
        tuned = Side(clients[case.tuned.id], case.tuned, case.tuned_name)
        found = checking.check(base, tuned, case.tuned_id, case.parity)
    if not found.agrees:
        if case.adapter:
            registry.withdraw(engines, case.tuned, case.adapter.id)
        raise checking.disagreement(found)
    write_atomic(kept, found.model_dump_json(indent=1))
    return found


def note_of(found: AdapterCheck) -> str:
    """What the person must know of a model that was proven."""
    return "" if found.trained_change > checking.SILENT else IDENTICAL


def model_id(folder: Path) -> str:
    """A name made from a whole model's content, as its manifest has it."""
    if not manifests.is_whole(folder):
        raise ServingError(
            "The run's model is missing or damaged on disk.",
            str(folder),
            "Resume the run: it makes the model again from its last checkpoint.",
        )
    digest = hashlib.sha256((folder / manifests.NAME).read_bytes())
    return f"mo-{digest.hexdigest()[:32]}"


def load_parity(file: Path) -> Parity:
    """What a result is proven by; raises ServingError when it is missing or damaged."""
    try:
        return parities.load(file)
    except (OSError, ValidationError) as error:
        raise ServingError(
            "What the run's result would be proven by is missing or damaged, so it can't be shown "
            "as tuned.",
            str(file),
            "Train again.",
        ) from error


def _check_template(engine: Engine, parity: Parity) -> None:
    """See that the engine renders conversations as training did, where its template can be read."""
    folder = Path(engine.model_path)
    template = folders.chat_template(folder) if folder.is_dir() else None
    if template is not None and sha256_text(template) != parity.template_sha256:
        raise ServingError(
            "The base model's chat template has changed since this run was trained.",
            engine.model_path,
            "Put the old template back, or train again.",
        )
