"""What the files of an export say of themselves, held against what was trained; nothing is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.certificates.records import FileFacts, Question
from core.certificates.source import Source, folder_of
from core.disk import sha256_text
from core.errors import ModelError
from core.models import catalog, folders, readers, weights
from core.models.catalog import ResolvedModel
from core.settings import Settings

GENERATION, ADAPTER = "generation_config.json", "adapter_config.json"
SCALING = ("r", "lora_alpha", "use_rslora", "rank_pattern", "alpha_pattern")
DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
"""How safetensors calls what torch calls otherwise."""


def look(
    source: Source, folder: Path, questions: tuple[Question, ...], settings: Settings
) -> FileFacts:
    """Compare an exported folder with the run's own files."""
    is_adapter = (folder / ADAPTER).is_file()
    foreign_model = source.plan is None and not source.is_adapter
    own = is_adapter or foreign_model
    expected = stored_dtypes(source.published if own else source.base_folder)
    found = stored_dtypes(folder)
    return FileFacts(
        template=_template(folder) == source.parity.template_sha256,
        tokenizer=_tokenizes_alike(source, folder, questions),
        stops=set(source.parity.stop_token_ids) <= stop_ids(folder),
        dtype=bool(found) and found <= expected and _said_dtype(folder) in (None, *found),
        base=names_base(source, folder, settings) if is_adapter else None,
        scale=_scale(folder) == _scale(source.published) if is_adapter else None,
        stored=", ".join(sorted(found)),
    )


def stop_ids(folder: Path) -> set[int]:
    """The tokens that a folder's generation settings end an answer at."""
    told = _json(folder / GENERATION).get("eos_token_id")
    return {i for i in (told if isinstance(told, list) else [told]) if isinstance(i, int)}


def stored_dtypes(folder: Path) -> frozenset[str]:
    """Arithmetics of the tensors in a folder, by the names that torch has for them.

    Raises ModelError when a weight file is damaged.
    """
    found = set()
    for path in sorted(folder.glob("*.safetensors")):
        for fact in weights.header(path).values():
            found.add(DTYPES.get(fact["dtype"], fact["dtype"]))
    return frozenset(found)


def base_of(folder: Path, settings: Settings) -> Path | None:
    """The base that an adapter's own files name, as it lies here; None when it is not here."""
    named = str(_json(folder / ADAPTER).get("base_model_name_or_path") or "")
    revision = _json(folder / ADAPTER).get("revision")
    try:
        return folder_of(catalog.resolve(named, revision, settings))
    except ModelError:
        return None


def _template(folder: Path) -> str | None:
    try:
        text = folders.chat_template(folder)
    except ModelError:
        return None
    return sha256_text(text) if text else None


def _tokenizes_alike(source: Source, folder: Path, asked: tuple[Question, ...]) -> bool | None:
    """Whether a folder's tokenizer has the run's vocabulary and makes the same ids of texts."""
    before, after = (_tokenizer(place) for place in (source.chat_folder, folder))
    if before is None or after is None:
        return None if before is None else False
    ids = [list(one.prompt + one.answer) for one in asked]
    ids = ids or [list(probe.token_ids) for probe in source.parity.probes]
    texts = [*(before.decode(each) for each in ids), str(before.chat_template)]
    same = all(_ids(before, text) == _ids(after, text) for text in texts)
    return same and before.get_vocab() == after.get_vocab()


def _ids(tokenizer: Any, text: str) -> Any:
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def _tokenizer(folder: Path) -> Any:
    model = ResolvedModel(
        name=folder.name, id_or_path=str(folder), revision=None, local=True, shape=None
    )
    try:
        return readers.read(model).template.tokenizer
    except ModelError:
        return None


def _said_dtype(folder: Path) -> str | None:
    """The arithmetic that config.json says the weights are in."""
    config = _json(folder / "config.json")
    said = config.get("dtype") or config.get("torch_dtype")
    return str(said) if said else None


def names_base(source: Source, folder: Path, settings: Settings) -> bool:
    """Whether an adapter's own config names the base that it was trained on.

    By the same name; or, for a local folder, by one that leads to the same files.
    """
    config = _json(folder / ADAPTER)
    named, revision = config.get("base_model_name_or_path"), config.get("revision")
    if named == source.base.shown_name:
        return revision in (None, source.base.revision)
    place = base_of(folder, settings)
    return place is not None and place.resolve() == source.base_folder.resolve()


def _scale(folder: Path) -> list[Any]:
    """All that decides how strongly an adapter works."""
    config = _json(folder / ADAPTER)
    return [config.get(name) or None for name in SCALING]


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
