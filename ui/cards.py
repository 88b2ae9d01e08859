"""Cards inside the conversation, drawn from the records as they stand now."""

from __future__ import annotations

from core.assistant.records import CardShown
from core.errors import DuotuneError
from ui.markup import Html, table, tag
from ui.present import dataset as dataset_shown
from ui.present import numbers, verdict
from ui.present import run as run_shown
from ui.services import Services
from ui.words import Voice


def draw(services: Services, card: CardShown, voice: Voice) -> Html:
    """One card; a record that is gone says so instead of breaking the conversation."""
    try:
        return DRAWN_BY[card.card](services, card.id, voice)
    except DuotuneError as error:
        told = tag("p", f"{voice('card.gone')} {voice.said(error.problem)}")
        return tag("div", told, class_="dt-card dt-quiet")


def _dataset(services: Services, dataset_id: str, voice: Voice) -> Html:
    watch = services.watch
    return dataset_shown.card(watch.dataset(dataset_id), watch.split(dataset_id), voice)


def _plan(_services: Services, _id: str, voice: Voice) -> Html:
    text = tag("p", voice("card.plan.text"))
    return tag("div", tag("header", tag("b", voice("card.plan"))), text, class_="dt-card")


def _run(services: Services, run_id: str, voice: Voice) -> Html:
    return run_shown.card(services.watch.view(run_id).run, voice)


def _pair(services: Services, run_id: str, voice: Voice) -> Html:
    name = services.watch.view(run_id).run.plan.name
    text = tag("p", voice("card.pair.text", name=name))
    return tag("div", tag("header", tag("b", voice("card.pair"))), text, class_="dt-card")


def _evaluation(services: Services, report_id: str, voice: Voice) -> Html:
    found = next((e for e in services.watch.evaluations() if e.id == report_id), None)
    if found is None:
        found = services.actions.evaluation(report_id)
    run = services.watch.view(found.request.run_id).run
    return tag("div", verdict.evaluation(found, run, voice), class_="dt-card")


def _report(services: Services, report_id: str, voice: Voice) -> Html:
    return tag("div", verdict.card(services.watch.report(report_id), voice), class_="dt-card")


def _models(services: Services, _id: str, voice: Voice) -> Html:
    head = [voice(f"models.{name}") for name in ("name", "licence", "parameters", "context")]
    rows = (
        (
            facts.name,
            facts.licence,
            numbers.parameters(facts.parameters, voice),
            numbers.count(facts.context) if facts.context else voice("unknown"),
        )
        for facts in services.actions.models()
    )
    shown = table(head, rows, numbers=2)
    return tag("div", tag("header", tag("b", voice("card.models"))), shown, class_="dt-card")


DRAWN_BY = {
    "dataset": _dataset,
    "plan": _plan,
    "run": _run,
    "pair": _pair,
    "evaluation": _evaluation,
    "report": _report,
    "models": _models,
}
