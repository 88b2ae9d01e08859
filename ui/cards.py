"""Cards inside the conversation, drawn from the records as they stand now."""

from __future__ import annotations

from core.actions import Actions
from core.assistant.records import CardShown
from core.data.records import Example
from core.data.splitting import PARTS
from core.errors import DuotuneError
from ui.markup import Html, table, tag
from ui.present import (
    certificate,
    data_card,
    dialogue,
    export,
    numbers,
    run_compare,
    tokens,
    verdict,
)
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
    dataset = watch.dataset(dataset_id)
    # Dividing a large file takes seconds; nobody waits for that while its texts are read anyway.
    split = watch.split(dataset_id) if dataset.inspected else None
    return data_card.card(dataset, split, voice)


def _changes(services: Services, dataset_id: str, voice: Voice) -> Html:
    dataset = services.watch.dataset(dataset_id)
    actions = services.actions
    found = services.watch.lasting(f"{dataset_id}/changes", lambda: actions.changes(dataset_id))
    return data_card.changes(dataset, found, voice)


def _row(services: Services, name: str, voice: Voice) -> Html:
    dataset_id, row = _place(name)
    actions, watch = services.actions, services.watch
    dataset, split = watch.dataset(dataset_id), watch.split(dataset_id)
    example, place = watch.lasting(f"{name}/row", lambda: _example(actions, dataset_id, row))
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    part = next((part for part in PARTS if example.id in parts[part]), None)
    return dialogue.dialogue(example, part, (place, dataset.summary.usable), voice)


def _example(actions: Actions, dataset_id: str, row: int) -> tuple[Example, int]:
    """A row, and the how manieth of the usable ones it is."""
    example = actions.example(dataset_id, row)
    rows = (one.row for one in actions.examples(dataset_id))
    return example, next(n for n, number in enumerate(rows, 1) if number == row)


def _tokens(services: Services, name: str, voice: Voice) -> Html:
    dataset_id, row = _place(name)
    actions, watch = services.actions, services.watch
    watch.dataset(dataset_id)
    view = watch.lasting(f"{name}/tokens", lambda: actions.show_tokens(dataset_id, row))
    return tokens.tokens(view, voice)


def _place(name: str) -> tuple[str, int]:
    """A dataset and a row, from `DATASET:ROW`."""
    dataset_id, _, row = name.rpartition(":")
    return dataset_id, int(row)


def _plan(_services: Services, _id: str, voice: Voice) -> Html:
    text = tag("p", voice("card.plan.text"))
    return tag("div", tag("header", tag("b", voice("card.plan"))), text, class_="dt-card")


def _run(services: Services, run_id: str, voice: Voice) -> Html:
    return run_shown.card(services.watch.view(run_id).run, voice)


def _compared(services: Services, ids: str, voice: Voice) -> Html:
    found = services.actions.compare_runs(ids.split())
    return tag("div", run_compare.comparison(found, voice), class_="dt-card")


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


def _export(services: Services, export_id: str, voice: Voice) -> Html:
    found = next((one for one in services.watch.exports() if one.id == export_id), None)
    if found is None:
        found = services.actions.export_status(export_id)
    return export.card(found, voice)


def _certification(services: Services, certification_id: str, voice: Voice) -> Html:
    known = (one for one in services.watch.certifications() if one.id == certification_id)
    found = next(known, None) or services.actions.certification(certification_id)
    if found.proved is None:
        shown = certificate.certification(found, voice)
        return shown or tag("div", tag("p", voice("parity.cancelled")), class_="dt-card dt-quiet")
    made = found.proved.certificate_id
    return certificate.card(
        services.watch.lasting(made, lambda: services.actions.certificate(made)), voice
    )


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
    "changes": _changes,
    "row": _row,
    "tokens": _tokens,
    "plan": _plan,
    "run": _run,
    "compared": _compared,
    "pair": _pair,
    "evaluation": _evaluation,
    "report": _report,
    "models": _models,
    "export": _export,
    "certification": _certification,
}
