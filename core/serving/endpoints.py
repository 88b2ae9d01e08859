"""Endpoints that the person saved by name: models served elsewhere, each with its own key.

They lie in one file that only this user may read. The key leaves it in requests and nowhere else.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError

from core.disk import write_atomic
from core.errors import ServingError
from core.messages import Record
from core.serving.records import Endpoint
from core.workspace import Workspace

NAME = re.compile(r"[\w][\w .-]{0,59}")
NO_KEY = "none"
"""What is sent where an endpoint wants no key: clients can't send none at all."""


class SavedEndpoint(Record):
    """An endpoint as it is shown: without its key."""

    name: str
    base_url: str
    model: str
    has_key: bool = False


class _Kept(Record):
    """An endpoint as it lies in the file."""

    name: str
    base_url: str
    model: str
    key: str = ""


def entries(workspace: Workspace) -> tuple[SavedEndpoint, ...]:
    """All saved endpoints by name."""
    return tuple(
        SavedEndpoint(name=e.name, base_url=e.base_url, model=e.model, has_key=bool(e.key))
        for e in _read(workspace)
    )


def open_one(workspace: Workspace, name: str) -> Endpoint:
    """A saved endpoint, ready to be asked; raises ServingError when there is none of that name."""
    return _as_endpoint(_one(workspace, name))


def make(name: str, base_url: str, model: str, key: str = "") -> Endpoint:
    """An endpoint from what a person typed; raises ServingError naming what can't be right."""
    name, base_url, model = name.strip(), base_url.strip().rstrip("/"), model.strip()
    if not NAME.fullmatch(name):
        raise ServingError(
            f"'{name[:60]}' can't be the name of an endpoint.",
            fix="Use up to 60 letters, digits, blanks, dots and hyphens.",
        )
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ServingError(
            "The endpoint's address is not an http(s) address.",
            fix="Use the one that OpenAI clients are given; it often ends in /v1.",
        )
    if parts.username or parts.password or parts.query:
        raise ServingError(
            "The endpoint's address holds a name, a password or a query, which would be shown.",
            fix="Give the key by itself.",
        )
    if not model:
        raise ServingError("The endpoint's model is not named.", fix="Name the model to ask for.")
    return _as_endpoint(_Kept(name=name, base_url=base_url, model=model, key=key.strip()))


def save(workspace: Workspace, endpoint: Endpoint) -> SavedEndpoint:
    """Keep an endpoint under its label, in place of one of the same name."""
    key = endpoint.api_key.get_secret_value()
    kept = _Kept(
        name=endpoint.label,
        base_url=endpoint.base_url,
        model=endpoint.model,
        key="" if key == NO_KEY else key,
    )
    others = [each for each in _read(workspace) if each.name != kept.name]
    _write(workspace, [*others, kept])
    return next(each for each in entries(workspace) if each.name == kept.name)


def remove(workspace: Workspace, name: str) -> None:
    """Forget an endpoint and its key; raises ServingError when there is none of that name."""
    gone = _one(workspace, name)
    _write(workspace, [each for each in _read(workspace) if each.name != gone.name])


def _as_endpoint(kept: _Kept) -> Endpoint:
    return Endpoint(
        label=kept.name,
        base_url=kept.base_url,
        model=kept.model,
        api_key=SecretStr(kept.key or NO_KEY),
    )


def _one(workspace: Workspace, name: str) -> _Kept:
    found = next((each for each in _read(workspace) if each.name == name), None)
    if found is None:
        raise ServingError(
            f"No endpoint is saved under the name '{name}'.",
            fix="Save it with its address, model and key first.",
        )
    return found


def _read(workspace: Workspace) -> list[_Kept]:
    try:
        written: Any = json.loads(workspace.endpoints.read_bytes())
        return [_Kept.model_validate(each) for each in written["endpoints"]]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise ServingError(
            "The file of saved endpoints can't be read.",
            str(workspace.endpoints),
            "Delete it, then save the endpoints again.",
        ) from error


def _write(workspace: Workspace, kept: list[_Kept]) -> None:
    ordered = sorted(kept, key=lambda each: each.name)
    text = json.dumps({"endpoints": [each.model_dump() for each in ordered]}, ensure_ascii=False)
    write_atomic(workspace.endpoints, text, private=True)
