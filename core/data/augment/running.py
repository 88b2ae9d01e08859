"""Make proposals: ask for rewordings several rows at once, check each, and keep all of them.

It can be stopped at any time and gone on with later: what was answered is not asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any

from core.data.augment.asking import Asker, open_asker
from core.data.augment.context import Context, refuse_held_out
from core.data.augment.judging import judged
from core.data.augment.paraphrase import NO_REWORDING, Rewordings, reword
from core.data.augment.proposals import ProposalFile, Proposals
from core.data.augment.records import (
    Asked,
    ParaphraseRequest,
    Proposal,
    Task,
    make_proposal,
)
from core.data.augment.tally import AugmentProgress, Outcome, Tally
from core.errors import SettingError
from core.settings import EndpointSetting, Settings

GIVE_UP_AFTER = 5
"""Rows one after another for which the endpoint said nothing at all."""
POLL_S = 0.1
"""How often it is looked whether somebody wants it to stop."""

Done = Callable[[AugmentProgress], None]
Stop = Callable[[], bool]


@dataclass(frozen=True)
class Work:
    """All that a run needs beside its rows."""

    context: Context
    file: ProposalFile
    endpoint: EndpointSetting
    judge: EndpointSetting | None = None
    """Asked whether a rewording still wants the same, where every other filter passes."""
    retries: int | None = None
    """Times a request is repeated for a server too busy; None leaves that to the client."""


def augment_endpoint(settings: Settings) -> EndpointSetting:
    """The endpoint that words new rows: its own setting, or the one that drives the chat.

    Raises SettingError when there is neither.
    """
    endpoint = settings.augment or settings.assistant
    if endpoint is None:
        raise SettingError(
            "No language model is set that could reword rows.",
            "DUOTUNE_AUGMENT_URL, DUOTUNE_AUGMENT_MODEL",
            "Set both for an OpenAI-compatible endpoint; the rows' texts are sent there.",
        )
    return endpoint


def make_paraphrases(
    tasks: Sequence[Task],
    request: ParaphraseRequest,
    work: Work,
    done: Done | None = None,
    stop: Stop | None = None,
) -> Outcome:
    """Ask for rewordings of rows of the train side, and save them as proposals.

    `done` is told after each row; `stop` is asked again and again and ends it within a moment,
    requests under way included. Raises DataError for a row outside the train side, or when
    somebody else adds to the file.
    """
    refuse_held_out((task.example.id for task in tasks), work.context.train)
    with work.file.filling() as before:
        return asyncio.run(_Run(request, work, before, done).all(tasks, stop))


class _Run:
    """One run of asking for rewordings."""

    def __init__(
        self, request: ParaphraseRequest, work: Work, before: Proposals, done: Done | None
    ) -> None:
        self.request, self.work, self.done = request, work, done
        self.tally = Tally(before, 0)
        self.silent = 0
        """Rows since the endpoint last said something."""
        self.gave_up = ""
        for proposal in before.by_id.values():
            if proposal.accepted or (proposal.accepted is None and proposal.sound):
                work.context.known.add(work.context.text(proposal.conversation))

    async def all(self, tasks: Sequence[Task], stop: Stop | None) -> Outcome:
        """Every row that was not asked before, until somebody wants it to stop."""
        missing = [task for task in tasks if self._mark(task) not in self.tally.before.asked]
        self.tally.skipped, self.tally.total = len(tasks) - len(missing), len(missing)
        finished = await _unless(stop, self._rows(missing))
        return self.tally.outcome(finished, self.gave_up)

    async def _rows(self, tasks: Sequence[Task]) -> None:
        pending = iter(tasks)
        async with AsyncExitStack() as opened:
            work = self.work
            asker = await opened.enter_async_context(open_asker(work.endpoint, work.retries))
            judge = None
            if work.judge:
                judge = await opened.enter_async_context(open_asker(work.judge, work.retries))
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(self.request.concurrency, len(tasks))):
                    workers.create_task(self._worker(pending, asker, judge))

    async def _worker(self, pending: Iterator[Task], asker: Asker, judge: Asker | None) -> None:
        for task in pending:
            if self.gave_up:
                return
            reply = await reword(asker, task, self.request)
            self.silent = 0 if reply.replied else self.silent + 1
            if reply.value:
                await self._keep(task, reply.value, judge)
            else:
                self.tally.failures[reply.trouble or NO_REWORDING] += 1
                if self.silent >= GIVE_UP_AFTER:
                    self.gave_up = reply.trouble
            if self.done:
                self.done(self.tally.progress)

    async def _keep(self, task: Task, rewordings: Rewordings, judge: Asker | None) -> None:
        """Save a row's proposals in one write; only then does it count as asked."""
        found: list[Proposal] = []
        for turns in rewordings:
            if proposal := await self._proposal(task, turns, judge):
                found.append(proposal)
                self.tally.before.take(proposal)
                if proposal.sound:
                    self.work.context.known.add(self.work.context.text(proposal.conversation))
        parent_id, key = self._mark(task)
        self.work.file.append([*found, Asked(parent_id=parent_id, key=key)])
        self.tally.count(found)

    async def _proposal(
        self, task: Task, turns: tuple[str, ...], judge: Asker | None
    ) -> Proposal | None:
        parent, context = task.example, self.work.context
        conversation = context.reworded(parent, turns)
        if not self.tally.is_new(parent, conversation, "paraphrase"):
            return None
        verdicts = context.check(parent, conversation)
        if judge and all(verdict.passed is not False for verdict in verdicts):
            verdicts = (*verdicts, await judged(judge, parent, conversation))
        model = self.work.endpoint.model
        return make_proposal(parent, conversation, "paraphrase", model, verdicts)

    def _mark(self, task: Task) -> tuple[str, str]:
        return task.example.id, self.request.key(self.work.endpoint.model, task.variants)


async def _unless(stop: Stop | None, work: Coroutine[Any, Any, None]) -> bool:
    """Do the work to its end, unless somebody wants it to stop; whether it came to its end."""
    task = asyncio.create_task(work)
    while not task.done():
        await asyncio.wait([task], timeout=POLL_S)
        if stop and not task.done() and stop():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            return False
    task.result()
    return True
