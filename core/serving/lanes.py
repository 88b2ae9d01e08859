"""Lanes: up to four contenders, each served and, where it can be, proven before anyone asks it.

Adapters of one base share its engine; a whole model has one of its own, and so has another base.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import ServingError
from core.serving import needs, proving, registry, room
from core.serving.contenders import MOST_LANES, Contender, Lane
from core.serving.engines import Engines, Say
from core.serving.launch import BASE_NAME, Wanted
from core.serving.needs import Need
from core.serving.proving import Case
from core.serving.records import AdapterCheck, Endpoint, Engine
from core.training.parity import Parity

Place = tuple[str, str | None, str]
"""Which engine a model is served by: what it is given, the commit, and the name of its model."""


def open_lanes(
    engines: Engines, contenders: Sequence[Contender], say: Say, most: int = MOST_LANES
) -> tuple[Lane, ...]:
    """Have one to `most` contenders served, in this order; opening them again costs little.

    Raises RunError or ModelError when one does not exist, ServingError when one can't be served or
    proven, or they do not fit into memory together.
    """
    if not 1 <= len(contenders) <= most:
        raise ServingError(
            f"{len(contenders)} models were picked; 1 to {most} can be asked side by side.",
            fix=f"Pick 1 to {most}.",
        )
    found = [needs.find(engines.workspace, engines.settings, each) for each in contenders]
    wanted = _together(found)
    room.check(engines, wanted, {_place(each): _titles(found, each) for each in wanted})
    served = engines.ensure_all(wanted, say) if wanted else ()
    by_place = {_place(each): engine for each, engine in zip(wanted, served, strict=True)}
    return tuple(_lane(engines, need, by_place, found, say) for need in found)


def _place(wanted: Wanted) -> Place:
    return wanted.given, wanted.model.revision, wanted.served_name


def _titles(found: Sequence[Need], wanted: Wanted) -> tuple[str, ...]:
    own = _place(wanted)
    return tuple(need.title for need in found if need.wanted and _place(need.wanted) == own)


def _together(found: Sequence[Need]) -> list[Wanted]:
    """One engine for each place, with the largest rank that is needed there."""
    largest: dict[Place, Wanted] = {}
    for wanted in (need.wanted for need in found if need.wanted is not None):
        before = largest.get(_place(wanted))
        if before is None or wanted.max_rank > before.max_rank:
            largest[_place(wanted)] = wanted
    return [each.model_copy(update={"sharers": len(largest)}) for each in largest.values()]


def _lane(
    engines: Engines,
    need: Need,
    served: dict[Place, Engine],
    beside: Sequence[Need],
    say: Say,
) -> Lane:
    if need.wanted is None:
        assert need.endpoint is not None, "a contender is served here or has an endpoint"
        return Lane(contender=need.contender, title=need.title, endpoint=need.endpoint)
    engine = served[_place(need.wanted)]
    check = _check(engines, need, engine, served, say)
    if need.adapter is not None and check is None:
        registry.offer(engines, engine, need.adapter)
    notes = (need.note, proving.note_of(check) if check else "", engine.note)
    parity = need.parity or _neighbour(need, beside)
    note = " ".join(filter(None, notes))
    endpoint = Endpoint(
        label="base" if need.contender.kind == "base" else need.title,
        base_url=engine.base_url,
        model=need.adapter.id if need.adapter else engine.served_name,
        api_key=engines.key(engine),
        note=note,
        engine_id=engine.id,
        template_kwargs=parity.chat_template_kwargs if parity else {},
        stop_token_ids=parity.stop_token_ids if parity else (),
    )
    return Lane(
        contender=need.contender, title=need.title, endpoint=endpoint, check=check, note=note
    )


def _check(
    engines: Engines, need: Need, engine: Engine, served: dict[Place, Engine], say: Say
) -> AdapterCheck | None:
    """The proof of a tuned model; None where there is nothing to prove it by."""
    if not need.is_provable or need.parity is None or need.parity_file is None:
        return None
    if need.adapter is not None:
        case = Case(engine, engine, need.adapter.id, need.adapter, need.parity_file, need.parity)
    else:
        assert need.model_folder is not None, "a tuned model is an adapter or a whole one"
        base = next((e for e in served.values() if _is_base(e, need.parity)), None)
        model_id = proving.model_id(need.model_folder)
        case = Case(base, engine, model_id, None, need.parity_file, need.parity)
    return proving.prove(engines, case, say)


def _is_base(engine: Engine, parity: Parity) -> bool:
    """Whether an engine serves the base that a whole model was trained from."""
    return engine.served_name == BASE_NAME and engine.base_model == parity.base_model


def _neighbour(need: Need, beside: Sequence[Need]) -> Parity | None:
    """How a model of the same engine was trained: a base is asked as the tuned one beside it."""
    if need.wanted is None:
        return None
    own = _place(need.wanted)
    same = (each for each in beside if each.wanted and _place(each.wanted) == own)
    return next((each.parity for each in same if each.parity is not None), None)
