"""A plan over pairs counts them, takes over what it begins with, and is refused without any."""

from __future__ import annotations

from typing import Any

import pytest

from core.data import store
from core.errors import PlanError
from core.settings import Settings
from core.training import manifests, pairs, recommend, starting, timing
from core.training.plan import TrainingPlan
from core.training.recommend import Proposal
from core.workspace import Workspace
from tests.core.training.conftest import Data, dialogue, make_data

OFFLINE = Settings(offline=True)
BEFORE = "run-20261121-100000-ab12"


def rows(paired: int, plain: int) -> list[dict[str, object]]:
    """Pairs of which two share the chosen answer, rows without a rejected one, one held out."""
    found: list[dict[str, object]] = []
    for number in range(paired):
        asked = f"Question {max(number, 1)}?"
        pair = {"prompt": asked, "chosen": f"Answer {max(number, 1)}.", "rejected": f"No {number}."}
        found.append({**pair, "split": "train"})
    return [*found, *(dialogue(n, "train") for n in range(plain)), dialogue(99, "test")]


def propose(data: Data, **changes: Any) -> Proposal:
    return recommend.propose(data.workspace, OFFLINE, data.dataset, data.split, changes)


@pytest.fixture
def paired(workspace: Workspace) -> Data:
    return make_data(workspace, rows(paired=12, plain=8))


def test_steps_are_those_of_the_rows_that_are_trained_on(paired: Data) -> None:
    given = {"batch_size": 1, "gradient_accumulation": 1, "epochs": 1}
    assert propose(paired, objective="dpo", **given).steps == 12
    assert propose(paired, **given).steps == 19, "the shared answer is learnt once"


def test_data_without_pairs_is_refused_before_anything_runs(workspace: Workspace) -> None:
    data = make_data(workspace, rows(paired=0, plain=12))
    assert propose(data).plan.objective == "sft"
    with pytest.raises(PlanError, match="nothing to prefer") as error:
        propose(data, objective="dpo")
    assert "objective to sft" in error.value.fix
    plan = data.plan("starter", objective="dpo")
    model = starting.checked(workspace, OFFLINE, plan)
    with pytest.raises(PlanError, match="nothing to prefer"):
        starting.looked_at(workspace, OFFLINE, plan, model)


def begun(workspace: Workspace, **changes: Any) -> None:
    """A finished run to begin with."""
    facts = {"name": "first", "dataset_id": "ds-1", "split_fingerprint": "f"}
    before = TrainingPlan.model_validate(facts | {"base_model": "starter"} | changes)
    folder = workspace.run(BEFORE)
    result = folder.published(before.publishes_adapter)
    result.mkdir(parents=True)
    folder.plan.write_text(before.model_dump_json())
    (result / "weights").write_text("x")
    manifests.write(result)


def test_a_plan_takes_over_the_adapter_that_it_begins_with(paired: Data) -> None:
    begun(paired.workspace, rank=5, alpha=7, target_modules="q_proj", method="rslora")
    plan = propose(paired, objective="dpo", start_from=BEFORE).plan
    assert (plan.rank, plan.alpha, plan.target_modules, plan.method) == (5, 7, "q_proj", "rslora")
    assert plan.reasons["rank"] == "As in the run that this one begins with."
    assert propose(paired, start_from=BEFORE, method="full").plan.method == "full"
    with pytest.raises(PlanError, match="another shape"):
        propose(paired, start_from=BEFORE, rank=6)


def test_a_start_that_is_not_there_is_refused(paired: Data) -> None:
    with pytest.raises(PlanError, match="not in this workspace"):
        propose(paired, objective="dpo", start_from=BEFORE)
    plan = paired.plan("starter", objective="dpo", start_from=BEFORE)
    with pytest.raises(PlanError, match="not in this workspace"):
        starting.checked(paired.workspace, OFFLINE, plan)


def test_dropout_that_is_not_done_is_told(paired: Data) -> None:
    told = "Dropout is off"
    warned = propose(paired, objective="dpo", dropout=0.1).warnings
    assert any(warning.startswith(told) for warning in warned)
    for changes in ({"dropout": 0.1}, {"objective": "dpo"}):
        assert not any(w.startswith(told) for w in propose(paired, **changes).warnings)


def test_a_pair_is_two_sequences_and_its_reference_one_more_pass(paired: Data) -> None:
    """LoRA: forward and backward for two answers, and the reference's forward."""
    shape: Any = type("Shape", (), {"layers": 1, "matrices": {}, "vocabulary": 10, "hidden": 10})
    sft, dpo = (paired.plan("starter", objective=name) for name in ("sft", "dpo"))
    assert timing.flop(dpo, shape) == 1.5 * timing.flop(sft, shape)


def test_rows_are_counted_by_what_an_objective_learns(paired: Data) -> None:
    chosen = set(paired.split.train)
    examples = store.load_examples(paired.workspace, paired.dataset.id)
    train = [example for example in examples if example.id in chosen]
    counted = [
        pairs.count_trained(paired.plan("starter", objective=name), train)
        for name in ("sft", "dpo")
    ]
    assert counted == [19, 12]
