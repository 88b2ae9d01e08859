"""Saved endpoints answer when they are saved, and their keys are nowhere but in one file."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from core.actions import Actions
from core.errors import ServingError
from core.serving import endpoint_probe, endpoints
from core.serving.contenders import Contender
from core.serving.probing import free_port
from core.settings import Settings
from core.workspace import Workspace
from tests.fakes import Behaviour, FakeServer

KEY = "sk-a-secret-key"


@pytest.fixture
def actions(workspace: Workspace) -> Actions:
    return Actions(workspace, Settings(home=workspace.root, offline=True))


def test_one_is_kept_replaced_and_forgotten(workspace: Workspace) -> None:
    first = endpoints.make("far away", "https://host.example/v1/", "m", KEY)
    assert first.base_url == "https://host.example/v1"
    told = endpoints.save(workspace, first)
    assert (told.name, told.model, told.has_key) == ("far away", "m", True)
    assert KEY not in repr(told) + repr(first) + repr(endpoints.entries(workspace))
    assert workspace.endpoints.stat().st_mode & 0o077 == 0
    assert endpoints.open_one(workspace, "far away").api_key.get_secret_value() == KEY

    endpoints.save(workspace, endpoints.make("far away", "https://host.example/v1", "other"))
    (told,) = endpoints.entries(workspace)
    assert (told.model, told.has_key) == ("other", False)
    assert KEY not in workspace.endpoints.read_text()
    endpoints.remove(workspace, "far away")
    assert endpoints.entries(workspace) == ()
    with pytest.raises(ServingError, match="No endpoint is saved"):
        endpoints.remove(workspace, "far away")


@pytest.mark.parametrize(
    ("name", "url", "model", "says"),
    [
        ("", "http://x/v1", "m", "name of an endpoint"),
        ("a/b", "http://x/v1", "m", "name of an endpoint"),
        ("a", "host:80/v1", "m", "not an http"),
        ("a", "http://me:secret@x/v1", "m", "a password"),
        ("a", "http://x/v1?key=secret", "m", "a query"),
        ("a", "http://x/v1", " ", "model is not named"),
    ],
)
def test_what_can_not_be_right_is_named(name: str, url: str, model: str, says: str) -> None:
    with pytest.raises(ServingError, match=says) as caught:
        endpoints.make(name, url, model)
    assert "secret" not in str(caught.value)


def test_a_damaged_file_says_what_to_do(workspace: Workspace) -> None:
    workspace.keys.mkdir()
    workspace.endpoints.write_text('{"endpoints": [{"name": 1}]}')
    with pytest.raises(ServingError, match="can't be read"):
        endpoints.entries(workspace)


# -- asked when it is saved -----------------------------------------------------------------------


@pytest.mark.slow
def test_one_that_answers_is_a_contender(actions: Actions, fake_server: FakeServer) -> None:
    fake_server.key = KEY
    actions.save_endpoint("here", fake_server.base_url, "tuned", KEY)
    (body,) = fake_server.requests
    assert (body["model"], body["max_tokens"]) == ("tuned", 1)
    one = Contender(kind="endpoint", name="here")
    assert one in [offer.contender for offer in actions.contenders()]
    (lane,) = actions.open_lanes([one])
    assert KEY not in lane.model_dump_json() + repr(lane)
    places = [p for p in actions.workspace.root.rglob("*") if p.is_file()]
    assert [p.name for p in places if KEY in p.read_text(errors="replace")] == ["endpoints.json"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("behaviour", "key", "model", "says"),
    [
        (Behaviour(), "wrong-key-of-mine", "base", "does not accept the API key"),
        (Behaviour(), KEY, "nobody", "does not know this model"),
        (Behaviour(always=500, message=f"failed for {KEY}"), KEY, "base", "failed (500)"),
        (Behaviour(always=429), KEY, "base", "too busy"),
    ],
)
def test_one_that_does_not_is_not_saved(
    actions: Actions, fake_server: FakeServer, behaviour: Behaviour, key: str, model: str, says: str
) -> None:
    fake_server.key, fake_server.models["base"] = KEY, behaviour
    with pytest.raises(ServingError) as caught:
        actions.save_endpoint("here", fake_server.base_url, model, key)
    assert caught.value.problem.startswith("The endpoint was not saved.")
    assert says in caught.value.problem
    assert key not in str(caught.value)
    if model == "nobody":
        assert "base, tuned" in caught.value.fix
    assert actions.endpoints() == ()


class WebPage(BaseHTTPRequestHandler):
    """Answers everything with a page, as a router's login does."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html>Log in</html>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.slow
def test_one_that_is_not_there_silent_or_no_model_server_is_told(
    actions: Actions, fake_server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ServingError, match="can't be reached"):
        actions.save_endpoint("here", f"http://127.0.0.1:{free_port()}/v1", "m")
    monkeypatch.setattr(endpoint_probe, "SILENCE_S", 0.2)
    fake_server.models["base"] = Behaviour(first_s=1.0)
    with pytest.raises(ServingError, match="did not answer in time"):
        actions.save_endpoint("here", fake_server.base_url, "base", fake_server.key)
    with HTTPServer(("127.0.0.1", 0), WebPage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(ServingError, match="no answer"):
            actions.save_endpoint("here", f"http://127.0.0.1:{server.server_port}/v1", "m")
        server.shutdown()
