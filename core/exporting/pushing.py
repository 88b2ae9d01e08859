"""Upload an export to a model hub: into a new repository, or one that may be overwritten."""

from __future__ import annotations

import os
from pathlib import Path

from core.errors import ModelError
from core.exporting.records import HubTarget
from core.models import hub
from core.settings import Settings

MESSAGE = "Uploaded by Duotune"
WRITE_FIX = "Make a token that may write on the hub's page of settings, then set HF_TOKEN."


def check(settings: Settings, target: HubTarget) -> None:
    """See that an upload could begin: a name, a token, and no repository in its way.

    Raises ModelError otherwise.
    """
    hub.check_id(target.repo)
    need_access(settings)
    with hub.hub_errors(target.repo, settings):
        exists = hub.api(settings).repo_exists(target.repo)
    if exists and not target.overwrite:
        raise ModelError(
            f"{target.repo} is on the hub already, and nothing is overwritten unasked.",
            f"{settings.hub_endpoint}/{target.repo}",
            "Choose another name, or add --overwrite.",
        )


def need_access(settings: Settings) -> None:
    """See that the hub may be asked, with a token; raises ModelError otherwise."""
    if settings.offline:
        raise ModelError(
            "Nothing can be uploaded: the model hub may not be asked (HF_HUB_OFFLINE).",
            fix="Unset HF_HUB_OFFLINE, then start the app again.",
        )
    if settings.hub_token is None:
        raise ModelError(
            "Uploading to a hub takes a token that may write, and none is set.", fix=WRITE_FIX
        )
    if not settings.hub_is_safe:
        raise ModelError(
            "The hub's address is plain http, so the token would be readable on the way.",
            settings.hub_endpoint,
            "Let DUOTUNE_HUB_ENDPOINT name an https address.",
        )


def push(settings: Settings, folder: Path, target: HubTarget) -> str:
    """Upload a folder as one commit; returns the address of what was made.

    Raises ModelError or HubUnreachable when the hub refuses or breaks off: what was not committed
    is not seen by anybody.
    """
    check(settings, target)
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    api = hub.api(settings)
    with hub.hub_errors(target.repo, settings):
        api.create_repo(target.repo, private=target.private, exist_ok=target.overwrite)
        made = api.upload_folder(
            repo_id=target.repo,
            folder_path=folder,
            commit_message=MESSAGE,
            delete_patterns="*" if target.overwrite else None,
        )
        _see(settings, folder, target)
    return str(made.commit_url or f"{settings.hub_endpoint}/{target.repo}")


def _see(settings: Settings, folder: Path, target: HubTarget) -> None:
    """See that the hub lists every file in its full size."""
    info = hub.api(settings).model_info(target.repo, files_metadata=True)
    sizes = {each.rfilename: each.size for each in info.siblings or []}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and sizes.get(name) != path.stat().st_size:
            raise ModelError(
                f"The hub does not list {name} as it was uploaded.",
                f"{settings.hub_endpoint}/{target.repo}",
                "Upload it again with --overwrite.",
            )
