"""Pairs: base and tuned, side by side, the tuned side proven before anyone may ask it.

An adapter is served by the base model's own engine; a whole model by a second one beside it.
"""

from __future__ import annotations

from core.serving import adapters, launch, proving
from core.serving.engines import Engines, Say
from core.serving.launch import BASE_NAME
from core.serving.proving import IDENTICAL, Case
from core.serving.records import Endpoint, Pair
from core.training.parity import Parity
from core.training.records import Run

__all__ = ["IDENTICAL", "open_pair"]


def open_pair(engines: Engines, run: Run, say: Say) -> Pair:
    """Serve a finished run beside its base and prove that what is served is what was trained.

    A verdict is kept with its engine, so opening a pair again costs milliseconds.
    Raises ServingError when it can't be served or proven.
    """
    folder = engines.workspace.run(run.id)
    parity = proving.load_parity(folder.parity)
    case = _case(engines, run, parity, say)
    found = proving.prove(engines, case, say)
    base_engine = case.base or case.tuned
    tuned_note = " ".join(filter(None, (proving.note_of(found), case.tuned.note)))
    sides = (
        ("base", base_engine, BASE_NAME, base_engine.note),
        ("tuned", case.tuned, case.tuned_name, tuned_note),
    )
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


def _case(engines: Engines, run: Run, parity: Parity, say: Say) -> Case:
    """Have both sides served."""
    folder = engines.workspace.run(run.id)
    revision = run.plan.revision or parity.revision
    if parity.result == "adapter":
        adapter = adapters.publish(engines.workspace, folder.adapter)
        engine = engines.ensure(run.plan.base_model, revision, say, rank=adapter.rank)
        return Case(engine, engine, adapter.id, adapter, folder.parity, parity)
    model_id = proving.model_id(folder.model)
    beside = launch.want(engines.settings, run.plan.base_model, revision, rank=1)
    own = launch.want_tuned(engines.settings, folder.model, run.plan.name)
    shared = beside.model_copy(update={"sharers": own.sharers})
    base, tuned = engines.ensure_all((shared, own), say)
    return Case(base, tuned, model_id, None, folder.parity, parity)
