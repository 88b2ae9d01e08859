"""Small parts that several views are made of."""

from __future__ import annotations

from collections.abc import Mapping

from ui.markup import Html, join, tag
from ui.present import numbers
from ui.words import Voice

SHOWN_SHARES = 12
"""Bars before the rest is folded away."""


def act(name: str, words: str, *, primary: bool = False, **data: str | int) -> Html:
    """A button whose click asks the room for something."""
    given = {f"data_{key}": str(value) for key, value in data.items()}
    looks = "dt-button dt-primary" if primary else "dt-button"
    return tag("button", words, type="button", class_=looks, data_do=name, **given)


def link(name: str, words: str, **data: str | int) -> Html:
    """The same inside a sentence or a table."""
    given = {f"data_{key}": str(value) for key, value in data.items()}
    return tag("button", words, type="button", class_="dt-link", data_do=name, **given)


def row_link(row: int, voice: Voice) -> Html:
    """A row's number that shows the row when it is clicked."""
    return link("row", voice("data.row.title", row=row), row=row)


def section(title: str, *children: Html | None) -> Html:
    """A titled part of a view."""
    return tag("section", tag("h4", title, aria_level=2), *children, class_="dt-part")


def fold(title: str, *children: Html | None, is_open: bool = False, stays: bool = False) -> Html:
    """Something that unfolds below a button; `stays` keeps it open after a click inside."""
    summary = tag("summary", title, class_="dt-button")
    return tag(
        "details", summary, tag("div", *children), class_="dt-fold", open=is_open, data_stays=stays
    )


def danger(do: str, label: str, which: str, **data: str) -> Html:
    """A button that does what can't be undone."""
    given = {f"data_{key}": value for key, value in data.items()}
    return tag(
        "button", label, type="button", class_="dt-button dt-danger", data_do=do, data_id=which,
        **given,
    )  # fmt: skip


def quiet(words: str) -> Html:
    """Something said in passing."""
    return tag("p", words, class_="dt-quiet")


def shares(counts: Mapping[str, int], voice: Voice) -> Html:
    """How much there is of each, as bars on one scale; a long list folds its end away."""
    most = max(counts.values(), default=0)
    bars = [_share(name, count, most) for name, count in counts.items()]
    first = tag("dl", *bars[:SHOWN_SHARES], class_="dt-shares")
    if len(bars) <= SHOWN_SHARES:
        return first
    more = tag("summary", voice("data.shares.more", n=len(bars) - SHOWN_SHARES))
    rest = tag("dl", *bars[SHOWN_SHARES:], class_="dt-shares")
    return join([first, tag("details", more, rest, class_="dt-more")])


def _share(name: str, count: int, most: int) -> Html:
    width = 100 * count / most if most else 0
    bar = tag("i", style=f"width:{width:.1f}%", aria_hidden="true")
    return tag("div", tag("dt", name), tag("dd", bar, tag("b", numbers.count(count))))


def pages(page: int, total: int, voice: Voice) -> Html | None:
    """Buttons to the pages before and after; None when there is only one."""
    if total <= 1:
        return None
    back, forth = voice("data.page.back"), voice("data.page.forth")
    return tag(
        "nav",
        act("page", back, page=page - 1) if page > 1 else None,
        tag("span", voice("data.page", n=page, total=total), class_="dt-quiet"),
        act("page", forth, page=page + 1) if page < total else None,
        class_="dt-pages",
    )


def cut_page(page: int, items: int, size: int) -> tuple[int, int]:
    """A page number that exists, and how many pages there are."""
    total = max(1, -(-items // size))
    return min(max(1, page), total), total
