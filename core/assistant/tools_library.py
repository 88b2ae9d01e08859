"""Tools for the model library: what is kept, an import, exports, and the proof of a model.

What copies much or takes minutes waits for the person, as in `tools_training`.
"""

from __future__ import annotations

from pathlib import Path

from pydantic_ai import ApprovalRequired

from core.assistant import results_library
from core.assistant.library_said import ExportKind
from core.assistant.results_library import (
    CertificationSeen,
    ExportsSeen,
    ModelImported,
    ShelfSeen,
)
from core.assistant.tool_basics import Context, finished, pick_run, told
from core.assistant.turn import Turn

TOLD_EXPORTS = 5


@told
def show_shelf(ctx: Context) -> ShelfSeen:
    """The person's own tuned models that are kept, with where each comes from."""
    return results_library.shelf_seen(ctx.deps.actions.shelf())


@told
def import_model(
    ctx: Context, folder: str, base_model: str | None = None, name: str | None = None
) -> ModelImported:
    """Copy an adapter or whole model made elsewhere into the library. It waits for approval.

    Args:
        folder: The folder or zip archive on this machine, as the person wrote it.
        base_model: Of an adapter, the model it belongs to; left out, what its files say.
        name: What to call it; left out, the folder's name.
    """
    actions = ctx.deps.actions
    if not ctx.tool_call_approved:
        found = actions.look_at_import(Path(folder), base_model)  # raises why it can't be used
        given = {"folder": folder, "base_model": base_model, "name": name}
        raise ApprovalRequired({"arguments": given, "warnings": found.remarks})
    return results_library.imported(actions.import_model(Path(folder), base_model, name))


@told
def start_export(ctx: Context, kind: ExportKind, model: str | None = None) -> ExportsSeen:
    """Export a tuned model with its template, lineage and certificate. It waits for approval.

    Args:
        kind: adapter, merged (a whole model), gguf (for Ollama and llama.cpp), or zip.
        model: A run's id or name, or a name in the library; left out, the newest finished run.
    """
    turn = ctx.deps
    name, shown = model_of(turn, model)
    if not ctx.tool_call_approved:
        turn.actions.lineage(name)  # raises when it is not there
        raise ApprovalRequired({"arguments": {"kind": kind, "model": name}})
    started = turn.actions.start_export(name, kind)
    turn.show("export", started.id)
    return results_library.exports_seen((started,), {name: shown}, started=True)


@told
def show_exports(ctx: Context) -> ExportsSeen:
    """How exports stand, newest first."""
    actions = ctx.deps.actions
    names = {run.id: run.plan.name for run in actions.runs()}
    return results_library.exports_seen(actions.exports()[:TOLD_EXPORTS], names)


@told
def certify(ctx: Context, model: str | None = None) -> CertificationSeen:
    """Start proving that what is served is what was trained; takes minutes. It waits for approval.

    Args:
        model: A run's id or name, or a name in the library; left out, the newest finished run.
    """
    turn = ctx.deps
    name, shown = model_of(turn, model)
    if not ctx.tool_call_approved:
        turn.actions.certificates(name)  # raises when there is nothing to prove it by
        raise ApprovalRequired({"arguments": {"model": name}})
    started = turn.actions.start_certification(name)
    turn.show("certification", started.id)
    return results_library.certification_seen(started, shown)


def model_of(turn: Turn, given: str | None) -> tuple[str, str]:
    """What the verbs call a model, and what a person calls it.

    Raises RunError when there is no such one.
    """
    if given is not None:
        for one in turn.actions.library():
            if one.entry.name.casefold() == given.strip().casefold():
                return one.entry.name, one.entry.name
    found = pick_run(turn, given, finished, "finished")
    return found.id, found.plan.name
