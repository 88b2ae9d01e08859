"""HTML that can't be injected into: every text is escaped unless it was built here."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


class Html(str):
    """Text that is already safe HTML."""

    __slots__ = ()


Child = str | None
"""A str is escaped, an Html is kept, None is left out."""
VOID = frozenset({"br", "hr", "path", "circle", "col"})


def tag(name: str, *children: Child, **attributes: str | float | bool | None) -> Html:
    """One element on one line; `class_` and `data_x` become `class` and `data-x`."""
    given = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{join(children)}</{name}>")


def join(children: Iterable[Child]) -> Html:
    """Pieces one after another."""
    return Html("".join(text(child) for child in children if child is not None))


def text(child: str) -> Html:
    """A text, escaped, its line ends kept; safe HTML stays as it is.

    No blank line may come out: inside a chat message it would end the HTML block.
    """
    if isinstance(child, Html):
        return child
    return Html(escape(child).replace("\r\n", "\n").replace("\n", "<br>"))


def table(head: Iterable[Child], rows: Iterable[Iterable[Child]], numbers: int = 0) -> Html:
    """A table with column headings; the last `numbers` columns are figures, aligned right."""
    titles = list(head)
    first_number = len(titles) - numbers

    def cells(row: Iterable[Child], name: str, scope: str | None) -> Html:
        return join(
            tag(name, cell, scope=scope, class_="dt-number" if i >= first_number else None)
            for i, cell in enumerate(row)
        )

    body = join(tag("tr", cells(row, "td", None)) for row in rows)
    top = tag("thead", tag("tr", cells(titles, "th", "col")))
    return tag("div", tag("table", top, tag("tbody", body)), class_="dt-table", tabindex="0")


def facts(pairs: Iterable[tuple[str, Child]]) -> Html:
    """Names and values as a definition list."""
    rows = join(tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs)
    return tag("dl", rows, class_="dt-facts")


def badge(label: str, tone: str = "plain") -> Html:
    """A short state in words, coloured by tone: plain, good, warn, bad or live."""
    return tag("span", label, class_=f"dt-badge dt-{tone}")


def _attribute(key: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
