"""One comparison as a page of its own: self-contained, read-only, every text escaped."""

from __future__ import annotations

from pathlib import Path

from core.comparing.records import Session, Turn
from ui.markup import Html, join, tag, text
from ui.present import lane_diff, numbers
from ui.present.pair import figures_text
from ui.present.votes import voted
from ui.words import Voice

STYLE = (Path(__file__).parents[1] / "shared.css").read_text(encoding="utf-8")


def page_of(session: Session, made: str, voice: Voice) -> str:
    """A whole HTML document; it loads nothing and runs nothing."""
    title = session.title or voice("shared.title")
    head = tag(
        "head",
        Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width">'),
        Html('<meta name="robots" content="noindex"><meta name="referrer" content="no-referrer">'),
        tag("title", title),
        tag("style", Html(STYLE)),
    )
    body = tag(
        "body",
        tag("h1", title),
        tag("p", voice("shared.note", day=numbers.day(made)), class_="muted"),
        _context(session),
        *[_turn(session, turn, voice) for turn in session.turns],
    )
    language = "zh-CN" if voice.language == "zh" else "en"
    return f'<!doctype html>\n<html lang="{language}">{head}{body}</html>\n'


def gone(voice: Voice) -> str:
    """The document for a link that shows nothing."""
    return (
        '<!doctype html>\n<html><head><meta charset="utf-8">'
        f'<meta name="robots" content="noindex"><style>{STYLE}</style></head>'
        f"<body><p>{text(voice('shared.gone'))}</p></body></html>\n"
    )


def _context(session: Session) -> Html | None:
    said = [tag("p", message.content) for message in session.context if message.content]
    return tag("section", *said, class_="muted") if said else None


def _turn(session: Session, turn: Turn, voice: Voice) -> Html:
    question = turn.question
    sampling = voice("shared.sampling", **question.sampling.model_dump())
    system = None
    if question.system.strip():
        system = tag("p", f"{voice('shared.system')}: {question.system}", class_="muted")
    reference = None
    if question.source is not None:
        words = voice("compare.reference", row=question.source.row)
        reference = tag(
            "article", tag("b", words), tag("div", question.source.reference, class_="said")
        )
    return tag(
        "section",
        tag("p", question.text, class_="asked"),
        tag("div", *[_lane(session, turn, which, voice) for which in turn.order], class_="lanes"),
        reference,
        voted(session, turn, voice) if turn.vote is not None else None,
        system,
        tag("small", sampling),
    )


def _lane(session: Session, turn: Turn, which: int, voice: Voice) -> Html:
    answer = turn.answers[which]
    if answer is None:
        return tag("article", tag("b", session.titles[which]))
    others = [other for n in turn.order if n != which and (other := turn.answers[n])]
    shown: Html | str = answer.text
    if len(turn.order) == 2 and others and answer.text and others[0].text:
        shown = lane_diff.marked(answer.text, others[0].text)
    return tag(
        "article",
        tag("b", session.titles[which]),
        tag("div", join([shown]), class_="said"),
        tag("p", voice.said(answer.error), class_="muted") if answer.error else None,
        tag("small", figures_text(answer, voice)),
    )
