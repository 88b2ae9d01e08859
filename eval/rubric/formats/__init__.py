"""Rubrics of other tools: read by content, written where the format can carry them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from core.errors import RubricError
from eval.rubric import rubrics
from eval.rubric.formats import (
    autoj,
    deepeval,
    flask,
    healthbench,
    openai_graders,
    paperbench,
    prometheus,
    promptfoo,
    tables,
    weighted,
)
from eval.rubric.formats.sources import Source, open_source
from eval.rubric.records import Converted, Exported, FormatName
from eval.rubric.rubrics import Rubric

__all__ = ["FORMATS", "WRITABLE", "convert", "convert_file", "export"]


class Format(NamedTuple):
    """A format, with how it is told by its content, read and written."""

    name: FormatName
    title: str
    fits: Callable[[Source], bool]
    read: Callable[[Source], Converted]
    write: Callable[[Rubric], Exported] | None


FORMATS: Sequence[Format] = (
    Format("csv", tables.NAME_CSV, lambda s: s.container == "csv" and tables.fits(s),
           tables.read, tables.write_csv),
    Format("markdown", tables.NAME_MARKDOWN, lambda s: s.container == "markdown" and tables.fits(s),
           tables.read, tables.write_markdown),
    Format("openai", openai_graders.NAME, openai_graders.fits,
           openai_graders.read, openai_graders.write),
    Format("healthbench", healthbench.NAME, healthbench.fits, healthbench.read, healthbench.write),
    Format("paperbench", paperbench.NAME, paperbench.fits, paperbench.read, paperbench.write),
    Format("promptfoo", promptfoo.NAME, promptfoo.fits, promptfoo.read, promptfoo.write),
    Format("flask", flask.NAME, flask.fits, flask.read, flask.write),
    Format("prometheus", prometheus.NAME, prometheus.fits, prometheus.read, prometheus.write),
    Format("deepeval", deepeval.NAME, deepeval.fits, deepeval.read, deepeval.write),
    Format("rar", weighted.NAME_RAR, weighted.fits_rar, weighted.read_rar, weighted.write_rar),
    Format("weighted", weighted.NAME, weighted.fits, weighted.read, weighted.write),
    Format("autoj", autoj.NAME, autoj.fits, autoj.read, None),
)  # fmt: skip
"""In the order in which they are tried: the more telling first."""
WRITABLE: tuple[FormatName, ...] = ("duotune", *(f.name for f in FORMATS if f.write))


def convert(text: str, where: str = "the rubric") -> Converted:
    """Read a rubric in any known format, told by its content.

    Raises RubricError that names every place that is wrong, or that the format is not known.
    """
    source = open_source(text, where)
    if _is_ours(source):
        return _ours(rubrics.load(text, where))
    if isinstance(source.value, dict) and isinstance(source.value.get("rubric"), dict):
        inner = source.value["rubric"]
        if isinstance(inner.get("id"), str) and ("criteria" in inner or "examples" in inner):
            return _ours(rubrics.validated(inner, where, lambda p: source.place(("rubric", *p))))
    for known in FORMATS:
        if known.fits(source):
            return known.read(source)
    if isinstance(source.value, dict):
        return _ours(rubrics.load(text, where))
    raise RubricError(
        "This is not a rubric in a format that is known here.",
        where,
        f"Known are Duotune's own YAML, {', '.join(f.title for f in FORMATS)}.",
    )


def convert_file(path: Path) -> Converted:
    """Read a rubric file in any known format; RubricError as `convert`, or when unreadable."""
    return convert(rubrics.read_text(path), path.name)


def export(rubric: Rubric, name: str) -> Exported:
    """Write a rubric in a format, with notes on all that the format can't carry.

    Raises RubricError when there is no such writer, or nothing of the rubric fits the format.
    """
    if name == "duotune":
        return Exported(format="duotune", text=rubric.as_yaml())
    known = next((f for f in FORMATS if f.name == name), None)
    if known is None or known.write is None:
        raise RubricError(
            f"Rubrics can't be written as {name}.", "", f"Choose from {', '.join(WRITABLE)}."
        )
    made = known.write(rubric)
    if not made.text.strip():
        raise RubricError(
            f"Nothing of this rubric fits {known.title}: "
            + " ".join(note.text for note in made.notes),
            rubric.id,
            "Choose another format, such as csv or duotune.",
        )
    return made


def _is_ours(source: Source) -> bool:
    """`id` beside criteria, each of which is an object with a `kind` or a `text`."""
    value = source.value
    if not isinstance(value, dict) or not isinstance(value.get("id"), str | int | float):
        return False
    criteria = value.get("criteria")
    if isinstance(criteria, list):
        return all(not isinstance(c, dict) or "kind" in c or "text" in c for c in criteria)
    return isinstance(value.get("examples"), dict)


def _ours(rubric: Rubric) -> Converted:
    return Converted(format="duotune", version=rubric.hash, rubric=rubric)
