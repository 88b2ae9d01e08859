"""Base and tuned side by side: two transcripts, and under each what the answer took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.messages import Message
from core.serving.records import Generation, Pair
from eval.records import Sample
from ui.markup import Html, tag
from ui.opening import Opening
from ui.present import numbers
from ui.words import Voice

Bubble = dict[str, Any]


def transcript(messages: Sequence[Message], growing: Generation | None = None) -> list[Bubble]:
    """One side's conversation; what a model wrote is shown letter by letter."""
    shown = [
        {"role": message.role, "content": message.content}
        for message in messages
        if message.role in ("user", "assistant")
    ]
    if growing is not None:
        shown.append({"role": "assistant", "content": growing.error or growing.text or "…"})
    return shown


def figures(generation: Generation | None, voice: Voice, same_as: Generation | None = None) -> Html:
    """Time to first token, speed and length under an answer; what is unknown says so.

    Two whole answers that are letter by letter the same are pointed out.
    """
    if generation is None:
        return tag("p", voice("compare.waits"), class_="dt-figures-line dt-quiet")
    told = voice(
        "compare.figures",
        first=_first(generation.first_token_s, voice),
        rate=numbers.rate(generation.tokens_per_s, voice),
        tokens=generation.tokens if generation.tokens is not None else voice("not_measured"),
    )
    if not generation.done:
        told = voice("compare.writing")
    elif generation.finish_reason == "length":
        told += f" · {voice('compare.cut')}"
    elif generation.finish_reason == "abort":
        told += f" · {voice('compare.stopped')}"
    if generation.done and same_as and same_as.done and same_as.text == generation.text:
        told += f" · {voice('compare.same')}"
    return tag("p", told, class_="dt-figures-line")


def ready(pair: Pair, base_model: str, voice: Voice) -> Html:
    """That both sides answer, and on what proof."""
    lines = [tag("p", voice("compare.ready", model=base_model, tokens=pair.check.tokens))]
    if pair.tuned.note or pair.check.trained_change == 0:
        lines.append(tag("p", voice("compare.identical"), class_="dt-warning"))
    return tag("div", *lines, class_="dt-engine dt-good")


def reference(sample: Sample | None, voice: Voice) -> Html | str:
    """What the data answers to the question that was taken from it."""
    if sample is None:
        return ""
    return tag(
        "div",
        tag("h4", voice("compare.reference", row=sample.row), aria_level=2),
        tag("p", sample.reference),
        class_="dt-reference",
    )


def _first(seconds: float | None, voice: Voice) -> str:
    if seconds is None:
        return voice("not_measured")
    if seconds < 1:
        return voice("compare.milliseconds", ms=round(1000 * seconds))
    return voice("compare.seconds", s=f"{seconds:.1f}")


def engine(standing: Opening | None, base_model: str, voice: Voice) -> Html:
    """The engine's card: off, on its way, ready, or why it can't be."""
    if standing is None:
        return closed(voice("compare.closed"))
    if standing.pair is not None:
        return ready(standing.pair, base_model, voice)
    if standing.error is not None:
        lines = voice.trouble(standing.error)
        return tag("div", *(tag("p", x) for x in lines), class_="dt-trouble", role="alert")
    doing = voice.said(standing.doing) or voice("compare.opening.first")
    words = tag("p", voice("compare.opening", doing=doing), role="status")
    return tag("div", words, class_="dt-engine dt-live")


def closed(why: str) -> Html:
    """Nothing is served, and why."""
    return tag("div", tag("p", why), class_="dt-engine")
