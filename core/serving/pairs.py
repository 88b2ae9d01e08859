"""Pairs: base and tuned behind one engine, the tuned side proven before anyone may ask it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from core.disk import sha256_file, sha256_text, write_atomic
from core.errors import ServingError
from core.models import folders
from core.serving import adapters, checking
from core.serving.engine_folder import EngineFolder
from core.serving.engines import Engines
from core.serving.launch import BASE_NAME
from core.serving.records import Adapter, AdapterCheck, Endpoint, Engine, Pair
from core.training import parity as parities
from core.training.parity import Parity
from core.training.records import Run
from core.workspace import RunFolder

Say = Callable[[str], None]
IDENTICAL = "Identical to the base model: training changed nothing."


def open_pair(engines: Engines, run: Run, say: Say) -> Pair:
    """Serve a finished run beside its base and prove that the served adapter is the trained one.

    A verdict is kept with its engine, so opening a pair again costs milliseconds.
    Raises ServingError when it can't be served or proven.
    """
    folder = engines.workspace.run(run.id)
    parity = _parity(folder)
    adapter = adapters.publish(engines.workspace, folder.adapter)
    revision = run.plan.revision or parity.revision
    engine = engines.ensure(run.plan.base_model, revision, say, rank=adapter.rank)
    key = engines.key(engine)
    found = _proven(_Case(engines.folder(engine), engine, adapter, folder.parity, parity), say)
    endpoints = {
        label: Endpoint(
            label=label,
            base_url=engine.base_url,
            model=model,
            api_key=key,
            note=note,
            engine_id=engine.id,
            template_kwargs=parity.chat_template_kwargs,
            stop_token_ids=parity.stop_token_ids,
        )
        for label, model, note in (
            ("base", BASE_NAME, ""),
            ("tuned", adapter.id, "" if found.trained_change > checking.SILENT else IDENTICAL),
        )
    }
    return Pair(run_id=run.id, base=endpoints["base"], tuned=endpoints["tuned"], check=found)


class _Case(NamedTuple):
    """What must be proven, where, and by what."""

    files: EngineFolder
    engine: Engine
    adapter: Adapter
    parity_file: Path
    parity: Parity


def _parity(folder: RunFolder) -> Parity:
    try:
        return parities.load(folder.parity)
    except (OSError, ValidationError) as error:
        raise ServingError(
            "What the adapter would be proven by is missing or damaged, so it can't be shown as "
            "tuned.",
            str(folder.parity),
            "Train again.",
        ) from error


def _proven(case: _Case, say: Say) -> AdapterCheck:
    """The verdict on an adapter in this engine, made once; raises ServingError unless it agrees."""
    kept = case.files.check(case.adapter.id, sha256_file(case.parity_file))
    if kept.exists():
        return AdapterCheck.model_validate_json(kept.read_bytes())
    _check_template(case.engine, case.parity)
    say("Loading the adapter and comparing it with the trained one.")
    with checking.connect(case.engine, case.files.key().get_secret_value()) as client:
        checking.load(client, case.adapter)
        found = checking.check(client, case.engine, case.adapter, case.parity)
        if not found.agrees:
            checking.unload(client, case.adapter)
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
