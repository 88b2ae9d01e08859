"""What a local model folder holds, read from its config and weight headers without loading it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.errors import ModelError
from core.messages import Record
from core.models import support, weights
from core.models.weights import COPY_FIX, INDEX

PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
CONFIG = "config.json"
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model")
ARCHITECTURE_FIX = "Pick a model that the transformers library supports by itself."
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
    with readable(folder):
        return _inspect(folder)


@contextmanager
def readable(folder: Path) -> Iterator[None]:
    """Turn the operating system's refusal to read a folder into a ModelError."""
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"The model folder can't be read: {error.strerror}.",
            str(error.filename or folder),
            "Check that this user may read the folder and all files in it.",
        ) from error


def _inspect(folder: Path) -> Shape:
    need_folder(folder)
    config = read_json(folder / CONFIG)
    if refusal := refused_architecture(config):
        raise ModelError(refusal, str(folder), ARCHITECTURE_FIX)
    headers = {path: weights.header(path) for path in _weights(folder)}
    _need_chat_parts(folder)
    try:
        return _shape(folder, config, headers)
    except (ValidationError, TypeError, AttributeError, LookupError) as error:
        raise ModelError(
            "config.json or the weights' header holds a value of another kind than a model's.",
            str(folder),
            COPY_FIX,
        ) from error


def need_folder(folder: Path) -> None:
    """Raises ModelError when there is no such folder."""
    if not folder.is_dir():
        raise ModelError(
            "That model folder does not exist.",
            str(folder),
            "Check the path, or pick a model of the catalog such as `starter`.",
        )


def chat_template(folder: Path) -> str | None:
    """The folder's default chat template; None when it has none.

    Raises ModelError when a file that may hold it can't be read as text.
    """
    file = folder / "chat_template.jinja"
    if file.is_file():
        try:
            return file.read_text(encoding="utf-8") or None
        except ValueError as error:
            raise ModelError(f"{file.name} is not text.", str(folder), COPY_FIX) from error
    path = folder / "tokenizer_config.json"
    given = read_json(path).get("chat_template") if path.is_file() else None
    if isinstance(given, list):  # named variants, as older tokenizers wrote them
        named = [item for item in given if isinstance(item, dict)]
        given = {item.get("name"): item.get("template") for item in named}
    if isinstance(given, dict):
        given = given.get("default")
    return given if isinstance(given, str) and given else None


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of a model folder. Raises ModelError when it is missing or broken."""
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


def refused_architecture(config: Mapping[str, Any]) -> str:
    """Why a model of this config can't be trained here, in a sentence; "" when it can."""
    known = support.text_model_types()
    model_type = str(config.get("model_type") or "none")
    if known is None or model_type in known:
        return ""
    if model_type in (support.model_types() or ()):
        return (
            f"The transformers library loads this kind of model (model_type '{model_type}') not as "
            "a text model, and Duotune trains text models only."
        )
    wants = "needs code of its own" if "auto_map" in config else "is of a kind unknown here"
    return f"This model {wants} (model_type '{model_type}'), and Duotune runs no code from models."


def _weights(folder: Path) -> list[Path]:
    names = [path.name for path in folder.iterdir() if path.is_file()]
    index = read_json(folder / INDEX) if INDEX in names else None
    if lacking := weights.missing(names, index):
        raise ModelError(
            f"{len(lacking)} of its weight files are missing, {lacking[0]} first.",
            str(folder),
            COPY_FIX,
        )
    if found := weights.wanted(names, index):
        return [folder / name for name in found]
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
    text = weights.text_config(config)
    tensors = {name: fact for header in headers.values() for name, fact in header.items()}
    heads, hidden = text.get("num_attention_heads"), text.get("hidden_size")
    return Shape(
        model_type=str(config["model_type"]),
        parameters=weights.parameters(tensors, config),
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


def _fingerprint(folder: Path, files: list[Path]) -> str:
    """Config in full; of each weight file its name, size, and 64 evenly spaced 4 KB samples."""
    digest = hashlib.sha256((folder / "config.json").read_bytes())
    for path in files:
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            for part in range(64):
                file.seek(size * part // 64)
                digest.update(file.read(4096))
    return digest.hexdigest()
