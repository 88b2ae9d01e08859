"""Render a Report as a self-contained page in two languages, as Markdown, and as two pictures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from core.disk import write_atomic
from eval.records import Report
from eval.rendering import charts, text
from eval.rendering import examples as rendering_examples
from eval.rendering import view as rendering_view
from eval.rendering.text import Both, Language

HERE = Path(__file__).parent
WIDE, NARROW = 704, 340
"""Widths of the pictures in points, for a desk and for a phone."""
LANGUAGES: tuple[Language, ...] = ("en", "zh")
CHOSEN = re.compile(r'(<html lang=")\w+|(id="lang-(?:en|zh)")(?: checked)?')


def write(report: Report, folder: Path) -> None:
    """Write the pages, Markdown, pictures and rows, and report.json last: it marks completion."""
    for name, svg in (
        ("differences", charts.differences(report.criteria, WIDE)),
        ("loss", charts.loss_curve(report.curve_train, report.curve_validation, WIDE)),
    ):
        if svg:
            write_atomic(folder / f"{name}.svg", charts.for_file(svg))
    write_atomic(folder / "report.md", markdown(report))
    write_atomic(folder / "report.zh.md", markdown(report, "zh"))
    write_atomic(folder / "report.html", html(report))
    every = rendering_examples.rows(folder)
    if every:
        rendering_examples.write_rows(folder, every)
        write_atomic(folder / "examples.html", examples_html(report, every))
    write_atomic(folder / "report.json", report.model_dump_json(indent=2))


def html(report: Report, language: Language = "en") -> str:
    """A page without any address in it: style and pictures inside, everybody's text escaped.

    It holds both languages, and whoever reads it changes between them without a script.
    """
    view = rendering_view.view(report) | {
        "language": language,
        "forest": _pictures([charts.differences(report.criteria, w) for w in (WIDE, NARROW)]),
        "curve": _pictures(
            [
                charts.loss_curve(report.curve_train, report.curve_validation, w)
                for w in (WIDE, NARROW)
            ]
        ),
    }
    return _page("report.html.j2", view)


def examples_html(
    report: Report, every: list[rendering_examples.ExampleRow], language: Language = "en"
) -> str:
    """A page of all questions with both answers, folded up, to be narrowed down by kind."""
    view = rendering_view.view(report) | rendering_examples.view(every) | {"language": language}
    return _page("examples.html.j2", view)


def in_language(page: str, language: Language) -> str:
    """A page that opens in the given language."""

    def chosen(found: re.Match[str]) -> str:
        if found[1]:
            return f"{found[1]}{language}"
        return f"{found[2]}{' checked' if language in found[2] else ''}"

    return CHOSEN.sub(chosen, page, count=3)


def markdown(report: Report, language: Language = "en") -> str:
    """The same content as Markdown; everybody's text stands in fences or is escaped."""
    environment = _environment(autoescape=False)  # not HTML: `b`, `text` and `fenced` escape

    def written(value: Both) -> str:
        return value.in_(language)

    environment.filters |= _figures(written) | {
        "b": lambda value: rendering_view.escaped(written(value)),
        "told": lambda value: rendering_view.escaped(written(text.told(value))),
        "text": rendering_view.escaped,
        "fenced": lambda value: rendering_view.fenced(value, language),
    }
    environment.globals["say"] = lambda english, chinese: written(Both(english, chinese))
    return str(environment.get_template("report.md.j2").render(rendering_view.view(report)))


def _page(template: str, view: dict[str, Any]) -> str:
    from markupsafe import Markup

    environment = _environment(autoescape=True)
    environment.filters |= _figures(_in_both) | {
        "b": _in_both,
        "told": lambda value: _in_both(text.told(value)),
        "text": rendering_view.escaped,
    }
    environment.globals["say"] = lambda english, chinese: _in_both(Both(english, chinese))
    style = (HERE / "report.css").read_text(encoding="utf-8")  # our own file
    return str(environment.get_template(template).render(view | {"style": Markup(style)}))


def _environment(autoescape: bool) -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(HERE),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _figures(written: Any) -> dict[str, Any]:
    """Filters that write figures, in whatever way texts of two languages are written."""
    return {
        "percent": lambda value: written(text.percent(value)),
        "points": lambda value: written(text.points(value)),
        "interval": lambda e: written(text.interval(e.low, e.high)),
        "p": lambda value: written(text.p_value(value)),
        "plain": lambda value: written(text.number(value, 0 if value == int(value) else 2)),
        "worth": rendering_view.worth,
    }


def _in_both(value: Both) -> Any:
    """A text in both languages, of which the page shows one."""
    from markupsafe import Markup, escape

    if value.en == value.zh:
        return escape(value.en)
    return Markup('<span class="en">{}</span><span class="zh" lang="zh">{}</span>').format(
        value.en, value.zh
    )


def _pictures(drawn: list[str | None]) -> dict[str, Any]:
    from markupsafe import Markup

    wide, narrow = (Markup(charts.for_page(svg)) if svg else "" for svg in drawn)
    return {"wide": wide, "narrow": narrow}
