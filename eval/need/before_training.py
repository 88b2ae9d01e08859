"""Do you need this: what a base model reaches without any training, on the held-out questions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from core.data.records import Example
from core.serving.records import Endpoint, Sampling
from eval.around.asking import Asker, Asking, Done
from eval.around.records import Baselines
from eval.metrics import metrics
from eval.need import baselines
from eval.need import prompts as baseline_prompts
from eval.need.baselines import UNANSWERED
from eval.need.prompts import Wanted
from eval.records import Comparison, Sample
from eval.rubric.rubrics import Rubric


class Trial(NamedTuple):
    """What is tried before a plan is accepted."""

    train: Sequence[Example]
    """Rows that examples are taken from; none of them is asked."""
    samples: Sequence[Sample]
    """Held-out questions; the validation part, so that the test part stays unseen."""
    rubric: Rubric
    wanted: Wanted
    sampling: Sampling = Sampling(max_tokens=256)
    concurrency: int = 8


def before_training(base: Endpoint, trial: Trial, path: Path, done: Done) -> Baselines:
    """Ask a served base model plainly, with a system prompt and with three examples.

    Answers are kept in the file at `path`: tried again, nothing is asked twice. Raises nothing for
    an answer that can't be had; it is counted as left out.
    """
    labels = metrics.label_set([example.conversation.reference for example in trial.train])
    given = baseline_prompts.prompts(trial.train, trial.samples, labels, trial.wanted)
    asked = set(given.sample_ids)
    chosen = [sample for sample in trial.samples if sample.id in asked]
    questions = [
        *(Asking("plain", s.id, "base", s.prompt, trial.sampling) for s in chosen),
        *baseline_prompts.questions(given, trial.train, chosen, trial.sampling),
    ]
    asker = Asker({"base": base, "tuned": base}, path, trial.concurrency)
    answers = asyncio.run(asker.ask(questions, done))
    plain = {row.id: row.answer for row in answers if row.part == "plain"}
    compared = [Comparison(sample=s, base=plain[s.id], tuned=UNANSWERED) for s in chosen]
    return baselines.measure(compared, trial.rubric, given, answers)
