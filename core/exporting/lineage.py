"""duotune.json: where an exported model comes from, by names and hashes, for whoever gets it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.certificates.records import Certificate
from core.certificates.source import Source
from core.disk import sha256_file, write_atomic
from core.exporting.records import DataFact, ExportRequest, ReportFact
from core.messages import Record

NAME = "duotune.json"
FORMAT = 1


class Overridden(Record):
    """A red certificate that a person took responsibility for."""

    by: str
    certificate_id: str
    causes: tuple[str, ...]


class Lineage(Record):
    """Data version -> plan -> run -> evaluations -> export."""

    format: int = FORMAT
    export_id: str
    exported_at: str
    content: str
    """`adapter`, or `merged` for a whole model."""
    data: DataFact | None
    plan: dict[str, Any]
    """Empty for a model made elsewhere."""
    imported_from: str = ""
    """"" for a model that was trained here."""
    run_id: str
    base_model: str
    base_revision: str | None
    template_sha256: str
    stop_token_ids: tuple[int, ...]
    chat_template_kwargs: dict[str, Any]
    evaluations: tuple[ReportFact, ...]
    certificate: Certificate
    override: Overridden | None
    files: dict[str, str]
    """SHA-256 of every file beside this one, by name."""
    versions: dict[str, str]


def write(
    folder: Path, source: Source, request: ExportRequest, certificate: Certificate, at: str
) -> Lineage:
    """Write the record into an export's folder, once all its other files are there."""
    plan: dict[str, Any] = {}
    if source.plan:
        plan = source.plan.model_dump(mode="json", exclude={"base_model", "hardware"})
        plan["base_model"] = source.base.shown_name
    made = Lineage(
        export_id=request.id,
        exported_at=at,
        content=request.content,
        data=request.data,
        plan=plan,
        imported_from=Path(source.imported_from).name,
        run_id=source.run_id,
        base_model=source.base.shown_name,
        base_revision=source.base.revision,
        template_sha256=source.parity.template_sha256,
        stop_token_ids=source.parity.stop_token_ids,
        chat_template_kwargs=source.parity.chat_template_kwargs,
        evaluations=request.reports,
        certificate=certificate.model_copy(update={"answers": ()}),
        override=overridden(request, certificate),
        files=hashes(folder),
        versions=certificate.versions,
    )
    write_atomic(folder / NAME, made.model_dump_json(indent=1))
    return made


def overridden(request: ExportRequest, certificate: Certificate) -> Overridden | None:
    """Who answers for a red certificate; None when it is not red, or became so only later."""
    if certificate.verdict != "red" or not request.override:
        return None
    return Overridden(by=request.override, certificate_id=certificate.id, causes=certificate.causes)


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder but the lineage itself, by name."""
    return {
        path.relative_to(folder).as_posix(): sha256_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != NAME
    }
