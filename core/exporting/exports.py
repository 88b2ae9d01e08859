"""Exports, each in its own process: checked, started, watched, cancelled, deleted."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from core.certificates import certifications, store
from core.certificates.source import Source, template_of
from core.data.jobs import end_program, run_program, state_of
from core.disk import last_record, write_atomic
from core.errors import RunError
from core.exporting import gguf, pushing, room, writing
from core.exporting.carrying import blocked, find_source
from core.exporting.records import Export, ExportFolder, ExportProgress, ExportRequest, Made, aside
from core.serving.engines import Engines
from core.settings import Settings
from core.training.library import folder_name
from core.trash import discard
from core.workspace import Workspace

PROGRAM = "core.exporting.export_program"
LOST = "The export ended without a word."


def start(workspace: Workspace, settings: Settings, request: ExportRequest) -> Export:
    """Check that an export can be made, then start it.

    Raises RunError, ModelError or WorkspaceError when it can't: nothing is left behind then.
    """
    found = find_source(workspace, settings, request)
    check(settings, found, request)
    folder = ExportFolder(workspace.export(request.id))
    write_atomic(folder.request, request.model_dump_json(indent=1))
    run_program(PROGRAM, workspace, folder, certifications.environment(settings))
    return status(workspace, request.id)


def check(settings: Settings, found: Source, request: ExportRequest) -> None:
    """See what can be seen beforehand; raises what `start` raises."""
    if request.content == "adapter":
        writing.need_adapter(found)
    certificate = store.newest(found.home)
    if certificate is not None and certificate.verdict == "red" and not request.override:
        raise blocked(certificate)
    if request.kind == "gguf":
        gguf.converter(settings)
    if request.kind == "hub" and request.hub is not None:
        pushing.check(settings, request.hub)
    target = request.directory / request.name
    if target.exists():
        raise RunError(
            "There is something already where the export should stand.",
            str(target),
            "Move it away, or give another folder with --dir.",
        )
    room.need(found, request.kind, request.content, request.gguf_type, request.directory)
    template_of(found)


def name_of(text: str, kind: str) -> str:
    """What the folder or file of an export is called."""
    return folder_name(text) + (".zip" if kind == "zip" else "")


def status(workspace: Workspace, export_id: str) -> Export:
    """How an export stands. Raises RunError when there is none of this name."""
    folder = ExportFolder(workspace.export(export_id))
    try:
        request = ExportRequest.model_validate_json(folder.request.read_bytes())
    except (OSError, ValidationError) as error:
        raise RunError(
            "There is no such export.", export_id, "`duotune exports` lists them."
        ) from error
    state, result = state_of(folder, LOST)
    seen = last_record(folder.progress, ExportProgress) or ExportProgress(phase="starting")
    made = _made(folder)
    certificate = store.newest(folder.root)
    return Export(
        id=export_id,
        request=request,
        status=state,
        phase=seen.phase,
        told=seen.told if state == "running" else "",
        done=seen.done,
        total=seen.total,
        made=made if state == "done" else None,
        certificate_id=certificate.id if certificate else "",
        **(result.model_dump(include={"problem", "where", "fix"}) if result else {}),
    )


def _made(folder: ExportFolder) -> Made | None:
    with suppress(OSError, ValidationError):
        return Made.model_validate_json(folder.made.read_bytes())
    return None


def exports(workspace: Workspace, source_id: str | None = None) -> tuple[Export, ...]:
    """All readable exports, newest first; of one run or library entry where that is named."""
    found = []
    for path in workspace.exports.glob("exp-*"):
        with suppress(RunError, OSError):
            found.append(status(workspace, path.name))
    chosen = [one for one in found if source_id in (None, one.request.source_id)]
    return tuple(sorted(chosen, key=lambda one: (one.request.created, one.id), reverse=True))


def cancel(workspace: Workspace, settings: Settings, export_id: str) -> Export:
    """End an export; nothing of it stays. Nothing happens to one that has ended."""
    export = status(workspace, export_id)
    if export.status == "running":
        end_program(ExportFolder(workspace.export(export_id)))
        _clear(workspace, settings, export)
    return status(workspace, export_id)


def _clear(workspace: Workspace, settings: Settings, export: Export) -> None:
    """Remove what a killed program leaves: its draft, and an engine that serves it."""
    draft, engines = aside(export.request), Engines(workspace, settings)
    for engine in engines.living():
        if Path(engine.model_path).is_relative_to(draft):
            engines.stop(engine)
    shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(ExportFolder(workspace.export(export.id)).work, ignore_errors=True)


def delete(workspace: Workspace, settings: Settings, export_id: str) -> Export:
    """Remove an export with its record; of one outside of the workspace, the record alone.

    Returns it as it was. Raises RunError while it is being made.
    """
    export = status(workspace, export_id)
    if export.status == "running":
        raise RunError("This export is being made.", export_id, "Cancel it first.")
    _clear(workspace, settings, export)
    root = workspace.export(export_id)
    discard(workspace, root)
    return export


def made_folder(workspace: Workspace, export_id: str) -> Path:
    """Where a finished export's folder stands. Raises RunError when there is none."""
    export = status(workspace, export_id)
    path = Path(export.made.path) if export.made and export.made.path else None
    if path is None or not path.is_dir() or export.request.kind == "gguf":
        raise RunError(
            "This export has no folder that could be looked at.",
            export_id,
            "Export it as adapter or merged.",
        )
    return path
