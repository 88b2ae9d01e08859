"""Builds the starter model: `python -m core.models.build_starter [folder]`."""

from __future__ import annotations

import argparse
import platform
import shutil
import tempfile
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast, Qwen3ForCausalLM

from core.models.build_starter import card
from core.models.build_starter.batches import batches
from core.models.build_starter.measure import measure
from core.models.build_starter.pretrain import Effort, Shape, Stage, new_model, pretrain
from core.models.build_starter.prose import paragraphs
from core.models.build_starter.tokenizer import train_tokenizer

SHIPPED = Path(__file__).parent.parent / "starter"
SEED = 0
VOCABULARY = 4096
STAGES = (
    Stage(steps=2000, seed=0, drills=280),
    Stage(steps=1500, seed=1, descends=True),
    Stage(steps=2200, seed=2, descends=True),
    Stage(steps=2300, seed=3, descends=True),
)


def main() -> None:
    """Parse arguments, build the model in a temporary folder, then move it into place."""
    parser = argparse.ArgumentParser(description="Build the starter model from nothing.")
    parser.add_argument("folder", nargs="?", type=Path, default=SHIPPED)
    parser.add_argument("--share", type=float, default=1.0, help="share of the steps to run")
    parser.add_argument("--no-compile", action="store_true", help="do without a C++ compiler")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    prose = paragraphs()
    tokenizer = train_tokenizer(prose, VOCABULARY, SEED)
    model = new_model(tokenizer, Shape(), SEED)
    efforts = []
    for stage in STAGES:
        short = Stage(round(stage.steps * options.share), stage.seed, stage.drills, stage.descends)
        data = batches(tokenizer, prose, stage.seed, stage.drills)
        efforts.append(pretrain(model, data, short, compiled=not options.no_compile))
        # Each stage ends in the precision that ships, so what is measured is what is served.
        model.to(torch.bfloat16).to(torch.float32)
    save(model, tokenizer, efforts, options.folder)


def save(
    model: Qwen3ForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    efforts: list[Effort],
    folder: Path,
) -> None:
    """Write weights, tokenizer and card to a folder that appears whole or not at all."""
    shares = measure(model, tokenizer)
    text = card.write(model.num_parameters(), efforts, shares, platform.python_version())
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / folder.name
        model.to(torch.bfloat16).save_pretrained(made)
        tokenizer.save_pretrained(made)
        (made / "README.md").write_text(text, encoding="utf-8")
        for file in made.iterdir():
            file.chmod(0o644)
        if folder.exists():
            shutil.rmtree(folder)
        made.rename(folder)
    print(text)


if __name__ == "__main__":
    main()
