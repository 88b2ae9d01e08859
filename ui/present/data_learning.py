"""What a base model would learn of a dataset: lengths in tokens, totals, and what is lost."""

from __future__ import annotations

from core.training.learning import Totals
from core.training.token_counts import Bin, Histogram
from ui.markup import Html, badge, facts, join, tag
from ui.present import numbers
from ui.present.data_findings import PAGE, problems
from ui.present.data_parts import quiet, row_link, section
from ui.words import Voice


def histogram(found: Histogram, voice: Voice) -> Html:
    """How many rows are how long, as bars; it says whether that is a sample."""
    rows, counted = numbers.count(found.rows), numbers.count(found.counted)
    exact = voice("data.tokens.exact", n=rows)
    sample = voice("data.tokens.sample", n=counted, rows=rows)
    shown = badge(exact, "good") if found.exact else badge(sample, "warn")
    about = "" if found.exact else voice("data.tokens.about")
    values = {
        "tokens": found.tokens,
        "supervised": found.supervised,
        "median": found.median,
        "most": found.p95,
        "over": found.over,
    }
    lines: list[tuple[str, Html | str]] = [
        (voice(f"data.tokens.{name}", limit=numbers.count(found.max_length)), numbers.count(n))
        for name, n in values.items()
    ]
    if found.longest_row is not None:
        told = (f"{numbers.count(found.longest)} ", row_link(found.longest_row, voice))
        lines.append((voice("data.tokens.longest"), join(told)))
    head = tag("p", shown, " ", tag("span", about, class_="dt-quiet"))
    return section(voice("data.tokens"), head, _bars(found, voice), facts(lines))


def _bars(found: Histogram, voice: Voice) -> Html:
    most = max((bar.rows for bar in found.bins), default=0) or 1
    bars = (_bar(bar, most, found.max_length, voice) for bar in found.bins)
    told = voice(
        "data.tokens.spoken",
        median=numbers.count(found.median),
        p95=numbers.count(found.p95),
        longest=numbers.count(found.longest),
    )
    start = numbers.count(found.bins[0].start if found.bins else 0)
    end = numbers.count(found.bins[-1].end - 1 if found.bins else 0)
    axis = (tag("span", words) for words in (start, voice("data.tokens.axis"), end))
    plot = tag("div", join(bars), class_="dt-histogram", role="img", aria_label=told)
    return tag("figure", plot, tag("figcaption", *axis), class_="dt-lengths")


def _bar(bar: Bin, most: int, limit: int, voice: Voice) -> Html:
    height = max(1.5, 100 * bar.rows / most) if bar.rows else 0
    title = voice(
        "data.tokens.bar",
        start=numbers.count(bar.start),
        end=numbers.count(bar.end - 1),
        n=numbers.count(bar.rows),
    )
    over = "dt-over" if bar.start >= limit else None
    return tag("i", style=f"height:{height:.1f}%", title=title, class_=over)


def totals(found: Totals, voice: Voice) -> Html:
    """What would be learned of the whole dataset, and every row of which something is lost."""
    share = found.supervised / found.tokens if found.tokens else 0
    values = {
        "rows": found.rows,
        "sequences": found.sequences,
        "tokens": found.tokens,
        "cut": found.cut,
        "lost": found.lost,
        "cut_rows": len(found.cut_rows),
        "silent_rows": len(found.silent_rows),
        "ends": found.ends,
    }
    lines = [(voice(f"data.totals.{name}"), numbers.count(n)) for name, n in values.items()]
    learned = f"{numbers.count(found.supervised)} ({share:.0%})"
    lines.insert(3, (voice("data.totals.supervised"), learned))
    told = quiet(voice("data.totals.limit", limit=numbers.count(found.max_length)))
    listed = problems(found.problems[:PAGE], voice) if found.problems else None
    more = None
    if len(found.problems) > PAGE:
        more = quiet(voice("data.refused.more", n=numbers.count(len(found.problems) - PAGE)))
    return section(voice("data.totals"), told, facts(lines), listed, more)
