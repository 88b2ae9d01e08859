"""The verbs about comparing: what `core.actions.Actions` offers of them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from core.comparing import keeping, links, sessions
from core.comparing.asking import Asking, Stream
from core.comparing.clients import Clients
from core.comparing.keeping import Kept
from core.comparing.links import Link
from core.comparing.records import Choice, Question, Session, Turn
from core.data.records import Dataset
from core.messages import Message
from core.run_actions import RunActions
from core.serving import chat
from core.serving.contenders import Contender, Lane
from core.serving.records import Generation, Sampling

ROWS_NAME = "corrected-answers.jsonl"


@dataclass(frozen=True)
class CompareActions(RunActions):
    """The verbs about conversations with several models, over one workspace."""

    # -- conversations ------------------------------------------------------------------------

    def start_comparison(
        self, contenders: Sequence[Contender], titles: Sequence[str], run_id: str = "",
        context: Sequence[Message] = (), blind: bool = False,
    ) -> Session:  # fmt: skip
        """Begin a conversation with 2 to 4 contenders; nothing is asked yet.

        Raises RunError for another number of them, or one twice.
        """
        return sessions.start(self.workspace, contenders, titles, run_id, context, blind)

    def put_question(self, session_id: str, question: Question, blind: bool = False) -> Turn:
        """Write down a question to all of them; `ask_lanes` gets the answers."""
        return sessions.ask(self.workspace, session_id, question, blind)

    def ask_lanes(
        self, session: Session, turn: Turn, lanes: Mapping[int, Lane], clients: Clients
    ) -> Asking:
        """The growing answers of some contenders to a turn, each kept when it has ended.

        Follow it to have them asked at all.
        """

        def ended(which: int, generation: Generation) -> None:
            sessions.answered(self.workspace, session.id, turn.id, which, generation)

        streams = {
            which: self.stream_lane(
                lane, session.messages(turn, which), turn.question.sampling, clients
            )
            for which, lane in lanes.items()
        }
        return Asking(streams, ended)

    async def stream_lane(
        self, lane: Lane, messages: Sequence[Message], sampling: Sampling, clients: Clients
    ) -> Stream:
        """One lane's growing answer; close the iterator to stop its server too."""
        client = await clients.of(lane.endpoint)
        async with aclosing(chat.stream(lane.endpoint, messages, sampling, client)) as answer:
            async for generation in answer:
                yield generation

    def keep_failure(self, session: Session, turn: Turn, which: int, why: str) -> None:
        """Keep why a contender could not be asked."""
        failed = Generation(text="", done=True, error=why)
        sessions.answered(self.workspace, session.id, turn.id, which, failed)

    def comparison(self, session_id: str) -> Session:
        return sessions.load(self.workspace, session_id)

    def comparisons(self) -> tuple[Session, ...]:
        """All conversations in which something was asked, newest first."""
        return sessions.list_sessions(self.workspace)

    def vote(self, session_id: str, turn_id: str, choice: Choice) -> Session:
        """Keep which answer of a question is better, and tell who gave it.

        Raises RunError when it was voted on before, or not all answers are there.
        """
        return sessions.vote(self.workspace, session_id, turn_id, choice)

    def rename_comparison(self, session_id: str, title: str) -> Session:
        """Call a conversation something else."""
        return sessions.rename(self.workspace, session_id, title)

    def delete_comparison(self, session_id: str) -> Session:
        """Remove a conversation and take its links back; votes in it count no more."""
        for link in self.comparison_links():
            if link.session.id == session_id:
                links.revoke(self.workspace, link.token)
        return sessions.delete(self.workspace, session_id)

    # -- links --------------------------------------------------------------------------------

    def share_comparison(self, session_id: str) -> Link:
        """A read-only link to a conversation as it stands now.

        Raises RunError while a blind question is open.
        """
        return links.make(self.workspace, self.comparison(session_id))

    def shared(self, token: str) -> Link | None:
        """What a link shows; None when it was never given out, or was taken back."""
        return links.find(self.workspace, token)

    def comparison_links(self) -> tuple[Link, ...]:
        """All links to conversations that work."""
        return links.every(self.workspace)

    def revoke_link(self, token: str) -> None:
        """Take a link back."""
        links.revoke(self.workspace, token)

    # -- what is kept for later ---------------------------------------------------------------

    def save_case(
        self, session_id: str, turn_id: str, contender: int = 0, wanted: str = "", note: str = ""
    ) -> Kept:
        """Keep a question, with what this contender said before it, to be asked again."""
        session = self.comparison(session_id)
        return keeping.save_case(self.workspace, session, turn_id, contender, wanted, note)

    def mark_bad(self, session_id: str, turn_id: str, contender: int, wanted: str) -> Kept:
        """Make a row to learn from a bad answer and the one that is wanted instead.

        Raises RunError without a wanted answer.
        """
        session = self.comparison(session_id)
        return keeping.mark_bad(self.workspace, session, turn_id, contender, wanted)

    def cases(self) -> tuple[Kept, ...]:
        """The questions that are kept to be asked again."""
        return keeping.cases(self.workspace)

    def corrections(self) -> tuple[Kept, ...]:
        """The rows that were made from bad answers."""
        return keeping.corrections(self.workspace)

    def forget_kept(self, kept_id: str) -> None:
        """Remove a kept question or row."""
        keeping.forget(self.workspace, kept_id)

    def corrected_rows(self) -> str:
        """The rows made from bad answers as JSONL that the import reads.

        Raises DataError when there are none.
        """
        return keeping.rows_text(self.workspace)

    def add_corrections(self, dataset_id: str) -> Dataset:
        """The next version of a dataset, with the rows made from bad answers in it.

        Raises DataError when there are none.
        """
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / ROWS_NAME
            file.write_text(self.corrected_rows(), encoding="utf-8")
            return self.add_rows(dataset_id, file)
