"""Pairs: base and tuned, side by side, the tuned side proven before anyone may ask it.

An adapter is served by the base model's own engine; a whole model by a second one beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from core.disk import sha256_file, sha256_text, write_atomic
from core.errors import ServingError
from core.models import folders
from core.serving import adapters, checking, launch
from core.serving.checking import Side
from core.serving.engines import Engines
from core.serving.launch import BASE_NAME, TUNED_NAME
from core.serving.records import Adapter, AdapterCheck, Endpoint, Engine, Pair
from core.training import manifests
from core.training import parity as parities
from core.training.parity import Parity
from core.training.records import Run
from core.workspace import RunFolder

Say = Callable[[str], None]
IDENTICAL = "Identical to the base model: training changed nothing."


class _Case(NamedTuple):
    """What must be proven, where, and by what."""

    base: Engine
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


def open_pair(engines: Engines, run: Run, say: Say) -> Pair:
    """Serve a finished run beside its base and prove that what is served is what was trained.

    A verdict is kept with its engine, so opening a pair again costs milliseconds.
    Raises ServingError when it can't be served or proven.
    """
    folder = engines.workspace.run(run.id)
    parity = _parity(folder)
    case = _case(engines, run, parity, say)
    found = _proven(engines, case, say)
    note = "" if found.trained_change > checking.SILENT else IDENTICAL
    sides = (("base", case.base, BASE_NAME, ""), ("tuned", case.tuned, case.tuned_name, note))
    base, tuned = (
        Endpoint(
            label=label,
            base_url=engine.base_url,
            model=model,
            api_key=engines.key(engine),
            note=note,
            engine_id=engine.id,
            template_kwargs=parity.chat_template_kwargs,
            stop_token_ids=parity.stop_token_ids,
        )
        for label, engine, model, note in sides
    )
    return Pair(run_id=run.id, base=base, tuned=tuned, check=found)


def _case(engines: Engines, run: Run, parity: Parity, say: Say) -> _Case:
    """Have both sides served."""
    folder = engines.workspace.run(run.id)
    revision = run.plan.revision or parity.revision
    if parity.result == "adapter":
        adapter = adapters.publish(engines.workspace, folder.adapter)
        engine = engines.ensure(run.plan.base_model, revision, say, rank=adapter.rank)
        return _Case(engine, engine, adapter.id, adapter, folder.parity, parity)
    model_id = _model_id(folder.model)
    beside = launch.want(engines.settings, run.plan.base_model, revision, rank=1)
    own = launch.want_tuned(engines.settings, folder.model, run.plan.name)
    shared = beside.model_copy(update={"sharers": own.sharers})
    base, tuned = engines.ensure_all((shared, own), say)
    return _Case(base, tuned, model_id, None, folder.parity, parity)


def _model_id(folder: Path) -> str:
    """A name made from a model's content, as its manifest has it."""
    if not manifests.is_whole(folder):
        raise ServingError(
            "The run's model is missing or damaged on disk.",
            str(folder),
            "Resume the run: it makes the model again from its last checkpoint.",
        )
    digest = hashlib.sha256((folder / manifests.NAME).read_bytes())
    return f"mo-{digest.hexdigest()[:32]}"


def _parity(folder: RunFolder) -> Parity:
    try:
        return parities.load(folder.parity)
    except (OSError, ValidationError) as error:
        raise ServingError(
            "What the run's result would be proven by is missing or damaged, so it can't be shown "
            "as tuned.",
            str(folder.parity),
            "Train again.",
        ) from error


def _proven(engines: Engines, case: _Case, say: Say) -> AdapterCheck:
    """The verdict on what these engines serve, made once; raises ServingError unless it agrees."""
    name = case.tuned_id if case.adapter else f"{case.tuned_id}-{case.base.id}"
    kept = engines.folder(case.tuned).check(name, sha256_file(case.parity_file))
    if kept.exists():
        return AdapterCheck.model_validate_json(kept.read_bytes())
    for engine in {case.base.id: case.base, case.tuned.id: case.tuned}.values():
        _check_template(engine, case.parity)
    say("Comparing what is served as tuned with what was trained.")
    with ExitStack() as stack:
        clients = [
            stack.enter_context(checking.connect(engine, engines.key(engine).get_secret_value()))
            for engine in (case.base, case.tuned)
        ]
        if case.adapter:
            checking.load(clients[1], case.adapter)
        base = Side(clients[0], case.base, BASE_NAME)
        tuned = Side(clients[1], case.tuned, case.tuned_name)
        found = checking.check(base, tuned, case.tuned_id, case.parity)
        if not found.agrees:
            if case.adapter:
                checking.unload(clients[1], case.adapter)
            raise checking.disagreement(found)
    write_atomic(kept, found.model_dump_json(indent=1))
    return found


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
