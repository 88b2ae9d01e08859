"""What a finished model is, measured after it was read back from disk: does it differ, does it end?

Run after publishing, on a few held-out prompts, in bounded time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import torch
from peft import PeftModel, get_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from safetensors import safe_open

from core.errors import RunError
from core.training.events import AfterCare
from core.training.program import probing
from core.training.program.preparation import IGNORED, Parts, Prepared

QUESTIONS, LOOKED_AT = 8, 256
LONGEST = 512
"""Tokens of a text that are looked at; of a longer one, those before its answer's end."""
ANSWER_TIMES, ANSWER_LEAST, ANSWER_MOST = 2, 16, 256
"""An answer may get so many times as long as the longest reference, between these bounds."""
GENERATING_S = 10.0
ENDLESS_SHARE = 0.5
"""Of the prompts whose answer never ends, from which the person is told."""


class Question(NamedTuple):
    """The beginning of a text up to an answer, and the answer it was taught, as token ids."""

    prompt: list[int]
    answer: list[int]


class Questions(NamedTuple):
    """What a model is asked."""

    chosen: tuple[Question, ...]
    limit: int
    """Tokens that an answer may have."""


class Texts(NamedTuple):
    """What a result is looked at with before and after it is published."""

    probes: list[list[int]]
    """Token ids whose log-probabilities are noted, for `probing`."""
    questions: Questions


class Finished(NamedTuple):
    """A published model in memory, and what it is compared with."""

    model: Any
    """Read back from `folder`: a PEFT model, or a model of its own."""
    folder: Path
    stop_ids: frozenset[int]
    base: list[list[int]]
    """What `preferred` says of the base model."""
    base_folder: Path | None = None
    """Where the base's weights lie, for the norm of the change; not needed for an adapter."""


def texts(parts: Parts) -> Texts:
    """Held-out texts for both kinds of look, else trained ones."""
    return Texts(probing.choose(parts.validation, parts.train), choose(parts))


def choose(parts: Parts) -> Questions:
    """A few short held-out texts, else trained ones, each up to its first answer's end."""
    found = list(_questions(parts.validation)) or list(_questions(parts.train))
    fitting = [one for one in found if len(one.prompt) + len(one.answer) <= LONGEST]
    longest = max((len(one.answer) for one in found), default=0)
    limit = min(max(ANSWER_TIMES * longest, ANSWER_LEAST), ANSWER_MOST)
    return Questions(tuple(map(_cut, (fitting or found)[:QUESTIONS])), limit)


def _questions(prepared: Prepared) -> Iterator[Question]:
    for ids, labels in islice(zip(prepared.input_ids, prepared.labels, strict=True), LOOKED_AT):
        start = next((i for i, label in enumerate(labels) if label != IGNORED), 0)
        end = next((i for i in range(start, len(labels)) if labels[i] == IGNORED), len(labels))
        if 0 < start < end:
            yield Question(list(ids[:start]), list(ids[start:end]))


def _cut(question: Question) -> Question:
    answer = question.answer[: LONGEST // 2]
    return Question(question.prompt[len(answer) - LONGEST :], answer)


@torch.no_grad()
def preferred(model: Any, questions: Questions) -> list[list[int]]:
    """The likeliest token at each place of each reference answer."""
    model.eval()
    found = []
    for prompt, answer in questions.chosen:
        inputs = torch.tensor([prompt + answer], device=_entrance(model))
        logits = model(input_ids=inputs, use_cache=False).logits[0, len(prompt) - 1 : -1]
        found.append(logits.argmax(dim=-1).tolist())
    return found


def check(finished: Finished, questions: Questions) -> AfterCare:
    """Measure a finished model.

    Raises RunError when the weights in memory are not those on disk.
    """
    began = time.monotonic()
    model = finished.model
    tuned = preferred(model, questions)
    endings = _endings(model, questions, finished.stop_ids)
    return AfterCare(
        tensors=_same_weights(model, finished.folder),
        update_norm=_norm(finished),
        prompts=len(tuned),
        changed=sum(one != other for one, other in zip(tuned, finished.base, strict=True)),
        asked=len(endings),
        stopped=sum(endings),
        limit_tokens=questions.limit,
        seconds=round(time.monotonic() - began, 2),
    )


def notes(found: AfterCare) -> list[str]:
    """What the person should know of it, in sentences."""
    told = []
    if found.prompts and not found.changed:
        told.append(
            f"On none of {found.prompts} texts does the tuned model prefer another word than the "
            "base model: it has hardly changed. Train for more epochs or with a higher learning "
            "rate."
        )
    if found.prompts and not found.asked:
        told.append("Whether its answers end was not measured: there was no time or memory for it.")
    endless = found.asked - found.stopped
    if found.asked and endless >= ENDLESS_SHARE * found.asked:
        told.append(
            f"It never ended its answer within {found.limit_tokens} tokens on {endless} of "
            f"{found.asked} prompts, so its answers may run on until they are cut. Train for more "
            "epochs, and see that max_length does not cut the ends of answers off."
        )
    return told


# -- does it end --------------------------------------------------------------------------------


@torch.no_grad()
def _endings(model: Any, questions: Questions, stop_ids: frozenset[int]) -> list[bool]:
    """Whether each answer ended by itself; those that time or memory ran out for are left out.

    The likeliest tokens, all prompts at once, padded on the left.
    """
    prompts = [question.prompt for question in questions.chosen]
    if not prompts or not stop_ids:
        return []
    width, filler = max(map(len, prompts)), min(stop_ids)
    padded = [[filler] * (width - len(prompt)) + prompt for prompt in prompts]
    mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    where = _entrance(model)
    try:
        written = model.generate(
            input_ids=torch.tensor(padded, device=where),
            attention_mask=torch.tensor(mask, device=where),
            max_new_tokens=questions.limit,
            max_time=GENERATING_S,
            do_sample=False,
            num_beams=1,
            use_cache=True,
            eos_token_id=sorted(stop_ids),
            pad_token_id=filler,
        )
    except torch.OutOfMemoryError:
        return []
    answers = written[:, width:].tolist()
    ended = [not stop_ids.isdisjoint(answer) for answer in answers]
    at_limit = len(answers[0]) >= questions.limit
    return ended if at_limit else [end for end in ended if end]


def _entrance(model: Any) -> torch.device:
    """Where inputs are wanted; weights that wait in main memory say nothing of it."""
    device: torch.device = model.get_input_embeddings().weight.device
    return torch.device("cpu") if device.type == "meta" else device


# -- the weights --------------------------------------------------------------------------------


def _same_weights(model: Any, folder: Path) -> int:
    """How many tensors on disk the model holds bit by bit; names that it has not don't count."""
    adapter = isinstance(model, PeftModel)
    # else PEFT would ask the hub for the base's config, to see whether its vocabulary has grown
    named = get_peft_model_state_dict(model, save_embedding_layers=False) if adapter else None
    held = model.state_dict() if named is None else named
    same = 0
    for name, stored in _stored(folder):
        if adapter and name not in held:
            raise _unlike(name)
        if name not in held or held[name].device.type == "meta":
            continue
        if not torch.equal(stored.to(held[name].dtype), held[name].detach().cpu()):
            raise _unlike(name)
        same += 1
    return same


def _unlike(name: str) -> RunError:
    return RunError(
        f"The finished model does not load as it was written: {name} differs.",
        fix="Resume the run: it makes the model again from its last checkpoint.",
    )


def _stored(folder: Path) -> Iterator[tuple[str, torch.Tensor]]:
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, "pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118  it is no dict
                yield name, tensors.get_tensor(name)


def _norm(finished: Finished) -> float | None:
    if isinstance(finished.model, PeftModel):
        return adapter_norm(finished.model)
    if finished.base_folder is None:
        return None
    return weights_norm(finished.base_folder, finished.folder)


@torch.no_grad()
def adapter_norm(model: Any) -> float:
    """Frobenius norm of all updates s B A of a LoRA adapter, s its scale.

    By |BA|^2 = sum of (B'B) * (AA') elementwise, so no matrix of the base's size is made.
    """
    total = 0.0
    for layer in model.modules():
        if isinstance(layer, LoraLayer):
            for name in layer.lora_A:
                a, b = layer.lora_A[name].weight.double(), layer.lora_B[name].weight.double()
                squared = ((b.T @ b) * (a @ a.T)).sum().item()
                total += layer.scaling[name] ** 2 * squared
    return max(total, 0.0) ** 0.5


def weights_norm(base: Path, tuned: Path) -> float | None:
    """Frobenius norm of the difference of two models' weights on disk.

    None when one has tensors that the other has not, so that they can't be compared.
    """
    before = dict(_places(base))
    total = 0.0
    for name, after in _stored(tuned):
        if name not in before:
            return None
        with safe_open(before[name], "pt") as tensors:
            difference = after.float().sub_(tensors.get_tensor(name))
        total += torch.linalg.vector_norm(difference, dtype=torch.float64).item() ** 2
    return total**0.5


def _places(folder: Path) -> Iterable[tuple[str, Path]]:
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, "pt") as tensors:
            yield from ((name, file) for name in tensors.keys())  # noqa: SIM118
