"""Where a model comes from and what came of it, as one chain: data -> plan -> run -> ... ."""

from __future__ import annotations

from core.lineage import DataStep, Lineage, PlanStep, RunStep
from core.training.records import EvaluationFact
from ui.present import certificate, numbers
from ui.words import Voice

ARROW = " → "


def line(found: Lineage, voice: Voice) -> str:
    """The whole chain as one line of text."""
    return ARROW.join(steps(found, voice))


def steps(found: Lineage, voice: Voice) -> list[str]:
    """Its steps in words, in the order in which they happened; what is not there is said, too."""
    if found.origin == "imported":
        return [voice("lineage.imported"), _certificates(found, voice), _exports(found, voice)]
    plan = _plan(found.plan, voice) if found.plan else voice("lineage.plan.unknown")
    return [
        *([_data(found.data, voice)] if found.data else []),
        plan,
        *([_run(found.run, voice)] if found.run else []),
        _evaluations(found.evaluations, voice),
        _certificates(found, voice),
        _exports(found, voice),
    ]


def _data(step: DataStep, voice: Voice) -> str:
    key = "lineage.data" if step.is_here else "lineage.data.gone"
    return voice(key, name=f"{step.name} ({step.id})" if step.name else step.id)


def _plan(step: PlanStep, voice: Voice) -> str:
    method = "DPO " if step.objective == "dpo" else ""
    method += step.method if step.rank is None else f"{step.method} {step.rank}"
    return voice("lineage.plan", how=method, model=step.base_model)


def _run(step: RunStep, voice: Voice) -> str:
    status = voice.known(f"status.{step.status}", voice.known(f"lineage.status.{step.status}", ""))
    facts = {"name": step.name, "status": status}
    if step.best_loss is None:
        return voice("lineage.run", **facts)
    return voice("lineage.run.loss", **facts, loss=numbers.loss(step.best_loss, voice))


def _evaluations(found: tuple[EvaluationFact, ...], voice: Voice) -> str:
    if not found:
        return voice("lineage.evaluations.none")
    newest = found[0]
    facts = {
        "base": numbers.points(newest.base, voice),
        "tuned": numbers.points(newest.tuned, voice),
    }
    if len(found) == 1:
        return voice("lineage.evaluation", **facts)
    return voice("lineage.evaluations", n=len(found), **facts)


def _certificates(found: Lineage, voice: Voice) -> str:
    if not found.certificates:
        return voice("lineage.certificates.none")
    verdict = certificate.verdict(found.certificates[0].verdict, voice)
    return voice("lineage.certificate", verdict=verdict)


def _exports(found: Lineage, voice: Voice) -> str:
    done = sorted({one.kind for one in found.exports if one.status == "done"})
    if not done:
        return voice("lineage.exports.none")
    return voice("lineage.exports", kinds=", ".join(done))
