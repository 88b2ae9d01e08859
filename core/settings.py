"""Settings from the environment, read once at start and passed on as one record."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from core.errors import SettingError
from core.messages import Record
from core.serving import vllm_options

DEFAULT_HUB = "https://huggingface.co"
ENGINE_CHOICES = {
    "engine": ("auto", "vllm", "transformers"),
    "engine_on_exit": ("stop", "keep"),
}


class EndpointSetting(Record):
    """An OpenAI-compatible endpoint chosen by the person."""

    base_url: str
    model: str
    api_key: SecretStr = SecretStr("none")


class JudgePrice(Record):
    """What a judge endpoint charges, per million tokens."""

    tokens_in: float = Field(ge=0)
    tokens_out: float = Field(ge=0)
    currency: str = "USD"


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
    vllm_options: tuple[str, ...] = ()
    """DUOTUNE_VLLM_OPTIONS: options passed on to `vllm serve`, as on a command line."""
    engine: Literal["auto", "vllm", "transformers"] = "auto"
    """DUOTUNE_ENGINE: what serves models; `auto` is vLLM where it can, else transformers."""
    engine_idle_minutes: float = Field(default=30.0, ge=0)
    """DUOTUNE_ENGINE_IDLE_MINUTES: without a request for so long an engine ends; 0 is never."""
    engine_on_exit: Literal["stop", "keep"] = "keep"
    """DUOTUNE_ENGINE_ON_EXIT: what becomes of engines when the app is closed. One that is kept is
    found again by the next app, and still ends when it is idle."""
    engine_sleep: bool = False
    """DUOTUNE_ENGINE_SLEEP: on a GPU, let an engine sleep while a run trains, not end."""
    llama_cpp: Path | None = None
    """DUOTUNE_LLAMA_CPP: the folder of llama.cpp's source, whose converter writes GGUF files."""
    assistant: EndpointSetting | None = None
    """DUOTUNE_ASSISTANT_URL, _MODEL, _KEY: a language model that drives the chat."""
    judge: EndpointSetting | None = None
    """DUOTUNE_JUDGE_URL, _MODEL, _KEY: a language model that judges rubric criteria."""
    judge_price: JudgePrice | None = None
    """DUOTUNE_JUDGE_PRICE: its price per million tokens read and written, such as
    `0.15 0.60 EUR`; else no cost."""
    judge_concurrency: int | None = Field(default=None, ge=1, le=256)
    """DUOTUNE_JUDGE_CONCURRENCY: questions to it under way at once; None takes 8 on this machine
    and 4 elsewhere."""
    augment: EndpointSetting | None = None
    """DUOTUNE_AUGMENT_URL, _MODEL, _KEY: a language model that rewords rows of training data."""
    offline: bool = False
    """HF_HUB_OFFLINE: never ask a model hub."""
    gpu_price: float | None = Field(default=None, ge=0)
    """DUOTUNE_GPU_PRICE: what an hour of this machine costs, such as `2.49 EUR`; else no cost."""
    gpu_currency: str = "USD"
    """The currency in it; USD when it names none."""
    hub_endpoint: str = DEFAULT_HUB
    """DUOTUNE_HUB_ENDPOINT, or HF_ENDPOINT: the model hub, or a mirror of it."""
    hub_token: SecretStr | None = None
    """HF_TOKEN: for models whose authors grant access one by one."""

    @property
    def sent_hub_token(self) -> str | None:
        """The token, unless anybody on the way to the hub could read it."""
        return self.hub_token.get_secret_value() if self.hub_token and self.hub_is_safe else None

    @property
    def hub_is_safe(self) -> bool:
        """Whether what is sent to the hub is encrypted, or never leaves this machine."""
        parts = urlsplit(self.hub_endpoint)
        return parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost", "::1")


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
    given |= _engine(environ)
    if llama_cpp := environ.get("DUOTUNE_LLAMA_CPP"):
        given["llama_cpp"] = Path(llama_cpp).expanduser()
    given["assistant"] = _endpoint(environ, "DUOTUNE_ASSISTANT")
    given["judge"] = _endpoint(environ, "DUOTUNE_JUDGE")
    given["augment"] = _endpoint(environ, "DUOTUNE_AUGMENT")
    given |= _judging(environ)
    if hub := environ.get("DUOTUNE_HUB_ENDPOINT") or environ.get("HF_ENDPOINT"):
        given["hub_endpoint"] = _hub_endpoint(hub)
    if token := environ.get("HF_TOKEN"):
        given["hub_token"] = token
    if price := environ.get("DUOTUNE_GPU_PRICE"):
        given |= _price(price)
    given["offline"] = environ.get("HF_HUB_OFFLINE", "0") not in ("0", "", "false")
    return Settings.model_validate(given)


def judge_variables(settings: Settings) -> dict[str, str]:
    """What tells another process of ours which judge to ask, and what it costs."""
    given: dict[str, str] = {}
    if settings.judge:
        given["DUOTUNE_JUDGE_URL"] = settings.judge.base_url
        given["DUOTUNE_JUDGE_MODEL"] = settings.judge.model
        given["DUOTUNE_JUDGE_KEY"] = settings.judge.api_key.get_secret_value()
    if price := settings.judge_price:
        told = f"{price.tokens_in} {price.tokens_out} {price.currency}"
        given["DUOTUNE_JUDGE_PRICE"] = told
    if settings.judge_concurrency:
        given["DUOTUNE_JUDGE_CONCURRENCY"] = str(settings.judge_concurrency)
    return given


def share_hub_endpoint(settings: Settings, environ: MutableMapping[str, str]) -> None:
    """Let this process's hub client and the programs it starts ask the hub that was chosen.

    They read HF_ENDPOINT, the client when it is first imported. Mirrors pass files on over plain
    HTTP; the Xet protocol would ask the hub's own storage past the mirror.
    """
    if settings.hub_endpoint != DEFAULT_HUB:
        environ["HF_ENDPOINT"] = settings.hub_endpoint
        environ.setdefault("HF_HUB_DISABLE_XET", "1")


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


def _engine(environ: Mapping[str, str]) -> dict[str, object]:
    """How models are served."""
    given: dict[str, object] = {}
    for name, choices in ENGINE_CHOICES.items():
        variable = f"DUOTUNE_{name.upper()}"
        if text := environ.get(variable):
            if text not in choices:
                raise SettingError(
                    f"{variable} is '{text}'.", fix=f"Use one of: {', '.join(choices)}."
                )
            given[name] = text
    if minutes := environ.get("DUOTUNE_ENGINE_IDLE_MINUTES"):
        given["engine_idle_minutes"] = _minutes(minutes)
    if options := environ.get("DUOTUNE_VLLM_OPTIONS"):
        given["vllm_options"] = vllm_options.parse(options)
    given["engine_sleep"] = environ.get("DUOTUNE_ENGINE_SLEEP", "0") not in ("0", "", "false")
    return given


def _minutes(text: str) -> float:
    minutes = _amount(text)
    if minutes is None:
        raise SettingError(
            f"DUOTUNE_ENGINE_IDLE_MINUTES is '{text}', which is no number of minutes.",
            fix="Set it to a number such as 30; 0 lets an engine run for ever.",
        )
    return minutes


def _amount(text: str) -> float | None:
    """A number from 0 up to a million; None for anything else."""
    try:
        amount = float(text)
    except ValueError:
        return None
    return amount if 0 <= amount < 1e6 else None


def _login(text: str) -> str:
    name, _, password = text.partition(":")
    if not name or len(password) < 8:
        raise SettingError(
            "DUOTUNE_LOGIN must be name:password with at least 8 characters of password.",
            fix="Set it to something like DUOTUNE_LOGIN='ada:a-long-password'.",
        )
    return text


def _hub_endpoint(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingError(
            f"DUOTUNE_HUB_ENDPOINT (or HF_ENDPOINT) is '{text}', which is not an http(s) address.",
            fix=f"Set it to a mirror's address, or leave it out to use {DEFAULT_HUB}.",
        )
    if parts.username or parts.password:
        raise SettingError(
            "DUOTUNE_HUB_ENDPOINT (or HF_ENDPOINT) holds a name or password, which would be shown.",
            fix="Take it out of the address; HF_TOKEN is the place for a token.",
        )
    return text.rstrip("/")


def _price(text: str) -> dict[str, object]:
    number, _, currency = text.strip().partition(" ")
    per_hour = _amount(number)
    if per_hour is None:
        raise SettingError(
            f"DUOTUNE_GPU_PRICE is '{text}', which is not a price per hour.",
            fix="Set it to a number and a currency, such as '2.49 EUR', or leave it out.",
        )
    return {"gpu_price": per_hour} | ({"gpu_currency": currency.strip()} if currency else {})


def _judging(environ: Mapping[str, str]) -> dict[str, object]:
    """What a judge costs, and how many questions it takes at once."""
    given: dict[str, object] = {}
    if price := environ.get("DUOTUNE_JUDGE_PRICE"):
        first, second, *rest = [*price.split(), "", ""]
        tokens_in, tokens_out, currency = _amount(first), _amount(second), " ".join(rest).strip()
        if tokens_in is None or tokens_out is None:
            raise SettingError(
                f"DUOTUNE_JUDGE_PRICE is '{price}', which is not two prices per million tokens.",
                fix="Set it to what is read, what is written and a currency: '0.15 0.60 EUR'.",
            )
        given["judge_price"] = JudgePrice(
            tokens_in=tokens_in, tokens_out=tokens_out, currency=currency or "USD"
        )
    if many := environ.get("DUOTUNE_JUDGE_CONCURRENCY"):
        if not many.isdecimal() or not 1 <= int(many) <= 256:
            raise SettingError(
                f"DUOTUNE_JUDGE_CONCURRENCY is '{many}'.", fix="Use a whole number from 1 to 256."
            )
        given["judge_concurrency"] = int(many)
    return given


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
