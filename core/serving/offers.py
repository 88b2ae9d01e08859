"""Everybody who can be asked now: bases, finished runs, checkpoints, the library, endpoints."""

from __future__ import annotations

from core.models.catalog import STARTER
from core.serving import endpoints
from core.serving.contenders import Contender, Offer
from core.serving.engines import Engines
from core.serving.served import is_served
from core.training import checkpoints, library, runs


def offers(engines: Engines) -> tuple[Offer, ...]:
    """All contenders: bases first, then runs, newest first, each with its checkpoints after it.

    Whether one can be served for sure is only seen when it is opened.
    """
    workspace = engines.workspace
    found = runs.list_runs(workspace)
    living = engines.all_running()
    bases: dict[tuple[str, str | None], Offer] = {}
    tuned: list[Offer] = []
    for run in found:
        name, revision = run.plan.base_model, run.plan.revision
        steps = checkpoints.complete(workspace.run(run.id).checkpoints)
        if run.has_model or steps:
            base = Contender(kind="base", name=name, revision=revision)
            here = any(e.base_model == name and e.revision == revision for e in living)
            bases[name, revision] = Offer(contender=base, title=name, is_served=here)
        if run.has_model:
            one = Contender(kind="run", name=run.id)
            served = is_served(engines, run)
            tuned.append(Offer(contender=one, title=run.plan.name, is_served=served))
        for step, _ in steps:
            one = Contender(kind="checkpoint", name=run.id, step=step)
            tuned.append(Offer(contender=one, title=f"{run.plan.name} (step {step})"))
    if not any(name == STARTER for name, _ in bases):
        here = any(e.base_model == STARTER for e in living)
        starter = Contender(kind="base", name=STARTER)
        bases[STARTER, None] = Offer(contender=starter, title=STARTER, is_served=here)
    kept = [each.entry.name for each in library.entries(workspace) if each.is_whole]
    saved = [each.name for each in endpoints.entries(workspace)]
    others = [Offer(contender=Contender(kind="library", name=n), title=n) for n in kept]
    others += [
        Offer(contender=Contender(kind="endpoint", name=n), title=n, is_served=True) for n in saved
    ]
    return (*bases.values(), *tuned, *others)
