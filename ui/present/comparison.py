"""What was compared before: the list with its links, the votes, and what is kept for later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.comparing.keeping import Kept
from core.comparing.links import Link
from core.comparing.records import Session
from core.serving.endpoints import SavedEndpoint
from eval.votes.counts import Tally
from ui.markup import Html, join, tag
from ui.present import numbers
from ui.present.votes import tallies
from ui.words import Voice

MOST_SHOWN = 40
"""Comparisons in the list; older ones are still on disk and in the votes."""
SHORT = 160


@dataclass(frozen=True)
class Past:
    """All that was kept of comparisons."""

    sessions: Sequence[Session] = ()
    links: Mapping[str, Sequence[Link]] | None = None
    """Links that work, by conversation."""
    tallies: Sequence[Tally] = ()
    cases: Sequence[Kept] = ()
    corrections: Sequence[Kept] = ()
    local: bool = True
    """The app answers on this machine only."""


def history(past: Past, voice: Voice) -> Html:
    """Votes, earlier comparisons, test cases and rows to learn from."""
    votes = tallies(past.tallies, voice) or _quiet(voice("compare.tally.empty"))
    listed = [_session(session, past, voice) for session in past.sessions[:MOST_SHOWN]]
    return join(
        [
            _part(voice("compare.tally"), votes),
            _part(
                voice("compare.history"),
                tag("ul", *listed, class_="dt-past-list")
                if listed
                else _quiet(voice("compare.history.empty")),
            ),
            _rows(past.corrections, voice),
            _cases(past.cases, voice),
        ]
    )


def _part(title: str, *children: Html | str | None) -> Html:
    return tag("section", tag("h3", title), *children, class_="dt-compare-part")


def _quiet(words: str) -> Html:
    return tag("p", words, class_="dt-quiet")


def _session(session: Session, past: Past, voice: Voice) -> Html:
    facts = voice(
        "compare.history.facts",
        who=" · ".join(session.titles),
        n=len(session.turns),
        day=numbers.day(session.created),
    )
    given = (past.links or {}).get(session.id, ())
    return tag(
        "li",
        tag("div", tag("b", session.title), tag("span", facts), class_="dt-past-name"),
        tag(
            "div",
            _do(voice("compare.history.open"), "open"),
            _fold(
                voice("compare.link"),
                *[_link(link, voice) for link in given],
                tag("p", voice("compare.link.local" if past.local else "compare.link.open")),
                _do(voice("compare.link.make"), "share"),
                _do(voice("compare.link.file"), "page"),
            ),
            _fold(
                voice("compare.history.rename"),
                tag("label", voice("compare.history.name"), for_=f"{session.id}-name"),
                tag("input", name_="name", type="text", value=session.title,
                    id=f"{session.id}-name"),
                _do(voice("compare.history.save"), "rename"),
            ),
            _fold(
                voice("compare.history.delete"),
                tag("p", voice("compare.history.delete.sure")),
                _do(voice("compare.history.delete.yes"), "delete"),
            ),
            class_="dt-past-acts",
        ),
        data_job=session.id,
    )  # fmt: skip


def _link(link: Link, voice: Voice) -> Html:
    return tag(
        "p",
        tag("a", link.path, href=link.path, target="_blank", rel="noreferrer"),
        tag("span", voice("compare.link.since", day=numbers.day(link.created))),
        tag(
            "button", voice("compare.link.revoke"), class_="dt-link", data_do="revoke",
            data_token=link.token,
        ),
        class_="dt-link-line",
    )  # fmt: skip


def _rows(rows: Sequence[Kept], voice: Voice) -> Html | None:
    if not rows:
        return None
    acts = tag(
        "div",
        _do(voice("compare.kept.add"), "add-rows"),
        _do(voice("compare.kept.file"), "rows-file"),
        class_="dt-actions",
    )
    return _part(
        f"{voice('compare.kept.rows')} ({len(rows)})",
        tag("p", voice("compare.kept.rows.hint"), class_="dt-quiet"),
        tag("ul", *[_kept(row, voice) for row in rows], class_="dt-past-list"),
        acts,
    )


def _cases(cases: Sequence[Kept], voice: Voice) -> Html | None:
    if not cases:
        return None
    listed = tag("ul", *[_kept(case, voice) for case in cases], class_="dt-past-list")
    return _part(f"{voice('compare.kept.cases')} ({len(cases)})", listed)


def _kept(kept: Kept, voice: Voice) -> Html:
    lines = [(voice("compare.kept.asked"), kept.prompt[-1].content)]
    if kept.said:
        lines.append((voice("compare.kept.said", by=kept.by), kept.said))
    if kept.wanted:
        lines.append((voice("compare.kept.wanted"), kept.wanted))
    if kept.note:
        lines.append((voice("compare.case.note"), kept.note))
    told = [
        tag("div", tag("dt", name), tag("dd", text if len(text) <= SHORT else f"{text[:SHORT]}…"))
        for name, text in lines
    ]
    forget = tag(
        "button", voice("compare.kept.forget"), class_="dt-link", data_do="forget",
        data_kept=kept.id,
    )  # fmt: skip
    return tag("li", tag("dl", *told, class_="dt-facts"), forget)


def endpoints(saved: Sequence[SavedEndpoint], voice: Voice) -> Html:
    """Models served elsewhere, and a form for another one; keys are never shown."""
    listed = [
        tag(
            "li",
            tag("div", tag("b", one.name), tag("span", f"{one.model} · {one.base_url}"),
                class_="dt-past-name"),
            tag("button", voice("compare.endpoint.forget"), class_="dt-link",
                data_do="forget-endpoint", data_name=one.name),
        )
        for one in saved
    ]  # fmt: skip
    form = tag(
        "div",
        *[
            _field(name, voice(f"compare.endpoint.{name}"), secret=name == "key")
            for name in ("name", "url", "model", "key")
        ],
        tag("button", voice("compare.endpoint.save"), class_="dt-button", data_do="endpoint"),
        data_form=True,
        class_="dt-lane-form dt-endpoint-form",
    )
    return join(
        [
            tag("p", voice("compare.endpoint.hint"), class_="dt-quiet"),
            tag("ul", *listed, class_="dt-past-list") if listed else None,
            form,
        ]
    )


def _field(name: str, words: str, secret: bool) -> Html:
    field_id = f"endpoint-{name}"
    return tag(
        "div",
        tag("label", words, for_=field_id),
        tag(
            "input", name_=name, id=field_id, type="password" if secret else "text",
            autocomplete="off",
        ),
    )  # fmt: skip


def _do(words: str, what: str) -> Html:
    return tag("button", words, class_="dt-button", data_do=what)


def _fold(title: str, *children: Html) -> Html:
    inside = tag("div", *children, data_form=True, class_="dt-lane-form")
    return tag("details", tag("summary", title), inside, class_="dt-fold dt-lane-fold")
