"""What the callbacks of the Compare room share: who can answer, and what is drawn of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from core.comparing.folder import ComparingFolder
from core.comparing.links import Link
from core.comparing.records import Question
from core.errors import DataError, RunError
from core.serving.contenders import MOST_LANES, Contender, Offer
from core.training.records import Run
from eval.votes import counts as votes
from ui.network import is_loopback
from ui.opening import Opening, Openings
from ui.present import lanes
from ui.present import pair as shown
from ui.present.comparison import Past
from ui.rooms.compare.answering import Answering
from ui.services import Services
from ui.talk import Talk, from_sample
from ui.watch import file_facts, folder_facts
from ui.words import Voice

Who = tuple[tuple[Contender, str], ...]
"""Those who answer, with what a person calls them."""


class CompareRoom:
    """The room over the verbs; what was said lies on disk, what grows just now is here."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.actions = services.actions
        self.openings = Openings(services.actions)
        self.answering = Answering(services.actions, self.openings)

    # -- who answers --------------------------------------------------------------------------

    def offers(self) -> tuple[Offer, ...]:
        """Everybody who can be chosen, looked up again when a run or model came or went."""
        workspace, watch = self.actions.workspace, self.services.watch
        runs = tuple(
            (run.id, run.status, run.plan.name, run.has_model, run.last_checkpoint)
            for run in watch.runs()
        )
        facts = (runs, folder_facts(workspace.library), file_facts(workspace.endpoints))
        return watch.while_same("contenders", facts, self.actions.contenders)

    def choices(self, voice: Voice) -> list[tuple[str, str]]:
        """(what a person reads, key) of everybody who can be chosen."""
        return [(self.title(offer, voice), offer.contender.key) for offer in self.offers()]

    def title(self, offer: Offer, voice: Voice) -> str:
        """What an offer is called, with its kind where its name does not tell."""
        kind, name = offer.contender.kind, offer.title
        if kind == "checkpoint":
            run = self.services.watch.view(offer.contender.name).run
            return voice("compare.who.checkpoint", name=run.plan.name, step=offer.contender.step)
        return name if kind == "run" else voice(f"compare.who.{kind}", name=name)

    def who(self, keys: Sequence[str] | None, run_id: str | None, voice: Voice) -> Who:
        """Those that were chosen; nobody chosen means a run beside its base.

        Raises RunError when one of them is gone, or there is nobody to choose.
        """
        keys = keys or self.usual(run_id or self.newest_finished())
        offers = {offer.contender.key: offer for offer in self.offers()}
        gone = [key for key in keys if key not in offers]
        if gone:
            raise RunError(f"'{gone[0]}' is not there any more.", fix="Choose who answers.")
        return tuple((offers[key].contender, self.title(offers[key], voice)) for key in keys)

    def usual(self, run_id: str | None) -> list[str]:
        """Keys of a run and its base."""
        if run_id is None:
            return []
        plan = self.services.watch.view(run_id).run.plan
        base = Contender(kind="base", name=plan.base_model, revision=plan.revision)
        return [base.key, Contender(kind="run", name=run_id).key]

    def kept(self, keys: Sequence[str] | None, run_id: str | None) -> list[str]:
        """Those of a choice that are still there; the usual ones where too few are left."""
        known = {offer.contender.key for offer in self.offers()}
        left = [key for key in keys or () if key in known][:MOST_LANES]
        return left or [key for key in self.usual(run_id) if key in known]

    def finished(self) -> list[Run]:
        """Runs with a model, newest first."""
        return [run for run in self.services.watch.runs() if run.has_model]

    def newest_finished(self) -> str:
        """The run that is meant while the page has not yet shown which there are.

        Raises RunError when there is none.
        """
        finished = self.finished()
        if not finished:
            raise RunError("There is no finished run yet.", fix="Train one first.")
        return finished[0].id

    # -- drawing ------------------------------------------------------------------------------

    def engine(self, who: Who, voice: Voice) -> str:
        """How the engine stands for those who were chosen."""
        if not who:
            return shown.closed(voice("compare.no_runs"))
        return shown.engine(self.openings.look(_contenders(who)), who, voice)

    def controls(self, who: Who, voice: Voice) -> list[Any]:
        """The engine's card, and the buttons that start and stop it."""
        served = self.actions.engine() is not None or bool(self.actions.served())
        return [
            self.engine(who, voice),
            gr.Button(visible=bool(who) and not served),
            gr.Button(visible=served),
        ]

    def drawn(self, talk: Talk, voice: Voice) -> Any:
        """The conversation that a page shows."""
        return lanes.talk(self.actions.comparison(talk.session_id), None, talk.window, voice)

    def blank(
        self, keys: Sequence[str] | None, run_id: str | None, blind: bool, voice: Voice
    ) -> Any:
        """The same for those who were chosen, as far as they are still there."""
        kept = self.kept(keys, run_id)
        who = self.who(kept, run_id, voice) if kept else ()
        return self.empty(who, blind, voice, fresh=True)

    def knows(self, session_id: str) -> bool:
        """Whether there is such a conversation."""
        return any(session.id == session_id for session in self.past().sessions)

    def empty(self, who: Who, blind: bool, voice: Voice, fresh: bool = False) -> Any:
        """The places of a conversation that has not begun."""
        return lanes.empty(who, blind, voice, fresh)

    def past(self) -> Past:
        """What was compared before, read again only when something of it changed."""
        folder = ComparingFolder.of(self.actions.workspace)
        facts = (
            folder_facts(folder.sessions), folder_facts(folder.links), file_facts(folder.cases),
            file_facts(folder.corrections),
        )  # fmt: skip
        return self.services.watch.while_same("comparisons", facts, self._look_at_past)

    def _look_at_past(self) -> Past:
        sessions = self.actions.comparisons()
        links: dict[str, list[Link]] = {}
        for link in self.actions.comparison_links():
            links.setdefault(link.session.id, []).append(link)
        return Past(
            sessions=sessions,
            links=links,
            tallies=votes.tally(sessions),
            cases=self.actions.cases(),
            corrections=self.actions.corrections(),
            local=is_loopback(self.actions.settings.host),
        )

    # -- asking -------------------------------------------------------------------------------

    def begin(self, talk: Talk, who: Who, run_id: str | None, blind: bool) -> Talk:
        """The page's place in a conversation with exactly these contenders."""
        if talk.session_id:
            session = self.actions.comparison(talk.session_id)
            if session.contenders == _contenders(who):
                return talk
        titles = [title for _, title in who]
        session = self.actions.start_comparison(
            _contenders(who), titles, run_id or "", talk.context, blind
        )
        return talk.opened(session.id)

    def put(
        self, talk: Talk, question: Question, opening: Opening, blind: bool, voice: Voice
    ) -> Any:
        """Write a question down; it is asked once the page follows the answers."""
        turn = self.actions.put_question(talk.session_id, question, blind)
        session = self.actions.comparison(talk.session_id)
        return self.answering.put(session, turn, opening, turn.order, voice, talk.window)

    # -- the data -----------------------------------------------------------------------------

    def take(self, run_id: str | None, count: int) -> tuple[Talk, str, str]:
        """The next held-out question of the run's dataset.

        Raises RunError when there is no run or no test row.
        """
        dataset_id = self.dataset_of(run_id or self.newest_finished())
        samples = self.actions.samples(dataset_id)
        if not samples:
            raise RunError("The dataset of this run has no test rows.", dataset_id)
        # A stride that shares no factor with most sizes: neighbours in a file look alike.
        return from_sample(samples[count * 37 % len(samples)], dataset_id, count)

    def system_prompt(self, run_id: str | None) -> str:
        """The system message that the run's data uses, so that all stand as in training."""
        if run_id is None:
            return ""
        dataset_id = self.dataset_of(run_id)
        try:
            samples = self.actions.samples(dataset_id)
        except DataError:  # it was deleted, and nothing else tells how its rows began
            return ""
        return from_sample(samples[0], dataset_id, 0)[1] if samples else ""

    def dataset_of(self, run_id: str) -> str:
        return self.services.watch.view(run_id).run.plan.dataset_id


def _contenders(who: Who) -> tuple[Contender, ...]:
    return tuple(contender for contender, _ in who)
