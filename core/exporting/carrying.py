"""Make one export, from request to finished folder, file or repository; built aside throughout."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.certificates import certify, source
from core.certificates.certify import Exported
from core.certificates.records import Certificate
from core.certificates.source import Source
from core.disk import write_atomic
from core.errors import DuotuneError, RunError, disk_errors
from core.exporting import card, gguf, lineage, merge, pushing, room, writing, zipping
from core.exporting.card import Described
from core.exporting.records import ExportFolder, ExportProgress, ExportRequest, Made, Phase, aside
from core.identifiers import now
from core.models import catalog, inspection
from core.models.licences import LICENCES, LicenceTerms, stated
from core.serving.engines import Engines
from core.settings import Settings
from core.workspace import Workspace

Tell = Callable[[ExportProgress], None]


def find_source(workspace: Workspace, settings: Settings, request: ExportRequest) -> Source:
    """The model that is exported; raises RunError when it is not there any more."""
    find = source.of_run if request.source == "run" else source.of_library
    return find(workspace, settings, request.source_id)


@dataclass
class Carrier:
    """What one export program does."""

    workspace: Workspace
    settings: Settings
    folder: ExportFolder
    request: ExportRequest
    tell: Tell

    def run(self) -> Made:
        """Write, certify, describe, then hand over; nothing is left aside, however it ends.

        Raises whatever stops it: nothing is shown then under the export's own name.
        """
        draft = aside(self.request)
        found = find_source(self.workspace, self.settings, self.request)
        source.check(found)
        room.need(
            found, self.request.kind, self.request.content, self.request.gguf_type,
            self.request.directory,
        )  # fmt: skip
        try:
            with disk_errors(draft, "make the export's folder"):
                shutil.rmtree(draft, ignore_errors=True)
                draft.mkdir(parents=True)
            legal = self._write(found, draft)
            made = self._certify(found, draft)
            self._describe(found, draft, made, legal)
            return self._hand_over(found, draft, made)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
            shutil.rmtree(self.folder.work, ignore_errors=True)

    # -- writing ------------------------------------------------------------------------------

    def _write(self, found: Source, draft: Path) -> tuple[str, ...]:
        """Weights, tokenizer, template and licence texts; returns the names of the last."""
        self._say("writing", "Writing the files.")
        if self.request.content == "adapter":
            writing.adapter(found, draft)
        elif found.is_adapter:
            self._merge(found, draft)
        else:
            writing.whole(found, draft)
        writing.chat_parts(found, draft)
        return writing.legal(found, draft)

    def _merge(self, found: Source, draft: Path) -> None:
        merge.merge(found, draft, self.folder.work, lambda told: self._say("writing", told))

    # -- proof --------------------------------------------------------------------------------

    def _certify(self, found: Source, draft: Path) -> Certificate:
        """The export as its files make it; raises RunError when it is red and nobody overrides."""
        self._say("certifying", "Comparing the export with what was trained.")
        exported = Exported(
            id=self.request.id,
            folder=draft,
            home=self.folder.root,
            becomes_gguf=self.request.kind == "gguf",
        )
        made = certify.certify_export(
            Engines(self.workspace, self.settings), found, exported, self.request.wish,
            lambda told: self._say("certifying", told),
        )  # fmt: skip
        if made.verdict == "red" and not self.request.override:
            raise blocked(made)
        return made

    def _describe(
        self, found: Source, draft: Path, made: Certificate, legal: tuple[str, ...]
    ) -> None:
        self._say("describing", "Writing the card.")
        told = Described(found, self.request, made, terms_of(found, self.settings), legal)
        write_atomic(draft / writing.CARD, card.text(told))
        lineage.write(draft, found, self.request, made, now())

    # -- handing over -------------------------------------------------------------------------

    def _hand_over(self, found: Source, draft: Path, made: Certificate) -> Made:
        request = self.request
        target = request.directory / request.name
        notes: tuple[str, ...] = ()
        files = lineage.hashes(draft)
        if request.kind == "hub" and request.hub is not None:
            self._say("uploading", f"Uploading to {request.hub.repo}.", room.size(draft.rglob("*")))
            url = pushing.push(self.settings, draft, request.hub)
            return self._made("", room.size(draft.rglob("*")), files, made, url)
        if request.kind == "zip":
            self._pack(draft, target)
            return self._made(str(target), target.stat().st_size, files, made)
        if request.kind == "gguf":
            notes = self._convert(found, draft, made)
            files = lineage.hashes(draft)
        zipping.move(draft, target)
        size = room.size(target.rglob("*"))
        return self._made(str(target), size, files, made, notes=notes)

    def _pack(self, draft: Path, target: Path) -> None:
        packed = draft.with_name(f"{draft.name}.zip")
        try:
            zipping.pack(draft, packed, target.stem, self._packing)
            zipping.move(packed, target)
        finally:
            packed.unlink(missing_ok=True)

    def _packing(self, done: int, total: int) -> None:
        if done == total or done % (64 << 20) < zipping.PIECE:
            self.tell(ExportProgress(phase="packing", told="Packing.", done=done, total=total))

    def _convert(self, found: Source, draft: Path, made: Certificate) -> tuple[str, ...]:
        """One GGUF file and a Modelfile in the place of the model's weights."""
        self._say("converting", "Converting to GGUF.")
        name = f"{self.request.name}.{self.request.gguf_type}.gguf"
        target = draft / name
        self.folder.work.mkdir(parents=True, exist_ok=True)
        log = self.folder.root / "converter.txt"
        gguf.convert(self.settings, draft, target, self.request.gguf_type, log)
        for path in draft.glob("*.safetensors*"):
            path.unlink()
        notes = gguf.write_modelfile(found, draft, name)
        lineage.write(draft, found, self.request, made, now())
        return notes

    def _made(
        self,
        path: str,
        size: int,
        files: dict[str, str],
        certificate: Certificate,
        url: str = "",
        notes: tuple[str, ...] = (),
    ) -> Made:
        return Made(
            path=path,
            bytes=size,
            files=files,
            made_at=now(),
            certificate_id=certificate.id,
            verdict=certificate.verdict,
            url=url,
            notes=notes,
        )

    def _say(self, phase: Phase, told: str, total: int | None = None) -> None:
        self.tell(ExportProgress(phase=phase, told=told, total=total))


def blocked(certificate: Certificate) -> RunError:
    """Why something with a red certificate does not leave the house."""
    return RunError(
        f"Its parity certificate is red, so it was not exported. {certificate.sentence}",
        certificate.id,
        "`duotune parity RUN` shows what was measured. To export it all the same, and answer for "
        "it: --override 'your name'.",
    )


def terms_of(found: Source, settings: Settings) -> LicenceTerms:
    """The licence of the base model, from the catalog or from its own files."""
    known = catalog.facts_of(found.base_model, settings)
    if known is not None:
        return known.terms
    try:
        return inspection.inspect(found.base_model, settings, found.base.revision).terms
    except DuotuneError:
        accepted = found.plan.licence_accepted if found.plan else None
        fits = (terms for terms in LICENCES.values() if terms.name == accepted)
        return next(fits, stated({}, ""))
