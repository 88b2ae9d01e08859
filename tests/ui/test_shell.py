"""Starting the app: who may reach it, where it answers, and that a workspace has one of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gradio_client import Client  # type: ignore[import-untyped]
from pydantic import SecretStr

from core.errors import SettingError
from core.settings import Settings
from tests.ui.fake_parts import FakeActions, install
from ui import shell

pytestmark = pytest.mark.full


def settings(**given: object) -> Settings:
    return Settings.model_validate(given)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "desk.example.org", ""])
def test_other_machines_are_refused_without_a_login(host: str) -> None:
    with pytest.raises(SettingError, match="login"):
        shell.check_binding(settings(host=host))
    shell.check_binding(settings(host=host, login=SecretStr("ada:a-long-password")))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_loopback_needs_none(host: str) -> None:
    shell.check_binding(settings(host=host))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[shell.RunningApp, FakeActions]]:
    with pytest.MonkeyPatch.context() as patch:
        made = install(patch.setattr, tmp_path_factory.mktemp("shell") / "workspace")
        running = shell.launch(made)
        yield running, made
        running.close()


def test_events_note_their_progress_on_one_small_widget(
    app: tuple[shell.RunningApp, FakeActions],
) -> None:
    config = app[0].demo.get_config_file()
    (header,) = [c["id"] for c in config["components"] if c["props"].get("elem_id") == "header"]
    hidden = [d for d in config["dependencies"] if d["show_progress"] == "hidden" and d["outputs"]]
    assert len(hidden) > 50
    assert {tuple(each["show_progress_on"]) for each in hidden} == {(header,)}


def test_the_page_answers_and_asks_no_other_host(app: tuple[shell.RunningApp, FakeActions]) -> None:
    address = app[0].address
    page = httpx.get(address, headers={"Accept-Language": "zh-CN"}).text
    assert 'lang="zh-CN"' in page
    config = httpx.get(f"{address}/config").json()
    assert config["analytics_enabled"] is False
    assert config["i18n_translations"]["zh-CN"]["room.chat"] == "对话"
    stylesheets = httpx.get(f"{address}/theme.css").text + json.dumps(config["css"])
    assert "http" not in stylesheets.replace("http://www.w3.org", "")


def test_a_second_app_is_told_where_the_first_answers(
    app: tuple[shell.RunningApp, FakeActions],
) -> None:
    with pytest.raises(SettingError, match=app[0].address):
        shell.launch(app[1])


def test_the_chat_answers_through_the_api(app: tuple[shell.RunningApp, FakeActions]) -> None:
    client = Client(app[0].address, verbose=False)
    drawn = client.predict({"text": "What can you do?", "files": []}, api_name="/say")
    texts = json.dumps(drawn[1], ensure_ascii=False)
    assert "What can you do?" in texts
    saved = json.loads((app[1].workspace.chat("chat-main") / "chat.json").read_text())
    assert saved["items"][0]["text"] == "What can you do?"


def test_an_empty_message_is_no_message(app: tuple[shell.RunningApp, FakeActions]) -> None:
    before = (app[1].workspace.chat("chat-main") / "chat.json").read_bytes()
    Client(app[0].address, verbose=False).submit(
        {"text": "   ", "files": []}, api_name="/say"
    ).result()
    assert (app[1].workspace.chat("chat-main") / "chat.json").read_bytes() == before


def test_files_of_the_workspace_are_not_served(app: tuple[shell.RunningApp, FakeActions]) -> None:
    record = app[1].workspace.app_record
    assert record.exists()
    assert httpx.get(f"{app[0].address}/gradio_api/file={record}").status_code in (403, 404)


def test_a_login_is_asked_for_and_gives_a_conversation_of_its_own(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        login = Settings(home=tmp_path, login=SecretStr("ada:a-long-password"))
        running = shell.launch(install(patch.setattr, tmp_path, login))
    try:
        assert httpx.get(f"{running.address}/config").status_code == 401
        client = Client(running.address, auth=("ada", "a-long-password"), verbose=False)
        client.predict({"text": "What can you do?", "files": []}, api_name="/say")
        names = [file.name for file in (tmp_path / "chats").iterdir() if file.is_dir()]
        assert len(names) == 1
        assert names[0].startswith("chat-")
        assert "ada" not in names[0]
        assert names[0] != "chat-main"
    finally:
        running.close()
