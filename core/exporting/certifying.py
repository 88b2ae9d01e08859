"""Certify a model or one of its exports; an export's own card then tells what was found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core.certificates import certify as certificates
from core.certificates import source as sources
from core.certificates.certify import Exported, Wish
from core.certificates.records import Certificate
from core.certificates.source import Source
from core.disk import write_atomic
from core.exporting import card, exports, lineage, writing
from core.exporting.card import Described
from core.exporting.carrying import terms_of
from core.exporting.records import Export, ExportFolder
from core.serving.engines import Engines

Say = Callable[[str], None]


def certify(
    engines: Engines, name: str, export_id: str | None, wish: Wish, say: Say
) -> Certificate:
    """Measure a run's model, one of the library, or an export of it, on every way it is used.

    Raises RunError or ModelError when it can't be read; ServingError when an engine stays.
    """
    workspace = engines.workspace
    found = sources.find(workspace, engines.settings, name)
    if export_id is None:
        return certificates.certify_run(engines, found, wish, say)
    folder = exports.made_folder(workspace, export_id)
    home = workspace.export(export_id)
    exported = Exported(id=export_id, folder=folder, home=home)
    made = certificates.certify_export(engines, found, exported, wish, say)
    say("Writing the card.")
    describe(engines, found, exports.status(workspace, export_id), made)
    return made


def describe(engines: Engines, found: Source, export: Export, made: Certificate) -> None:
    """Write a finished export's card and record again, with what a later certificate says."""
    if export.made is None:
        return
    folder, terms = Path(export.made.path), terms_of(found, engines.settings)
    told = Described(found, export.request, made, terms, writing.legal_names(found))
    write_atomic(folder / writing.CARD, card.text(told))
    lineage.write(folder, found, export.request, made, export.made.made_at)
    changed = {
        "certificate_id": made.id, "verdict": made.verdict, "files": lineage.hashes(folder)
    }  # fmt: skip
    place = ExportFolder(engines.workspace.export(export.id)).made
    write_atomic(place, export.made.model_copy(update=changed).model_dump_json(indent=1))
