"""What a person would write with TRL alone: the same model, rows and settings, no Duotune."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import SFTConfig, SFTTrainer


class StepTimes(TrainerCallback):  # type: ignore[misc]
    """Notes when each step ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.ends.append(time.time())


def main(job: Path) -> None:
    """Train as told in a JSON file and write the step times beside it."""
    told = json.loads(job.read_text())
    tokenizer = AutoTokenizer.from_pretrained(told["model"])
    times = StepTimes()
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(told["model"], dtype="float32"),
        args=SFTConfig(**told["sft"]),
        train_dataset=Dataset.from_list(told["rows"]),
        eval_dataset=Dataset.from_list(told["held_out"]),
        processing_class=tokenizer,
        peft_config=LoraConfig(**told["lora"]) if told["lora"] else None,
        callbacks=[times],
    )
    trainer.evaluate()  # before the first step, as the plan's settings say
    trainer.train()
    job.with_suffix(".out.json").write_text(json.dumps(times.ends))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
