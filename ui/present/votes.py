"""Votes: where they are cast, what one revealed, and what all of them come to."""

from __future__ import annotations

from collections.abc import Sequence

from core.comparing.records import Session, Turn
from eval.votes.counts import Tally
from ui.markup import Html, table, tag
from ui.words import Voice


def vote_bar(turn: Turn, voice: Voice) -> Html:
    """Buttons to vote on the answers of a turn with, and the keys that do the same."""
    return ballot(len(turn.order), voice, may_reveal=turn.blind)


def ballot(places: int, voice: Voice, may_reveal: bool = False, names: Sequence[str] = ()) -> Html:
    """Buttons to vote with on so many places, and the keys that do the same."""
    if names:
        choices = [(str(n), name) for n, name in enumerate(names, 1)]
    elif places == 2:
        choices = [("1", voice("compare.vote.left")), ("2", voice("compare.vote.right"))]
    else:
        choices = [(str(n), voice("compare.vote.place", place=n)) for n in range(1, places + 1)]
    choices += [("tie", voice("compare.vote.tie")), ("bad", voice("compare.vote.bad"))]
    keys = {"tie": "0", "bad": "9"}
    buttons = [
        tag(
            "button", tag("span", words), tag("kbd", keys.get(choice, choice)),
            class_="dt-button", data_do="vote", data_choice=choice,
        )
        for choice, words in choices
    ]  # fmt: skip
    reveal = tag(
        "button", voice("compare.vote.none"), class_="dt-link", data_do="vote", data_choice="none"
    )
    return tag(
        "div",
        tag("b", voice("compare.vote")),
        *buttons,
        reveal if may_reveal else None,
        class_="dt-vote",
        data_vote=places,
        tabindex="-1",
        role="group",
        aria_label=voice("compare.vote"),
    )


def voted(session: Session, turn: Turn, voice: Voice) -> Html | None:
    """What was voted, with the name that it turned out to be."""
    if turn.vote in (None, "none"):
        return None
    if turn.winner is not None:
        words = voice("compare.voted.for", title=session.titles[turn.winner])
    else:
        words = voice(f"compare.voted.{turn.vote}")
    return tag("p", words, class_="dt-voted", role="status")


def tallies(found: Sequence[Tally], voice: Voice) -> Html | str:
    """What the votes come to, pair by pair."""
    if not found:
        return ""
    rows = [
        (
            tally.first, str(tally.wins), tally.second, str(tally.losses), str(tally.ties),
            str(tally.bad), _share(tally, voice), _verdict(tally, voice),
        )
        for tally in found
    ]  # fmt: skip
    head = [
        voice("compare.tally.one"), voice("compare.tally.won"), voice("compare.tally.other"),
        voice("compare.tally.won"), voice("compare.tally.ties"), voice("compare.tally.bad"),
        voice("compare.tally.share"), voice("compare.tally.verdict"),
    ]  # fmt: skip
    return tag("div", table(head, rows), tag("p", voice("compare.tally.how"), class_="dt-note"))


def _share(tally: Tally, voice: Voice) -> str:
    """The share of decided votes that the second one won, with its interval."""
    if tally.share is None or tally.low is None or tally.high is None:
        return voice("not_measured")
    return f"{tally.share:.0%} ({tally.low:.0%} – {tally.high:.0%})"


def _verdict(tally: Tally, voice: Voice) -> str:
    if tally.p_value is None:
        return voice("compare.tally.none")
    better = tally.second if tally.losses > tally.wins else tally.first
    if tally.p_value < 0.05:
        return voice("compare.tally.better", title=better, p=f"{tally.p_value:.3f}")
    return voice("compare.tally.open", p=f"{tally.p_value:.2f}")
