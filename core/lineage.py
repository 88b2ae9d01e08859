"""Lineage: where a tuned model comes from and what came of it, read anew from disk each time.

Data version -> plan -> run -> evaluations -> certificates -> exports, of a run or of a model in
the library.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from core.certificates import store
from core.certificates.records import Certificate, Verdict
from core.data.records import Dataset
from core.exporting.records import Export
from core.messages import Record
from core.training.library import Kept, LibraryEntry
from core.training.library_edit import plan_of
from core.training.plan import TrainingPlan
from core.training.records import EvaluationFact, Run
from core.workspace import Workspace


class DataStep(Record):
    """The dataset version that was trained on."""

    id: str
    name: str
    """"" where it was deleted and nobody noted its name."""
    split_fingerprint: str
    parent: str | None = None
    """The version that it was made from."""
    is_here: bool


class PlanStep(Record):
    """The choices of the plan that decide most."""

    base_model: str
    revision: str | None
    method: str
    objective: str
    rank: int | None
    """None for full fine-tuning."""
    epochs: float
    max_steps: int | None


class RunStep(Record):
    """The run, as it stands now."""

    id: str
    name: str
    status: str
    """`deleted` when its folder is gone."""
    best_loss: float | None
    clears_at: str | None = None
    """When its weights and log are cleared away; None when they are not."""


class CertificateStep(Record):
    """What was proven, of the model itself or of one of its exports."""

    id: str
    verdict: Verdict
    made_at: str
    export_id: str = ""
    """"" for one of the model itself."""


class ExportStep(Record):
    """A model that left the workspace, or is on its way."""

    id: str
    kind: str
    status: str
    place: str
    """Its folder, file or address; "" while there is none."""
    verdict: Verdict | None


class Lineage(Record):
    """A model with all that it comes from and all that was made of it."""

    subject: Literal["run", "library"]
    name: str
    """The run's id, or the name in the library."""
    origin: Literal["trained", "imported"]
    imported_from: str = ""
    data: DataStep | None = None
    plan: PlanStep | None = None
    """None for a model that was imported, or whose plan can't be read."""
    run: RunStep | None = None
    evaluations: tuple[EvaluationFact, ...] = ()
    certificates: tuple[CertificateStep, ...] = ()
    """Newest first, those of exports after those of the model itself."""
    exports: tuple[ExportStep, ...] = ()
    """Newest first."""
    kept_as: tuple[str, ...] = ()
    """Names in the library under which the same run's model is kept."""


class Known(NamedTuple):
    """What the workspace has, looked up once for any number of models."""

    workspace: Workspace
    exports: Sequence[Export]
    runs: Sequence[Run]
    datasets: dict[str, Dataset]
    evaluations: dict[str, tuple[EvaluationFact, ...]]
    """By the run's id."""


def of_run(known: Known, run: Run) -> Lineage:
    """The lineage of a run; exports of what the library keeps of it count for that."""
    exports = [
        one for one in known.exports
        if (one.request.source, one.request.source_id) == ("run", run.id)
    ]  # fmt: skip
    return Lineage(
        subject="run",
        name=run.id,
        origin="trained",
        data=_data(known, run.plan.dataset_id, "", run.plan.split_fingerprint),
        plan=_plan(run.plan),
        run=_run(run),
        evaluations=known.evaluations.get(run.id, ()),
        certificates=_certificates(known, known.workspace.run(run.id).root, exports),
        exports=tuple(map(_export, exports)),
        kept_as=run.kept_as,
    )


def of_kept(known: Known, kept: Kept) -> Lineage:
    """The lineage of a model in the library, also of one whose run or data is gone."""
    entry, plan = kept.entry, plan_of(kept)
    run = next((one for one in known.runs if entry.run_id and one.id == entry.run_id), None)
    exports = exports_of(known.exports, entry)
    return Lineage(
        subject="library",
        name=entry.name,
        origin=entry.origin,
        imported_from=entry.imported_from,
        data=_data(known, entry.dataset_id, entry.dataset_name, entry.split_fingerprint)
        if entry.dataset_id
        else None,
        plan=_plan(plan) if plan else None,
        run=_run(run) if run else _gone(entry),
        evaluations=_all_of(known.evaluations.get(entry.run_id, ()), entry.evaluations),
        certificates=_certificates(known, Path(kept.folder), exports),
        exports=tuple(map(_export, exports)),
        kept_as=(entry.name,),
    )


def exports_of(exports: Sequence[Export], entry: LibraryEntry) -> list[Export]:
    """The exports of a model in the library, also those made under a name it had before.

    Another model may have had the name at another time, so the times must fit too.
    """
    until = {entry.name: ""} | {former.name: former.until for former in entry.formerly}
    found = []
    for one in exports:
        asked = one.request
        end = until.get(asked.source_id) if asked.source == "library" else None
        if end is None or asked.created < entry.kept_at:
            continue
        if not end or asked.created <= end:
            found.append(one)
    return found


def _all_of(
    now: tuple[EvaluationFact, ...], kept: tuple[EvaluationFact, ...]
) -> tuple[EvaluationFact, ...]:
    """The reports that are there, then those that only the library remembers."""
    here = {one.report_id for one in now}
    return (*now, *(one for one in kept if one.report_id not in here))


def _data(known: Known, dataset_id: str, name: str, fingerprint: str) -> DataStep:
    found = known.datasets.get(dataset_id)
    return DataStep(
        id=dataset_id,
        name=found.name if found else name,
        split_fingerprint=fingerprint,
        parent=found.parent if found else None,
        is_here=found is not None,
    )


def _plan(plan: TrainingPlan) -> PlanStep:
    return PlanStep(
        base_model=plan.base_model,
        revision=plan.revision,
        method=plan.method,
        objective=plan.objective,
        rank=plan.rank if plan.trains_adapter else None,
        epochs=plan.epochs,
        max_steps=plan.max_steps,
    )


def _run(run: Run) -> RunStep:
    return RunStep(
        id=run.id,
        name=run.plan.name,
        status=run.status,
        best_loss=run.result.best_loss if run.result else None,
        clears_at=run.clears_at,
    )


def _gone(entry: LibraryEntry) -> RunStep | None:
    """A run that only its model in the library remembers."""
    if not entry.run_id:
        return None
    best = entry.result.best_loss if entry.result else None
    return RunStep(id=entry.run_id, name=entry.run_name, status="deleted", best_loss=best)


def _certificates(
    known: Known, home: Path, exports: Sequence[Export]
) -> tuple[CertificateStep, ...]:
    own = certificates_in(home)
    theirs = [
        _certificate(made, one.id)
        for one in exports
        for made in store.of(known.workspace.export(one.id))
    ]
    return (*own, *theirs)


def certificates_in(home: Path) -> tuple[CertificateStep, ...]:
    """The certificates that lie with a model, newest first."""
    return tuple(_certificate(one) for one in store.of(home))


def _certificate(made: Certificate, export_id: str = "") -> CertificateStep:
    return CertificateStep(
        id=made.id, verdict=made.verdict, made_at=made.made_at, export_id=export_id
    )


def _export(export: Export) -> ExportStep:
    made = export.made
    return ExportStep(
        id=export.id,
        kind=export.request.kind,
        status=export.status,
        place=(made.url or made.path) if made else "",
        verdict=made.verdict if made else None,
    )
