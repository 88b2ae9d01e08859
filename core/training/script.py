"""A plan as a plain TRL script with its data, which a person can run without Duotune."""

from __future__ import annotations

import json
import pprint
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import Template
from typing import Any

from core.data import splitting, store
from core.data.records import Example
from core.disk import write_atomic
from core.errors import PlanError, disk_errors
from core.models import catalog, readers
from core.models.masks import Masker
from core.settings import Settings
from core.training import machine, plan_files, refusals, share
from core.training.plan import TrainingPlan
from core.training.program import arguments
from core.training.program.arguments import Choices
from core.training.reproducing import PACKAGES, versions
from core.workspace import Workspace

TEMPLATE = Path(__file__).with_suffix(".py.txt")
IGNORED = -100
"""The label that the loss skips, in torch and TRL alike."""
OF_THE_STEPS = (
    "output_dir", "max_steps", "warmup_steps", "logging_steps", "eval_strategy", "save_strategy",
)  # fmt: skip
"""Arguments that follow from the number of sequences: the script counts them itself."""
NOT_NEEDED = ("duotune", "ray")
README = """# {name}

A plain TRL script, made from a training plan. It trains the same model on the same tokens with the
same settings.

- `train.py` loads the base model, trains, and saves to `result/`.
- `train.jsonl`, `validation.jsonl`: one sequence a line: the messages, the tokens that the model
  reads (`input_ids`), and the tokens that it learns (`labels`; -100 is context).
- `requirements.txt`: the versions that the plan was made with.
- `plan.toml`: the plan, with every setting explained.

    pip install -r requirements.txt
    python train.py {base}
"""


def export(
    workspace: Workspace, settings: Settings, plan: TrainingPlan, folder: Path
) -> tuple[Path, ...]:
    """Write script, data, versions and plan into a folder; returns what was written.

    Raises PlanError for a plan that can't be written so, ModelError while the model's tokenizer is
    not on this machine.
    """
    _need_plain(plan)
    model = catalog.resolve(plan.base_model, plan.revision, settings)
    masker = readers.read(model, settings.offline).masker(plan.max_length)
    parameters = model.shape.parameters if model.shape else 0
    choices = arguments.decide(plan, refusals.capabilities(machine.look()), parameters)
    with disk_errors(folder, "write the script"):
        folder.mkdir(parents=True, exist_ok=True)
    examples = store.load_examples(workspace, plan.dataset_id)
    split = share.taken(plan, splitting.frozen_split(workspace, plan.dataset_id), examples)
    written = []
    for part in ("train", "validation"):
        chosen = set(getattr(split, part))
        lines = list(_lines([e for e in examples if e.id in chosen], masker))
        if lines:
            written.append(_write(folder / f"{part}.jsonl", "".join(lines)))
    base = plan.base_model if not model.local else model.shown_name
    needed = versions(tuple(name for name in PACKAGES if name not in NOT_NEEDED))
    written += [
        _write(folder / "train.py", script(plan, choices, base)),
        _write(folder / "requirements.txt", "".join(f"{n}=={v}\n" for n, v in needed.items())),
        _write(folder / "plan.toml", plan_files.dump(plan)),
        _write(folder / "README.md", README.format(name=plan.name, base=base)),
    ]
    return tuple(written)


def _need_plain(plan: TrainingPlan) -> None:
    if plan.objective != "sft" or plan.start_from is not None:
        raise PlanError(
            "Only supervised training that begins with a base model can be written as a script.",
            fix="Export the plan as a file instead: duotune plan DATASET --out FILE",
        )


def _write(path: Path, text: str) -> Path:
    write_atomic(path, text)
    return path


def _lines(examples: Sequence[Example], masker: Masker) -> Iterator[str]:
    """Each sequence with its messages, as the trainer reads it."""
    rows = masker.rows(example.conversation for example in examples)
    for example, row in zip(examples, rows, strict=True):
        for masked in row.sequences:
            if not masked.learnt:
                continue
            labels = [IGNORED] * len(masked.ids)
            for start, end in masked.spans:
                labels[start:end] = masked.ids[start:end]
            told: dict[str, Any] = {
                "row": example.row,
                "messages": [turn.as_openai() for turn in example.conversation.messages],
                "input_ids": masked.ids[: masked.kept],
                "labels": labels[: masked.kept],
            }
            yield json.dumps(told, ensure_ascii=False) + "\n"


def script(plan: TrainingPlan, choices: Choices, base: str) -> str:
    """The script's text; `base` is what the base model is called when nothing else is given."""
    sft = arguments.sft_arguments(plan, Path("unused"), 0, choices)
    lora = arguments.lora_arguments(plan)
    quantization = arguments.quantization_arguments(plan, choices)
    classes = "AutoModelForCausalLM, AutoTokenizer"
    imports = ["from peft import LoraConfig"] if lora else []
    if quantization:
        imports[0] += ", prepare_model_for_kbit_training"
        classes += ", BitsAndBytesConfig"
    imports += [f"from transformers import {classes}", "from trl import SFTConfig, SFTTrainer"]
    if plan.packing:
        imports.append("from trl import pack_dataset")
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=f"Train '{plan.name}': plain TRL, made from a training plan.".replace('"', "'"),
        imports="\n".join(imports),
        base=repr(base),
        revision=repr(plan.revision),
        counts=f"{plan.epochs}, {plan.max_steps}, {plan.evaluations}, {plan.warmup_ratio}",
        workers=plan.workers,
        load=_shown(arguments.load_arguments(plan, choices)),
        quantization=_quantization(quantization),
        lora=f"LORA = LoraConfig(**{_shown(lora)})\n" if lora else "",
        sft=_shown({name: value for name, value in sft.items() if name not in OF_THE_STEPS}),
        packing=f'train = pack_dataset(train, {plan.max_length}, "bfd")\n' if plan.packing else "",
        prepare="model = prepare_model_for_kbit_training(model)\n" if quantization else "",
        peft="\n    peft_config=LORA," if lora else "",
    )


def _quantization(values: dict[str, Any] | None) -> str:
    return (
        f'LOAD["quantization_config"] = BitsAndBytesConfig(**{_shown(values)})\n' if values else ""
    )


def _shown(values: Any) -> str:
    return pprint.pformat(values, sort_dicts=False, width=96)
