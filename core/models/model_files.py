"""The files that say what a model is, read as data: never its weights, never code.

A local folder and a Hub model end in the same record. For a Hub model the few small files are
fetched into the hub client's cache, and of each weight file its header alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from core.errors import ModelError
from core.models import folders, weights
from core.models.folders import CONFIG, PICKLES, TOKENIZERS
from core.models.weights import INDEX, Tensors

CARD = "README.md"
SMALL = (
    *(CONFIG, "generation_config.json", INDEX),
    *TOKENIZERS,
    *("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("merges.txt", "vocab.txt", "chat_template.jinja"),
)
"""All of a model but its weights that loading it needs."""
BESIDE = (
    CARD,
    "processor_config.json",
    "preprocessor_config.json",
    "video_preprocessor_config.json",
)
"""Its card, and what the engine asks of models that read pictures too."""
LEGAL = ("LICENSE", "LICENCE", "NOTICE", "USE_POLICY")
"""How the names of files begin that must travel with a model."""
MAX_SMALL = 64 << 20
"""Bytes: the largest known tokenizer.json has 34 MB."""
MAX_CARD = 1 << 20
MARKS = ("bos_token", "eos_token", "unk_token", "pad_token")


@dataclass(frozen=True)
class ModelFiles:
    """What was read of a model."""

    name: str
    id_or_path: str
    local: bool
    sizes: Mapping[str, int]
    """Bytes of each file beside config.json, by name."""
    config: Mapping[str, Any] | None
    """None where its authors keep it from strangers."""
    oids: Mapping[str, str] = field(default_factory=dict)
    """Of each file on the hub the SHA-256 (64 digits) or git's hash of it (40 digits)."""
    commit: str | None = None
    gated: bool = False
    card: Mapping[str, Any] = field(default_factory=dict)
    """Metadata of the model card."""
    page: str = ""
    """The model's page on the hub."""
    generation: Mapping[str, Any] = field(default_factory=dict)
    tokenizer: Mapping[str, Any] = field(default_factory=dict)
    """tokenizer_config.json."""
    added_tokens: Mapping[int, str] = field(default_factory=dict)
    template: str | None = None
    index: Mapping[str, Any] | None = None
    """Which weight file holds which tensor, of a model in several."""
    tensors: Tensors | None = None
    """Of each tensor its dtype and shape, from the headers; None where they can't be had."""
    hub_parameters: int | None = None
    """What the hub counted."""
    closed: ModelError | None = None
    """Why its files can't be read, although the model is there."""


def from_folder(folder: Path, name: str) -> ModelFiles:
    """What a local folder holds.

    Raises ModelError when it is no model folder, or one of its files is broken.
    """
    folders.need_folder(folder)
    sizes = {path.name: path.stat().st_size for path in folder.iterdir() if path.is_file()}
    small = small_files(folder)
    files = weights.wanted(sizes, small["index"])
    headers = [weights.header(folder / file) for file in files]
    return ModelFiles(
        name=name,
        id_or_path=str(folder),
        local=True,
        sizes=sizes,
        card=read_card(folder / CARD),
        tensors={key: fact for header in headers for key, fact in header.items()} or None,
        **small,
    )


def small_files(folder: Path) -> dict[str, Any]:
    """The fields of ModelFiles that config and tokenizer files fill.

    Raises ModelError when config.json is missing, or one of them is broken.
    """
    return {
        "config": folders.read_json(folder / CONFIG),
        "generation": _json_if_there(folder / "generation_config.json"),
        "tokenizer": _json_if_there(folder / "tokenizer_config.json"),
        "added_tokens": _added_tokens(folder),
        "template": folders.chat_template(folder),
        "index": folders.read_json(folder / INDEX) if (folder / INDEX).is_file() else None,
    }


def _json_if_there(path: Path) -> dict[str, Any]:
    return folders.read_json(path) if path.is_file() else {}


def _added_tokens(folder: Path) -> dict[int, str]:
    """Texts of the tokens beside the vocabulary, among them those that end a turn."""
    told = _json_if_there(folder / "tokenizer_config.json").get("added_tokens_decoder")
    if isinstance(told, dict) and told:
        return {
            int(number): str(token["content"])
            for number, token in told.items()
            if number.isdecimal() and isinstance(token, dict) and "content" in token
        }
    whole = folder / "tokenizer.json"
    if not whole.is_file() or whole.stat().st_size > MAX_SMALL:
        return {}
    listed = folders.read_json(whole).get("added_tokens")
    return {
        token["id"]: str(token["content"])
        for token in (listed if isinstance(listed, list) else [])
        if isinstance(token, dict) and isinstance(token.get("id"), int) and "content" in token
    }


def read_card(path: Path) -> dict[str, Any]:
    """The metadata at the head of a model card; nothing where there is none that can be read."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_CARD).decode(errors="replace")
    except OSError:
        return {}
    if not text.startswith("---"):
        return {}
    head = text.split("\n---", 1)[0].removeprefix("---")
    try:
        found = yaml.safe_load(head)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def wanted_files(names: Iterable[str], weight_files: Iterable[str]) -> tuple[str, ...]:
    """What a download needs: weights, config, tokenizer, card and licence; no code, no pickles."""
    given = set(names)
    legal = {name for name in given if name.upper().startswith(LEGAL) and "/" not in name}
    code = {name for name in legal if name.endswith((".py", *PICKLES))}
    return tuple(sorted((given & {*SMALL, *BESIDE, *weight_files}) | (legal - code)))
