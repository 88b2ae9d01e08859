"""What surrounds a verdict, in one line each, and which of it can be acted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.data.records import Dataset
from eval.around.records import FailureCluster, NearRow
from eval.records import Report
from eval.rendering.sections import cluster_name, sections
from eval.rendering.text import Both
from ui.markup import Html, join, tag
from ui.words import Voice

MOST_CLUSTERS = 12
MOST_ROWS = 6
"""Training rows offered for a group of failures."""
SHORT = 240


def glance(report: Report, voice: Voice) -> Html:
    """Every part beside the verdict with what it came to."""
    found = sections(report)
    if not found:
        return Html("")
    lines = [
        tag(
            "li",
            tag("b", part.title.in_(voice.language)),
            tag("span", part.line.in_(voice.language)),
            class_=f"dt-glance-{part.tone}",
        )
        for part in found
    ]
    return tag("ul", *lines, class_="dt-glance")


def failures(report: Report, voice: Voice) -> Html:
    """Groups of failures, each with the training rows nearest to them, to be ticked."""
    found = report.failures
    if found is None:
        return tag("p", voice("failures.not_measured"), class_="dt-quiet")
    if not found.clusters:
        return tag("p", voice("failures.none"), class_="dt-quiet")
    names = {r.criterion_id: r.name or r.criterion_id for r in report.criteria}
    groups = [_cluster(n, one, names, voice) for n, one in enumerate(found.clusters)]
    hint = tag("p", voice("failures.hint"), class_="dt-quiet")
    return join([hint, *groups[:MOST_CLUSTERS]])


def _cluster(number: int, cluster: FailureCluster, names: Mapping[str, str], voice: Voice) -> Html:
    rows = _nearest(cluster)
    questions = voice("failures.questions", rows=", ".join(str(one.row) for one in cluster.samples))
    listed = [_row(row, f"near-{number}-{row.row}", voice) for row in rows]
    exclude = tag(
        "button", voice("failures.exclude"), class_="dt-button dt-primary", data_do="exclude"
    )
    return tag(
        "section",
        tag("h4", _said(cluster_name(cluster, names), voice)),
        tag("p", questions, class_="dt-quiet"),
        tag("ul", *listed, class_="dt-near") if listed else None,
        exclude if listed else None,
        class_="dt-failure",
        data_form=True,
    )


def _row(row: NearRow, field_id: str, voice: Voice) -> Html:
    told = voice("failures.row", row=row.row, like=f"{100 * row.similarity:.0f}")
    fix = tag(
        "div",
        tag("label", voice("failures.answer"), for_=f"{field_id}-answer"),
        tag("textarea", row.answer, name_="answer", id=f"{field_id}-answer", rows=3),
        tag("button", voice("failures.correct"), class_="dt-button", data_do="correct",
            data_row=row.row),
        data_form=True,
        class_="dt-lane-form",
    )  # fmt: skip
    return tag(
        "li",
        tag(
            "label",
            tag("input", type="checkbox", name_="rows", value=row.row),
            tag("span", tag("b", told), " ", _short(row.question), " → ", _short(row.answer)),
        ),
        tag("details", tag("summary", voice("failures.fix")), fix, class_="dt-fold"),
    )


def _nearest(cluster: FailureCluster) -> list[NearRow]:
    """The training rows most like any question of the group, each once."""
    best: dict[int, NearRow] = {}
    for sample in cluster.samples:
        for near in sample.nearest:
            if near.row not in best or near.similarity > best[near.row].similarity:
                best[near.row] = near
    return sorted(best.values(), key=lambda near: -near.similarity)[:MOST_ROWS]


def next_run(dataset: Dataset, run_name: str, voice: Voice) -> Html:
    """The offer to train again on a version of the data with rows excluded or corrected."""
    told = voice("failures.next", name=dataset.name, n=dataset.summary.usable, run=run_name)
    start = tag(
        "button", voice("failures.start"), class_="dt-button dt-primary", data_do="train-again",
        data_dataset=dataset.id,
    )  # fmt: skip
    save = tag(
        "button", voice("failures.plan"), class_="dt-button", data_do="plan-again",
        data_dataset=dataset.id,
    )  # fmt: skip
    return tag(
        "section", tag("p", told), tag("div", start, save, class_="dt-actions"),
        class_="dt-next-run", role="status",
    )  # fmt: skip


def _said(words: Both, voice: Voice) -> str:
    return words.in_(voice.language)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[:SHORT]}…"


def chosen_rows(values: Mapping[str, str]) -> Sequence[int]:
    """The rows that are ticked in a form."""
    return [int(row) for row in values.get("rows", "").split(",") if row]
