"""Ask one side what is no plain sample, many at a time; every answer is on disk at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core.disk import append_line, sha256_text, write_atomic
from core.messages import Message
from core.serving import chat
from core.serving.records import Endpoint, Sampling
from eval.around.asked_records import AskedAnswer, Part
from eval.around.records import Side
from eval.comparison import GIVE_UP_AFTER, as_answer
from eval.folder import read_rows
from eval.records import Answer

if TYPE_CHECKING:
    from openai import AsyncOpenAI

SILENT = "the model server stopped answering"
Done = Callable[[bool], None]
"""Told of each answer whether it could not be had."""


class Asking(NamedTuple):
    """One question to one side."""

    part: Part
    id: str
    side: Side
    messages: tuple[Message, ...]
    sampling: Sampling

    def asked(self, model: str) -> str:
        """What makes it the same question again."""
        said = "\n".join(message.model_dump_json() for message in self.messages)
        return sha256_text(f"{model}\n{self.sampling.model_dump_json()}\n{said}")


class Asker(NamedTuple):
    """Where questions go, and where their answers are kept."""

    endpoints: dict[Side, Endpoint]
    path: Path
    concurrency: int

    def kept(self, questions: Sequence[Asking]) -> list[AskedAnswer]:
        """Answers of an earlier attempt to exactly these questions; failed ones don't count."""
        wanted = {(q.part, q.id, q.side): q.asked(self.endpoints[q.side].model) for q in questions}
        found = {
            (row.part, row.id, row.side): row
            for row in read_rows(self.path, AskedAnswer)
            if wanted.get((row.part, row.id, row.side)) == row.asked and not row.answer.error
        }
        return list(found.values())

    async def ask(self, questions: Sequence[Asking], done: Done) -> list[AskedAnswer]:
        """An answer to every question, in order; raises nothing: an answer says why it is none.

        When a dozen in a row get no answer the rest is not asked: the server is gone, or takes
        none of these.
        """
        kept = self.kept(questions)
        write_atomic(self.path, "".join(f"{row.model_dump_json()}\n" for row in kept))
        have = {(row.part, row.id, row.side) for row in kept}
        asked = await self._asked(
            [q for q in questions if (q.part, q.id, q.side) not in have], done
        )
        found = {(row.part, row.id, row.side): row for row in [*kept, *asked]}
        rows = [found[q.part, q.id, q.side] for q in questions]
        write_atomic(self.path, "".join(f"{row.model_dump_json()}\n" for row in rows))
        return rows

    async def _asked(self, questions: Sequence[Asking], done: Done) -> list[AskedAnswer]:
        pending, found, silent = iter(questions), list[AskedAnswer](), 0

        async def work() -> None:
            nonlocal silent
            for question in pending:
                row = await self._one(question, silent >= GIVE_UP_AFTER, clients)
                silent = silent + 1 if row.answer.error else 0
                found.append(row)
                if not row.answer.error:
                    append_line(self.path, row.model_dump_json())
                done(row.answer.error is not None)

        async with (
            chat.open_client(self.endpoints["base"]) as to_base,
            chat.open_client(self.endpoints["tuned"]) as to_tuned,
            asyncio.TaskGroup() as workers,
        ):
            clients: dict[Side, AsyncOpenAI] = {"base": to_base, "tuned": to_tuned}
            for _ in range(min(max(self.concurrency, 1), len(questions))):
                workers.create_task(work())
        return found

    async def _one(
        self, question: Asking, is_silent: bool, clients: dict[Side, AsyncOpenAI]
    ) -> AskedAnswer:
        endpoint = self.endpoints[question.side]
        if is_silent:
            answer = Answer(text=None, error=SILENT)
        else:
            client = clients[question.side]
            answer = as_answer(
                await chat.complete(endpoint, question.messages, question.sampling, client)
            )
        return AskedAnswer(
            part=question.part, id=question.id, side=question.side,
            asked=question.asked(endpoint.model), answer=answer,
        )  # fmt: skip
