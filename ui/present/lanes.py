"""Turns of a comparison: the question once, and beside each other what everybody answered."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from core.comparing.records import Session, Turn
from core.serving.contenders import Contender
from core.serving.records import Generation
from ui.markup import Html, join, tag
from ui.present import lane_diff
from ui.present.pair import figures, figures_text
from ui.present.votes import vote_bar, voted
from ui.words import Voice


@dataclass(frozen=True)
class Moment:
    """When a turn is shown."""

    newest: bool = False
    under_way: Container[int] = ()
    """Contenders that answer just now."""


def talk(
    session: Session, under_way: Container[int] | None, window: int, voice: Voice
) -> dict[str, Any]:
    """A conversation as the page takes it; `under_way` answer the newest turn just now."""
    turns = session.turns
    first = max(0, len(turns) - window)
    past = [_turn(session, turn, voice, Moment()) for turn in turns[first:-1]]
    if first:
        past.insert(0, _earlier(first, voice))
    now = Moment(newest=True, under_way=under_way if under_way is not None else ())
    return {
        "session": session.id,
        "past": past,
        "now": _turn(session, turns[-1], voice, now) if turns else "",
        "busy": under_way is not None,
    }


def empty(
    who: Sequence[tuple[Contender, str]], blind: bool, voice: Voice, fresh: bool
) -> dict[str, Any]:
    """The places of those who are going to be asked."""
    cards = [
        tag(
            "article",
            _heading(voice("compare.side", place=place) if blind else title),
            tag("div", class_="bot dt-answer"),
            tag("p", voice("compare.waits"), class_="dt-figures-line dt-quiet"),
            class_=_lane_class(None if blind else place - 1, contender),
            data_place=place,
            id=f"compare-side-{place}" if blind else _element_id(place - 1, who),
        )
        for place, (contender, title) in enumerate(who, start=1)
    ]
    lanes = tag("div", *cards, class_=f"dt-lanes dt-lanes-{len(cards)}")
    return {"session": "", "fresh": fresh, "past": [], "now": lanes, "busy": False}


def _turn(session: Session, turn: Turn, voice: Voice, moment: Moment) -> Html:
    cards = [_lane(session, turn, place, voice, moment) for place in range(1, len(turn.order) + 1)]
    over = all(turn.answers)
    return tag(
        "section",
        _question(turn),
        tag("div", *cards, class_=f"dt-lanes dt-lanes-{len(cards)}"),
        vote_bar(turn, voice) if over and turn.vote is None else None,
        voted(session, turn, voice) if turn.vote is not None else None,
        _tools(turn, voice, moment) if over and not turn.hidden else None,
        class_="dt-turn-of-all",
        data_turn=turn.id,
    )


def _question(turn: Turn) -> Html:
    return tag("div", tag("p", turn.question.text), class_="dt-asked user")


def _lane(session: Session, turn: Turn, place: int, voice: Voice, moment: Moment) -> Html:
    which = turn.order[place - 1]
    answer = turn.answers[which]
    who = list(zip(session.contenders, session.titles, strict=True))
    hidden = turn.hidden
    element_id = f"compare-side-{place}" if hidden else _element_id(which, who)
    title = voice("compare.side", place=place) if hidden else session.titles[which]
    return tag(
        "article",
        _heading(title),
        _answer(turn, which, voice),
        _line(turn, which, voice, moment, f"{element_id}-figures" if moment.newest else None),
        None if hidden or which in moment.under_way else _acts(turn, answer, place, voice, moment),
        class_=_lane_class(None if hidden else which, session.contenders[which]),
        data_place=place,
        id=element_id if moment.newest else None,
    )


def _heading(title: str) -> Html:
    return tag("header", tag("b", title))


def _lane_class(which: int | None, contender: Contender) -> str:
    """Colours say who it is, so that a hidden one has none."""
    if which is None:
        return "dt-lane"
    kind = "base" if contender.kind == "base" else f"n{which}"
    return f"dt-lane dt-lane-{kind}"


def _element_id(which: int, who: Sequence[tuple[Contender, str]]) -> str:
    """`compare-base` and `compare-tuned` for the first of each, `compare-lane-N` for the rest."""
    bases = [n for n, (contender, _) in enumerate(who) if contender.kind == "base"]
    others = [n for n, (contender, _) in enumerate(who) if contender.kind != "base"]
    if bases[:1] == [which]:
        return "compare-base"
    return "compare-tuned" if others[:1] == [which] else f"compare-lane-{which + 1}"


def _answer(turn: Turn, which: int, voice: Voice) -> Html:
    answer = turn.answers[which]
    if answer is None:
        return tag("div", class_="bot dt-answer")
    shown: Html | str = answer.text
    other = _compared_with(turn, which)
    if other is not None and answer.text and not answer.error:
        shown = lane_diff.marked(answer.text, other.text)
    failed = None
    if answer.error:
        why = voice("compare.failed") if turn.hidden else voice.said(answer.error)
        failed = tag("p", why, class_="dt-trouble", role="alert")
    return join(
        [tag("div", shown, class_="bot dt-answer") if answer.text or not failed else None, failed]
    )


def _compared_with(turn: Turn, which: int) -> Generation | None:
    """The answer that differences are marked against: of two the other, of more the first."""
    if any(answer is None or not answer.text for answer in turn.answers):
        return None
    first, second = turn.order[0], turn.order[1]
    if which == first:
        return turn.answers[second] if len(turn.order) == 2 else None
    return turn.answers[first]


def _is_marked(turn: Turn, which: int) -> bool:
    """Whether an answer has marks that can be taken away."""
    answer, other = turn.answers[which], _compared_with(turn, which)
    return (
        answer is not None
        and other is not None
        and "<mark" in lane_diff.marked(answer.text, other.text)
    )


def _line(turn: Turn, which: int, voice: Voice, moment: Moment, element_id: str | None) -> Html:
    answer = turn.answers[which]
    if answer is None:
        words = voice("compare.writing" if which in moment.under_way else "compare.unanswered")
        return tag("p", words, class_="dt-figures-line", id=element_id)
    if turn.hidden:
        return tag("p", voice("compare.answered"), class_="dt-figures-line", id=element_id)
    first = turn.answers[turn.order[0]]
    same = first if which != turn.order[0] else None
    return figures(answer, voice, same_as=same, element_id=element_id)


def growing(
    turn: Turn, under_way: Mapping[int, Generation], voice: Voice
) -> list[dict[str, str] | None]:
    """Text and line of each place that is under way, as the page takes them."""
    grown: list[dict[str, str] | None] = []
    for which in turn.order:
        answer = under_way.get(which)
        if answer is None:
            grown.append(None)
        elif turn.blind:
            over = voice("compare.answered" if answer.done else "compare.writing")
            grown.append({"text": answer.text, "line": over})
        else:
            grown.append({"text": answer.text, "line": figures_text(answer, voice)})
    return grown


def _acts(turn: Turn, answer: Generation | None, place: int, voice: Voice, moment: Moment) -> Html:
    """What can be done with one answer."""
    again = voice("compare.retry" if answer is None or answer.error else "compare.again")
    if answer is None:
        return tag("button", again, class_="dt-link", data_do="again") if moment.newest else Html()
    reference = turn.question.source.reference if turn.question.source else ""
    wrong = tag(
        "details",
        tag("summary", voice("compare.bad")),
        tag(
            "div",
            tag("label", voice("compare.bad.wanted"), for_=f"{turn.id}-{place}-wanted"),
            tag(
                "textarea", _raw(reference or answer.text), name_="wanted", rows=4,
                id=f"{turn.id}-{place}-wanted",
            ),
            tag(
                "button", voice("compare.bad.keep"), class_="dt-button dt-primary", data_do="bad"
            ),
            data_form=True, class_="dt-lane-form",
        ),
        data_fold=f"bad-{turn.id}-{place}", class_="dt-lane-fold",
    )  # fmt: skip
    copy = voice("compare.copy")
    return tag(
        "div",
        tag("button", again, class_="dt-link", data_do="again")
        if moment.newest
        else None,
        tag(
            "button", copy, class_="dt-link", data_copy=copy,
            data_copied=voice("compare.copied"),
        ) if answer.text else None,
        wrong,
        class_="dt-lane-acts",
    )  # fmt: skip


def _tools(turn: Turn, voice: Voice, moment: Moment) -> Html:
    """What can be done with a question and all its answers."""
    source = turn.question.source
    case = tag(
        "details",
        tag("summary", voice("compare.case")),
        tag(
            "div",
            tag("label", voice("compare.case.wanted"), for_=f"{turn.id}-case"),
            tag("textarea", _raw(source.reference if source else ""), name_="wanted", rows=3,
                id=f"{turn.id}-case"),
            tag("label", voice("compare.case.note"), for_=f"{turn.id}-note"),
            tag("input", name_="note", type="text", id=f"{turn.id}-note"),
            tag("button", voice("compare.case.keep"), class_="dt-button dt-primary",
                data_do="case"),
            data_form=True, class_="dt-lane-form",
        ),
        data_fold=f"case-{turn.id}", class_="dt-lane-fold",
    )  # fmt: skip
    return tag(
        "div",
        tag("button", voice("compare.again.all"), class_="dt-link", data_do="again-all")
        if moment.newest
        else None,
        tag("button", voice("compare.marks"), class_="dt-link", data_marks=True)
        if any(_is_marked(turn, which) for which in turn.order)
        else None,
        case,
        _reference(turn, voice),
        class_="dt-turn-tools",
    )


def _reference(turn: Turn, voice: Voice) -> Html | None:
    source = turn.question.source
    if source is None:
        return None
    return tag(
        "details",
        tag("summary", voice("compare.reference", row=source.row)),
        tag("p", source.reference),
        data_fold=f"reference-{turn.id}", class_="dt-lane-fold",
    )  # fmt: skip


def _earlier(number: int, voice: Voice) -> Html:
    return tag(
        "button", voice("compare.earlier", n=number), class_="dt-button dt-earlier",
        data_do="earlier",
    )  # fmt: skip


def _raw(text: str) -> Html:
    """A text for a field, where line ends stay line ends."""
    return Html(escape(text))
