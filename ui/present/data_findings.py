"""What is wrong in a dataset: by kind with its repair, one by one with its place, and as a file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from core.data.problems import KINDS
from core.data.records import Dataset, Problem
from core.data.repairing import RepairOffer, harmless
from core.data.wording import problem_parts
from ui.markup import Child, Html, badge, join, table, tag
from ui.present import numbers
from ui.present.data_parts import act, cut_page, link, pages, quiet, row_link
from ui.words import Voice

PAGE = 50
SEVERITIES = ("error", "warning", "note")
TONE = {"error": "bad", "warning": "warn", "note": "plain"}
TEXTS = ("message", "fix")
COLUMNS = ("row", "line", "column", "field", "severity", "message", "fix")
SHOWN_FILLS = 30
"""Placeholders that can be filled in at once."""


class Filter(NamedTuple):
    """Which findings are shown."""

    severity: str = "all"
    code: str = ""
    page: int = 1

    def fits(self, problem: Problem) -> bool:
        """Whether a finding is one of them."""
        return self.severity in ("all", problem.severity) and self.code in ("", problem.code)


def chosen(found: Iterable[Problem], wanted: Filter) -> list[Problem]:
    """The findings that fit, in file order."""
    return [problem for problem in found if wanted.fits(problem)]


# -- by kind ---------------------------------------------------------------------------------------


def kinds(
    dataset: Dataset, offers: Sequence[RepairOffer], wanted: Filter, voice: Voice
) -> Html | str:
    """Every kind of finding with how often it occurs and what mends it, the worst first."""
    examples: dict[str, Problem] = {}
    for problem in dataset.problems:
        examples.setdefault(problem.code, problem)
    shown = [one for one in examples.values() if wanted.severity in ("all", one.severity)]
    if not shown:
        return ""
    counts, mends = dataset.problem_counts, {offer.code: offer for offer in offers}
    shown.sort(key=lambda p: (SEVERITIES.index(p.severity), -counts.get(p.code, 1), p.code))
    rows = (
        (
            badge(voice(f"severity.{one.severity}"), TONE[one.severity]),
            _kind(one, wanted.code, mends.get(one.code), voice),
            numbers.count(counts.get(one.code, 1)),
            _mend(dataset, mends[one.code], voice) if one.code in mends else None,
        )
        for one in shown
    )
    names = ("severity", "kind", "count", "mend")
    head = [voice(f"data.column.{name}") for name in names]
    listed = tag("div", table(head, rows), class_="dt-kinds")
    return join([_mend_all(offers, voice), listed])


def _kind(example: Problem, code: str, offer: RepairOffer | None, voice: Voice) -> Html:
    current = "true" if example.code == code else None
    name = tag(
        "button", tag("code", example.code), type="button", class_="dt-link", data_do="code",
        data_code=example.code, aria_pressed=current or "false",
    )  # fmt: skip
    said = tag("p", _text(example, "message", voice))
    does = None
    if offer is not None:
        repair = offer.en if voice.language == "en" else offer.zh
        does = tag("p", voice("data.mend.does", repair=repair), class_="dt-quiet")
    return tag("div", name, said, does)


def _mend(dataset: Dataset, offer: RepairOffer, voice: Voice) -> Html:
    """One button; before rows are taken away, or values are needed, one more step."""
    do = voice("data.mend")
    if offer.is_harmless:
        return act("repair", do, code=offer.code)
    parts: list[Html] = []
    if offer.removes:
        parts.append(tag("p", voice("data.mend.removes", n=numbers.count(offer.count))))
    if offer.asks:
        parts += _fills(dataset, offer, voice)
    words = voice("data.mend.remove" if offer.removes else "data.mend.fill")
    button = act("repair", words, code=offer.code)
    summary = tag("summary", voice("data.mend.open"), class_="dt-button")
    body = tag("div", *parts, button, data_form="1")
    return tag("details", summary, body, class_="dt-mend")


def _fills(dataset: Dataset, offer: RepairOffer, voice: Voice) -> list[Html]:
    names = (p.values.get("placeholder", "") for p in dataset.problems if p.code == offer.code)
    found = [name for name in dict.fromkeys(names) if name]
    told = [tag("p", voice("data.mend.asks"))]
    if len(found) > SHOWN_FILLS:
        told.append(tag("p", voice("data.mend.fills.more", shown=SHOWN_FILLS, n=len(found))))
    known = dataset.choices.fills
    return told + [
        tag("label", tag("code", name), tag("input", name_=name, value=known.get(name, "")))
        for name in found[:SHOWN_FILLS]
    ]


def _mend_all(offers: Sequence[RepairOffer], voice: Voice) -> Html | None:
    safe = harmless(offers)
    if not safe:
        return None
    places = numbers.count(sum(offer.count for offer in safe))
    told = tag("span", voice("data.mend.all.what", n=len(safe), places=places), class_="dt-quiet")
    return tag("p", act("repair-all", voice("data.mend.all")), told, class_="dt-mend-all")


# -- one by one ------------------------------------------------------------------------------------


def problems(
    found: Sequence[Problem],
    voice: Voice,
    wanted: Filter | None = None,
    counts: Mapping[str, int] | None = None,
) -> Html:
    """The findings that fit, a page of them, each with its place and what to do."""
    wanted = wanted or Filter()
    fitting = chosen(found, wanted)
    if not fitting:
        return quiet(voice("data.problems.none"))
    page, total = cut_page(wanted.page, len(fitting), PAGE)
    head = [voice(f"data.column.{name}") for name in ("severity", "where", "message")]
    rows = (
        (
            badge(voice(f"severity.{problem.severity}"), TONE[problem.severity]),
            _place(problem, voice),
            _said(problem, voice),
        )
        for problem in fitting[(page - 1) * PAGE : page * PAGE]
    )
    return tag(
        "div",
        _counted(fitting, wanted, counts or {}, voice),
        table(head, rows),
        pages(page, total, voice),
        class_="dt-problems",
    )


def _counted(
    found: Sequence[Problem], wanted: Filter, counts: Mapping[str, int], voice: Voice
) -> Html:
    listed = Counter(problem.code for problem in found)
    hidden = (
        counts.get(code, 0) - n
        for code, n in listed.items()
        if n > 1 or not (code in KINDS and KINDS[code].once)
    )
    every = len(found) + sum(max(0, n) for n in hidden)
    told = voice("data.problems.count", n=numbers.count(len(found)))
    if every > len(found):
        values = {"n": numbers.count(every), "listed": numbers.count(len(found))}
        told = voice("data.problems.listed", **values)
    clear = link("code", voice("data.problems.clear"), code="") if wanted.code else None
    of_kind = tag("code", wanted.code) if wanted.code else None
    return tag("p", told, " ", of_kind, " ", clear, class_="dt-quiet")


def _place(problem: Problem, voice: Voice) -> Html:
    numbered = (("line", problem.line), ("column", problem.column))
    parts = [voice(f"data.place.{name}", n=n) for name, n in numbered if n is not None]
    told = ", ".join([*filter(None, [problem.file]), *parts])
    return tag(
        "div",
        row_link(problem.row, voice) if problem.row else tag("span", voice("data.place.file")),
        tag("small", told) if told and problem.row else None,
        tag("code", problem.field) if problem.field else None,
        class_="dt-place",
    )


def _said(problem: Problem, voice: Voice) -> Html:
    fix = tag("p", _text(problem, "fix", voice), class_="dt-quiet")
    return tag("div", tag("p", _text(problem, "message", voice)), fix)


def _text(problem: Problem, name: str, voice: Voice) -> str:
    return problem_parts(problem, voice.language)[TEXTS.index(name)]


def refused(file: str, found: Sequence[Problem], voice: Voice) -> Html:
    """Everything that was found in a file of which nothing could be used."""
    head = tag("h4", voice("data.refused", file=file), aria_level=2)
    told = tag("ul", *(_line(problem, voice) for problem in found[:PAGE]))
    more = None
    if len(found) > PAGE:
        more = quiet(voice("data.refused.more", n=numbers.count(len(found) - PAGE)))
    return tag("div", head, told, more, class_="dt-refused", role="alert")


def _line(problem: Problem, voice: Voice) -> Html:
    where: Child = tag("b", voice("data.row.title", row=problem.row), " ") if problem.row else None
    message, fix = problem_parts(problem, voice.language)
    return tag("li", where, message, " ", tag("span", fix, class_="dt-quiet"))


# -- as a file -------------------------------------------------------------------------------------


def as_csv(found: Iterable[Problem], voice: Voice) -> str:
    """Findings as CSV with a heading, for a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*COLUMNS, "code"])
    for problem in found:
        values = {name: getattr(problem, name) for name in (*COLUMNS, "code")}
        values |= {name: _text(problem, name, voice) for name in TEXTS}
        writer.writerow(map(_plain, values.values()))
    return text.getvalue()


def _plain(value: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")):
        return f"'{value}"
    return value


def as_jsonl(found: Iterable[Problem]) -> str:
    """Findings as JSON lines."""
    return "".join(f"{problem.model_dump_json()}\n" for problem in found)


def severities(dataset: Dataset) -> dict[str, int]:
    """How many findings there are of each severity, listed or not."""
    listed = {problem.code: problem.severity for problem in dataset.problems}
    counts = dataset.problem_counts or Counter(problem.code for problem in dataset.problems)
    found = Counter(dict.fromkeys(SEVERITIES, 0))
    for code, count in counts.items():
        found[listed.get(code) or KINDS[code].severity] += count
    return dict(found)
