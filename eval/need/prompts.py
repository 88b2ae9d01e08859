"""What a base model is given instead of training: a system prompt, or examples."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from core.data.records import Example
from core.messages import Message
from core.serving.records import Sampling
from eval.around.asked_records import BaselinePrompts
from eval.around.asking import Asking
from eval.metrics import metrics
from eval.records import Sample

SHOTS = 3
LONGEST_SHOT = 1_500
"""Characters of question and answer together: three of them leave room for the question."""


class Wanted(NamedTuple):
    """How baselines are to be made."""

    system_prompt: str
    """"" takes the data's own, or describes the task."""
    purpose: str
    """What the person said that the run is for."""
    most: int
    """Questions that are asked."""
    seed: int


def prompts(
    train: Sequence[Example], samples: Sequence[Sample], labels: Sequence[str], wanted: Wanted
) -> BaselinePrompts:
    """What stands before each question, and which questions are asked."""
    drawn = random.Random(wanted.seed)
    chosen = samples
    if len(samples) > wanted.most:
        chosen = [samples[i] for i in sorted(drawn.sample(range(len(samples)), wanted.most))]
    system, source = _system_prompt(train, samples, labels, wanted)
    return BaselinePrompts(
        system_prompt=system,
        source=source,
        shown_rows=tuple(example.row for example in _shots(train, drawn)),
        sample_ids=tuple(sample.id for sample in chosen),
    )


def questions(
    given: BaselinePrompts, train: Sequence[Example], samples: Sequence[Sample], sampling: Sampling
) -> list[Asking]:
    """Each chosen question with the system prompt, and with the examples, to the base model."""
    asked = set(given.sample_ids)
    shown = set(given.shown_rows)
    shots = [turn for e in train if e.row in shown for turn in e.conversation.messages]
    turns = tuple(turn for turn in shots if turn.role in ("user", "assistant"))
    found = []
    for sample in (s for s in samples if s.id in asked):
        own = [m for m in sample.prompt if m.role == "system"]
        rest = tuple(m for m in sample.prompt if m.role != "system")
        system = "\n\n".join([given.system_prompt, *(m.content for m in own)])
        prompted = (Message(role="system", content=system), *rest)
        found.append(Asking("system_prompt", sample.id, "base", prompted, sampling))
        found.append(Asking("few_shot", sample.id, "base", (*own, *turns, *rest), sampling))
    return found


def _system_prompt(
    train: Sequence[Example], samples: Sequence[Sample], labels: Sequence[str], wanted: Wanted
) -> tuple[str, Literal["given", "data", "described"]]:
    """The person's own; else the data's, where questions don't carry it; else a description."""
    if wanted.system_prompt:
        return wanted.system_prompt, "given"
    carried = {m.content for s in samples for m in s.prompt if m.role == "system"}
    found = Counter(m.content for e in train for m in e.conversation.messages if m.role == "system")
    own = next((text for text, _ in found.most_common() if text and text not in carried), "")
    if own:
        return own, "data"
    return _described(train, labels, wanted.purpose), "described"


def _described(train: Sequence[Example], labels: Sequence[str], purpose: str) -> str:
    """The task in the person's words and by what the training answers have in common."""
    parts = [f"Your task: {purpose.strip()}"] if purpose.strip() else []
    if labels and labels[0].startswith("["):
        parts.append(f"Begin every answer with one of these categories: {' '.join(labels)}")
    elif labels:
        parts.append(
            f"Answer with exactly one of these labels and nothing else: {'; '.join(labels)}"
        )
    lengths = sorted(len(e.conversation.reference) for e in train)
    if lengths and not (labels and not labels[0].startswith("[")):
        parts.append(f"A usual answer has about {lengths[len(lengths) // 2]} characters.")
    parts.append("Answer in the language of the question.")
    return "\n".join(parts)


def _shots(train: Sequence[Example], drawn: random.Random) -> list[Example]:
    """Three short rows of one question each, with different labels where there are labels."""
    fitting = [
        e
        for e in train
        if len(e.conversation.messages) <= 3
        and sum(len(m.content) for m in e.conversation.messages) <= LONGEST_SHOT
        and e.conversation.reference.strip()
    ]
    drawn.shuffle(fitting)
    labels = metrics.label_set([e.conversation.reference for e in train])
    taken: dict[str, Example] = {}
    for example in fitting:
        label = metrics.label_of(example.conversation.reference, labels) if labels else None
        taken.setdefault(label or example.id, example)
        if len(taken) == SHOTS:
            break
    return sorted(taken.values(), key=lambda example: example.row)
