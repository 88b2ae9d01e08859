"""How probable the served models find texts: nats per token, paired, with no judge or sampling."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core.data.records import Example
from core.disk import append_line, sha256_text, write_atomic
from core.models.masks import Masker
from core.serving import chat
from core.serving.checking import prompt_logprobs
from core.serving.records import Endpoint
from eval import statistics
from eval.around.asked_records import TextNats, TextPart
from eval.around.asking import SILENT
from eval.around.records import Likelihood, Side
from eval.comparison import GIVE_UP_AFTER
from eval.folder import read_rows

if TYPE_CHECKING:
    from openai import AsyncOpenAI

SIDES: tuple[Side, Side] = ("base", "tuned")
LONGEST = 1_024
"""Tokens of a text; a longer one is left out, as prompt log-probabilities take memory."""
NATS_SPAN = 20.0
"""Nats per token that two models differ by at most: what an exact bound reckons with."""
Done = Callable[[bool], None]


class Text(NamedTuple):
    """Token ids, of which those from `start` on count."""

    part: TextPart
    id: str
    ids: tuple[int, ...]
    start: int

    def asked(self, model: str) -> str:
        """What makes it the same text of the same model again."""
        return sha256_text(json.dumps([model, self.start, *self.ids]))


def references(examples: Iterable[Example], masker: Masker) -> list[Text]:
    """The last answer of each row, after its prompt, exactly as training reads them.

    A row that the template refuses, or that is too long, is left out.
    """
    found = []
    kept = list(examples)
    for example, row in zip(kept, masker.rows(e.conversation for e in kept), strict=True):
        if row.refused or not row.sequences or not row.sequences[-1].spans:
            continue
        masked = row.sequences[-1]
        start, end = masked.spans[-1]
        if 0 < start < end <= LONGEST:
            found.append(Text("reference", example.id, tuple(masked.ids[:end]), start))
    return found


def plain(texts: dict[str, str], masker: Masker) -> list[Text]:
    """Texts as they stand, outside any conversation; all tokens but the first count."""
    tokenizer = masker.template.tokenizer
    coded = {name: tokenizer(text)["input_ids"] for name, text in texts.items()}
    return [
        Text("general", name, tuple(ids), 1)
        for name, ids in coded.items()
        if 1 < len(ids) <= LONGEST
    ]


async def measure(
    endpoints: dict[Side, Endpoint], texts: Sequence[Text], path: Path, done: Done
) -> list[TextNats]:
    """Every text by both sides; what an earlier attempt has is not asked again.

    One text at a time: vLLM 0.32 ends when it computes prompt log-probabilities of two adapters in
    one batch. Raises nothing: a figure that could not be had says why.
    """
    wanted = {(t.part, t.id, side): t.asked(endpoints[side].model) for t in texts for side in SIDES}
    kept = {
        (row.part, row.id, row.side): row
        for row in read_rows(path, TextNats)
        if wanted.get((row.part, row.id, row.side)) == row.asked and row.nats is not None
    }
    write_atomic(path, "".join(f"{row.model_dump_json()}\n" for row in kept.values()))
    found, silent = list(kept.values()), 0
    async with (
        chat.open_client(endpoints["base"]) as to_base,
        chat.open_client(endpoints["tuned"]) as to_tuned,
    ):
        clients: dict[Side, AsyncOpenAI] = {"base": to_base, "tuned": to_tuned}
        for text, side in ((t, s) for t in texts for s in SIDES if (t.part, t.id, s) not in kept):
            if silent >= GIVE_UP_AFTER:
                row = _none(text, side, endpoints[side], SILENT)
            else:
                row = await _one(clients[side], endpoints[side], text, side)
            silent = 0 if row.nats is not None else silent + 1
            found.append(row)
            append_line(path, row.model_dump_json())
            done(row.nats is None)
    return found


def summarise(
    rows: Sequence[TextNats], part: TextPart, groups: dict[str, str], left_out: int = 0
) -> Likelihood | None:
    """Nats per token of both sides over the same texts; None when none was asked for.

    `groups` names each text's independent group. Each text counts once, whatever its length.
    """
    by_side: dict[Side, dict[str, TextNats]] = {"base": {}, "tuned": {}}
    for row in rows:
        if row.part == part:
            by_side[row.side][row.id] = row
    ids = sorted(i for i in by_side["base"] if i in by_side["tuned"] and i in groups)
    if not ids:
        return None
    values = {side: [_per_token(by_side[side][i]) for i in ids] for side in SIDES}
    estimate = statistics.paired_estimate(
        values["base"], values["tuned"], [groups[i] for i in ids], span=NATS_SPAN
    )
    whole = [i for i in ids if all(by_side[side][i].nats is not None for side in SIDES)]
    tokens = sum(by_side["base"][i].tokens for i in whole)
    perplexity = [
        math.exp(sum(by_side[side][i].nats or 0.0 for i in whole) / tokens) if tokens else None
        for side in SIDES
    ]
    missing = left_out + len(ids) - len(whole)
    error = min((row.error for row in rows if row.part == part and row.error), default="")
    return Likelihood(
        estimate=estimate,
        texts=len(whole),
        tokens=tokens,
        perplexity_base=perplexity[0],
        perplexity_tuned=perplexity[1],
        left_out=missing,
        note=f"{missing:,} texts are left out: {error or 'too long'}." if missing else "",
        note_zh=f"有 {missing:,} 段文本未计入：{error or '太长'}。" if missing else "",
    )


def _per_token(row: TextNats) -> float | None:
    return None if row.nats is None else row.nats / row.tokens


async def _one(client: AsyncOpenAI, endpoint: Endpoint, text: Text, side: Side) -> TextNats:
    from openai import APIError

    try:
        answer = await client.completions.create(
            model=endpoint.model,
            prompt=list(text.ids),
            max_tokens=1,
            temperature=0,
            extra_body={"prompt_logprobs": 0},
        )
    except APIError as error:
        return _none(text, side, endpoint, chat.sentence(error))
    choice = answer.choices[0].model_dump()
    if choice.get("prompt_logprobs") is None:
        return _none(text, side, endpoint, "the model server gives no prompt log-probabilities")
    values = prompt_logprobs(choice, text.ids)[text.start - 1 :]
    return TextNats(
        part=text.part, id=text.id, side=side, asked=text.asked(endpoint.model),
        tokens=len(values), nats=-math.fsum(values),
    )  # fmt: skip


def _none(text: Text, side: Side, endpoint: Endpoint, error: str) -> TextNats:
    return TextNats(
        part=text.part, id=text.id, side=side, asked=text.asked(endpoint.model),
        tokens=len(text.ids) - text.start, nats=None, error=error,
    )  # fmt: skip
