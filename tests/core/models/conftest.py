"""A model hub of our own for tests that ask one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.settings import Settings
from tests.fake_hub import FakeHub


@pytest.fixture
def fake_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub in reach, and an empty cache for the hub's client."""
    from huggingface_hub import constants

    cache = tmp_path / "hub-cache"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with FakeHub() as hub:
        yield hub


@pytest.fixture
def settings(fake_hub: FakeHub) -> Settings:
    """Settings that name this hub, without a token."""
    return Settings(hub_endpoint=fake_hub.endpoint)


@pytest.fixture
def with_token(settings: Settings) -> Settings:
    """The same with a token that a model's authors have granted access."""
    return settings.model_copy(update={"hub_token": SecretStr("hf_granted")})
