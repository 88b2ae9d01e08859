"""Tables for people who don't program: CSV (or tab-separated) and Markdown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from eval.rubric.criteria import Criterion
from eval.rubric.formats.building import Builder, Notes, exported, lose
from eval.rubric.formats.sources import Path, Source
from eval.rubric.records import Converted, Exported
from eval.rubric.rubrics import Rubric

NAME_CSV, NAME_MARKDOWN = "a table (CSV)", "a Markdown table"
TEXTS = ("text", "criterion", "requirement", "description", "准则", "要求")
POINTS = ("points", "weight", "score", "分值", "权重")
OTHERS = ("id", "name", "kind", "tags", "gate", "applies_to", "example", "draft", "headline")
ASIS, MARKS = ("name", "kind", "applies_to"), ("draft", "headline")
PLAIN = ("check", "anchors")
"""Cells that hold JSON."""
YES = {"true": True, "yes": True, "1": True, "x": True, "false": False, "no": False, "0": False}
COLUMNS = ("example", "id", "name", "text", "kind", "points", "gate", "tags", "applies_to",
           "draft", "headline", "check", "anchors")  # fmt: skip


def fits(source: Source) -> bool:
    """Rows of a table of which one column is a criterion's text."""
    return source.container in ("csv", "markdown") and any(t in source.columns for t in TEXTS)


def read(source: Source) -> Converted:
    """One criterion a row; columns of numbers alone are the levels of a scale."""
    in_csv = source.container == "csv"
    name = NAME_CSV if in_csv else NAME_MARKDOWN
    builder = Builder(source, "csv" if in_csv else "markdown", name)
    known = {*TEXTS, *POINTS, *OTHERS, *PLAIN, *(c for c in source.columns if c.isdecimal())}
    for column in source.columns:
        if column not in known:
            builder.notes.add(
                f"The column `{column}` was left out: it is not known here.",
                f"略去列 `{column}`：此处不认识它。",
            )
    rows: dict[str, list[Criterion | None]] = {}
    shared = [n for n, row in enumerate(source.value) if not row.get("example")]
    own = [n for n, row in enumerate(source.value) if row.get("example")]
    for n in shared:
        builder.shared += [c for c in [_criterion(builder, (n,), source.value[n])] if c]
    for n in sorted(own, key=lambda n: source.value[n]["example"]):
        example = source.value[n]["example"]
        if example not in rows:
            builder.start_example()
        rows.setdefault(example, []).append(_criterion(builder, (n,), source.value[n]))
    for example, criteria in rows.items():
        builder.example((), example, criteria)
    return builder.finish()


def _criterion(builder: Builder, path: Path, row: Mapping[str, str]) -> Criterion | None:
    fields: dict[str, Any] = {key: row[key] for key in ASIS if row.get(key)}
    fields["text"] = next((row[t] for t in TEXTS if row.get(t)), "")
    points = next((row[p] for p in POINTS if row.get(p)), None)
    if points is not None:
        fields["points"] = _points(points)
    anchors = {key: text for key, text in row.items() if key.isdecimal() and text}
    if anchors:
        fields["anchors"], fields["kind"] = anchors, "scale"
    if row.get("tags"):
        fields["tags"] = [tag.strip() for tag in row["tags"].replace("；", ";").split(";")]
    if row.get("gate"):
        fields["gate"] = _gate(row["gate"])
    fields |= {key: YES.get(row[key].lower(), row[key]) for key in MARKS if row.get(key)}
    for key in (key for key in PLAIN if row.get(key)):
        try:
            fields[key] = json.loads(row[key])
        except (ValueError, RecursionError):
            builder.source.complain((*path, key), "this cell is not JSON.")
            return None
    if "check" in fields:
        fields.setdefault("kind", "check")
    return builder.criterion(path, row.get("id", ""), **fields)


def _gate(cell: str) -> Any:
    """`fail`, `none`, or the number of a cap."""
    text = cell.lower().removeprefix("cap").strip(" :=")
    try:
        return {"cap": float(text)}
    except ValueError:
        return text


def _points(cell: str) -> float | str:
    """A number, also with the minus sign of typography; what is none stays as it is."""
    try:
        return float(cell.replace("−", "-").replace("＋", "+"))
    except ValueError:
        return cell


def write_csv(rubric: Rubric) -> Exported:
    """Every criterion in a row, with every setting that any of them has in a column."""
    notes, columns, rows = _table(rubric)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[row[c] for c in columns] for row in rows])
    return exported("csv", out.getvalue(), notes)


def write_markdown(rubric: Rubric) -> Exported:
    """The same as a Markdown table; lines within a text become spaces."""
    notes, columns, rows = _table(rubric)
    broken = sum("\n" in cell for row in rows for cell in row.values())
    if broken:
        notes.add(
            "{n} cells lose their line breaks.", "{n} 个单元格丢失换行。", broken
        )  # fmt: skip
    lines = [_line(columns), _line(["---"] * len(columns))]
    lines += [_line([row[c] for c in columns]) for row in rows]
    return exported("markdown", "\n".join(lines), notes)


def _line(cells: Any) -> str:
    return "| " + " | ".join(" ".join(c.split()).replace("|", "\\|") for c in cells) + " |"


def _table(rubric: Rubric) -> tuple[Notes, list[str], list[dict[str, str]]]:
    """Notes, the columns that are of use, and the rows."""
    notes = Notes()
    lose(notes, "pass_mark", rubric.pass_mark is not None)
    if rubric.title or rubric.note or rubric.language:
        notes.add(
            "Title, note and language of the rubric are lost.", "丢失评分标准的标题、说明和语言。"
        )
    if any(example.prompt for example in rubric.examples.values()):
        notes.add(
            "The keys of prompts are lost: examples are found by their ids only.",
            "丢失提示的标识：只能按样本 id 匹配。",
        )
    rows = [_row("", c) for c in rubric.criteria]
    rows += [_row(name, c) for name, e in rubric.examples.items() for c in e.criteria]
    columns = [c for c in COLUMNS if c in ("id", "text", "points") or any(r[c] for r in rows)]
    return notes, columns, rows


def _row(example: str, c: Criterion) -> dict[str, str]:
    plain = c.model_dump(mode="json", by_alias=True, exclude_none=True)
    gate = plain.get("gate", "")
    return {
        "example": example,
        "id": c.id,
        "name": c.name,
        "text": c.text,
        "kind": c.kind if c.kind != "judge" else "",
        "points": f"{c.points:g}" if float(f"{c.points:g}") == c.points else repr(c.points),
        "gate": f"{gate['cap']:g}" if isinstance(gate, dict) else gate,
        "tags": "; ".join(c.tags),
        "applies_to": plain.get("applies_to", ""),
        "draft": "yes" if c.draft else "",
        "headline": "yes" if c.headline else "",
        "check": json.dumps(plain["check"], ensure_ascii=False) if c.check else "",
        "anchors": json.dumps(plain["anchors"], ensure_ascii=False) if c.anchors else "",
    }
