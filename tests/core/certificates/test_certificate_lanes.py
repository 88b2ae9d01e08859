"""The model server's lanes: asked exactly, or not measured and why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import OpenAI

from core.certificates import asking, serving
from core.certificates.asking import Ask
from core.certificates.records import Question
from core.certificates.serving import NO_VLLM, Server
from core.errors import ServingError
from core.serving.engines import Engines
from core.settings import Settings
from core.workspace import Workspace
from tests.core.exporting import hand_made
from tests.fakes import FakeServer

ASK = Ask(texts=((5, 6, 7), (8, 9)), questions=(), limit=4, template_kwargs={})
QUESTION = Question(row=1, prompt=(5,), answer=(6,))


@pytest.fixture
def client(fake_server: FakeServer) -> Iterator[OpenAI]:
    with OpenAI(base_url=fake_server.base_url, api_key=fake_server.key, max_retries=0) as found:
        yield found


def test_each_text_is_asked_of_both_sides(client: OpenAI, fake_server: FakeServer) -> None:
    fake_server.logprobs = lambda model, ids: [-len(model) - i for i in ids[1:]]
    found = asking.read(client, "tuned", "base", ASK, "float32")
    assert found.tuned == ((-11.0, -12.0), (-14.0,))
    assert found.base == ((-10.0, -11.0), (-13.0,))
    alone = asking.read(client, "tuned", None, ASK, "float32")
    assert alone.base is None


def test_a_server_that_is_not_exact_is_refused(client: OpenAI) -> None:
    asked = ASK.model_copy(update={"questions": (QUESTION,), "renders": False})
    with pytest.raises(ServingError, match="gives no token_ids"):
        asking.read(client, "tuned", None, asked, "float32")
    with pytest.raises(ServingError, match="could not be asked for the certificate"):
        asking.read(client, "nobody", None, ASK, "float32")


def test_without_vllm_nothing_is_started_and_the_lane_says_so(workspace: Workspace) -> None:
    settings = Settings(home=workspace.root, offline=True, engine="transformers")
    found = hand_made.finished(workspace, settings)
    with Server(Engines(workspace, settings), found, lambda _: None) as server:
        assert server.adapter(found.published, ASK) == serving.Served(None, NO_VLLM)
        assert server.model(found.base_folder, ASK).problem == NO_VLLM
        refused = server.adapter(found.base_folder, ASK)
    assert "adapter_config.json is missing" in refused.problem
    assert not list(workspace.engines.glob("eng-*"))
