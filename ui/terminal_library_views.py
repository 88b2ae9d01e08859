"""Pure: the model library, its entries and their lineage, as tables and lines for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from core.library_actions import Deletion, Shelved
from core.training.library import Kept
from core.training.library_edit import KeptComparison
from ui.present import library as present
from ui.present import lineage, numbers
from ui.words import Voice

VOICE = Voice("en")
NOT_KNOWN = "not known"


def shelf_view(found: Sequence[Shelved], unreadable: Sequence[Path]) -> RenderableType:
    """All models with their lineage, and folders that can't be read."""
    told = [Text(f"This folder can't be read: {path}", style="yellow") for path in unreadable]
    if not found:
        empty = "The library is empty. `duotune keep RUN` puts a model in."
        return Group(Text(empty), *told)
    parts: list[RenderableType] = []
    for one in found:
        entry = one.kept.entry
        marks = [] if one.kept.is_whole else ["damaged"]
        marks += ["served"] if one.is_served else []
        head = " ".join([entry.name, *(f"({mark})" for mark in marks)])
        facts = f"  {entry.base_model or NOT_KNOWN}, {_megabytes(entry.bytes)}, "
        parts.append(Text(head, style="bold").append(f"{facts}kept {entry.kept_at[:10]}", "dim"))
        parts.append(Text(f"  {lineage.line(one.lineage, VOICE)}"))
        parts += [Text(f"  {entry.note}", style="italic")] if entry.note else []
        parts.append(Text(f"  {one.kept.folder}", "dim", overflow="fold"))
    return Group(*parts, *told)


def entry_view(found: Shelved) -> RenderableType:
    """Everything of one model."""
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in _facts(found):
        table.add_row(Text(name, style="dim"), Text(value, overflow="fold"))
    remarks = [Text(remark, style="yellow") for remark in found.kept.entry.remarks]
    damaged = [] if found.kept.is_whole else [Text("Files of it are missing.", style="bold red")]
    chain = Text(lineage.line(found.lineage, VOICE))
    return Group(Text(found.kept.entry.name, style="bold"), chain, *damaged, *remarks, table)


def _facts(found: Shelved) -> list[tuple[str, str]]:
    entry, seen = found.kept.entry, found.lineage
    facts = [
        ("Base model", entry.base_model or NOT_KNOWN),
        ("Holds", "adapter" if entry.model_folder == "adapter" else "whole model"),
        ("Size", _megabytes(entry.bytes)),
        ("Kept", entry.kept_at),
        ("Kept for", present.retention(seen, VOICE)),
        ("Folder", f"{found.kept.folder}/{entry.model_folder}"),
    ]
    facts += [("Imported from", entry.imported_from)] if entry.imported_from else []
    if seen.data is not None:
        made_from = f", made from {seen.data.parent}" if seen.data.parent else ""
        facts.append(("Data", f"{seen.data.name or NOT_KNOWN} ({seen.data.id}){made_from}"))
    if seen.run is not None:
        facts.append(("Run", f"{seen.run.name} ({seen.run.id})"))
    facts += [("Evaluation", f"{one.report_id}: {one.verdict}") for one in seen.evaluations]
    for made in seen.certificates:
        of = f" of {made.export_id}" if made.export_id else ""
        facts.append(("Certificate", f"{made.id}{of}: {made.verdict}, {made.made_at}"))
    for export in seen.exports:
        where = f", {export.place}" if export.place else ""
        facts.append(("Export", f"{export.id}: {export.kind}, {export.status}{where}"))
    facts += [("Note", entry.note)] if entry.note else []
    return facts


def imported_view(kept: Kept) -> RenderableType:
    """What was imported, and what must be known of it."""
    entry = kept.entry
    head = f"Imported as '{entry.name}': {kept.folder}"
    base = f"Base model: {entry.base_model or NOT_KNOWN}"
    go_on = f"Try it: duotune serve library:{entry.name}"
    remarks = [Text(remark, style="yellow") for remark in entry.remarks]
    return Group(Text(head), Text(base), *remarks, Text(go_on, style="dim"))


def comparison_view(found: KeptComparison) -> RenderableType:
    """Two models, field by field; what differs stands out."""
    table = Table("", *(Column(Text(name), overflow="fold") for name in found.names))
    for fact in found.facts:
        style = "" if fact.is_same else "bold"
        values = [Text(_value(fact.field, value), style) for value in fact.values]
        table.add_row(fact.field.replace("_", " "), *values)
    table.add_section()
    for row in found.settings:
        values = [Text(_value(row.field, value), "bold") for value in (row.before, row.after)]
        table.add_row(row.field, *values)
    return Group(table, *(Text(line) for line in _said(found)))


def _said(found: KeptComparison) -> list[str]:
    told = ["They are the same model, byte by byte."] if found.same_files else []
    if not found.has_plans:
        told.append("One of them has no plan, so their settings can't be compared.")
    elif not found.settings:
        told.append("All settings that decide what is trained are the same.")
    if not found.same_data:
        told.append("They were not trained on the same data and split: their losses don't compare.")
    return told


def deletion_lines(going: Deletion) -> list[str]:
    """What goes with a model, a line each."""
    return present.deletion_lines(going, VOICE)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _value(field: str, value: Any) -> str:
    if value is None:
        return NOT_KNOWN
    if field == "bytes":
        return _megabytes(value)
    if field.startswith("rubric_"):
        return numbers.points(value, VOICE)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
