"""What a conversation shows of runs: two side by side, and that a measurement has ended."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from core.assistant.records import CardShown
from core.settings import Settings
from core.workspace import Workspace
from tests.fakes_runs import FakeRunActions
from tests.ui.fake_terminal import PLAN
from ui import cards
from ui.rooms.report.room import ReportRoom
from ui.watch import Watch
from ui.words import Voice


def test_two_runs_stand_beside_each_other_with_what_differs(tmp_path: Path) -> None:
    actions = FakeRunActions(Workspace.open(tmp_path), Settings(home=tmp_path, offline=True))
    actions.start_training(PLAN)
    first = actions.world.succeed(best_loss=0.5)
    actions.start_training(PLAN.edited({"name": "second", "rank": 4}))
    second = actions.world.succeed(best_loss=0.25)
    services = cast(Any, SimpleNamespace(actions=actions))

    shown = cards.draw(
        services, CardShown(card="compared", id=f"{first.id} {second.id}"), Voice("en")
    )

    for words in ("desk", "second", "<b>0.25</b>", "LoRA rank"):
        assert words in str(shown)
    del actions.world.runs[second.id]
    gone = CardShown(card="compared", id=first.id)
    assert "no longer in the workspace" in str(cards.draw(services, gone, Voice("en")))


def test_a_measurement_that_ends_is_noticed(tmp_path: Path) -> None:
    actions = FakeRunActions(Workspace.open(tmp_path), Settings(home=tmp_path, offline=True))
    watch, seen = Watch(actions), []
    seen.append(watch.happened())
    running = actions.start_preflight(PLAN)
    folder = actions.workspace.preflight(running.id)
    folder.mkdir(parents=True)
    seen += [watch.happened(), watch.happened()]
    actions.cancel_preflight(running.id)
    seen.append(watch.happened())
    assert seen[1] == seen[2], "nothing happened between these"
    assert len(set(seen)) == 3


@pytest.mark.parametrize("status", ["succeeded", "failed", "stopped"])
def test_a_run_with_a_model_can_be_evaluated_however_its_last_attempt_ended(
    tmp_path: Path, status: str
) -> None:
    actions = FakeRunActions(Workspace.open(tmp_path), Settings(home=tmp_path, offline=True))
    actions.start_training(PLAN)
    with_model = actions.world.succeed()
    actions.world.change(status=status)
    actions.start_training(PLAN.edited({"name": "no model"}))
    actions.world.change(status="succeeded")
    watch = SimpleNamespace(runs=actions.runs, evaluations=actions.evaluations)
    room = ReportRoom(cast(Any, SimpleNamespace(watch=watch, actions=actions)))

    assert [run.id for run in room.finished()] == [with_model.id]
    assert room.run_of(None) == with_model.id
