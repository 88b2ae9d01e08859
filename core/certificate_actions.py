"""The verbs about certificates: what `core.actions.Actions` offers of them."""

from __future__ import annotations

from dataclasses import dataclass

from core import slots
from core.certificates import certifications, source, store
from core.certificates.certifications import Certification
from core.certificates.certify import Wish
from core.certificates.records import Certificate
from core.exporting import certifying, exports
from core.models import catalog
from core.run_actions import RunActions, Say, silent


@dataclass(frozen=True)
class CertificateActions(RunActions):
    """The verbs that prove what a finished model is."""

    def certify(
        self, name: str, export_id: str | None = None, wish: Wish | None = None, say: Say = silent
    ) -> Certificate:
        """Measure a run, a model of the library, or an export on every way it is used.

        Of an export, its card and record are written again with what was found. Raises RunError or
        ModelError when it can't be read; ServingError when an engine stays.
        """
        return certifying.certify(self.engines, name, export_id, self._wish(wish or Wish()), say)

    def start_certification(
        self, name: str, export_id: str | None = None, wish: Wish | None = None
    ) -> Certification:
        """Start the same in a process of its own.

        Raises RunError or ModelError when it can't be certified, or is being certified already.
        """
        found = source.find(self.workspace, self.settings, name)
        if export_id is not None:
            exports.made_folder(self.workspace, export_id)
        wanted = self._wish(wish or Wish())
        return certifications.start(self.workspace, self.settings, found, export_id, wanted)

    def certifications(self) -> tuple[Certification, ...]:
        """All certifications that are remembered, newest first."""
        return certifications.certifications(self.workspace)

    def certification(self, certification_id: str) -> Certification:
        """How a certification stands. Raises RunError when there is none of this name."""
        return certifications.status(self.workspace, certification_id)

    def cancel_certification(self, certification_id: str) -> Certification:
        """End a certification; nothing of it stays."""
        return certifications.cancel(self.workspace, self.settings, certification_id)

    def certificates(self, name: str) -> tuple[Certificate, ...]:
        """The certificates of a run, a model of the library or an export, newest first."""
        if name.startswith("exp-"):
            exports.status(self.workspace, name)
            return store.of(self.workspace.export(name))
        if name.startswith("run-"):
            return store.of(self.workspace.run(name).root)
        return store.of(source.find(self.workspace, self.settings, name).home)

    def certificate(self, certificate_id: str) -> Certificate:
        """One certificate. Raises RunError when there is none of this name."""
        return store.find(self.workspace, certificate_id)

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
