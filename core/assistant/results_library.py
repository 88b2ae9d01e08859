"""What tools about the model library answer: the shelf, an import, exports, a certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from core.messages import Record

if TYPE_CHECKING:
    from core.certificates.certifications import Certification
    from core.certificates.records import Certificate
    from core.exporting.records import Export
    from core.library_actions import Shelved
    from core.training.library import Kept


class ShelfSeen(Record):
    """The models that are kept."""

    kind: Literal["shelf"] = "shelf"
    models: tuple[dict[str, Any], ...]
    """Name, base model, origin, run, data, best loss, newest rubric score, exports, note."""


class ModelImported(Record):
    """A model made elsewhere that is in the library now."""

    kind: Literal["imported"] = "imported"
    name: str
    base_model: str
    holds: Literal["adapter", "model"]
    remarks: tuple[str, ...]


class ExportsSeen(Record):
    """Exports, newest first."""

    kind: Literal["exports"] = "exports"
    exports: tuple[dict[str, Any], ...]
    """Id, kind, of, status, place, verdict, problem and fix of each."""
    started: bool = False
    """Whether the first one was started just now."""


class CertificateSeen(Record):
    """Whether what is served is what was trained."""

    kind: Literal["certificate"] = "certificate"
    id: str
    name: str
    verdict: Literal["green", "red", "not measured"]
    sentence: str
    ways: tuple[dict[str, Any], ...]
    """Way, verdict and sentence of each."""


class CertificationSeen(Record):
    """A certificate in the making, or one that could not be made."""

    kind: Literal["certification"] = "certification"
    id: str
    name: str
    problem: str = ""
    fix: str = ""


LibraryResult = ShelfSeen | ModelImported | ExportsSeen | CertificateSeen | CertificationSeen


def shelf_seen(found: tuple[Shelved, ...]) -> ShelfSeen:
    return ShelfSeen(models=tuple(map(_model, found)))


def _model(one: Shelved) -> dict[str, Any]:
    entry, seen = one.kept.entry, one.lineage
    newest = next(iter(seen.evaluations), None)
    facts = {
        "name": entry.name,
        "origin": entry.origin,
        "base_model": entry.base_model,
        "run": entry.run_name,
        "data": seen.data.name or seen.data.id if seen.data else "",
        "best_loss": entry.result.best_loss if entry.result else None,
        "base_score": newest.base if newest else None,
        "tuned_score": newest.tuned if newest else None,
        "parity": seen.certificates[0].verdict if seen.certificates else "",
        "exports": sorted({each.kind for each in seen.exports if each.status == "done"}),
        "note": entry.note,
        "is_whole": one.kept.is_whole,
        "is_served": one.is_served,
    }
    return {name: value for name, value in facts.items() if value not in ("", None, [])}


def imported(kept: Kept) -> ModelImported:
    entry = kept.entry
    return ModelImported(
        name=entry.name,
        base_model=entry.base_model,
        holds="adapter" if entry.model_folder == "adapter" else "model",
        remarks=entry.remarks,
    )


def certification_seen(found: Certification, name: str) -> CertificationSeen:
    """One by what it is of, as a person calls that."""
    return CertificationSeen(id=found.id, name=name, problem=found.problem, fix=found.fix)


def exports_seen(
    found: tuple[Export, ...], names: dict[str, str], started: bool = False
) -> ExportsSeen:
    """Exports by what they are of; `names` are those of runs by id."""
    return ExportsSeen(exports=tuple(_export(one, names) for one in found), started=started)


def _export(one: Export, names: dict[str, str]) -> dict[str, Any]:
    made = one.made
    return {
        "id": one.id,
        "kind": one.request.kind,
        "of": names.get(one.request.source_id, one.request.source_id),
        "status": one.status,
        "place": (made.url or made.path) if made else "",
        "verdict": made.verdict if made else "",
        "problem": one.problem,
        "fix": one.fix,
    }


def certificate_seen(found: Certificate) -> CertificateSeen:
    return CertificateSeen(
        id=found.id,
        name=found.name,
        verdict=found.verdict,
        sentence=found.sentence,
        ways=tuple(
            {"way": one.way, "verdict": one.verdict, "sentence": one.sentence}
            for one in found.lanes
        ),
    )
