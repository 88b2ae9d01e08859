"""Recommended plans follow rows and model, take changes in, and warn in plain words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.actions import Actions
from core.data import store
from core.errors import PlanError
from core.settings import Settings
from core.training import defaults, machine, recommend
from core.training.events import (
    DataPrepared,
    PhaseChanged,
    RunStarted,
    RunSucceeded,
    StepLogged,
)
from core.training.plan import TrainingPlan
from core.training.plan_changes import PlanChanges
from core.training.recommend import Proposal
from core.workspace import Workspace
from tests.core.training.conftest import Data, WrittenRun, dialogue, make_data

OFFLINE = Settings(offline=True)


def propose(data: Data, **changes: object) -> Proposal:
    return recommend.propose(data.workspace, OFFLINE, data.dataset, data.split, changes)


def test_the_starter_gets_its_own_settings_with_reasons(data: Data) -> None:
    proposal = propose(data)
    plan = proposal.plan
    assert plan.base_model == "starter"
    assert (proposal.train_rows, proposal.validation_rows, proposal.test_rows) == (48, 6, 6)
    assert plan.split_fingerprint == data.split.fingerprint
    assert plan.learning_rate >= 1e-3
    assert set(plan.reasons) >= {"rank", "alpha", "learning_rate", "epochs", "batch_size"}
    assert proposal.seconds is None
    assert proposal.basis is None


@pytest.mark.parametrize(("rows", "epochs"), [(99, 5), (100, 3), (499, 3), (500, 2), (2000, 1)])
def test_fewer_rows_get_more_passes(rows: int, epochs: float) -> None:
    assert defaults.passes(rows).value == epochs


def test_changes_win_and_are_marked_as_choices(data: Data) -> None:
    plan = propose(data, rank=8, epochs=1.5, name="mine").plan
    assert (plan.rank, plan.alpha, plan.epochs, plan.name) == (8, 16, 1.5, "mine")
    assert plan.reasons["rank"] == "Your choice."
    assert propose(data, rank=8, alpha=64).plan.alpha == 64


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"rank": 4096}, "rank = 4096.*128"),
        ({"learning_rate": "quick"}, "learning_rate = 'quick'"),
        ({"seed": -1}, "seed = -1"),
        ({"seed": 2**32}, "seed = 4294967296"),
        ({"colour": "red"}, "no setting 'colour'"),
        ({"max_length": 1_000_000}, "reads .* tokens"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(
    data: Data, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(PlanError, match=says):
        propose(data, **changes)


def test_steps_are_counted_as_the_trainer_counts_them(data: Data) -> None:
    assert propose(data, batch_size=5, epochs=2).steps == 20  # ceil(48 / 5) * 2
    assert propose(data, max_steps=7).steps == 7


def test_warnings_say_what_to_mind(workspace: Workspace) -> None:
    rows = [dialogue(n, "train") for n in range(12)]
    rows[3]["messages"][2]["content"] = "word " * 2000  # type: ignore[index]
    made = make_data(workspace, rows)
    ids = tuple(e.id for e in store.load_examples(workspace, made.dataset.id))
    parts = {"train": ids, "validation": (), "test": ()}
    data = replace(made, split=made.split.model_copy(update=parts))
    told = " ".join(propose(data, epochs=1, batch_size=12).warnings)
    assert f"Only {len(data.split.train)} training rows" in told
    assert "Only about 1 optimizer steps" in told
    assert "no validation part" in told
    assert "cut at the end: 1 training rows (row 4 first)" in told
    nothing = " ".join(propose(data, max_steps=0).warnings)
    assert "exactly the base" in nothing


def test_nothing_to_train_on_is_refused(workspace: Workspace) -> None:
    data = make_data(workspace, [dialogue(n, "test") for n in range(4)])
    with pytest.raises(PlanError, match="training part"):
        propose(data)


def finished(data: Data, machine: str) -> None:
    """A run of ten seconds of training and five of the rest, at 100 tokens per second."""
    run = WrittenRun(data.workspace)
    run.folder.plan.write_text(data.plan("starter").model_dump_json())
    text = run.folder.job.read_text().replace("2 CPU cores", machine)
    run.folder.job.write_text(text)
    began = datetime(2026, 11, 21, 10, tzinfo=UTC)
    step = StepLogged(
        attempt=1,
        at=began + timedelta(seconds=10),
        step=10,
        total=10,
        epoch=1,
        loss=1,
        learning_rate=1e-3,
        grad_norm=1,
        tokens_per_s=100,
        eta_s=0,
    )
    prepared = DataPrepared(
        attempt=1,
        train_rows=48,
        validation_rows=6,
        train_tokens=48 * 25,
        supervised_tokens=48,
        cut_rows=(),
        dropped_rows=(),
        total_steps=10,
    )
    run.happened(
        RunStarted(attempt=1, pid=1, from_step=0),
        prepared,
        PhaseChanged(attempt=1, at=began, phase="training"),
        step,
        RunSucceeded(attempt=1, step=10, best_step=10, best_loss=1, seconds=15, changes_model=True),
    )
    run.adapter()


def test_seconds_come_from_a_measured_run_of_the_same_base_here(data: Data) -> None:
    finished(data, machine.look().words)
    proposal = propose(data, max_steps=20, batch_size=4)
    assert proposal.seconds == pytest.approx(5 + 20 * 4 * 25 / 100)
    assert proposal.basis is not None
    assert "100 tokens per second" in proposal.basis


def test_a_run_of_another_machine_measures_nothing_here(data: Data) -> None:
    finished(data, "a machine far away")
    assert propose(data).seconds is None


@pytest.mark.full
def test_room_is_made_for_long_rows_as_far_as_the_model_reads(
    workspace: Workspace, tmp_path: Path
) -> None:
    def planned(words: int, **changes: object) -> TrainingPlan:
        rows = [
            {
                "messages": [
                    {"role": "user", "content": f"Question {n}? " + "please " * words},
                    {"role": "assistant", "content": f"Answer {n}."},
                ]
            }
            for n in range(30)
        ]
        path = tmp_path / f"{words}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        actions = Actions(workspace, Settings(home=workspace.root))
        dataset = actions.import_data(path)
        changed = PlanChanges.model_validate({"base_model": "starter", **changes})
        return actions.propose_plan(dataset.id, changed).plan

    usual = planned(5)
    longer = planned(usual.max_length + 50)
    assert usual.max_length < longer.max_length <= 1024
    assert "cut" in longer.reasons["max_length"]
    assert planned(3000).max_length == 1024
    assert planned(700, max_length=256).max_length == 256
