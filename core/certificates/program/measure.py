"""The measuring program: `python -m core.certificates.program.measure ASKED TOLD`.

Reads each model as anybody would, with `from_pretrained`, and writes down what it makes of texts.
"""

from __future__ import annotations

import gc
import importlib.metadata
import sys
import traceback
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from core.certificates.measuring import Measured, MeasureRequest, Subject
from core.certificates.program import weighing
from core.certificates.records import Question, Reading, Written
from core.disk import write_atomic
from core.training.program import whole

LIBRARIES = ("torch", "transformers", "peft", "trl", "safetensors")


def main() -> int:
    """Measure what the first file asks for, into the second."""
    asked, told = map(Path, sys.argv[1:3])
    request = MeasureRequest.model_validate_json(asked.read_bytes())
    torch.manual_seed(0)
    readings, problems = {}, {}
    for name, subject in request.subjects.items():
        try:
            readings[name] = read(request, subject)
        except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
            traceback.print_exc()
            problems[name] = f"{type(error).__name__}: {str(error)[:300]}"
        gc.collect()
    weights = weighing.weigh(request.weighing) if request.weighing else None
    found = Measured(readings=readings, problems=problems, weights=weights, versions=versions())
    write_atomic(told, found.model_dump_json())
    return 0


def versions() -> dict[str, str]:
    """Of the libraries that made and measured the model."""
    return {name: importlib.metadata.version(name) for name in LIBRARIES}


def read(request: MeasureRequest, subject: Subject) -> Reading:
    """One model: log-probabilities of all texts, and its own answers to the questions."""
    model = load(subject, request.dtype)
    tuned = tuple(whole.logprobs(model, list(ids)) for ids in request.texts)
    base = None
    if isinstance(model, PeftModel):
        with model.disable_adapter():
            base = tuple(whole.logprobs(model, list(ids)) for ids in request.texts)
    answers = tuple(
        answer(model, question, subject.stop_ids, request.limit) for question in request.questions
    )
    dtype = str(next(model.parameters()).dtype).removeprefix("torch.")
    return Reading(dtype=dtype, tuned=tuned, base=base, written=answers)


def load(subject: Subject, dtype: str) -> Any:
    """A model as its files make it; raises what the libraries raise."""
    placed = {"device_map": "auto"} if torch.cuda.is_available() else {}
    model = AutoModelForCausalLM.from_pretrained(
        subject.base or subject.model,
        dtype=getattr(torch, dtype),
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
        **placed,
    )
    if subject.base is not None:
        model = PeftModel.from_pretrained(model, subject.model, use_safetensors=True)
    return model.eval()


@torch.no_grad()
def answer(model: Any, question: Question, stop_ids: tuple[int, ...], limit: int) -> Written:
    """The likeliest token each time, with how sure each choice was.

    Without `stop_ids`, it ends where the model's own generation settings say.
    """
    prompt = torch.tensor([question.prompt], device=model.get_input_embeddings().weight.device)
    own = model.generation_config.eos_token_id
    ends = set(stop_ids) or set(own if isinstance(own, list) else [own]) - {None}
    made = model.generate(
        input_ids=prompt,
        attention_mask=torch.ones_like(prompt),
        max_new_tokens=limit,
        do_sample=False,
        num_beams=1,
        repetition_penalty=1.0,
        eos_token_id=sorted(ends) or None,
        pad_token_id=min(ends, default=0),
        output_logits=True,
        return_dict_in_generate=True,
    )
    tokens = made.sequences[0, len(question.prompt) :].tolist()
    margins, others = [], []
    for step in made.logits[: len(tokens)]:
        best = torch.log_softmax(step[0].float(), dim=-1).topk(2)
        margins.append(float(best.values[0] - best.values[1]))
        others.append(int(best.indices[1]))
    stopped = bool(tokens) and tokens[-1] in ends
    return Written(
        tokens=tuple(tokens), stopped=stopped, margins=tuple(margins), runners_up=tuple(others)
    )


if __name__ == "__main__":
    sys.exit(main())
