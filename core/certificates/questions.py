"""Which held-out rows a certificate asks, as token ids: rendered once, for every way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from core.certificates import foreign
from core.certificates.records import Question
from core.certificates.source import Source
from core.data import splitting, store
from core.data.examples import SUPPORT_DESK
from core.data.records import Example
from core.errors import DuotuneError
from core.messages import Conversation
from core.models import readers
from core.models.masks import Masker
from core.workspace import Workspace

PROMPTS, LIMIT = 8, 48
"""Rows that are asked, and tokens that an answer may have, unless others are wanted."""
EXAMPLE = "example"
LONGEST = 512
"""Tokens of prompt and reference answer: a longer row is passed over."""


class Asked(NamedTuple):
    """The questions, and where they come from."""

    questions: tuple[Question, ...]
    part: str
    """"" when there are none."""
    note: str = ""
    """Why there are none."""


def choose(workspace: Workspace, source: Source, count: int = PROMPTS) -> Asked:
    """A few rows of the test part, else of the validation part, that are short enough.

    A model made elsewhere is asked rows of the bundled example.
    """
    if source.plan is None:
        return Asked(tuple(_take(bundled(), masker_of(source), count)), EXAMPLE)
    try:
        split = splitting.frozen_split(workspace, source.plan.dataset_id)
        examples = store.load_examples(workspace, source.plan.dataset_id)
    except DuotuneError as error:  # the data was deleted since: the trainer's own texts remain
        return Asked((), "", error.problem)
    for part, ids in (("test", split.test), ("validation", split.validation)):
        wanted = frozenset(ids)
        rows = (one for one in examples if one.id in wanted)
        found = tuple(_take(rows, masker_of(source), count))
        if found:
            return Asked(found, part)
    return Asked((), "", "The data of this run has no held-out row that is short enough.")


def bundled() -> Iterator[Example]:
    """The rows of the bundled example."""
    with SUPPORT_DESK.open(encoding="utf-8") as lines:
        for row, line in enumerate(lines, 1):
            conversation = Conversation.model_validate({"messages": json.loads(line)["messages"]})
            yield Example(id=f"example-{row}", row=row, conversation=conversation)


def masker_of(source: Source) -> Masker:
    """How the model reads conversations, from what was published with it."""
    reader = readers.read(foreign.local(source.chat_folder))
    return Masker(reader.template, frozenset(source.parity.stop_token_ids), LONGEST)


def _take(rows: Iterator[Example], masker: Masker, count: int) -> Iterator[Question]:
    taken = 0
    for example in rows:
        question = _question(example, masker)
        if question is not None:
            yield question
            taken += 1
        if taken == count:
            return


def _question(example: Example, masker: Masker) -> Question | None:
    """A row up to its first answer, and that answer; None when it is too long or can't be shown."""
    row = next(masker.rows([example.conversation]))
    if row.refused or not row.sequences or not row.sequences[0].spans:
        return None
    masked = row.sequences[0]
    start, end = masked.spans[0]
    if not 0 < start < end <= LONGEST:
        return None
    turns = example.conversation.messages
    first = next(i for i, m in enumerate(turns) if m.role == "assistant" and m.weight != 0)
    plain = not example.conversation.tools
    return Question(
        row=example.row,
        prompt=tuple(masked.ids[:start]),
        answer=tuple(masked.ids[start:end]),
        messages=tuple(turn.as_openai() for turn in turns[:first]) if plain else (),
    )
