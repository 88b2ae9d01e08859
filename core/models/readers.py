"""A model's tokenizer, template and stop tokens, read without its weights and without torch.

The trainer reads them with `AutoTokenizer`, which brings torch along; the app must stay light. Both
end in the same `tokenizer.json`. Whether they agree is seen when the trainer compares its mask with
the one in the plan.
"""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.disk import sha256_text
from core.errors import ModelError
from core.models.catalog import ResolvedModel
from core.models.masks import Masker
from core.models.templates import ChatTemplate

TOKENIZER = "tokenizer.json"
FILES = (
    TOKENIZER,
    "tokenizer_config.json",
    "chat_template.jinja",
    "special_tokens_map.json",
    "added_tokens.json",
    "generation_config.json",
    "config.json",
)
"""All that says how a conversation becomes tokens; a few MB even for a big model."""


@dataclass(frozen=True)
class ModelReader:
    """How a model reads conversations."""

    name: str
    """The model's, for messages."""
    template: ChatTemplate
    stop_ids: frozenset[int]
    """Tokens that generation stops at."""
    sha256: str
    """Of vocabulary, template and stop tokens: counts made with another one are worth nothing."""

    def masker(self, max_length: int) -> Masker:
        """The decision which tokens are learnt, for rows of at most `max_length` tokens."""
        return Masker(self.template, self.stop_ids, max_length)


def read(model: ResolvedModel, offline: bool = True) -> ModelReader:
    """Read how a model reads conversations; fetches a Hub model's few files when it may.

    Raises ModelError when the files are not here or can't be used.
    """
    found = find(model, offline)
    if found is None:
        raise ModelError(
            f"The tokenizer.json of {model.shown_name} is not on this machine.",
            fix="Connect to the hub, or pick a model folder that holds a tokenizer.json.",
        )
    return found


def find(model: ResolvedModel, offline: bool = True) -> ModelReader | None:
    """The same; None when there is no tokenizer.json here, or none to be had.

    Raises ModelError when there is one that can't be used.
    """
    folder = Path(model.id_or_path) if model.local else _of_hub(model, offline)
    if folder is None or not (folder / TOKENIZER).is_file():
        return None
    here = (folder / name for name in FILES)
    stamps = tuple(file.stat().st_mtime_ns for file in here if file.is_file())
    return _read(folder, model.shown_name, stamps)


def _of_hub(model: ResolvedModel, offline: bool) -> Path | None:
    """Where the hub's client keeps a model's files, fetched first when that is allowed."""
    import httpx2
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    name, wanted = model.id_or_path, list(FILES)
    try:
        folder = snapshot_download(
            name, revision=model.revision, allow_patterns=wanted, local_files_only=offline
        )
    except (HfHubHTTPError, httpx2.HTTPError, OSError):
        return None
    return Path(folder)


@lru_cache(maxsize=4)
def _read(folder: Path, name: str, _stamps: tuple[int, ...]) -> ModelReader:
    """Kept while the files stay as they are: a big vocabulary takes a second to read."""
    tokenizer = _load(folder)
    template = ChatTemplate.of(tokenizer, name)
    stops = _stop_ids(folder, tokenizer)
    told = [tokenizer.backend_tokenizer.to_str(), template.sha256, template.kwargs, sorted(stops)]
    return ModelReader(name, template, stops, sha256_text(json.dumps(told, sort_keys=True)))


def _load(folder: Path) -> Any:
    kind = _tokenizer_class(folder)
    try:
        return kind.from_pretrained(folder, local_files_only=True)
    except Exception as error:
        raise ModelError(
            "The model's tokenizer can't be read.",
            f"{folder.name}: {str(error)[:200]}",
            "Copy or download the model again.",
        ) from error


def _tokenizer_class(folder: Path) -> Any:
    """The class that the model's own files name, where it is one that reads tokenizer.json."""
    # transformers replaces itself at the end of its import; when two threads import it at once,
    # the `import` statement hands the second one the module as it was before that.
    transformers = importlib.import_module("transformers")
    named = _json(folder / "tokenizer_config.json").get("tokenizer_class")
    found = getattr(transformers, str(named), None)
    general = transformers.PreTrainedTokenizerFast
    fits = isinstance(found, type) and issubclass(found, general)
    return found if fits else general


def _stop_ids(folder: Path, tokenizer: Any) -> frozenset[int]:
    """As the loaded model tells them: from generation_config.json, or else from config.json."""
    generation = folder / "generation_config.json"
    told = _json(generation if generation.is_file() else folder / "config.json")
    given = told.get("eos_token_id", told.get("text_config", {}).get("eos_token_id"))
    ids = given if isinstance(given, list) else [given]
    return frozenset(i for i in [*ids, tokenizer.eos_token_id] if isinstance(i, int))


def _json(path: Path) -> dict[str, Any]:
    """A JSON object from a model's folder; nothing of it where the file is missing or broken."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
