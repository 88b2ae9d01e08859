"""`duotune serve` says where models are and how to ask them, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.actions import Actions
from core.errors import RunError
from core.settings import Settings
from core.workspace import Workspace
from tests.core.serving.serving_runs import adapter_run
from tests.fake_vllm import make_environment
from tests.ui.commands import Run, commands, told
from ui import terminal_serve
from ui.terminal_serve import chosen

NAME = "run-20261121-100000-aaaa"


@pytest.fixture
def actions(tmp_path: Path) -> Actions:
    workspace = Workspace.open(tmp_path / "home")
    adapter_run(workspace, NAME, 0.5, steps=(4,))
    return Actions(workspace, Settings(home=workspace.root, offline=True))


@pytest.fixture
def run(tmp_path: Path, actions: Actions, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("DUOTUNE_VLLM_PYTHON", str(make_environment(tmp_path / "serve")))
    monkeypatch.setenv("VLLM_FAKE", "whole")
    yield commands(tmp_path, monkeypatch)
    actions.engines.stop_all()


def test_a_model_is_served_beside_its_base_each_once(actions: Actions) -> None:
    assert [one.key for one in chosen(actions, [])] == ["base:starter", f"run:{NAME}"]
    found = chosen(actions, [f"{NAME}@4", "last", "base:starter", "library:kept"])
    assert [one.key for one in found] == [
        "base:starter", f"checkpoint:{NAME}@4", f"run:{NAME}", "library:kept",
    ]  # fmt: skip
    with pytest.raises(RunError, match="'four' is not a step"):
        chosen(actions, ["last@four"])


@pytest.mark.slow
def test_detached_it_goes_on_until_it_is_stopped(run: Run, actions: Actions) -> None:
    base, tuned = told(run("serve", "last", "--detach", "--json"))["models"]
    assert (base["model"], base["title"], tuned["title"]) == ("base", "starter", "by hand")
    (served,) = actions.served()
    assert served.models == (base["model"], tuned["model"])
    assert tuned["api_key"] == actions.engines.key(served.engine).get_secret_value()
    assert told(run("serve", "--stop", "--json")) == {"stopped": True}
    assert actions.engines.living() == ()
    assert told(run("serve", "--stop", "--json")) == {"stopped": False}


@pytest.mark.slow
def test_in_the_foreground_it_ends_with_what_it_started(
    run: Run, actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def interrupt(_: Actions, ours: set[str]) -> None:
        asked.extend(ours)
        raise KeyboardInterrupt

    monkeypatch.setattr(terminal_serve, "_need_alive", interrupt)
    result = run("serve", "last@4")
    assert result.exit_code == 0, result.output
    for part in ("API key: ", "curl http://127.0.0.1", "OpenAI(base_url=", "by hand (step 4)"):
        assert part in result.stdout
    assert "Not proven" in result.stdout
    assert len(asked) == 1
    assert actions.engines.living() == ()


@pytest.mark.slow
def test_what_ran_before_goes_on(
    run: Run, actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(run("serve", "base:starter", "--detach", "--json"))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(terminal_serve, "_need_alive", interrupt)
    result = run("serve", "base:starter")
    assert "It was running before" in result.stderr
    assert len(actions.engines.living()) == 1
