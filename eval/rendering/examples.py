"""All questions of an evaluation with both answers: as rows, as scores, and as a page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from core.disk import write_atomic
from core.messages import Record
from eval.folder import ReportFolder, read_rows
from eval.records import Comparison, Verdict
from eval.rendering.text import Both
from eval.rubric.rubrics import load
from eval.scoring import Paired, Scores

Kind = Literal["gain", "loss", "both_wrong", "both_right", "unscored"]
KINDS: dict[str, Both] = {
    "all": Both("All", "全部"),
    "loss": Both("Lost", "变差"),
    "gain": Both("Gained", "变好"),
    "both_wrong": Both("Both wrong", "两者皆错"),
    "both_right": Both("Both right", "两者皆对"),
    "unscored": Both("Unscored", "未评分"),
}
MOST_ON_PAGE = 2000
"""A longer page is slow to open; examples.jsonl always has all."""
SHORT = 90
"""Characters of a question in the line that opens it."""


class ExampleRow(Record):
    """One question with both answers, every verdict, and what they come to; a row of a file."""

    comparison: Comparison
    kind: Kind
    """By the criterion that the verdict speaks of."""
    headline_base: float | None
    headline_tuned: float | None
    score_base: float | None
    """Rubric score; None: unscored."""
    score_tuned: float | None
    verdicts: tuple[Verdict, ...]

    @property
    def asked(self) -> str:
        """The last thing the person said, in short."""
        said = [m.content for m in self.comparison.sample.prompt if m.role == "user"]
        line = " ".join(said[-1].split()) if said else ""
        return line if len(line) <= SHORT else f"{line[:SHORT]}…"


def rows(root: Path) -> list[ExampleRow]:
    """Every question, from the files that lie in a report's folder; [] when there are none."""
    scores = _scores(ReportFolder(root))
    if scores is None:
        return []
    found, verdicts = scores
    newest = {(v.sample_id, v.criterion_id, v.side): v for v in verdicts}
    by_sample: dict[str, list[Verdict]] = {}
    for verdict in newest.values():
        by_sample.setdefault(verdict.sample_id, []).append(verdict)
    headline, score = found.headline, found.score()
    values = zip(
        found.comparisons, headline.base, headline.tuned, score.base, score.tuned, strict=True
    )
    return [
        ExampleRow(
            comparison=each,
            kind=kind_of(b, t),
            headline_base=b,
            headline_tuned=t,
            score_base=score_b,
            score_tuned=score_t,
            verdicts=tuple(by_sample.get(each.sample.id, ())),
        )
        for each, b, t, score_b, score_t in values
    ]


def kind_of(base: float | None, tuned: float | None) -> Kind:
    """Which side did better on one question."""
    if base is None or tuned is None:
        return "unscored"
    if tuned != base:
        return "gain" if tuned > base else "loss"
    return "both_right" if base >= 1 else "both_wrong"


def write_rows(root: Path, every: Sequence[ExampleRow]) -> None:
    """Write examples.jsonl, and a file of scores for each row of the table of criteria.

    `duotune stats` computes that row again from its file.
    """
    folder = ReportFolder(root)
    write_atomic(folder.example_rows, "".join(f"{row.model_dump_json()}\n" for row in every))
    scores = _scores(folder)
    assert scores is not None
    found, _ = scores
    columns = {c.id: found.criterion(c) for c in found.rubric.criteria} | {"score": found.score()}
    for name, values in columns.items():
        write_atomic(root / "scores" / f"{name}.jsonl", _as_stats(found.comparisons, values))


def view(every: Sequence[ExampleRow]) -> dict[str, Any]:
    """What the page of all examples shows."""
    counts = Counter(row.kind for row in every)
    return {
        "rows": every[:MOST_ON_PAGE],
        "beyond": max(len(every) - MOST_ON_PAGE, 0),
        "kinds": {key: words for key, words in KINDS.items() if key == "all" or counts[key]},  # type: ignore[index]  # "all" is asked first
        "counts": {**counts, "all": len(every)},
    }


def _scores(folder: ReportFolder) -> tuple[Scores, list[Verdict]] | None:
    comparisons = read_rows(folder.comparisons, Comparison)
    if not comparisons or not folder.rubric.exists():
        return None
    rubric = load(folder.rubric.read_text(encoding="utf-8"), folder.rubric.name)
    verdicts = read_rows(folder.verdicts, Verdict)
    return Scores.of(comparisons, rubric, verdicts), verdicts


def _as_stats(comparisons: Sequence[Comparison], values: Paired) -> str:
    """One row a question: id, cluster and both sides, as `duotune stats` reads them."""
    return "".join(
        json.dumps({"id": c.sample.id, "cluster": c.sample.group, "base": b, "tuned": t}) + "\n"
        for c, b, t in zip(comparisons, values.base, values.tuned, strict=True)
    )
