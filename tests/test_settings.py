"""Settings come from the environment, and unsafe ones are refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SettingError
from core.settings import DEFAULT_HUB, judge_variables, read_settings, share_hub_endpoint


def test_nothing_set_gives_loopback_and_no_endpoints() -> None:
    settings = read_settings({})
    assert (settings.host, settings.login, settings.assistant) == ("127.0.0.1", None, None)


def test_an_endpoint_needs_both_address_and_model() -> None:
    with pytest.raises(SettingError, match="DUOTUNE_JUDGE_URL and DUOTUNE_JUDGE_MODEL"):
        read_settings({"DUOTUNE_JUDGE_URL": "http://127.0.0.1:1/v1"})


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(SettingError, match="not a port"):
        read_settings({"DUOTUNE_PORT": port})


def test_a_short_password_is_refused() -> None:
    with pytest.raises(SettingError, match="at least 8"):
        read_settings({"DUOTUNE_LOGIN": "ada:short"})


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    settings = read_settings(
        {
            "DUOTUNE_LOGIN": "ada:correct-horse",
            "DUOTUNE_JUDGE_URL": "http://127.0.0.1:1/v1",
            "DUOTUNE_JUDGE_MODEL": "m",
            "DUOTUNE_JUDGE_KEY": "sk-very-secret",
        }
    )
    assert "correct-horse" not in repr(settings)
    assert "sk-very-secret" not in repr(settings)


def test_a_space_is_never_open_without_a_login(tmp_path: Path) -> None:
    settings = read_settings({"SPACE_ID": "ada/duotune", "DUOTUNE_SPACE_STORAGE": str(tmp_path)})
    assert settings.host == "0.0.0.0"
    assert settings.login is not None
    assert settings.login_is_new
    assert settings.home == tmp_path / "duotune"
    again = read_settings({"SPACE_ID": "ada/duotune"})
    assert again.login is not None
    assert again.login.get_secret_value() != settings.login.get_secret_value()


def test_a_space_takes_the_login_it_is_given() -> None:
    settings = read_settings({"SPACE_ID": "a/b", "DUOTUNE_LOGIN": "ada:correct-horse"})
    assert not settings.login_is_new
    assert settings.login is not None
    assert settings.login.get_secret_value() == "ada:correct-horse"


def test_the_hub_is_the_mirror_that_is_named() -> None:
    assert read_settings({}).hub_endpoint == DEFAULT_HUB
    assert read_settings({"HF_ENDPOINT": "https://m.example/"}).hub_endpoint == "https://m.example"
    both = {"HF_ENDPOINT": "https://a.example", "DUOTUNE_HUB_ENDPOINT": "https://b.example"}
    assert read_settings(both).hub_endpoint == "https://b.example"


@pytest.mark.parametrize("address", ["m.example", "ftp://m.example", "https://", "https://u:p@m.x"])
def test_an_address_that_is_no_hubs_is_refused(address: str) -> None:
    with pytest.raises(SettingError, match="DUOTUNE_HUB_ENDPOINT"):
        read_settings({"DUOTUNE_HUB_ENDPOINT": address})


def test_a_mirror_is_shared_with_the_programs_that_are_started() -> None:
    environ: dict[str, str] = {}
    share_hub_endpoint(read_settings({}), environ)
    assert environ == {}
    share_hub_endpoint(read_settings({"DUOTUNE_HUB_ENDPOINT": "https://m.example"}), environ)
    assert environ == {"HF_ENDPOINT": "https://m.example", "HF_HUB_DISABLE_XET": "1"}


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("https://m.example", "hf_secret"),
        ("http://127.0.0.1:8080", "hf_secret"),
        ("http://m.example", None),
    ],
)
def test_the_hub_token_is_hidden_and_never_sent_in_the_clear(
    address: str, sent: str | None
) -> None:
    settings = read_settings({"HF_TOKEN": "hf_secret", "HF_ENDPOINT": address})
    assert settings.sent_hub_token == sent
    assert "hf_secret" not in repr(settings)


def test_a_judge_has_prices_and_a_pace() -> None:
    settings = read_settings(
        {"DUOTUNE_JUDGE_PRICE": "0.15 0.60 EUR", "DUOTUNE_JUDGE_CONCURRENCY": "12"}
    )
    assert settings.judge_price is not None
    assert settings.judge_price.tokens_in == 0.15
    assert settings.judge_price.tokens_out == 0.6
    assert settings.judge_price.currency == "EUR"
    assert settings.judge_concurrency == 12
    assert read_settings(judge_variables(settings)) == settings
    plain = read_settings({"DUOTUNE_JUDGE_PRICE": "1 2"}).judge_price
    assert plain is not None
    assert plain.currency == "USD"


@pytest.mark.parametrize("price", ["0.15", "cheap", "1 -2", "EUR 1 2"])
def test_a_judge_price_that_is_none_is_refused(price: str) -> None:
    with pytest.raises(SettingError, match="per million tokens"):
        read_settings({"DUOTUNE_JUDGE_PRICE": price})


@pytest.mark.parametrize("many", ["0", "257", "many", "1.5"])
def test_a_judge_pace_that_is_none_is_refused(many: str) -> None:
    with pytest.raises(SettingError, match="1 to 256"):
        read_settings({"DUOTUNE_JUDGE_CONCURRENCY": many})
