"""`duotune compare`: a question, a file of them, a conversation, speed, and who can be named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from core.comparing.batch import BatchRequest
from core.comparing.prompts import Item
from tests.fakes import FakeServer
from tests.ui.fake_parts import FakeActions
from ui import terminal_compare
from ui.terminal import cli

pytestmark = pytest.mark.full


@pytest.fixture
def trained(
    actions: FakeActions, small: Path, wait: Callable[[Callable[[], object]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> str:  # fmt: skip
    actions.pace.open_s = actions.pace.token_s = 0.0
    plan = actions.propose_plan(actions.import_data(small).id).plan
    run = actions.start_training(plan.model_copy(update={"name": "Orders"}))
    wait(lambda: actions.run(run.id).run.status == "succeeded")
    monkeypatch.setattr(terminal_compare, "open_actions", lambda: actions)
    return run.id


def compare(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["compare", "last", *arguments], input=typed)


def told(result: Result, status: int = 0) -> Any:
    assert result.exit_code == status, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_a_file_of_questions_goes_to_everybody_who_was_named(
    actions: FakeActions, trained: str, fake_server: FakeServer, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    started: list[tuple[BatchRequest, tuple[Item, ...]]] = []

    def start(request: BatchRequest, items: tuple[Item, ...]) -> None:
        started.append((request, items))
        raise KeyboardInterrupt

    object.__setattr__(actions, "start_batch", start)
    monkeypatch.setattr("core.serving.endpoint_probe.probe", lambda *_: None)
    file = tmp_path / "questions.txt"
    file.write_text("one\ntwo\nthree\n")
    url = f"{fake_server.base_url}#org/model"
    left = compare(
        "--prompts", str(file), "--limit", "2", "--with", url, "--with", "Orders@40", "--json"
    )
    assert left.exit_code == 130, left.output
    ((request, items),) = started
    kinds = [(one.kind, one.name, one.step) for one in request.contenders]
    assert kinds[:2] == [("base", request.contenders[0].name, None), ("run", trained, None)]
    assert kinds[2][0] == "endpoint"
    assert kinds[3] == ("checkpoint", trained, 40)
    assert [item.messages[0].content for item in items] == ["one", "two"]
    assert [one.model for one in actions.endpoints()] == ["org/model"]


def test_nobody_is_guessed(actions: FakeActions, trained: str) -> None:
    assert "No run fits" in told(compare("q", "--with", "nobody", "--json"), 1)["error"]["problem"]
    no_model = told(compare("q", "--with", "http://127.0.0.1:9/v1", "--json"), 1)["error"]
    assert "#MODEL" in no_model["fix"]
    assert "not a step" in told(compare("q", "--with", "last@x", "--json"), 1)["error"]["problem"]


def test_a_conversation_is_typed_and_kept(
    actions: FakeActions, trained: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = iter(["Where is my kettle?", "And now?", ""])
    monkeypatch.setattr("builtins.input", lambda _: next(lines))
    monkeypatch.setattr(terminal_compare, "is_watched", lambda: True)
    result = compare()
    assert result.exit_code == 0, result.output
    assert "[REFUND] We are sorry" in " ".join(result.stdout.split())
    (session,) = actions.comparisons()
    assert [turn.question.text for turn in session.turns] == ["Where is my kettle?", "And now?"]
    assert session.messages(session.turns[1], 1)[1].content.startswith("[REFUND]")


def test_speed_is_measured_against_the_base(
    actions: FakeActions, trained: str, fake_server: FakeServer
) -> None:
    def endpoint(lane: Any) -> Any:
        model = "base" if lane.contender.kind == "base" else "tuned"
        return lane.model_copy(update={"endpoint": fake_server.endpoint(model)})

    original = actions.open_lanes

    def served(*given: Any) -> Any:
        return tuple(map(endpoint, original(*given)))

    object.__setattr__(actions, "open_lanes", served)
    found = told(compare("--speed", "--limit", "2", "--json"))
    assert [lane["answers"] for lane in found["lanes"]] == [2, 2]
    assert found["ratios"][0]["title"] == "Orders"
    shown = compare("--speed", "--limit", "2")
    assert "measured" in shown.stdout
    assert "tokens/s" in shown.stdout
