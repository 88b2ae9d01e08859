"""The verbs about exports and certificates: what `core.actions.Actions` offers of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core import slots
from core.certificates import certify, source, store
from core.certificates.certify import Exported, Wish
from core.certificates.records import Certificate
from core.certificates.source import Source
from core.errors import DuotuneError, RunError
from core.exporting import exports, snippets
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
from core.models import catalog
from core.run_actions import RunActions, Say, silent
from core.serving.records import Endpoint
from eval import evaluations
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
class ExportActions(RunActions):
    """The verbs that take a finished model out of the workspace, and prove what it is."""

    # -- exports ------------------------------------------------------------------------------

    def start_export(self, name: str, kind: Kind, choices: ExportChoices | None = None) -> Export:
        """Start exporting a run, by its id, or a model of the library, by its name.

        Raises RunError, ModelError or WorkspaceError when that can't be done.
        """
        chosen, found = choices or ExportChoices(), self._source(name)
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

    # -- certificates -------------------------------------------------------------------------

    def certify(
        self, name: str, export_id: str | None = None, wish: Wish | None = None, say: Say = silent
    ) -> Certificate:
        """Measure a run, a model of the library, or an export on every way it is used.

        Raises RunError or ModelError when it can't be read; ServingError when an engine stays.
        """
        found, wanted = self._source(name), self._wish(wish or Wish())
        if export_id is None:
            return certify.certify_run(self.engines, found, wanted, say)
        folder = exports.made_folder(self.workspace, export_id)
        home = self.workspace.export(export_id)
        exported = Exported(id=export_id, folder=folder, home=home)
        return certify.certify_export(self.engines, found, exported, wanted, say)

    def certificates(self, name: str) -> tuple[Certificate, ...]:
        """The certificates of a run, a model of the library or an export, newest first."""
        if name.startswith("exp-"):
            exports.status(self.workspace, name)
            return store.of(self.workspace.export(name))
        return store.of(self._home(name))

    def certificate(self, certificate_id: str) -> Certificate:
        """One certificate. Raises RunError when there is none of this name."""
        return store.find(self.workspace, certificate_id)

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

    def _source(self, name: str) -> Source:
        if name.startswith("run-"):
            return source.of_run(self.workspace, self.settings, name)
        return source.of_library(self.workspace, self.settings, name)

    def _home(self, name: str) -> Path:
        if name.startswith("run-"):
            return self.workspace.run(name).root
        return self._source(name).home

    def _wish(self, wish: Wish) -> Wish:
        """The wish, without engines while an evaluation or a run on the GPU needs them gone."""
        if self._evaluating():
            why = "An evaluation is using the model server."
            return wish.model_copy(update={"serve": False, "why_not": why})
        if catalog.gpu_name() is None:
            return wish
        ours = slots.here()[0]
        for run in self.runs():
            if run.is_at_work and (not run.slots or ours in run.slots):
                why = f"Run '{run.plan.name}' is training on the GPU, and serving needs its memory."
                return wish.model_copy(update={"serve": False, "why_not": why})
        return wish

    def _data_fact(self, found: Source, licence: str) -> DataFact:
        plan = found.plan
        known = DataFact(
            dataset_id=plan.dataset_id,
            name="",
            split_fingerprint=plan.split_fingerprint,
            licence=licence,
        )
        try:
            dataset, split = self.dataset(plan.dataset_id), self.split(plan.dataset_id)
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
        for one in evaluations.list_evaluations(self.workspace):
            if one.request.run_id == run_id and one.status == "succeeded":
                facts.append(_fact(evaluations.load_report(self.workspace, one.id)))
        return tuple(facts)


def _fact(report: Report) -> ReportFact:
    named = {one.name or one.text: one.estimate for one in report.criteria}
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
    return chosen or ("adapter" if found.is_adapter else "merged")


def _target(kind: Kind, given: HubTarget | None) -> HubTarget | None:
    if kind == "hub" and given is None:
        raise RunError("A hub needs a name for the repository.", fix="Add --repo owner/name.")
    return given if kind == "hub" else None


def _file_name(found: Source, kind: Kind, chosen: ExportChoices) -> str:
    """Such as `my-run-merged`."""
    return f"{found.name}-{_content(kind, chosen.content, found)}"


__all__ = ["ExportActions", "ExportChoices", "Wish"]
