"""Rows, splits and replies that the tests of augmentation share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from core.data.augment.context import Context
from core.data.augment.proposals import ProposalFile
from core.data.augment.records import ParaphraseRequest
from core.data.augment.running import Work, make_paraphrases
from core.data.augment.tally import Outcome
from core.data.identity import example_id
from core.data.records import Example, Split
from core.messages import Conversation, Message
from core.settings import EndpointSetting
from tests.fakes import Behaviour, FakeServer

PARENT = ("Where is my order A-1234? I paid 20 euros.", "Your order A-1234 is on its way.")
GOOD = "Could you tell me where order A-1234 is? I have paid 20 euros."


def example(*said: str, row: int = 1, label: str = "", **more: Any) -> Example:
    """A row of user and assistant turns, by turns."""
    turns = tuple(
        Message(role="assistant" if i % 2 else "user", content=text)
        for i, text in enumerate(said or PARENT)
    )
    conversation = Conversation(messages=turns)
    found = Example(id=example_id(conversation), row=row, conversation=conversation, label=label)
    return found.model_copy(update=more)


def split_of(train: Sequence[Example], test: Sequence[Example] = ()) -> Split:
    return Split(
        dataset_id="ds-1",
        train=tuple(e.id for e in train),
        validation=(),
        test=tuple(e.id for e in test),
        seed=7,
        given=True,
        fingerprint="f",
    )


def context_of(train: Sequence[Example], test: Sequence[Example] = ()) -> Context:
    return Context([*train, *test], split_of(train, test))


def reply(*rewordings: str | Sequence[str]) -> str:
    """What a good endpoint says; a text stands for a row of one turn."""
    lists = [[one] if isinstance(one, str) else list(one) for one in rewordings]
    return json.dumps({"rewordings": lists}, ensure_ascii=False)


@cache
def _server() -> FakeServer:
    """One for all tests, which would take most of their time to start and stop their own."""
    return FakeServer().__enter__()


@contextmanager
def serving(models: dict[str, Behaviour]) -> Iterator[FakeServer]:
    """A server with these models, and no request yet."""
    server = _server()
    server.models = models
    server.requests.clear()
    yield server


def writing(*replies: str, **how: Any) -> AbstractContextManager[FakeServer]:
    """A server whose writer says these in turn, the last one again and again."""
    left = list(replies)
    text = lambda _: left.pop(0) if len(left) > 1 else left[0]  # noqa: E731
    return serving({"writer": Behaviour(text, **how)})


def setting(server: FakeServer, model: str = "writer") -> EndpointSetting:
    return EndpointSetting(base_url=server.base_url, model=model, api_key=SecretStr(server.key))


def run(
    server: FakeServer,
    path: Path,
    rows: Sequence[Example] | None = None,
    context: Context | None = None,
    **how: Any,
) -> Outcome:
    """Ask for rewordings of rows, three for each, one row at a time."""
    given = list(rows) if rows is not None else [example()]
    request = ParaphraseRequest(concurrency=how.pop("concurrency", 1))
    context = context or context_of(given)
    work = Work(
        context=context,
        file=ProposalFile(path),
        endpoint=setting(server),
        judge=how.pop("judge", None),
        retries=0,
    )
    return make_paraphrases([context.task(e, 3) for e in given], request, work, **how)
