"""What a model hub says about a model, and what of it is already on this machine."""

from __future__ import annotations

import os
import urllib.request
from functools import lru_cache
from pathlib import Path

from core.errors import ModelError

HUB_FIX = "Use `starter`, a path to a model folder, or an id such as Qwen/Qwen3-0.6B."
TIMEOUT_S = 5.0


def check_id(name: str) -> None:
    """See that a name is a well-formed `owner/name` id.

    Raises ModelError otherwise: nothing else may reach a loader, which would take it as a path.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(name)
    except HFValidationError as error:
        raise ModelError(
            f"'{name[:120]}' is neither a model of the catalog, nor a folder, nor a Hub id.",
            fix=HUB_FIX,
        ) from error
    if "/" not in name:
        raise ModelError(f"No model is called '{name}' here.", fix=HUB_FIX)


@lru_cache(maxsize=1)
def answers() -> bool:
    """Whether the hub is in reach; asked once per process, for at most two seconds."""
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    try:
        with urllib.request.urlopen(urllib.request.Request(endpoint, method="HEAD"), timeout=2):
            return True
    except (OSError, ValueError):
        return False


def commit_of(name: str, revision: str | None) -> str | None:
    """The commit that a model's revision means now; None when the hub is not in reach.

    Raises ModelError when the hub has no such model, refuses it, or has no safetensors of it.
    """
    import httpx2
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        info = HfApi().model_info(name, revision=revision, timeout=TIMEOUT_S)
    except GatedRepoError as error:
        raise ModelError(
            f"The authors of {name} must grant you access first.",
            fix=f"Ask on the model's page, then set HF_TOKEN. Or pick another model. ({HUB_FIX})",
        ) from error
    except RevisionNotFoundError as error:
        raise ModelError(f"{name} has no revision '{revision}'.", fix="Leave it out.") from error
    except RepositoryNotFoundError as error:
        raise ModelError(
            f"The hub has no model {name} that you may read.",
            fix="Check its spelling; for a private model set HF_TOKEN.",
        ) from error
    except (HfHubHTTPError, httpx2.HTTPError, OSError):
        return None
    files = [sibling.rfilename for sibling in info.siblings or []]
    if not any(file.endswith(".safetensors") for file in files):
        raise ModelError(
            f"{name} has no safetensors weights, and Duotune loads nothing else.",
            fix="Pick a model whose files end in .safetensors.",
        )
    return info.sha


def cached_folder(name: str, revision: str | None) -> Path | None:
    """Where this machine keeps a model's snapshot; None when its config was never fetched."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(name, "config.json", revision=revision)
    return Path(found).parent if isinstance(found, str) else None
