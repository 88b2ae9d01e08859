"""GGUF by llama.cpp's own converter, where the person has it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from core.certificates.measuring import last_line
from core.certificates.questions import masker_of
from core.certificates.source import Source
from core.errors import RunError
from core.exporting import modelfile, writing
from core.exporting.records import GgufType
from core.settings import Settings

SCRIPT = "convert_hf_to_gguf.py"
MAGIC = b"GGUF"
MODELFILE = "Modelfile"
UNKNOWN_TOKENIZER = re.compile(r"pre-tokenizer was not recognized|get_vocab_base_pre")
UNKNOWN_MODEL = re.compile(r"Model \S+ is not supported|NotImplementedError: Architecture")
MISSING = re.compile(r"No module named '?([\w.]+)")


def converter(settings: Settings) -> Path:
    """The converter's script. Raises RunError that says how to get it."""
    folder = settings.llama_cpp
    if folder is None:
        raise RunError(
            "GGUF files are written by llama.cpp's converter, and Duotune does not know where it "
            "is.",
            fix="Fetch the source of llama.cpp (github.com/ggml-org/llama.cpp), then let "
            "DUOTUNE_LLAMA_CPP name its folder.",
        )
    script = folder / SCRIPT
    if not script.is_file():
        raise RunError(
            f"DUOTUNE_LLAMA_CPP names a folder without {SCRIPT}.",
            str(folder),
            "Let it name the folder of llama.cpp's source, which holds that file.",
        )
    return script


def convert(settings: Settings, model: Path, target: Path, kind: GgufType, log: Path) -> None:
    """Write a whole model as one GGUF file.

    Raises RunError with the cause when the converter fails, or writes no GGUF.
    """
    script = converter(settings)
    command = [sys.executable, str(script), str(model), "--outfile", str(target), "--outtype", kind]
    env = {**os.environ, "HF_HUB_OFFLINE": "1"}
    with log.open("wb") as output:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False,
            env=env, cwd=script.parent,
        )  # fmt: skip
    if done.returncode:
        raise failure(log)
    if not is_gguf(target):
        raise RunError(
            "The converter ended well and wrote no GGUF file.",
            f"log: {log}",
            "Take a current version of llama.cpp.",
        )


def is_gguf(path: Path) -> bool:
    """Whether a file begins as GGUF files do, and has tensors behind its head."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(24)
    return head[:4] == MAGIC and len(head) == 24 and int.from_bytes(head[8:16], "little") > 0


def failure(log: Path) -> RunError:
    """Why the converter failed, from its log."""
    told, where = log.read_text(errors="replace"), f"log: {log}"
    if UNKNOWN_TOKENIZER.search(told):
        return RunError(
            "llama.cpp does not know this model's tokenizer, so it can't be written as GGUF.",
            where,
            "Export it merged and serve it with vLLM; or teach the converter the tokenizer "
            "(get_vocab_base_pre in its source).",
        )
    if UNKNOWN_MODEL.search(told):
        return RunError(
            "llama.cpp does not know this model's architecture, so it can't be written as GGUF.",
            where,
            "Take a current version of llama.cpp, or export it merged.",
        )
    if missing := MISSING.search(told):
        return RunError(
            f"llama.cpp's converter lacks the Python package '{missing[1]}'.",
            where,
            "Install it into Duotune's environment; requirements.txt of llama.cpp lists them.",
        )
    return RunError(f"llama.cpp's converter failed: {last_line(log)}", where, "The log says more.")


def write_modelfile(source: Source, target: Path, gguf: str) -> tuple[str, ...]:
    """Write the Modelfile for Ollama; returns what the person must know of it."""
    template = masker_of(source).template
    tokenizer = template.tokenizer
    stops = [str(tokenizer.convert_ids_to_tokens(i)) for i in source.parity.stop_token_ids]
    context = source.base.shape.context if source.base.shape else None
    parameters = modelfile.parameters(writing.generation_config(source), context)
    text = modelfile.text(template, stops, gguf, parameters)
    (target / MODELFILE).write_text(text, encoding="utf-8")
    note = modelfile.caution(modelfile.take_apart(template))
    return (note,) if note else ()
