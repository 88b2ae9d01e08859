"""The files that say what a Hub model is: its small files, and of each weight file the header."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ModelError
from core.models import folders, hub, weights
from core.models.model_files import MAX_SMALL, SMALL, ModelFiles, small_files
from core.models.weights import Tensors
from core.settings import Settings

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

WORKERS = 8
"""Headers read at a time: a large model has tens of weight files."""


def fetch(name: str, revision: str | None, settings: Settings) -> ModelFiles:
    """What the hub tells about a model, its config and its tokenizer.

    Raises HubUnreachable, or ModelError when there is no such model or config.json is broken.
    A model that is there but closed to this person comes back without its config.
    """
    info = hub.model_info(name, revision, settings)
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or []}
    known = _known(name, info, sizes)
    try:
        folder = _small_files(name, info.sha or "main", sizes, settings)
    except hub.HubUnreachable:
        raise
    except ModelError as error:
        if not info.gated:
            raise
        return ModelFiles(config=None, closed=error, **known)
    small = small_files(folder)
    tensors = _tensors(name, info.sha, weights.wanted(sizes, small["index"]), settings)
    return ModelFiles(tensors=tensors, **known, **small)


def _known(name: str, info: ModelInfo, sizes: Mapping[str, int]) -> dict[str, Any]:
    card: dict[str, Any] = info.card_data.to_dict() if info.card_data else {}  # type: ignore[no-untyped-call]
    oids = {
        file.rfilename: file.lfs.sha256 if file.lfs else str(file.blob_id or "")
        for file in info.siblings or []
    }
    counted = info.safetensors.total if info.safetensors else None
    return {
        "name": name,
        "id_or_path": name,
        "local": False,
        "sizes": {file: size for file, size in sizes.items() if "/" not in file},
        "oids": oids,
        "commit": info.sha,
        "gated": bool(info.gated),
        "card": card,
        "page": hub.page(name),
        "hub_parameters": counted,
    }


def _small_files(name: str, commit: str, sizes: Mapping[str, int], settings: Settings) -> Path:
    """The folder with a model's config and tokenizer; fetched where they are not here yet."""
    from huggingface_hub import hf_hub_download

    for file in SMALL:
        if sizes.get(file, 0) > MAX_SMALL:
            raise ModelError(
                f"{file} of {name} has {sizes[file] >> 20:,} MB, which can't be right.",
                hub.page(name),
                "Pick another model.",
            )
    if folders.CONFIG not in sizes:
        raise ModelError(
            f"{name} is no model for the transformers library: config.json is missing.",
            hub.page(name),
            "Pick a model that has one; GGUF files alone can't be tuned.",
        )
    wanted = [file for file in SMALL if file in sizes]

    def get(file: str) -> Path:
        with hub.hub_errors(name, settings, commit):
            return Path(
                hf_hub_download(
                    name,
                    file,
                    revision=commit,
                    endpoint=settings.hub_endpoint,
                    token=settings.sent_hub_token or False,
                    tqdm_class=hub.silent_bar(),
                )
            )

    with ThreadPoolExecutor(WORKERS) as pool:
        return [*pool.map(get, wanted)][0].parent  # noqa: RUF015  the others must be there, too


def _tensors(
    name: str, commit: str | None, files: Iterable[str], settings: Settings
) -> Tensors | None:
    """Dtype and shape of every tensor, from the headers of the weight files; None without any."""
    from huggingface_hub.errors import SafetensorsParsingError

    client = hub.api(settings)

    def header(file: str) -> dict[str, dict[str, Any]]:
        with hub.hub_errors(name, settings, commit):
            read = client.parse_safetensors_file_metadata(name, file, revision=commit)
        return {
            key: {"dtype": tensor.dtype, "shape": tensor.shape}
            for key, tensor in read.tensors.items()
        }

    try:
        with ThreadPoolExecutor(WORKERS) as pool:
            headers = list(pool.map(header, files))
    except SafetensorsParsingError as error:
        raise ModelError(
            f"The header of a weight file of {name} can't be read.",
            hub.page(name),
            "Pick another model, or another revision of it.",
        ) from error
    return {key: fact for found in headers for key, fact in found.items()} or None
