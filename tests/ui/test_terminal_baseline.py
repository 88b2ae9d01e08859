"""`duotune baseline`: what a base model reaches without training, asked of a fake server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from core.serving.contenders import Contender, Lane
from tests.eval.made_up import RUBRIC
from tests.fakes import Behaviour, FakeServer, Messages
from tests.ui.commands import Run, commands, told
from tests.ui.fake_parts import FakeActions
from ui import terminal_baseline


def shown_how(messages: Messages) -> str:
    """Right where examples stand before the question, in every case but order 28."""
    asked = messages[-1]["content"].removeprefix("Where is order ").rstrip("?")
    right = f"[DELIVERY] Order {asked} is on its way."
    return right if len(messages) > 4 and asked != "28" else "What?"


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer({"base": Behaviour(shown_how)}) as server:
        yield server


@pytest.fixture
def run(
    actions: FakeActions, server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    def open_lanes(_: FakeActions, wanted: Sequence[Contender], say: object) -> tuple[Lane, ...]:
        return tuple(
            Lane(contender=each, title=each.name, endpoint=server.endpoint("base"))
            for each in wanted
        )

    monkeypatch.setattr(FakeActions, "open_lanes", open_lanes)
    monkeypatch.setattr(terminal_baseline, "open_actions", lambda: actions)
    return commands(tmp_path, monkeypatch)


@pytest.mark.slow
def test_the_validation_part_is_asked_in_three_ways(
    run: Run, server: FakeServer, small: Path, tmp_path: Path
) -> None:
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text(RUBRIC, encoding="utf-8")
    asked = ("baseline", small, "--model", "starter", "--rubric", rubric, "--system", "Be exact.")
    found = told(run(*asked, "--json"))
    assert (found["base_model"], found["available"], found["headline"]) == (
        "starter", 6, "exact answer",
    )  # fmt: skip
    by_kind = {one["kind"]: one for one in found["baselines"]["results"]}
    assert by_kind["base"]["headline"]["base"] == 0
    assert by_kind["system_prompt"]["added"] == "Be exact."
    shown = by_kind["few_shot"]
    assert shown["headline"]["base"] == pytest.approx(5 / 6)
    assert shown["low"] == pytest.approx(0.4365, abs=1e-3)  # Wilson's interval of 5 of 6
    assert shown["high"] == pytest.approx(0.9699, abs=1e-3)
    assert "on 6 of 6 validation questions" in found["sentence"]
    assert "reaches 83% (95% interval 44% to 97%)" in found["sentence"]
    assert "gain 17 points at most" in found["sentence"]
    assert "6 个验证问题" in found["sentence_zh"]
    questions = {body["messages"][-1]["content"] for body in server.requests}
    assert questions == {f"Where is order {n}?" for n in range(28, 34)}
    person = run(*asked)
    assert "The system prompt: Be exact." in person.stdout
    assert len(server.requests) == 3 * 6, "what was answered once is kept"
    assert told(run(*asked, "--limit", "2", "--json"))["baselines"]["samples"] == 2


def test_a_rubric_without_checks_starts_no_engine(
    run: Run, server: FakeServer, small: Path, tmp_path: Path
) -> None:
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text(
        "id: judged\ncriteria:\n  - {id: warm, text: Is warm., kind: judge, points: 1}\n",
        encoding="utf-8",
    )
    refused = told(run("baseline", small, "--model", "starter", "--rubric", rubric, "--json"), 1)
    assert "no check" in refused["error"]["problem"]
    assert server.requests == []
