"""Two reports compared: the sentence, the criteria, and what differed besides the training."""

from __future__ import annotations

from eval.rendering.text import change, p_value, percent
from eval.rendering.text import told as both_told
from eval.report.compare_reports import ReportComparison
from ui.markup import Html, badge, join, table, tag
from ui.present import numbers
from ui.words import Voice

TONE = {"better": "good", "worse": "bad", "open": "plain"}
MOST_IDENTICAL = 0.99


def comparison(found: ReportComparison, voice: Voice) -> Html:
    """The second report's tuned model against the first's."""
    chinese = voice.language == "zh"
    notes = found.notes_zh if chinese else found.notes
    return tag(
        "section",
        tag("header", tag("h3", voice("two.title")),
            badge(voice(f"two.{found.direction}"), TONE[found.direction])),
        tag("p", found.sentence_zh if chinese else found.sentence, class_="dt-sentence"),
        tag("p", voice("two.common", n=numbers.count(found.common),
                       first=numbers.count(found.first.samples),
                       second=numbers.count(found.second.samples)), class_="dt-quiet"),
        _criteria(found, voice),
        _base(found, voice),
        *[tag("p", note, class_="dt-note") for note in notes],
        _differing(found, voice),
        class_="dt-verdict",
    )  # fmt: skip


def _criteria(found: ReportComparison, voice: Voice) -> Html:
    language = voice.language
    head = [voice("two.criterion"), found.first.run_name, found.second.run_name,
            voice("two.difference"), "p"]  # fmt: skip
    rows = [
        [
            voice.said(r.name), percent(r.estimate.base).in_(language),
            percent(r.estimate.tuned).in_(language), change(r.estimate).in_(language),
            p_value(r.adjusted_p if r.adjusted_p is not None else r.estimate.p_value).in_(language),
        ]
        for r in found.results
    ]  # fmt: skip
    if found.score is not None:
        e = found.score
        rows.append([voice("two.score"), percent(e.base).in_(language),
                     percent(e.tuned).in_(language), change(e).in_(language),
                     p_value(e.p_value).in_(language)])  # fmt: skip
    return table(head, rows, numbers=4)


def _base(found: ReportComparison, voice: Voice) -> Html:
    words = voice(
        "two.base", same=numbers.count(found.base_identical), n=numbers.count(found.common),
        change=change(found.base_change).in_(voice.language),
    )  # fmt: skip
    alike = found.base_identical >= MOST_IDENTICAL * found.common
    return tag("p", words, class_="dt-note" if alike else "dt-warning")


def _differing(found: ReportComparison, voice: Voice) -> Html | None:
    if not found.differing:
        return tag("p", voice("two.equal"), class_="dt-quiet")
    head = [voice("two.condition"), found.first.run_name, found.second.run_name]
    rows = [
        [both_told(one.name).in_(voice.language), one.first or "–", one.second or "–"]
        for one in found.differing
    ]
    return tag(
        "details",
        tag("summary", voice("two.differing", n=len(rows))),
        join([table(head, rows)]),
        class_="dt-fold",
        open=True,
    )
