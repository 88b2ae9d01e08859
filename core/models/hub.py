"""What a model hub says about a model, and what of it is already on this machine."""

from __future__ import annotations

import errno
import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import DISK_FIXES, DuotuneError, ModelError, WorkspaceError
from core.settings import DEFAULT_HUB, Settings

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import ModelInfo

HUB_FIX = "Use `starter`, a path to a model folder, or an id such as Qwen/Qwen3-0.6B."
MIRROR_FIX = "Check the network, or let DUOTUNE_HUB_ENDPOINT name a mirror that you can reach."
TOKEN_FIX = "Make a token that may read it on the hub's page of settings, then set HF_TOKEN."
TIMEOUT_S = 10.0
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)


class HubUnreachable(ModelError):
    """The hub, or the mirror of it, does not answer."""


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


@lru_cache(maxsize=2)
def answers(endpoint: str = DEFAULT_HUB) -> bool:
    """Whether the hub is in reach; asked once per process, for at most two seconds."""
    try:
        with urllib.request.urlopen(urllib.request.Request(endpoint, method="HEAD"), timeout=2):
            return True
    except (OSError, ValueError):
        return False


def api(settings: Settings) -> HfApi:
    """The hub's own client, for the chosen endpoint and with no token but HF_TOKEN's."""
    from huggingface_hub import HfApi

    return HfApi(endpoint=settings.hub_endpoint, token=settings.sent_hub_token or False)


def silent_bar() -> Any:
    """A progress bar that shows nothing, for the client to fill."""
    from huggingface_hub.utils import tqdm  # type: ignore[attr-defined]

    class Silent(tqdm):
        def __init__(self, *given: Any, **options: Any) -> None:
            super().__init__(*given, **{**options, "disable": True})  # type: ignore[no-untyped-call]

    return Silent


def page(name: str) -> str:
    """A model's page, where its licence can be read and accepted; mirrors have none."""
    return f"{DEFAULT_HUB}/{name}"


def model_info(name: str, revision: str | None, settings: Settings) -> ModelInfo:
    """All that the hub tells about a model and its files in one answer.

    Raises HubUnreachable, or ModelError when there is no such model or it is refused.
    """
    check_id(name)
    if settings.offline:
        raise HubUnreachable(
            f"{name} can't be looked up: the model hub may not be asked (HF_HUB_OFFLINE).",
            fix="Unset HF_HUB_OFFLINE, or use `starter` or a path to a model folder.",
        )
    with hub_errors(name, settings, revision):
        return api(settings).model_info(
            name, revision=revision, files_metadata=True, timeout=TIMEOUT_S
        )


def commit_of(name: str, revision: str | None, settings: Settings) -> str | None:
    """The commit that a model's revision means now; None when the hub is not in reach.

    Raises ModelError when the hub has no such model, refuses it, or has no safetensors of it.
    """
    try:
        info = model_info(name, revision, settings)
    except HubUnreachable:
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


@contextmanager
def hub_errors(name: str, settings: Settings, revision: str | None = None) -> Iterator[None]:
    """Turn whatever the hub's client raises into one sentence with a fix."""
    import httpx2
    from huggingface_hub.errors import FileMetadataError, OfflineModeIsEnabled

    try:
        yield
    except DuotuneError:
        raise
    except (OfflineModeIsEnabled, httpx2.HTTPError, OSError) as error:
        raise _told(_cause(error), name, settings, revision) from error
    except (json.JSONDecodeError, FileMetadataError, KeyError, TypeError) as error:
        raise _no_hub(settings) from error


def _cause(error: BaseException) -> BaseException:
    """The client says "not in the cache" for what the hub refused; that is the cause of it."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    while isinstance(error, LocalEntryNotFoundError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _told(
    error: BaseException, name: str, settings: Settings, revision: str | None
) -> ModelError | WorkspaceError:
    import httpx2
    from huggingface_hub.errors import (
        DisabledRepoError,
        EntryNotFoundError,
        FileMetadataError,
        GatedRepoError,
        HfHubHTTPError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if isinstance(error, GatedRepoError):
        return _gated(name, settings)
    if isinstance(error, DisabledRepoError):
        return ModelError(f"The hub has taken {name} down.", page(name), "Pick another model.")
    if isinstance(error, RevisionNotFoundError):
        return ModelError(f"{name} has no revision '{revision}'.", fix="Leave it out.")
    if isinstance(error, RepositoryNotFoundError):
        return _not_found(name, settings)
    if isinstance(error, EntryNotFoundError):
        return ModelError(
            f"A file of {name} is gone from the hub.", page(name), "Inspect the model again."
        )
    if isinstance(error, HfHubHTTPError):
        return _refused(error, name, settings)
    if isinstance(error, FileMetadataError):
        return _no_hub(settings)
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        fix = DISK_FIXES[error.errno or 0]
        return WorkspaceError(
            f"Could not keep files of {name}: {error.strerror}.", str(error.filename or ""), fix
        )
    if isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError)):
        return HubUnreachable(
            f"The model hub is not in reach at {settings.hub_endpoint}.", _short(error), MIRROR_FIX
        )
    return HubUnreachable(
        f"The connection to {settings.hub_endpoint} broke off.",
        _short(error),
        "Try again: a download goes on where it stopped.",
    )


def _gated(name: str, settings: Settings) -> ModelError:
    link = page(name)
    if settings.hub_token is None:
        fix = f"Accept its licence at {link}, then set HF_TOKEN to a token of that account."
    elif not settings.hub_is_safe:
        fix = (
            "HF_TOKEN was not sent, because the endpoint is not encrypted: use an https address in "
            "DUOTUNE_HUB_ENDPOINT."
        )
    else:
        fix = f"Accept its licence at {link} with the account that HF_TOKEN belongs to."
    return ModelError(f"The authors of {name} must grant you access first.", link, fix)


def _not_found(name: str, settings: Settings) -> ModelError:
    return ModelError(
        f"The hub has no model {name} that you may read.",
        settings.hub_endpoint,
        "Check its spelling; for a private or gated model set HF_TOKEN.",
    )


def _refused(error: Any, name: str, settings: Settings) -> ModelError:
    status = error.response.status_code
    where = settings.hub_endpoint
    if status == 404 or (status == 401 and settings.sent_hub_token is None):
        return _not_found(name, settings)
    if status == 401:
        return ModelError("The hub does not accept the token in HF_TOKEN.", where, TOKEN_FIX)
    if status == 403:
        return ModelError(f"The hub does not let you read {name}.", where, TOKEN_FIX)
    if status == 410:
        return ModelError(f"{name} is gone from the hub for good.", where, "Pick another model.")
    if status == 429:
        wait = error.response.headers.get("Retry-After", "")
        fix = "Try again in a few minutes; with HF_TOKEN set, the hub allows more."
        if wait.isdecimal():
            fix = f"Try again in {wait} seconds; with HF_TOKEN set, the hub allows more."
        return ModelError("The hub was asked too often from here.", where, fix)
    if status >= 500 or status == 408:
        return HubUnreachable(
            f"The model hub at {where} has trouble of its own (status {status}).",
            fix="Try again later, or let DUOTUNE_HUB_ENDPOINT name a mirror.",
        )
    return ModelError(
        f"The hub answered with status {status} when it was asked for {name}.", where, MIRROR_FIX
    )


def _no_hub(settings: Settings) -> ModelError:
    return ModelError(
        f"What answers at {settings.hub_endpoint} is no model hub.",
        fix="Check DUOTUNE_HUB_ENDPOINT and HF_ENDPOINT, and whether a login page is in between.",
    )


def _short(error: BaseException) -> str:
    """The kind of an error and its first line; a client's messages can be pages long."""
    first = (str(error).strip().splitlines() or [""])[0][:200]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
