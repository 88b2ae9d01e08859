"""The tab of votes: blind, the sides shuffled, told who answered only afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import gradio as gr

from core.errors import DuotuneError
from eval.records import Report, Side
from eval.votes import report_votes
from eval.votes.queue import CriterionItem, PairItem
from eval.votes.report_votes import Ballot, Vote
from ui.boundary import told
from ui.components import widget
from ui.files import offer, to_save
from ui.markup import Html, tag
from ui.present import report_votes as shown
from ui.rooms.report.room import EVENT, ReportRoom
from ui.visit import Visit, visit_of
from ui.words import Voice

if TYPE_CHECKING:
    from ui.rooms.report.page import Page

Mode = Literal["pairs", "criteria"]
BALLOTS: dict[str, Ballot] = {"1": "first", "2": "second", "tie": "tie", "bad": "both_bad"}


@dataclass(frozen=True)
class Voting:
    """What a page votes on; with a sample, the vote on it was cast and is revealed."""

    report_id: str = ""
    mode: Mode = "pairs"
    sample_id: str = ""
    criterion_id: str = ""
    side: Side = "base"


class VotesTab:
    """The tab's widgets and what they show."""

    def __init__(self, room: ReportRoom) -> None:
        self.room = room
        self.state = gr.State(Voting())
        self.ballot = widget("vote_keys+acts+ballot", "report-ballot", role="acts")
        self.standing = widget("acts", "report-votes", role="acts")

    def outputs(self) -> list[Any]:
        return [self.ballot, self.standing]

    def draw(self, visit: Visit, report: Report | None, voting: Voting) -> list[Any]:
        """What is voted on next or was just revealed, and how far it has come."""
        voice = visit.voice
        if report is None:
            return [{"html": tag("p", voice("votes.none"), class_="dt-quiet")}, {"html": ""}]
        try:
            return self._drawn(report, self._of(report, voting), voice)
        except DuotuneError as error:  # its files were changed by hand: the page goes on
            lines = [tag("p", line) for line in voice.trouble(error)]
            return [{"html": tag("div", *lines, class_="dt-trouble", role="alert")}, {"html": ""}]

    def _drawn(self, report: Report, voting: Voting, voice: Voice) -> list[Any]:
        votes = {vote.key: vote for vote in self.room.actions.report_votes(report.id)}
        card = self._pair if voting.mode == "pairs" else self._criterion
        now = self.room.standing(report.id)
        shown_now = card(report, voting, votes, voice) or shown.done(voting.mode, now, voice)
        return [{"html": shown_now}, {"html": shown.standing(now, voting.mode, voice)}]

    def _of(self, report: Report, voting: Voting) -> Voting:
        return voting if voting.report_id == report.id else Voting(report.id, voting.mode)

    def _pair(
        self, report: Report, voting: Voting, votes: dict[Any, Vote], voice: Voice
    ) -> Html | None:
        items = self.room.pairs(report.id)
        item = next((i for i in items if i.sample_id == voting.sample_id), None)
        if item is None:
            item = next((i for i in items if (i.sample_id, None, None) not in votes), None)
        if item is None:
            return None
        seed = self.room.actions.evaluation(report.id).request.seed
        first = report_votes.first_shown(seed, item.sample_id)
        vote = votes.get((item.sample_id, None, None))
        return shown.pair(item, self._compared(report, item), first, vote, voice)

    def _criterion(
        self, report: Report, voting: Voting, votes: dict[Any, Vote], voice: Voice
    ) -> Html | None:
        wanted = (voting.sample_id, voting.criterion_id, voting.side)
        items = self.room.criteria(report.id)
        item = next((i for i in items if tuple(i) == wanted), None)
        item = item or next((i for i in items if tuple(i) not in votes), None)
        if item is None:
            return None
        judged = self.room.judged(report.id)
        said = next((v for v in judged.verdicts if _about(v) == tuple(item)), None)
        criteria = {c.id: c for c in judged.rubric.all_criteria()}
        return shown.criterion(
            item, self._compared(report, item), criteria[item.criterion_id], said,
            votes.get(tuple(item)), voice,
        )  # fmt: skip

    def _compared(self, report: Report, item: PairItem | CriterionItem) -> Any:
        found = self.room.judged(report.id).comparisons
        return next(each for each in found if each.sample.id == item.sample_id)

    # -- acting -------------------------------------------------------------------------------

    def act(self, report: Report, voting: Voting, data: dict[str, Any]) -> Voting:
        """Carry out a click or key: a vote, the next question, or the other kind of vote."""
        voting, actions = self._of(report, voting), self.room.actions
        match data["do"]:
            case "vote":
                sample_id = str(data["job"])
                actions.vote_on_pair(report.id, sample_id, BALLOTS[str(data["choice"])])
                return Voting(report.id, "pairs", sample_id)
            case "criterion":
                side: Side = "tuned" if data["side"] == "tuned" else "base"
                sample_id, criterion_id = str(data["job"]), str(data["criterion"])
                met = data["choice"] == "yes"
                actions.vote_on_criterion(report.id, sample_id, criterion_id, side, met)
                return Voting(report.id, "criteria", sample_id, criterion_id, side)
            case "mode":
                return Voting(report.id, "criteria" if data["mode"] == "criteria" else "pairs")
        return Voting(report.id, voting.mode)

    def preferences(self, report: Report) -> Path:
        """The decided votes as preference pairs, to be saved."""
        text = self.room.actions.vote_preferences(report.id)
        return offer(self.room.actions.workspace, f"{report.id}-preferences.jsonl", text)


def _about(verdict: Any) -> tuple[str, str, str]:
    return verdict.sample_id, verdict.criterion_id, verdict.side


def wire_votes(page: Page) -> list[Any]:
    """Wire the tab; returns the events after which other rooms may differ: none."""
    tab, room = page.votes, page.room

    @told
    def act(
        chosen: str | None, voting: Voting, event: gr.EventData, request: gr.Request
    ) -> list[Any]:
        visit, data = visit_of(request), dict(event._data)
        report = room.need_report(chosen)
        if data["do"] == "preferences":
            ballot, standing = tab.draw(visit, report, voting)
            return [voting, ballot, {**standing, "file": to_save(tab.preferences(report))}]
        voting = tab.act(report, voting, data)
        return [voting, *tab.draw(visit, report, voting)]

    given, outputs = [page.chosen, tab.state], [tab.state, *tab.outputs()]
    tab.ballot.act(act, given, outputs, **EVENT)
    tab.standing.act(act, given, outputs, **EVENT)
    return []
