"""The merging program: `python -m core.exporting.program.merging ASKED`.

Puts an adapter into the weights of its unquantised base, in main memory, and writes a whole model
in the arithmetic that the base is stored in.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM

from core.exporting.merge import MergeRequest
from core.training.program import guard


def main() -> int:
    """Merge what the file asks for."""
    merge(MergeRequest.model_validate_json(Path(sys.argv[1]).read_bytes()))
    return 0


def merge(request: MergeRequest) -> None:
    """Write the merged model's config and weights into the folder, which must exist.

    Raises what the libraries raise, and Diverged when a weight is not finite.
    """
    config = AutoConfig.from_pretrained(request.base, local_files_only=True)
    stored = config.dtype or torch.float32
    model = AutoModelForCausalLM.from_pretrained(
        request.base,
        dtype=getattr(torch, request.dtype) if request.dtype else stored,
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
    )
    tuned = PeftModel.from_pretrained(model, request.adapter, use_safetensors=True)
    merged = tuned.merge_and_unload(safe_merge=True).to(stored)
    merged.config.dtype = stored
    merged.save_pretrained(request.target, max_shard_size=f"{request.shard_gb}GB")
    for file in sorted(request.target.glob("*.safetensors")):
        guard.check_tensors(load_file(file).items(), "the merged model")
    _keep_config(request.base, request.target)


def _keep_config(base: Path, target: Path) -> None:
    """The base's own config, with nothing that this machine's libraries would change in it."""
    said = json.loads((base / "config.json").read_bytes())
    if "quantization_config" not in said:
        shutil.copyfile(base / "config.json", target / "config.json")


if __name__ == "__main__":
    sys.exit(main())
