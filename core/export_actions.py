"""The verbs about exports: what `core.actions.Actions` offers of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.certificate_actions import CertificateActions
from core.certificates import source
from core.certificates.certify import Wish
from core.certificates.source import Source
from core.errors import DuotuneError, RunError
from core.exporting import exports, offers, snippets
from core.exporting.offers import Offer
from core.exporting.records import (
    Content,
    DataFact,
    Export,
    ExportRequest,
    Figure,
    GgufType,
    HubTarget,
    Kind,
    ReportFact,
)
from core.exporting.snippets import Snippets
from core.identifiers import new_id, now
from core.messages import Record
from core.serving.records import Endpoint
from core.training import share
from core.training.records import Run
from eval import evaluations
from eval.judge import trust
from eval.records import Estimate, Report


class ExportChoices(Record):
    """What a person can choose of an export."""

    content: Content | None = None
    """What a zip, a hub or a GGUF file is to hold; None takes what the run made."""
    directory: Path | None = None
    """Where it is to stand; None is a folder of the workspace."""
    name: str | None = None
    gguf_type: GgufType = "f16"
    hub: HubTarget | None = None
    override: str = ""
    """Who takes it out although its certificate is red."""
    data_licence: str = ""
    wish: Wish = Wish()


@dataclass(frozen=True)
class ExportActions(CertificateActions):
    """The verbs that take a finished model out of the workspace."""

    # -- exports ------------------------------------------------------------------------------

    def start_export(self, name: str, kind: Kind, choices: ExportChoices | None = None) -> Export:
        """Start exporting a run, by its id, or a model of the library, by its name.

        Raises RunError, ModelError or WorkspaceError when that can't be done.
        """
        chosen, found = choices or ExportChoices(), source.find(self.workspace, self.settings, name)
        export_id = new_id("exp")
        request = ExportRequest(
            id=export_id,
            kind=kind,
            content=_content(kind, chosen.content, found),
            source=found.kind,
            source_id=found.id,
            name=exports.name_of(chosen.name or _file_name(found, kind, chosen), kind),
            directory=(chosen.directory or self.workspace.export(export_id)).absolute(),
            gguf_type=chosen.gguf_type,
            hub=_target(kind, chosen.hub),
            override=chosen.override.strip(),
            wish=self._wish(chosen.wish),
            data=self._data_fact(found, chosen.data_licence),
            reports=self._report_facts(found.run_id),
            created=now(),
        )
        return exports.start(self.workspace, self.settings, request)

    def export_offers(self, name: str) -> tuple[Offer, ...]:
        """What a run's model, or one of the library, can be exported as, and what that takes.

        Raises RunError or ModelError where it can't be exported at all.
        """
        found = source.glance(self.workspace, self.settings, name)
        return offers.offers(self.settings, found, self.workspace.exports)

    def exports(self, name: str | None = None) -> tuple[Export, ...]:
        """All exports, newest first; of one run or model of the library where that is named."""
        return exports.exports(self.workspace, name)

    def export_status(self, export_id: str) -> Export:
        """How an export stands. Raises RunError when there is none of this name."""
        return exports.status(self.workspace, export_id)

    def cancel_export(self, export_id: str) -> Export:
        """End an export; nothing of it stays."""
        return exports.cancel(self.workspace, self.settings, export_id)

    def delete_export(self, export_id: str) -> Export:
        """Remove an export, its files in the workspace included; returns it as it was.

        Raises RunError while it is being made.
        """
        return exports.delete(self.workspace, self.settings, export_id)

    # -- what must stay meanwhile -------------------------------------------------------------

    def delete_run(self, run_id: str) -> Run:
        """Remove a run with all its files; returns it as it was.

        Raises RunError while it is live, served, exported or certified, or another live run begins
        with its model.
        """
        self._need_idle(run_id, self.run(run_id).run.plan.name)
        return super().delete_run(run_id)

    def _is_needed(self, run: Run) -> bool:
        return super()._is_needed(run) or bool(self._reading(run.id))

    def _need_idle(self, name: str, title: str) -> None:
        """Raises RunError while a model, by its run's id or its name, is exported or certified."""
        if going := self._reading(name):
            raise RunError(
                f"'{title}' is being exported or certified, so it can't be deleted.",
                going[0],
                "Wait for that, or cancel it.",
            )

    def _reading(self, name: str) -> list[str]:
        """Exports and certifications that read a model right now, by id."""
        exported = [one.id for one in self.exports(name) if one.status == "running"]
        certified = [
            one.id
            for one in self.certifications()
            if one.request.name == name and one.status == "running"
        ]
        return exported + certified

    # -- calling ------------------------------------------------------------------------------

    def snippet(self, endpoint: Endpoint, question: str = snippets.QUESTION) -> Snippets:
        """How to call what is served, from Python and with curl; holds no key."""
        return snippets.openai(
            endpoint.base_url,
            endpoint.model,
            endpoint.stop_token_ids,
            endpoint.template_kwargs,
            question,
        )

    # -- facts --------------------------------------------------------------------------------

    def _data_fact(self, found: Source, licence: str) -> DataFact | None:
        plan = found.plan
        if plan is None:
            return None
        known = DataFact(
            dataset_id=plan.dataset_id,
            name="",
            split_fingerprint=plan.split_fingerprint,
            licence=licence,
        )
        try:
            dataset, split = self.dataset(plan.dataset_id), self.split(plan.dataset_id)
            split = share.taken(plan, split, self.examples(plan.dataset_id))
        except DuotuneError:  # it was deleted, and the plan is all that remembers it
            return known
        return known.model_copy(
            update={
                "name": dataset.name,
                "train": len(split.train),
                "validation": len(split.validation),
                "test": len(split.test),
                "languages": dataset.summary.languages,
                "source_sha256": dataset.source_sha256,
            }
        )

    def _report_facts(self, run_id: str) -> tuple[ReportFact, ...]:
        facts = []
        for one in evaluations.list_evaluations(self.workspace) if run_id else ():
            if one.request.run_id == run_id and one.status == "succeeded":
                facts.append(_fact(evaluations.load_report(self.workspace, one.id)))
        return tuple(facts)


def _fact(report: Report) -> ReportFact:
    named = {
        trust.marked(one.name or one.text, one.kind, report.judging): one.estimate
        for one in report.criteria
    }
    figures = [_figure("rubric score", report.score)]
    figures += [_figure(name, estimate) for name, estimate in named.items()]
    return ReportFact(
        report_id=report.id,
        created=report.created,
        verdict=report.verdict.sentence,
        rubric=report.rubric_id,
        figures=tuple(figures),
    )


def _figure(name: str, estimate: Estimate) -> Figure:
    return Figure(
        name=name,
        base=estimate.base,
        tuned=estimate.tuned,
        difference=estimate.difference,
        low=estimate.low,
        high=estimate.high,
        pairs=estimate.pairs,
    )


def _content(kind: Kind, chosen: Content | None, found: Source) -> Content:
    """What an export holds; raises RunError for what does not go together."""
    if kind in ("adapter", "merged"):
        return "adapter" if kind == "adapter" else "merged"
    if kind == "gguf":
        if chosen == "adapter":
            raise RunError("A GGUF file holds a whole model.", fix="Leave --content out.")
        return "merged"
    return chosen or offers.content_of(kind, found)


def _target(kind: Kind, given: HubTarget | None) -> HubTarget | None:
    if kind == "hub" and given is None:
        raise RunError("A hub needs a name for the repository.", fix="Add --repo owner/name.")
    return given if kind == "hub" else None


def _file_name(found: Source, kind: Kind, chosen: ExportChoices) -> str:
    """Such as `my-run-merged`."""
    return f"{found.name}-{_content(kind, chosen.content, found)}"


__all__ = ["ExportActions", "ExportChoices", "Wish"]
