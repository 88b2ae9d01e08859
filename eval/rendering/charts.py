"""Draw pictures as SVG whose text stays text and whose colours follow the page."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from eval.records import CriterionResult
from eval.wording import interval, percent, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from eval.curve.learning_curve import CurvePoint


class Colour(NamedTuple):
    """A colour that the page names; matplotlib draws a stand-in that is replaced afterwards."""

    stand_in: str
    name: str
    light: str
    """What a picture outside a page gets."""


INK = Colour("#010203", "ink", "#1b1f24")
MUTED = Colour("#010204", "muted", "#5d6570")
RULE = Colour("#010205", "rule", "#d5d9de")
ACCENT = Colour("#010206", "accent", "#0b5f8a")
SECOND = Colour("#010207", "second", "#a3541a")
PAPER = Colour("#010208", "paper", "#ffffff")
COLOURS = (INK, MUTED, RULE, ACCENT, SECOND, PAPER)

Curve = Sequence[tuple[int, float]]
LABELS, FIGURES = 168, 126
"""Columns for names and for figures beside the plot, in points."""
LABEL_LETTERS = 25
LABELS_BESIDE = 500
"""A picture at least this wide has labels beside the plot, a narrower one above each whisker."""
WORDS = {
    "tuned − base, in points of 100": "微调后 − 基础模型，百分点",
    "base meets more": "基础模型达到更多",
    "tuned meets more": "微调后达到更多",
    "training loss": "训练损失",
    "validation loss": "验证损失",
    "step": "步数",
    "training rows": "训练行",
}
"""What stands in a picture, and the Chinese for it."""
RANGE = re.compile(r"(?<=>)([^<>()]*\()([^<>()]+) to ([^<>()]+\))(?=<)")
INCH = 72.0
"""Points, the unit of widths here, in matplotlib's unit."""


def loss_curve(train: Curve, validation: Curve, width: int) -> str | None:
    """Training and validation loss over steps; None when neither was measured."""
    if not train and not validation:
        return None
    with _figure(width, 230) as figure:
        axes = figure.add_axes(_box(width, 230, left=44, bottom=38, right=12, top=30))
        if train:
            steps, losses = zip(*train, strict=True)
            axes.plot(steps, losses, color=MUTED.stand_in, lw=1.3, label="training loss")
        if validation:
            steps, losses = zip(*validation, strict=True)
            axes.plot(
                steps, losses, color=ACCENT.stand_in, lw=2, marker="o", ms=5,
                label="validation loss",
            )  # fmt: skip
        axes.set_xlabel("step", color=MUTED.stand_in)
        axes.set_ylim(bottom=0)
        axes.grid(axis="y", color=RULE.stand_in, lw=0.7)
        _bare(axes, keep=("bottom",))
        axes.legend(
            loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=2, frameon=False, fontsize=11,
            labelcolor=INK.stand_in, handlelength=1.6, columnspacing=1.6, borderaxespad=0.2,
        )  # fmt: skip
        return _svg(figure, f"loss{width}")


def differences(results: Sequence[CriterionResult], width: int) -> str | None:
    """Paired difference and 95% interval of every measured criterion (a forest plot).

    None when no criterion was measured.
    """
    measured = [result for result in results if result.estimate.difference is not None]
    if not measured:
        return None
    beside = width >= LABELS_BESIDE
    row, foot, head = 42 if beside else 48, 40, 24
    height = row * len(measured) + foot + head
    left, right = (LABELS, FIGURES) if beside else (4, 4)
    with _figure(width, height) as figure:
        axes = figure.add_axes(_box(width, height, left=left, bottom=foot, right=right, top=head))
        axes.set_xlim(*_reach(measured))
        axes.set_ylim(len(measured) - 0.5, -0.5)
        axes.axvline(0, color=MUTED.stand_in, lw=1)
        axes.grid(axis="x", color=RULE.stand_in, lw=0.7)
        axes.set_axisbelow(True)
        axes.set_xlabel("tuned − base, in points of 100", color=MUTED.stand_in)
        axes.tick_params(axis="y", left=False, labelleft=False)
        _bare(axes)
        for at, result in enumerate(measured):
            _whisker(axes, at if beside else at + 0.2, result)
            _words(axes, at, result, beside)
        for text, x, side in (("base meets more", 0.0, "left"), ("tuned meets more", 1.0, "right")):
            _note(axes, text, (x, 1.0), (0, 8), ha=side, color=MUTED.stand_in, fontsize=10.5)
        return _svg(figure, f"differences{width}")


def levels(found: Sequence[CurvePoint], width: int) -> str | None:
    """The level of each point of a learning curve, in percent, with its 95% interval.

    None with fewer than two measured points.
    """
    measured = [(one.rows, 100 * one.tuned, one) for one in found if one.tuned is not None]
    if len(measured) < 2:
        return None
    with _figure(width, 220) as figure:
        axes = figure.add_axes(_box(width, 220, left=40, bottom=40, right=20, top=22))
        rows, heights, _ = zip(*measured, strict=True)
        axes.plot(rows, heights, color=ACCENT.stand_in, lw=1.6, marker="o", ms=6)
        for at, height, one in measured:
            low, high = (height if end is None else 100 * end for end in (one.low, one.high))
            axes.plot((at, at), (low, high), color=ACCENT.stand_in, lw=2.4, solid_capstyle="round")
            axes.annotate(
                percent(one.tuned), (at, high), (0, 5), textcoords="offset points", fontsize=11,
                ha="right" if at == max(rows) else "center", color=INK.stand_in,
            )  # fmt: skip
        axes.set_xlim(0, 1.02 * max(rows))
        axes.set_ylim(0, 100)
        axes.set_xticks(rows, [f"{at:,}" for at in rows])
        axes.set_xlabel("training rows", color=MUTED.stand_in)
        axes.grid(axis="y", color=RULE.stand_in, lw=0.7)
        _bare(axes, keep=("bottom",))
        return _svg(figure, f"levels{width}")


def for_page(svg: str) -> str:
    """The picture with the page's own colours, light or dark, and words of both languages."""
    for colour in COLOURS:
        svg = svg.replace(colour.stand_in, f"var(--{colour.name})")
    for english, chinese in WORDS.items():
        svg = svg.replace(f">{english}<", f">{_either(english, chinese)}<")
    return RANGE.sub(lambda found: _either(found[0], f"{found[1]}{found[2]} 到 {found[3]}"), svg)


def _either(english: str, chinese: str) -> str:
    return f'<tspan class="en">{english}</tspan><tspan class="zh">{chinese}</tspan>'


def for_file(svg: str) -> str:
    """The picture as a file of its own, on white."""
    for colour in COLOURS:
        svg = svg.replace(colour.stand_in, colour.light)
    head = (
        '<svg xmlns="http://www.w3.org/2000/svg" style="background:#fff" font-family="sans-serif"'
    )
    return svg.replace("<svg", head, 1)


def _whisker(axes: Axes, at: float, result: CriterionResult) -> None:
    e = result.estimate
    value = (e.difference or 0) * 100
    clear = e.low is not None and e.high is not None and (e.low > 0 or e.high < 0)
    good = (value > 0) == (result.points > 0)
    colour = MUTED if not clear else ACCENT if good else SECOND
    if e.low is not None and e.high is not None:
        ends = (e.low * 100, e.high * 100)
        axes.plot(ends, (at, at), color=colour.stand_in, lw=2.4, solid_capstyle="round")
    marker, size = ("o", 8) if clear else ("D", 6.5)
    axes.plot([value], [at], marker, ms=size, color=colour.stand_in, mec=PAPER.stand_in, mew=1.4)


def _words(axes: Axes, at: int, result: CriterionResult, beside: bool) -> None:
    """The criterion's name and figures: left and right of the whisker, or above it."""
    e = result.estimate
    name = ("↓ " if result.points < 0 else "") + result.name
    figures = f"{points(e.difference)} ({interval(e.low, e.high)})"
    rows = axes.get_ylim()[0] - axes.get_ylim()[1]
    if beside:
        y = 1 - (at + 0.5) / rows
        _note(axes, _wrapped(name), (0, y), (4 - LABELS, 0), va="center", fontsize=12)
        _note(
            axes, figures, (1, y), (FIGURES - 4, 0), va="center", ha="right", fontsize=11,
            color=MUTED.stand_in,
        )  # fmt: skip
        return
    y = 1 - (at + 0.28) / rows
    behind = {"facecolor": PAPER.stand_in, "edgecolor": "none", "pad": 1.5}
    _note(axes, name, (0, y), (0, 0), va="center", fontsize=12, bbox=behind)
    _note(
        axes, figures, (1, y), (0, 0), va="center", ha="right", fontsize=10.5, bbox=behind,
        color=MUTED.stand_in,
    )  # fmt: skip


def _note(
    axes: Axes, text: str, at: tuple[float, float], offset: tuple[float, float], **style: Any
) -> None:
    """Text at a fraction of the axes plus an offset in points; `$` in it is only a dollar."""
    options: Any = {"color": INK.stand_in, "parse_math": False} | style
    axes.annotate(
        text, at, offset, xycoords="axes fraction", textcoords="offset points",
        annotation_clip=False, **options,
    )  # fmt: skip


def _wrapped(name: str) -> str:
    """A name in lines that fit the label column; a letter of a wide script counts twice."""
    lines, used = [""], 0
    for word in re.findall(r"[\u2e80-\uffff]|[^\s\u2e80-\uffff]+\s*|\s+", name):
        size = 2 if word[0] >= "\u2e80" else len(word.rstrip())
        if used and used + size > LABEL_LETTERS:
            lines.append("")
            used = 0
        lines[-1] += word
        used += 2 if word[0] >= "\u2e80" else len(word)
    return "\n".join(line.strip() for line in lines)


def _reach(measured: Sequence[CriterionResult]) -> tuple[float, float]:
    """Where the axis ends: wide enough for every interval and for 0, rounded outwards."""
    ends = [0.0]
    for result in measured:
        e = result.estimate
        ends += [100 * x for x in (e.difference, e.low, e.high) if x is not None]
    low, high = min(ends), max(ends)
    margin = max(0.06 * (high - low), 2.0)
    return low - margin, high + margin


def _bare(axes: Axes, keep: Sequence[str] = ()) -> None:
    for side in ("top", "right", "bottom", "left"):
        axes.spines[side].set_visible(side in keep)
        axes.spines[side].set_color(RULE.stand_in)
    axes.tick_params(colors=MUTED.stand_in, length=0, pad=5)


def _box(
    width: int, height: int, left: int, bottom: int, right: int, top: int
) -> tuple[float, float, float, float]:
    """Margins in points as the fractions that matplotlib wants."""
    return (
        left / width,
        bottom / height,
        (width - left - right) / width,
        (height - bottom - top) / height,
    )


@contextmanager
def _figure(width: int, height: int) -> Iterator[Figure]:
    """An empty figure, sized in points, with settings that stay inside this block."""
    import matplotlib
    from matplotlib.figure import Figure as NewFigure

    settings = {
        "svg.fonttype": "none",
        "svg.hashsalt": f"{width}x{height}",
        "font.family": "DejaVu Sans",  # ships with matplotlib; the browser picks its own
        "font.size": 11,
        "axes.labelsize": 11,
        "axes.unicode_minus": True,
    }
    with matplotlib.rc_context(settings):
        figure = NewFigure(figsize=(width / INCH, height / INCH))
        figure.patch.set_visible(False)
        yield figure


def _svg(figure: Figure, name: str) -> str:
    """Clean inline SVG: no address, no fixed font or size, ids that no other picture has."""
    import warnings

    for axes in figure.axes:
        axes.patch.set_visible(False)
    text = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with warnings.catch_warnings():  # the browser has the glyphs that matplotlib's font lacks
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(text, format="svg", metadata=nothing)
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = svg.replace("xlink:href", "href")
    svg = re.sub(r'\b(width|height)="[\d.]+pt"\s?', "", svg, count=2)
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r" font-family: [^;\"]+;", "", svg)
    svg = svg.replace("<svg", '<svg stroke-linejoin="round"', 1)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\1{name}-", svg)
    return svg.strip()
