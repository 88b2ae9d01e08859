"""Whatever the hub, a mirror or the network does ends in one sentence with a fix."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from core.errors import DuotuneError, ModelError, WorkspaceError
from core.models import catalog, hub
from core.models.inspection import inspect
from core.settings import Settings
from core.wording import error_parts
from tests.core.models.made_models import made_model
from tests.fake_hub import FakeHub, FakeModel

HAN = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def tiny(fake_hub: FakeHub, tmp_path: Path) -> FakeModel:
    fake_hub.models["me/tiny"] = FakeModel.of(made_model(tmp_path / "m"))
    return fake_hub.models["me/tiny"]


def check(error: DuotuneError, problem: str, fix: str) -> None:
    assert problem in error.problem
    assert fix in error.fix
    chinese, _, remedy = error_parts(error, "zh")
    assert HAN.search(chinese), error.problem
    assert HAN.search(remedy), error.fix


@pytest.mark.parametrize(
    ("status", "headers", "problem", "fix"),
    [
        (401, {}, "no model me/tiny that you may read", "HF_TOKEN"),
        (403, {}, "does not let you read me/tiny", "HF_TOKEN"),
        (403, {"X-Error-Message": "Access to this resource is disabled."},
         "has taken me/tiny down", "another model"),
        (404, {"X-Error-Code": "RepoNotFound"}, "no model me/tiny", "spelling"),
        (410, {}, "gone from the hub for good", "another model"),
        (418, {}, "status 418", "mirror"),
        (429, {"Retry-After": "17"}, "asked too often", "in 17 seconds"),
        (429, {}, "asked too often", "in a few minutes"),
        (500, {}, "trouble of its own (status 500)", "Try again later"),
        (503, {}, "trouble of its own (status 503)", "Try again later"),
    ],
)  # fmt: skip
def test_each_answer_has_its_sentence(
    settings: Settings,
    tiny: FakeModel,
    status: int,
    headers: dict[str, str],
    problem: str,
    fix: str,
) -> None:
    tiny.status, tiny.headers = status, headers
    with pytest.raises(ModelError) as caught:
        inspect("me/tiny", settings)
    check(caught.value, problem, fix)


def test_a_token_that_is_none(with_token: Settings, tiny: FakeModel) -> None:
    tiny.status = 401
    tiny.headers = {"X-Error-Message": "Invalid credentials in Authorization header"}
    with pytest.raises(ModelError) as caught:
        inspect("me/tiny", with_token)
    check(caught.value, "does not accept the token", "set HF_TOKEN")


def test_a_revision_that_is_not_there(settings: Settings, tiny: FakeModel) -> None:
    with pytest.raises(ModelError) as caught:
        inspect("me/tiny", settings, "v9")
    check(caught.value, "no revision 'v9'", "Leave it out")


def test_a_hub_that_is_not_in_reach(settings: Settings, tiny: FakeModel) -> None:
    nowhere = settings.model_copy(update={"hub_endpoint": "http://127.0.0.1:9"})
    with pytest.raises(hub.HubUnreachable) as caught:
        inspect("me/tiny", nowhere)
    check(caught.value, "not in reach at http://127.0.0.1:9", "DUOTUNE_HUB_ENDPOINT")


def test_offline_nothing_is_asked(fake_hub: FakeHub, settings: Settings, tiny: FakeModel) -> None:
    with pytest.raises(hub.HubUnreachable) as caught:
        inspect("me/tiny", settings.model_copy(update={"offline": True}))
    check(caught.value, "may not be asked", "Unset HF_HUB_OFFLINE")
    assert fake_hub.requests == []


def test_a_login_page_is_no_hub(fake_hub: FakeHub, settings: Settings) -> None:
    fake_hub.is_no_hub = True
    with pytest.raises(ModelError) as caught:
        inspect("me/tiny", settings)
    check(caught.value, "is no model hub", "login page")


@pytest.mark.parametrize(
    ("change", "fix"),
    [
        ({}, "then set HF_TOKEN to a token"),
        ({"hub_token": SecretStr("hf_other")}, "account that HF_TOKEN belongs to"),
    ],
)
def test_a_gated_model_leads_to_its_page(
    settings: Settings, tiny: FakeModel, change: dict[str, Any], fix: str
) -> None:
    tiny.gated = "auto"
    found = inspect("me/tiny", settings.model_copy(update=change))
    assert found.refusal is not None
    check(ModelError(found.refusal.problem, "", found.refusal.fix), "grant you access", fix)
    assert "https://huggingface.co/me/tiny" in found.refusal.fix


def test_a_token_is_not_sent_in_the_clear(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, with_token: Settings
) -> None:
    assert with_token.sent_hub_token == "hf_granted"
    plain = with_token.model_copy(update={"hub_endpoint": "http://mirror.example"})
    assert plain.sent_hub_token is None
    assert "https address" in hub._gated("me/tiny", plain).fix
    assert with_token.model_copy(update={"hub_endpoint": "https://mirror.example"}).sent_hub_token


@pytest.mark.parametrize(
    ("number", "fix"), [(errno.ENOSPC, "Free some space"), (errno.EROFS, "read-only")]
)
def test_a_disk_that_takes_nothing(settings: Settings, number: int, fix: str) -> None:
    with pytest.raises(WorkspaceError) as caught, hub.hub_errors("me/tiny", settings):
        raise OSError(number, "No space left on device", "/cache/x")
    assert caught.value.where == "/cache/x"
    assert fix in caught.value.fix
    assert HAN.search(error_parts(caught.value, "zh")[0])


def drop(name: str) -> Callable[[FakeModel], None]:
    return lambda model: model.files.__delitem__(name)


def huge(model: FakeModel) -> None:
    model.claims["tokenizer.json"] = 1 << 30


@pytest.mark.parametrize(
    ("spoil", "problem", "fix"),
    [
        (drop("config.json"), "config.json is missing", "GGUF"),
        (huge, "1,024 MB, which can't be right", "another model"),
    ],
)
def test_a_repository_that_is_no_model(
    settings: Settings,
    tiny: FakeModel,
    spoil: Callable[[FakeModel], None],
    problem: str,
    fix: str,
) -> None:
    spoil(tiny)
    with pytest.raises(ModelError) as caught:
        inspect("me/tiny", settings)
    check(caught.value, problem, fix)


def test_a_weight_file_with_a_broken_header(settings: Settings, tiny: FakeModel) -> None:
    tiny.served["model.safetensors"] = b"\x08" + bytes(7) + b"not json" + bytes(100)
    with pytest.raises(ModelError) as caught:
        inspect("me/tiny", settings)
    check(caught.value, "header of a weight file", "another model")


def test_a_plan_finds_its_model_through_the_same_hub(
    settings: Settings, tiny: FakeModel, fake_hub: FakeHub
) -> None:
    found = catalog.resolve("me/tiny", None, settings)
    assert (found.revision, found.shape) == (tiny.commit, None)
    tiny.status = 503
    with pytest.raises(ModelError, match="hub is not in reach"):
        catalog.resolve("me/tiny", None, settings)
