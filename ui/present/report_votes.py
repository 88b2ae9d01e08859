"""Blind votes on an evaluation's answers: two answers, or one answer and one criterion."""

from __future__ import annotations

from typing import NamedTuple

from core.messages import Message
from eval.judge.records import Calibration
from eval.records import Answer, Comparison, Side, Verdict
from eval.rendering.judge import people
from eval.rubric.rubrics import Criterion
from eval.votes.queue import CriterionItem, PairItem
from eval.votes.report_votes import ENOUGH, Vote, VoteCount
from ui.markup import Html, join, table, tag
from ui.present.votes import ballot
from ui.words import Voice

Mode = str
"""`pairs` or `criteria`."""


class Standing(NamedTuple):
    """How far voting has come."""

    votes: VoteCount
    pairs: int
    """Pairs there are to vote on."""
    criteria: int
    """Judge's verdicts there are to vote on."""
    calibration: Calibration | None = None


def pair(
    item: PairItem, comparison: Comparison, first: Side, vote: Vote | None, voice: Voice
) -> Html:
    """Two answers without names; with a vote, who gave them."""
    sides: tuple[Side, Side] = ("base", "tuned") if first == "base" else ("tuned", "base")
    answers = [
        _answer(comparison.side(side), _place(n, side, vote is not None, voice), voice)
        for n, side in enumerate(sides, 1)
    ]
    return tag(
        "article",
        tag("p", voice(f"votes.why.{item.why}"), class_="dt-quiet"),
        _asked(comparison.sample.prompt, voice),
        tag("div", *answers, class_="dt-lanes dt-lanes-2"),
        ballot(2, voice, names=("A", "B")) if vote is None else _revealed(vote, comparison, voice),
        class_="dt-ballot",
        data_job=item.sample_id,
    )


def criterion(
    item: CriterionItem, comparison: Comparison, asked: Criterion, said: Verdict | None,
    vote: Vote | None, voice: Voice,
) -> Html:  # fmt: skip
    """One answer without a name and one criterion; with a vote, what the judge said."""
    return tag(
        "article",
        _asked(comparison.sample.prompt, voice),
        tag("div", _answer(comparison.side(item.side), voice("votes.answer"), voice),
            class_="dt-lanes dt-lanes-1"),
        tag("p", tag("b", voice("votes.criterion")), " ", asked.text, class_="dt-criterion"),
        _yes_or_no(item, voice) if vote is None else _judge_said(item, said, vote, voice),
        class_="dt-ballot",
        data_job=item.sample_id,
    )  # fmt: skip


def done(mode: Mode, standing: Standing, voice: Voice) -> Html:
    """That there is nothing to vote on, or nothing left."""
    there = standing.pairs if mode == "pairs" else standing.criteria
    return tag("p", voice("votes.done" if there else f"votes.nothing.{mode}"), class_="dt-quiet")


def standing(now: Standing, mode: Mode, voice: Voice) -> Html:
    """How many votes there are, what they come to, and the switch between both kinds."""
    switch = [
        tag(
            "button", voice(f"votes.mode.{each}"), data_do="mode", data_mode=each,
            class_="dt-button", aria_pressed="true" if each == mode else "false",
        )
        for each in ("pairs", "criteria")
    ]  # fmt: skip
    count = now.votes
    pairs = voice("votes.progress.pairs", n=count.pairs, all=now.pairs, needed=ENOUGH)
    criteria = voice("votes.progress.criteria", n=count.criteria, all=now.criteria, needed=ENOUGH)
    export = tag("button", voice("votes.export"), class_="dt-button", data_do="preferences")
    return tag(
        "section",
        tag("div", *switch, class_="dt-actions", role="group", aria_label=voice("votes.mode")),
        tag("p", pairs, class_="dt-quiet"),
        tag("p", criteria, class_="dt-quiet") if now.criteria else None,
        _result(count, voice),
        _against_people(now.calibration, voice),
        tag("div", export, class_="dt-actions") if count.wins + count.losses else None,
        class_="dt-votes-standing",
    )


def _result(count: VoteCount, voice: Voice) -> Html | None:
    if not count.pairs:
        return None
    share = voice("not_measured")
    if count.rate is not None and count.low is not None and count.high is not None:
        share = f"{count.rate:.0%} ({count.low:.0%} – {count.high:.0%})"
    p = f"{count.p_value:.3f}" if count.p_value is not None else voice("not_measured")
    head = [voice(f"votes.{name}") for name in ("wins", "losses", "ties", "bad", "rate", "p")]
    row = [str(count.wins), str(count.losses), str(count.ties), str(count.both_bad), share, p]
    return join([table(head, [row]), tag("p", voice("votes.how"), class_="dt-note")])


def _against_people(found: Calibration | None, voice: Voice) -> Html | None:
    if found is None:
        return None
    shown = people(found, {})
    words = lambda both: both.in_(voice.language)  # noqa: E731
    rows = [[words(cell) for cell in row] for row in shown.rows]
    return tag(
        "details",
        tag("summary", words(shown.head[0])),
        table([words(cell) for cell in shown.head], rows),
        tag("p", words(shown.caption), class_="dt-note"),
        class_="dt-fold",
    )


def _asked(prompt: tuple[Message, ...], voice: Voice) -> Html:
    turns = [
        tag("div", tag("span", voice(f"role.{turn.role}"), class_="dt-role"),
            tag("p", turn.content), class_=f"dt-turn dt-turn-{turn.role}")
        for turn in prompt
    ]  # fmt: skip
    return tag("div", *turns, class_="dt-turns dt-asked-of-both")


def _answer(answer: Answer, title: Html | str, voice: Voice) -> Html:
    text = answer.text if answer.text else tag("em", voice("votes.empty"))
    return tag(
        "section",
        tag("h4", title),
        tag("div", text, class_="bot dt-answer"),
        class_="dt-lane",
    )


def _place(number: int, side: Side, known: bool, voice: Voice) -> str:
    place = voice("votes.place", place="AB"[number - 1])
    return f"{place}: {voice(f'side.{side}')}" if known else place


def _revealed(vote: Vote, comparison: Comparison, voice: Voice) -> Html:
    """What was voted for, who that was, and what the data answers."""
    words = voice("votes.voted.bad" if vote.vote == "both_bad" else f"votes.voted.{vote.winner}")
    return tag(
        "div",
        tag("p", words, class_="dt-voted", role="status"),
        tag("p", tag("b", voice("votes.reference")), " ", comparison.sample.reference)
        if comparison.sample.reference
        else None,
        _next(voice),
        class_="dt-revealed",
    )


def _judge_said(item: CriterionItem, said: Verdict | None, vote: Vote, voice: Voice) -> Html:
    judged = said.outcome if said is not None else "unscored"
    agreed = (judged == "met") == bool(vote.met)
    return tag(
        "div",
        tag("p", voice("votes.agreed" if agreed else "votes.differs"), " ",
            voice("votes.was", side=voice(f"side.{item.side}")), class_="dt-voted", role="status"),
        tag("p", tag("b", voice(f"votes.judge.{judged}")), " ", said.reason) if said else None,
        _next(voice),
        class_="dt-revealed",
    )  # fmt: skip


def _yes_or_no(item: CriterionItem, voice: Voice) -> Html:
    buttons = [
        tag("button", tag("span", voice(f"votes.{key}")), tag("kbd", key[0].upper()),
            class_="dt-button", data_do="criterion", data_choice=key, data_key=key[0],
            data_criterion=item.criterion_id, data_side=item.side)
        for key in ("yes", "no")
    ]  # fmt: skip
    return tag(
        "div", tag("b", voice("votes.meets")), *buttons, class_="dt-vote", data_vote="criterion",
        tabindex="-1", role="group", aria_label=voice("votes.meets"),
    )  # fmt: skip


def _next(voice: Voice) -> Html:
    button = tag(
        "button", voice("votes.next"), class_="dt-button dt-primary", data_do="next",
        data_key="Enter",
    )  # fmt: skip
    return tag("div", button, class_="dt-actions", data_vote="next")
