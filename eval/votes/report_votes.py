"""People's blind votes on an evaluation's answers: kept beside the report, counted, exported."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import model_validator

from core.disk import append_line, sha256_text
from core.errors import RunError
from core.identifiers import now
from core.messages import Record
from eval.folder import ReportFolder, read_rows
from eval.records import Comparison, Side

Ballot = Literal["first", "second", "tie", "both_bad"]
ENOUGH = 30
"""Votes from which a judge's errors are computed."""


class Vote(Record):
    """One vote: which of two answers is better, or whether one answer meets one criterion.

    A line of `votes.jsonl`; a later vote on the same takes the place of an earlier one.
    """

    sample_id: str
    shown_first: Side | None = None
    vote: Ballot | None = None
    criterion_id: str | None = None
    met: bool | None = None
    side: Side | None = None
    at: str
    """ISO time, UTC."""

    @model_validator(mode="after")
    def _one_kind(self) -> Vote:
        pair = (self.shown_first, self.vote)
        single = (self.criterion_id, self.met, self.side)
        if (None in pair) == (None in single) or (None not in pair and any(single)):
            raise ValueError("give `shown_first` and `vote`, or `criterion_id`, `side` and `met`")
        return self

    @property
    def key(self) -> tuple[str, str | None, Side | None]:
        """What it is about."""
        return self.sample_id, self.criterion_id, self.side

    @property
    def winner(self) -> Literal["base", "tuned", "tie"] | None:
        """Which side is better; both bad says of neither that it is. None for another kind."""
        if self.vote is None or self.shown_first is None:
            return None
        if self.vote in ("tie", "both_bad"):
            return "tie"
        other: Side = "tuned" if self.shown_first == "base" else "base"
        return self.shown_first if self.vote == "first" else other


class VoteCount(Record):
    """What the votes on pairs come to, and how many there are on single criteria."""

    pairs: int
    wins: int
    """Votes for the tuned side."""
    losses: int
    ties: int
    """Equally good."""
    both_bad: int
    rate: float | None
    """(wins + half of those for neither) / pairs; None without a vote."""
    low: float | None
    """95% interval of the rate, over independent groups."""
    high: float | None
    p_value: float | None
    """Exact test of wins against losses."""
    criteria: int
    """Votes on single criteria."""
    note: str = ""


def first_shown(seed: int, sample_id: str) -> Side:
    """Which side stands first for a voter: drawn from the evaluation's seed, the same each time."""
    return "base" if int(sha256_text(f"{seed}:{sample_id}")[:8], 16) % 2 else "tuned"


def votes(folder: ReportFolder) -> dict[tuple[str, str | None, Side | None], Vote]:
    """All votes that count, by what they are about."""
    return {vote.key: vote for vote in read_rows(folder.votes, Vote)}


def cast(folder: ReportFolder, seed: int, sample_id: str, ballot: Ballot) -> Vote:
    """Keep which answer is better, as they stood before the voter.

    Raises RunError for a second vote on it: it was revealed who answered what.
    """
    return _keep(
        folder,
        Vote(sample_id=sample_id, shown_first=first_shown(seed, sample_id), vote=ballot, at=now()),
    )


def cast_criterion(
    folder: ReportFolder, sample_id: str, criterion_id: str, side: Side, met: bool
) -> Vote:
    """Keep whether an answer meets a criterion."""
    return _keep(
        folder,
        Vote(sample_id=sample_id, criterion_id=criterion_id, side=side, met=met, at=now()),
    )


def count(comparisons: Sequence[Comparison], found: Sequence[Vote]) -> VoteCount:
    """What the votes come to; those on questions that are no longer there don't count."""
    from eval import statistics

    groups = {each.sample.id: each.sample.group for each in comparisons}
    pairs = [vote for vote in found if vote.vote is not None and vote.sample_id in groups]
    rate = statistics.win_rate(
        [vote.winner for vote in pairs], [groups[vote.sample_id] for vote in pairs]
    )
    bad = sum(vote.vote == "both_bad" for vote in pairs)
    return VoteCount(
        pairs=len(pairs), wins=rate.wins, losses=rate.losses, ties=rate.ties - bad, both_bad=bad,
        rate=rate.rate, low=rate.low, high=rate.high, p_value=rate.p_value,
        criteria=sum(vote.met is not None for vote in found), note=rate.note,
    )  # fmt: skip


def preferences(comparisons: Sequence[Comparison], found: Sequence[Vote]) -> str:
    """The decided votes as preference pairs: JSONL with prompt, chosen and rejected turns.

    TRL's conversational preference format, which the data import reads too. Raises RunError when
    no vote decided between two answers.
    """
    compared = {each.sample.id: each for each in comparisons}
    rows = [
        _pair(compared[vote.sample_id], vote.winner)
        for vote in found
        if vote.sample_id in compared and vote.winner in ("base", "tuned")
    ]
    rows = [row for row in rows if row["chosen"] != row["rejected"]]
    if not rows:
        raise RunError(
            "No vote has decided between two answers yet, so there is no pair to learn from.",
            fix="Vote for the better answer of some questions first.",
        )
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _pair(comparison: Comparison, winner: str | None) -> dict[str, Any]:
    better, worse = comparison.tuned.text, comparison.base.text
    if winner == "base":
        better, worse = worse, better
    return {
        "prompt": [message.as_openai() for message in comparison.sample.prompt],
        "chosen": [{"role": "assistant", "content": better}],
        "rejected": [{"role": "assistant", "content": worse}],
        "tags": [*comparison.sample.tags],
    }


def _keep(folder: ReportFolder, vote: Vote) -> Vote:
    if vote.key in votes(folder):
        raise RunError(
            "This was voted on before, and then it was shown who answered.",
            folder.report_id,
            "Vote on the next question.",
        )
    append_line(folder.votes, vote.model_dump_json(exclude_none=True))
    return vote
