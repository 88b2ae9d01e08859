"""Settings from the environment, read once at start and passed on as one record."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, SecretStr

from core.errors import SettingError
from core.messages import Record


class EndpointSetting(Record):
    """An OpenAI-compatible endpoint chosen by the person."""

    base_url: str
    model: str
    api_key: SecretStr = SecretStr("none")


class Settings(Record):
    """All that a person can set; each field names its environment variable."""

    home: Path = Field(default_factory=lambda: Path.cwd() / "workspace")
    """DUOTUNE_HOME: the workspace folder."""
    host: str = "127.0.0.1"
    """DUOTUNE_HOST: the address the app binds to; anything but loopback needs a login."""
    port: int | None = None
    """DUOTUNE_PORT: the app's port; None takes the first free one from 7860."""
    login: SecretStr | None = None
    """DUOTUNE_LOGIN: `name:password`; on a Space without one, a new one is made at each start."""
    login_is_new: bool = False
    """True when the login was made at this start, so that the person must be told it."""
    on_space: bool = False
    """SPACE_ID: the app runs as a Hugging Face Space."""
    vllm_python: Path | None = None
    """DUOTUNE_VLLM_PYTHON: an interpreter that can import vllm."""
    assistant: EndpointSetting | None = None
    """DUOTUNE_ASSISTANT_URL, _MODEL, _KEY: a language model that drives the chat."""
    judge: EndpointSetting | None = None
    """DUOTUNE_JUDGE_URL, _MODEL, _KEY: a language model that judges rubric criteria."""
    augment: EndpointSetting | None = None
    """DUOTUNE_AUGMENT_URL, _MODEL, _KEY: a language model that rewords rows of training data."""
    offline: bool = False
    """HF_HUB_OFFLINE: never ask a model hub."""


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read settings from environment variables.

    Raises SettingError naming the variable that can't be used.
    """
    given: dict[str, object] = _space_defaults(environ) if environ.get("SPACE_ID") else {}
    if home := environ.get("DUOTUNE_HOME"):
        given["home"] = Path(home)
    if host := environ.get("DUOTUNE_HOST"):
        given["host"] = host
    if port := environ.get("DUOTUNE_PORT"):
        given["port"] = _port(port)
    if login := environ.get("DUOTUNE_LOGIN"):
        given |= {"login": _login(login), "login_is_new": False}
    if python := environ.get("DUOTUNE_VLLM_PYTHON"):
        given["vllm_python"] = Path(python)
    given["assistant"] = _endpoint(environ, "DUOTUNE_ASSISTANT")
    given["judge"] = _endpoint(environ, "DUOTUNE_JUDGE")
    given["augment"] = _endpoint(environ, "DUOTUNE_AUGMENT")
    given["offline"] = environ.get("HF_HUB_OFFLINE", "0") not in ("0", "", "false")
    return Settings.model_validate(given)


def _space_defaults(environ: Mapping[str, str]) -> dict[str, object]:
    """What a Space needs: all interfaces, its one public port, and never without a login."""
    storage = Path(environ.get("DUOTUNE_SPACE_STORAGE", "/data"))
    keeps = storage.is_dir() and os.access(storage, os.W_OK)
    return {
        "on_space": True,
        "host": "0.0.0.0",
        "port": 7860,
        "login": f"owner:{secrets.token_urlsafe(12)}",
        "login_is_new": True,
    } | ({"home": storage / "duotune"} if keeps else {})


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SettingError(f"DUOTUNE_PORT is '{text}', which is not a port.", fix="Use 1 to 65535.")
    return int(text)


def _login(text: str) -> str:
    name, _, password = text.partition(":")
    if not name or len(password) < 8:
        raise SettingError(
            "DUOTUNE_LOGIN must be name:password with at least 8 characters of password.",
            fix="Set it to something like DUOTUNE_LOGIN='ada:a-long-password'.",
        )
    return text


def _endpoint(environ: Mapping[str, str], prefix: str) -> EndpointSetting | None:
    url, model = environ.get(f"{prefix}_URL"), environ.get(f"{prefix}_MODEL")
    if not url and not model:
        return None
    if not url or not model:
        raise SettingError(
            f"{prefix}_URL and {prefix}_MODEL belong together, and one of them is not set.",
            fix="Set both, or neither.",
        )
    if not url.startswith(("http://", "https://")):
        raise SettingError(
            f"{prefix}_URL is not an http(s) address.", fix="Include /v1 at its end."
        )
    key = SecretStr(environ.get(f"{prefix}_KEY", "none"))
    return EndpointSetting(base_url=url, model=model, api_key=key)
