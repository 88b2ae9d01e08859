"""The files of an export beside a card: weights as they are, and all that chatting needs."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.certificates.files import ADAPTER, GENERATION
from core.certificates.source import Source, template_of
from core.disk import sha256_text, write_atomic
from core.errors import RunError, disk_errors
from core.models.model_files import LEGAL
from core.models.templates import ChatTemplate
from core.training import manifests

TEMPLATE = "chat_template.jinja"
CARD, CONFIG = "README.md", "config.json"
WEIGHTS = ".safetensors"
TOKENIZER_FILES = ("tokenizer", "vocab", "merges", "special_tokens", "added_tokens", "chat_temp")
"""How the names of files begin that belong to a tokenizer."""
NOT_CHAT = (CARD, CONFIG, ADAPTER, GENERATION, manifests.NAME, "model.safetensors.index.json")


def need_adapter(source: Source) -> None:
    """Raises RunError when a model is a whole one."""
    if not source.is_adapter:
        raise RunError(
            f"The result of '{source.name}' is a whole model, so there is no adapter to export.",
            source.id,
            "Export it with --to merged.",
        )


def adapter(source: Source, target: Path) -> None:
    """Copy an adapter's two files, as they were published.

    Raises RunError when the run's result is a whole model.
    """
    need_adapter(source)
    with disk_errors(target, "write the export"):
        for path in [*source.published.glob(f"*{WEIGHTS}"), source.published / ADAPTER]:
            shutil.copyfile(path, target / path.name)
    if source.plan is None:  # it may name its base by a place on the machine where it was made
        named = json.loads((target / ADAPTER).read_bytes())
        base = {"base_model_name_or_path": source.base.shown_name, "revision": source.base.revision}
        named |= base
        write_atomic(target / ADAPTER, json.dumps(named, indent=2, sort_keys=True) + "\n")


def whole(source: Source, target: Path) -> None:
    """Put a run's own whole model there: a second name of the same files where the disk can."""
    with disk_errors(target, "write the export"):
        for path in _weights(source.published):
            link(path, target / path.name)
        shutil.copyfile(source.published / CONFIG, target / CONFIG)


def _weights(folder: Path) -> Iterable[Path]:
    yield from sorted(folder.glob(f"*{WEIGHTS}"))
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        yield index


def link(source: Path, target: Path) -> None:
    """One file under a second name; a copy where the disk can't do that."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def chat_parts(source: Source, target: Path) -> None:
    """Write the tokenizer, the chat template as trained, and where answers end.

    Raises RunError when what was published is not what was trained with, or would not be read
    back so.
    """
    template = template_of(source)
    with disk_errors(target, "write the export"):
        for path in sorted(source.chat_folder.iterdir()):
            if path.is_file() and path.suffix != WEIGHTS and _is_chat(source, path.name):
                shutil.copyfile(path, target / path.name)
        if not (target / TEMPLATE).is_file():  # older tokenizers hold it in their config
            write_atomic(target / TEMPLATE, template)
    settings = generation_config(source)
    write_atomic(target / GENERATION, json.dumps(settings, indent=2, sort_keys=True) + "\n")
    if sha256_text((target / TEMPLATE).read_text(encoding="utf-8")) != sha256_text(template):
        raise RunError("The exported chat template is not the trained one.", str(target))


def _is_chat(source: Source, name: str) -> bool:
    """Whether a file beside a model is needed for chatting with it."""
    if source.chat_folder == source.base_folder:  # which may hold anything else, too
        return name.startswith(TOKENIZER_FILES)
    return name not in NOT_CHAT


def generation_config(source: Source) -> dict[str, Any]:
    """The base's own generation settings, with every token that a turn was trained to end at."""
    path = source.settings_folder / GENERATION
    given = json.loads(path.read_bytes()) if path.is_file() else {}
    stops = sorted(source.parity.stop_token_ids)
    return {**given, "eos_token_id": stops[0] if len(stops) == 1 else stops}


def legal(source: Source, target: Path) -> tuple[str, ...]:
    """Copy the base's licence texts, which must travel with what is made from it; their names."""
    names = legal_names(source)
    with disk_errors(target, "write the export"):
        for name in names:
            shutil.copyfile(source.base_folder / name, target / name)
    return names


def legal_names(source: Source) -> tuple[str, ...]:
    """Names of the base's licence texts."""
    return tuple(
        path.name
        for path in sorted(source.base_folder.iterdir())
        if path.is_file() and path.name.upper().startswith(LEGAL) and path.suffix != ".py"
    )


def chat_template(source: Source) -> ChatTemplate:
    """The trained template with the published tokenizer, to render with."""
    from core.certificates.questions import masker_of

    return masker_of(source).template
