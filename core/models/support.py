"""Which architectures the trainer's and the engine's libraries know, read without importing them.

Both libraries keep tables in plain Python; importing either takes seconds and half a gigabyte.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

AUTO_MODELS = Path("models", "auto", "modeling_auto.py")
REGISTRY = Path("vllm", "model_executor", "models", "registry.py")
ENTRY = re.compile(r'^\s+\(\s*"([^"]+)",', re.MULTILINE)
CAUSAL = re.compile(r"^MODEL_FOR_CAUSAL_LM_MAPPING_NAMES = (.*?)^\)", re.MULTILINE | re.DOTALL)
ANY_MODEL = re.compile(r"^MODEL_MAPPING_NAMES = (.*?)^\)", re.MULTILINE | re.DOTALL)
SERVED = re.compile(
    r"^_(?:TEXT_GENERATION|MULTIMODAL|TRANSFORMERS_SUPPORTED)_MODELS = \{(.*?)^\}",
    re.MULTILINE | re.DOTALL,
)
ARCHITECTURE = re.compile(r'^\s+"(\w+)": \(', re.MULTILINE)


@lru_cache(maxsize=1)
def text_model_types() -> frozenset[str] | None:
    """Values of `model_type` that the trainer can load (`AutoModelForCausalLM`).

    None when the installed transformers keeps them in another way than the one known here.
    """
    return _transformers_table(CAUSAL)


@lru_cache(maxsize=1)
def model_types() -> frozenset[str] | None:
    """Values of `model_type` that transformers knows at all; None as above."""
    return _transformers_table(ANY_MODEL)


def _transformers_table(table: re.Pattern[str]) -> frozenset[str] | None:
    spec = find_spec("transformers")
    if spec is None or spec.origin is None:
        return None
    found = table.search(_text(Path(spec.origin).parent / AUTO_MODELS))
    return frozenset(ENTRY.findall(found[1])) if found else None


def served_architectures(python: Path) -> frozenset[str] | None:
    """Architectures that the vLLM of this interpreter serves; None where no vLLM is found."""
    # not resolved: a virtual environment's interpreter is a link out of the environment
    for packages in sorted(python.parent.parent.glob("lib*/python3*/site-packages")):
        file = packages / REGISTRY
        if file.is_file():
            return _registered(file, file.stat().st_mtime_ns)
    return None


@lru_cache(maxsize=4)
def _registered(file: Path, _changed: int) -> frozenset[str] | None:
    found = SERVED.findall(_text(file))
    return frozenset(ARCHITECTURE.findall("".join(found))) or None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        return ""
