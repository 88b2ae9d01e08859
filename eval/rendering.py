"""Render a Report as a self-contained HTML page, as Markdown, and as two pictures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from core.disk import write_atomic
from eval import charts, statistics, wording
from eval.records import CriterionResult, Estimate, ExampleKind, Report, VerdictKind
from eval.scoring import FEWEST_FOR_A_TEST

HERE = Path(__file__).parent
WIDE, NARROW = 704, 340
"""Widths of the pictures in points, for a desk and for a phone."""

KINDS: dict[VerdictKind, str] = {
    "better": "Better",
    "better_and_worse": "Better and worse",
    "worse": "Worse",
    "no_difference": "No difference shown",
    "too_few_examples": "Not enough examples",
    "not_measured": "Not measured",
}
EXAMPLES: dict[ExampleKind, str] = {
    "gain": "Gained",
    "loss": "Lost",
    "both_wrong": "Both wrong",
    "both_right": "Both right",
}


def write(report: Report, folder: Path) -> None:
    """Write report.html, report.md, the pictures, and report.json last: it marks completion."""
    for name, svg in (
        ("differences", charts.differences(report.criteria, WIDE)),
        ("loss", charts.loss_curve(report.curve_train, report.curve_validation, WIDE)),
    ):
        if svg:
            write_atomic(folder / f"{name}.svg", charts.for_file(svg))
    write_atomic(folder / "report.md", markdown(report))
    write_atomic(folder / "report.html", html(report))
    write_atomic(folder / "report.json", report.model_dump_json(indent=2))


def html(report: Report) -> str:
    """A page without any address in it: style and pictures inside, everybody's text escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= _filters()
    view = _view(report) | {
        "style": Markup((HERE / "report.css").read_text(encoding="utf-8")),  # our own file
        "forest": _pictures([charts.differences(report.criteria, w) for w in (WIDE, NARROW)]),
        "curve": _pictures(
            [
                charts.loss_curve(report.curve_train, report.curve_validation, w)
                for w in (WIDE, NARROW)
            ]
        ),
    }
    return environment.get_template("report.html.j2").render(view)


def markdown(report: Report) -> str:
    """The same content as Markdown; everybody's text stands in fences or is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=False,  # this is not HTML: the `text` and `fenced` filters escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= _filters() | {"text": _escaped, "fenced": _fenced}
    return environment.get_template("report.md.j2").render(_view(report))


def _filters() -> dict[str, Any]:
    return {
        "percent": wording.percent,
        "points": wording.points,
        "interval": lambda e: wording.interval(e.low, e.high),
        "p": lambda p: wording.p_value(p),
        "count": wording.count,
        "plain": lambda value: f"{value:g}".replace("-", wording.MINUS),
    }


def _view(report: Report) -> dict[str, Any]:
    """What both templates show, in words."""
    e = report.headline.estimate
    return {
        "report": report,
        "kind": KINDS[report.verdict.kind],
        "headline": e,
        "rates": {"base": _rate(report, e.base), "tuned": _rate(report, e.tuned)},
        "bars": {"base": _bar(e.base), "tuned": _bar(e.tuned)},
        "rows": [*report.criteria, _score_row(report)],
        "names": {r.criterion_id: r.name or r.criterion_id for r in report.criteria},
        "kinds": EXAMPLES,
        "kinds_sentence": _kinds_sentence(report),
        "curve_caption": _curve_caption(report),
        "speed": _speed(report),
        "speed_note": _speed_note(report),
        "fewest": FEWEST_FOR_A_TEST,
        "command": f"duotune evaluate {report.run_id} --rubric rubric.yaml",
    }


def _pictures(drawn: list[str | None]) -> dict[str, Any]:
    from markupsafe import Markup

    wide, narrow = (Markup(charts.for_page(svg)) if svg else "" for svg in drawn)
    return {"wide": wide, "narrow": narrow}


def _rate(report: Report, rate: float | None) -> str:
    """Wilson's interval of one side's level; "" for a score, which is no rate."""
    pairs = report.headline.estimate.pairs
    if rate is None or report.headline.kind == "score" or not pairs:
        return ""
    low, high, _ = statistics.wilson(round(rate * pairs), pairs)
    return f"{wording.percent(low)} to {wording.percent(high)}"


def _bar(share: float | None) -> str:
    return f"{100 * min(max(share or 0.0, 0.0), 1.0):.1f}"


def _score_row(report: Report) -> CriterionResult:
    e: Estimate = report.score
    return CriterionResult(
        criterion_id="score",
        name="Rubric score",
        text="Points met, as a share of the points that can be gained.",
        kind="score",
        points=sum(r.points for r in report.criteria if r.points > 0),
        estimate=e,
        wins=report.score_wins,
        losses=report.score_losses,
    )


def _kinds_sentence(report: Report) -> str:
    words: dict[ExampleKind, str] = {
        "gain": "gained by the tuned model",
        "loss": "lost by it",
        "both_wrong": "wrong for both",
        "both_right": "right for both",
    }
    parts = []
    for kind, words_for_it in words.items():
        of = report.example_counts.get(kind, 0)
        shown = sum(example.chosen_as == kind for example in report.examples)
        parts.append(f"{shown} of {of:,} {words_for_it}")
    return ", ".join(parts) + "."


def _curve_caption(report: Report) -> str:
    train, validation = report.curve_train, report.curve_validation
    parts = []
    if train:
        parts.append(f"Training loss went from {train[0][1]:.3f} to {train[-1][1]:.3f}")
    if validation:
        best = min(validation, key=lambda point: point[1])
        parts.append(f"validation loss was lowest, {best[1]:.3f}, at step {best[0]:,}")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _speed(report: Report) -> list[dict[str, str]]:
    figures = report.speed

    def cell(side: str, name: str) -> str:
        value, counted = figures.get(f"{side}_{name}"), figures.get(f"{side}_{name}_n")
        if value is None:
            return wording.NOT_MEASURED
        shown = (
            wording.seconds(value)
            if name == "first_token_s"
            else wording.number(value, 0 if value >= 10 else 1)
        )
        return f"{shown} (n = {counted or 0:,.0f})"

    labels = {
        "first_token_s": "Time to first token",
        "tokens_per_s": "Tokens per second",
        "tokens": "Tokens in an answer",
    }
    return [
        {"label": label, "base": cell("base", name), "tuned": cell("tuned", name)}
        for name, label in labels.items()
    ]


def _speed_note(report: Report) -> str:
    note = (
        "Measured during the comparison, with several questions under way at once: good for "
        "comparing the two sides, not for what one person alone would see."
    )
    ratio = report.speed.get("length_ratio")
    if ratio is None:
        return note
    return f"{note} Tuned answers are {ratio:.2f} times as long as the base’s, in characters."


def _escaped(text: str) -> str:
    """One line of somebody's text, safe inside a Markdown sentence or table cell."""
    line = " ".join(text.split())
    line = re.sub(r"([\\`*_{}\[\]#|~!])", r"\\\1", line)
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _fenced(text: str | None) -> str:
    """A block of somebody's text in a fence longer than any in it."""
    if text is None:
        return "*no answer*"
    if not text.strip():
        return "*an empty answer*"
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"
