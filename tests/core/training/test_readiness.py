"""A start is refused when the rows would teach nothing, no end, or something else than agreed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core.data.records import Example
from core.errors import ModelError, PlanError
from core.messages import Conversation
from core.models.catalog import STARTER_FOLDER
from core.settings import Settings
from core.training import launching, readiness, recommend, runs
from core.training.plan import TrainingPlan
from core.training.readiness import look, sample
from core.workspace import RunFolder, Workspace
from tests.core.models.templates_made import TEMPLATES, Made, masker, masker_of, said
from tests.core.training.conftest import Data, make_data

OFFLINE = Settings(offline=True)
TALK = said(("user", "Hi"), ("assistant", "Hello there, what can I do for you today?"))
PLAN = TrainingPlan(
    name="x", dataset_id="ds-123456789abc", split_fingerprint="", base_model="starter"
)


def examples(*talks: Conversation) -> list[Example]:
    return [
        Example(id=f"ex-{row:016x}", row=row, conversation=talk)
        for row, talk in enumerate(talks, 1)
    ]


@pytest.mark.full
def test_a_look_is_the_same_each_time_and_bounded() -> None:
    many = examples(*[said(("user", f"{n}"), ("assistant", f"{n} " * 220)) for n in range(1000)])
    chosen = sample(many)
    assert chosen == sample(many)
    assert len(chosen) == 200
    assert (chosen[0].row, chosen[-1].row) == (1, 1000)
    assert len(sample(many, characters=10_000)) <= 12
    assert sample(many, characters=1) == many[:1]
    assert sample([]) == []
    first = look(many, masker("chatml"))
    assert first == look(many, masker("chatml"))
    assert (first.of, first.totals.rows) == (1000, 200)
    assert first.mask_sha256 != look(many[:999], masker("chatml")).mask_sha256


def test_rows_that_teach_nothing_or_no_end_are_refused() -> None:
    plan = PLAN.model_copy(update={"max_length": 16})
    for limit, says in ((3, "None of 1 training rows has anything"), (16, "never learn to stop")):
        seen = look(examples(TALK), masker("chatml", limit))
        with pytest.raises(PlanError, match=says):
            readiness.need_worth(plan, seen)
    readiness.need_worth(plan, look(examples(TALK), masker("chatml")))


def test_an_answer_that_ends_with_no_stop_is_refused() -> None:
    text = TEMPLATES["chatml"].text.replace("<|im_end|>", "")
    with pytest.raises(ModelError, match="would never stop"):
        look(examples(TALK), masker_of(Made(text, "<|im_end|>")))


def test_a_plan_holds_to_what_it_was_made_with() -> None:
    seen = look(examples(TALK), masker("chatml"))
    readiness.need_agreed(PLAN, seen)
    agreed = PLAN.model_copy(update=seen.hashes)
    readiness.need_agreed(agreed, seen)
    with pytest.raises(PlanError, match="chat template is not the one"):
        readiness.need_agreed(agreed, look(examples(TALK), masker("qwen3")))
    with pytest.raises(PlanError, match="tokenizer has changed"):
        readiness.need_agreed(agreed.model_copy(update={"mask_sha256": "0" * 64}), seen)


def test_an_edit_of_the_model_drops_what_was_agreed_with_another() -> None:
    agreed = PLAN.model_copy(update=look(examples(TALK), masker("chatml")).hashes)
    assert agreed.edited({"max_length": 64}).mask_sha256 == agreed.mask_sha256
    other = agreed.edited({"base_model": "another/model"})
    assert (other.template_sha256, other.mask_sha256) == (None, None)
    with pytest.raises(ValidationError):
        agreed.edited({"rank": 0})


# -- proposing and starting -----------------------------------------------------------------------


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[RunFolder]:
    """Runs that would have been started."""
    found: list[RunFolder] = []
    monkeypatch.setattr(launching, "launch", lambda folder, *_: found.append(folder))
    return found


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of the starter, to change."""
    return Path(shutil.copytree(STARTER_FOLDER, tmp_path / "model"))


def propose(data: Data, model: Path, **changes: Any) -> recommend.Proposal:
    wanted = {"base_model": str(model), **changes}
    return recommend.propose(data.workspace, OFFLINE, data.dataset, data.split, wanted)


def test_a_plan_carries_the_hash_of_what_it_teaches(
    data: Data, model: Path, launched: list[RunFolder]
) -> None:
    plan = propose(data, model).plan
    assert plan.template_sha256 is not None
    assert plan.mask_sha256 == propose(data, model, max_length=64).plan.mask_sha256 is not None
    run = runs.start(data.workspace, OFFLINE, plan)
    assert run.plan.mask_sha256 == plan.mask_sha256
    assert [folder.run_id for folder in launched] == [run.id]


def test_a_plan_without_a_hash_gets_one_at_its_start(data: Data, launched: list[RunFolder]) -> None:
    run = runs.start(data.workspace, OFFLINE, data.plan("starter"))
    assert run.plan.mask_sha256 is not None
    assert launched


def test_a_template_that_changed_since_the_plan_is_refused(
    data: Data, model: Path, launched: list[RunFolder]
) -> None:
    plan = propose(data, model).plan
    template = model / "chat_template.jinja"
    template.write_text(template.read_text() + "\n")
    with pytest.raises(PlanError, match="chat template is not the one"):
        runs.start(data.workspace, OFFLINE, plan)
    assert not launched


@pytest.mark.parametrize(
    ("limit", "says"),
    [(16, "training rows has anything to learn within 16"), (40, "never learn to stop")],
)
def test_a_length_that_leaves_nothing_is_warned_of_and_refused(
    workspace: Workspace, model: Path, launched: list[RunFolder], limit: int, says: str
) -> None:
    turns = [("user", "Is it so? " * 2), ("assistant", "yes " * 60)]
    rows = [said(*turns, ("user", f"{n}"), ("assistant", "no")).as_openai() for n in range(40)]
    data = make_data(workspace, [{"messages": row, "split": "train"} for row in rows])
    proposal = propose(data, model, max_length=limit)
    assert says in " ".join(proposal.warnings)
    with pytest.raises(PlanError, match=says):
        runs.start(data.workspace, OFFLINE, proposal.plan)
    assert not launched


def test_a_model_whose_turns_do_not_end_is_refused(
    data: Data, model: Path, launched: list[RunFolder]
) -> None:
    (model / "generation_config.json").write_text('{"eos_token_id": 0}')
    config = model / "tokenizer_config.json"
    config.write_text(config.read_text().replace('"<|im_end|>"', '"<|endoftext|>"'))
    with pytest.raises(ModelError, match="would never stop"):
        runs.start(data.workspace, OFFLINE, data.plan(str(model)))
    assert not launched


def test_a_model_whose_tokenizer_is_not_readable_here_is_left_to_the_trainer(
    data: Data, model: Path, launched: list[RunFolder]
) -> None:
    (model / "tokenizer.json").rename(model / "tokenizer.model")
    proposal = propose(data, model, max_length=16)
    assert proposal.plan.mask_sha256 is None
    assert "may be longer than 16 tokens" in " ".join(proposal.warnings)
    runs.start(data.workspace, OFFLINE, proposal.plan)
    assert launched
