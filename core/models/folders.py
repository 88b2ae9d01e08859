"""What a local model folder holds, read from its config and weight headers without loading it."""

from __future__ import annotations

import hashlib
import json
import math
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.errors import ModelError
from core.messages import Record

MAX_HEADER = 100_000_000
"""Bytes; the safetensors format's own limit for its header."""
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model")
COPY_FIX = "Copy or download the model again."
SAFETENSORS_FIX = (
    "Save it with save_pretrained(folder), which writes safetensors, or pick another model."
)


class Shape(Record):
    """A model's architecture, as far as its files tell."""

    model_type: str
    parameters: int
    context: int | None
    """Longest sequence in tokens (`max_position_embeddings`); None when the config is silent."""
    head_dim: int | None
    """Size of one attention head: engines support only some."""
    linear_widths: int
    """Sum of inputs + outputs over all linear layers but the last: LoRA has rank times as many."""
    weight_bytes: int
    fingerprint: str
    """Hash of config, weight headers and samples of the weights: another model has another one."""


def inspect(folder: Path) -> Shape:
    """Read a model folder's shape; nothing is loaded and no code of it runs.

    Raises ModelError when it is no model folder, holds only pickled weights, lacks a tokenizer or
    a chat template, needs code of its own, or may not be read.
    """
    try:
        return _inspect(folder)
    except OSError as error:
        raise ModelError(
            f"The model folder can't be read: {error.strerror}.",
            str(error.filename or folder),
            "Check that this user may read the folder and all files in it.",
        ) from error


def _inspect(folder: Path) -> Shape:
    if not folder.is_dir():
        raise ModelError(
            "That model folder does not exist.",
            str(folder),
            "Check the path, or pick a model of the catalog such as `starter`.",
        )
    config = _json(folder / "config.json")
    _refuse_remote_code(folder, config)
    headers = {path: _header(path) for path in _weights(folder)}
    _need_chat_parts(folder)
    try:
        return _shape(folder, config, headers)
    except (ValidationError, TypeError, AttributeError, LookupError) as error:
        raise ModelError(
            "config.json or the weights' header holds a value of another kind than a model's.",
            str(folder),
            COPY_FIX,
        ) from error


def chat_template(folder: Path) -> str | None:
    """The folder's default chat template; None when it has none."""
    file = folder / "chat_template.jinja"
    if file.is_file():
        return file.read_text(encoding="utf-8")
    path = folder / "tokenizer_config.json"
    given = _json(path).get("chat_template") if path.is_file() else None
    if isinstance(given, list):  # named variants, as older tokenizers wrote them
        given = {item["name"]: item["template"] for item in given}
    if isinstance(given, dict):
        given = given.get("default")
    return given if isinstance(given, str) and given else None


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise ModelError(
            f"This is not a model folder: {path.name} is missing.",
            str(path.parent),
            "Choose the folder that holds config.json, the weights and the tokenizer.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise ModelError(
            f"{path.name} can't be read: {error}.", str(path.parent), COPY_FIX
        ) from error
    if not isinstance(found, dict):
        raise ModelError(f"{path.name} is not a JSON object.", str(path.parent), COPY_FIX)
    return found


def _refuse_remote_code(folder: Path, config: dict[str, Any]) -> None:
    known = _architectures()
    model_type = str(config.get("model_type", ""))
    if known is not None and (known / model_type.replace("-", "_")).is_dir() and model_type:
        return
    wants = "needs code of its own" if "auto_map" in config else "is of a kind unknown here"
    raise ModelError(
        f"This model {wants} (model_type '{model_type}'), and Duotune runs no code from models.",
        str(folder),
        "Pick a model that the transformers library supports by itself.",
    )


def _architectures() -> Path | None:
    """Where transformers keeps its architectures, found without importing it."""
    spec = find_spec("transformers")
    return Path(spec.origin).parent / "models" if spec and spec.origin else None


def _weights(folder: Path) -> list[Path]:
    found = sorted(folder.glob("*.safetensors"))
    if found:
        return found
    pickled = [path.name for path in folder.iterdir() if path.suffix in PICKLES]
    if pickled:
        raise ModelError(
            f"Its weights ({', '.join(sorted(pickled)[:3])}) are pickles, which can run code when "
            "they are loaded; Duotune loads safetensors only.",
            str(folder),
            SAFETENSORS_FIX,
        )
    raise ModelError(
        "This is not a model folder: it holds no .safetensors weights.",
        str(folder),
        "Choose the folder of a whole model; an adapter alone can't be trained on.",
    )


def _header(path: Path) -> dict[str, Any]:
    """The header of a safetensors file: name -> dtype, shape, data_offsets."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(MAX_HEADER, size - 8):
            raise _damaged(path)
        try:
            header = dict(json.loads(file.read(length)))
            header.pop("__metadata__", None)
            end = max((tensor["data_offsets"][1] for tensor in header.values()), default=0)
            whole = 8 + length + end == size
        except (ValueError, RecursionError, TypeError, LookupError) as error:
            raise _damaged(path) from error
    if not whole:
        raise _damaged(path)
    return header


def _damaged(path: Path) -> ModelError:
    return ModelError(
        f"{path.name} is damaged or was not copied in full.",
        str(path.parent),
        COPY_FIX,
    )


def _need_chat_parts(folder: Path) -> None:
    if not any((folder / name).is_file() for name in TOKENIZERS):
        raise ModelError(
            "The folder holds no tokenizer.",
            str(folder),
            "Save the tokenizer into the same folder with tokenizer.save_pretrained(folder).",
        )
    if chat_template(folder) is None:
        raise ModelError(
            "The model has no chat template, so it does not know how a conversation looks.",
            str(folder),
            "Pick an instruct or chat model, or add a chat_template.jinja to the folder.",
        )


def _shape(folder: Path, config: dict[str, Any], headers: dict[Path, dict[str, Any]]) -> Shape:
    text = config.get("text_config", config)
    tensors = {name: fact for header in headers.values() for name, fact in header.items()}
    heads, hidden = text.get("num_attention_heads"), text.get("hidden_size")
    return Shape(
        model_type=str(config["model_type"]),
        parameters=sum(math.prod(fact["shape"]) for fact in tensors.values()),
        context=text.get("max_position_embeddings"),
        head_dim=text.get("head_dim") or (hidden // heads if hidden and heads else None),
        linear_widths=sum(
            sum(fact["shape"])
            for name, fact in tensors.items()
            if len(fact["shape"]) == 2 and ".layers." in name
        ),
        weight_bytes=sum(path.stat().st_size for path in headers),
        fingerprint=_fingerprint(folder, list(headers)),
    )


def _fingerprint(folder: Path, weights: list[Path]) -> str:
    """Config in full; of each weight file its name, size, and 64 evenly spaced 4 KB samples."""
    digest = hashlib.sha256((folder / "config.json").read_bytes())
    for path in weights:
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            for part in range(64):
                file.seek(size * part // 64)
                digest.update(file.read(4096))
    return digest.hexdigest()
