"""What `duotune serve` publishes, asked by curl, by vLLM's own benchmark, and by many at once."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from core.actions import Actions
from core.comparing.clients import Clients
from core.comparing.records import Question, Session
from core.messages import Message
from core.serving import adapters, chat, commands, launch, registry
from core.serving.contenders import Contender, Lane
from core.serving.engines import Engines
from core.serving.records import Endpoint, Engine, Sampling
from tests.core.serving.test_serving_real import train

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
SESSIONS = 50
ASKED = [{"role": "user", "content": "Where is my order 1207?"}]


class Published(NamedTuple):
    """An engine with a base and an adapter that changes its answers."""

    engine: Engine
    key: str
    models: tuple[str, str]

    def lanes(self) -> dict[int, Lane]:
        """Both as the compare room asks them."""
        facts = {"base_url": self.engine.base_url, "api_key": self.key, "engine_id": self.engine.id}
        return {
            which: Lane(
                contender=CONTENDERS[which],
                title=name,
                endpoint=Endpoint.model_validate({"label": name, "model": name} | facts),
            )
            for which, name in enumerate(self.models)
        }


def sampling_of(number: int) -> Sampling:
    """Another seed for each session, so that each is answered differently, and the same again."""
    return Sampling(temperature=1.0, max_tokens=8, seed=number)


CONTENDERS = (
    Contender(kind="base", name="starter"),
    Contender(kind="run", name="run-20261121-100000-aaaa"),
)


@pytest.fixture(scope="module")
def published(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("adapter") / "tuned"
    train(0.08).model.save_pretrained(folder)  # enough to say something else
    adapter = adapters.publish(engines.workspace, folder)
    engine = engines.ensure("starter", rank=32)
    registry.offer(engines, engine, adapter)
    return Published(engine, engines.key(engine).get_secret_value(), ("base", adapter.id))


def curl(published: Published, path: str, body: dict[str, Any] | None = None) -> str:
    command = ["curl", "-sSN", "--fail", "--noproxy", "*", f"{published.engine.base_url}{path}"]
    command += ["-H", f"Authorization: Bearer {published.key}"]
    if body is not None:
        command += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_curl_lists_asks_and_streams(published: Published) -> None:
    listed = json.loads(curl(published, "/models"))
    assert set(published.models) <= {model["id"] for model in listed["data"]}
    texts = []
    for model in published.models:
        asked = {"model": model, "messages": ASKED, "max_tokens": 12, "temperature": 0}
        whole = json.loads(curl(published, "/chat/completions", asked))
        told = curl(published, "/chat/completions", asked | {"stream": True}).split("\n\n")
        assert told[-2:] == ["data: [DONE]", ""]
        events = [json.loads(line.removeprefix("data: ")) for line in told[:-2]]
        pieces = [event["choices"][0]["delta"].get("content") or "" for event in events]
        assert "".join(pieces) == whole["choices"][0]["message"]["content"]
        assert len(pieces) > 8, "it came piece by piece"
        texts.append("".join(pieces))
    assert texts[0] != texts[1]


@pytest.mark.parametrize("which", [0, 1])
def test_the_benchmark_of_vllm_measures_it(
    engines: Engines, published: Published, tmp_path: Path, which: int
) -> None:
    model, result = published.models[which], tmp_path / "result.json"
    options: dict[str, object] = {
        "--backend": "openai-chat",
        "--base-url": published.engine.base_url.removesuffix("/v1"),
        "--endpoint": "/v1/chat/completions",
        "--model": model,
        "--tokenizer": published.engine.model_path,
        "--dataset-name": "random",
        "--random-input-len": 16,
        "--random-output-len": 8,
        "--num-prompts": 6,
        "--max-concurrency": 2,
        "--result-filename": result,
    }
    parts = [str(part) for option in options.items() for part in option]
    command = [str(launch.find_python(engines.settings)), str(commands.PROGRAM), "bench", "serve"]
    env = launch.inherited(os.environ)
    env |= {"OPENAI_API_KEY": published.key, "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"}
    flags = ["--ignore-eos", "--save-result", "--disable-tqdm"]
    subprocess.run([*command, *parts, *flags], env=env, capture_output=True, check=True)
    told = json.loads(result.read_text())
    assert (told["model_id"], told["completed"], told["failed"]) == (model, 6, 0)
    assert told["total_output_tokens"] == 6 * 8
    assert told["median_ttft_ms"] > 0


def test_fifty_sessions_at_once_lose_and_mix_nothing(
    engines: Engines, published: Published
) -> None:
    actions, clients = Actions(engines.workspace, engines.settings), Clients()
    lanes = published.lanes()
    asked = [f"Where is my order {1000 + 7 * number}?" for number in range(SESSIONS)]

    async def alone() -> dict[tuple[int, int], tuple[str, int | None]]:
        found = {}
        for number, text in enumerate(asked):
            for which, lane in lanes.items():
                message = (Message(role="user", content=text),)
                client = await clients.of(lane.endpoint)
                answer = await chat.complete(lane.endpoint, message, sampling_of(number), client)
                found[number, which] = answer.text, answer.tokens
        return found

    async def together() -> list[Session]:
        async def one(number: int) -> Session:
            session = actions.start_comparison(CONTENDERS, published.models)
            question = Question(text=asked[number], sampling=sampling_of(number))
            turn = actions.put_question(session.id, question)
            session = actions.comparison(session.id)
            async for _ in actions.ask_lanes(session, turn, lanes, clients).follow():
                pass
            return actions.comparison(session.id)

        return await asyncio.gather(*map(one, range(SESSIONS)))

    wanted = asyncio.run(alone())
    assert len({text for text, _ in wanted.values()}) > SESSIONS, "answers tell the questions apart"
    sessions = asyncio.run(together())
    for number, session in enumerate(sessions):
        (turn,) = session.turns
        for which, answer in enumerate(turn.answers):
            assert answer is not None
            assert answer.error is None
            assert (answer.text, answer.tokens) == wanted[number, which]


def test_nothing_but_the_key_opens_it(published: Published) -> None:
    stranger = published._replace(key="another")
    with pytest.raises(subprocess.CalledProcessError) as caught:
        curl(stranger, "/models")
    assert "401" in caught.value.stderr
