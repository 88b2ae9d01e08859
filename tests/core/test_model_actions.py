"""The verbs about base models: facts, and the question that a licence puts."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.actions import Actions
from core.errors import ModelError
from core.model_actions import ModelActions
from core.settings import Settings
from core.training.plan import TrainingPlan
from core.workspace import Workspace
from tests.core.models.made_models import made_model

RESEARCH = "Qwen/Qwen2.5-3B-Instruct"


@pytest.fixture
def actions(workspace: Workspace) -> ModelActions:
    return ModelActions(workspace, Settings(home=workspace.root, offline=True))


def plan(base_model: str) -> TrainingPlan:
    return TrainingPlan(name="n", dataset_id="ds-1", split_fingerprint="f", base_model=base_model)


def test_the_product_offers_these_verbs() -> None:
    assert issubclass(Actions, ModelActions)


def test_the_starter_and_permissive_models_ask_nothing(
    actions: ModelActions, tmp_path: Path
) -> None:
    folder = str(made_model(tmp_path / "m"))
    for name in ("starter", "Qwen/Qwen3-0.6B", folder):
        assert actions.licence_question(name) is None
        assert actions.accept_licence(plan(name)).licence_accepted is None


def test_a_restricted_model_of_the_catalog_asks_without_a_hub(actions: ModelActions) -> None:
    asked = actions.licence_question(RESEARCH)
    assert asked is not None
    assert "For research and evaluation only" in asked.problem
    accepted = actions.accept_licence(plan(RESEARCH)).licence_accepted
    assert accepted == "Qwen Research License"
    assert actions.licence_question(RESEARCH, accepted) is None


def test_a_folder_that_states_a_restricted_licence_asks(
    actions: ModelActions, tmp_path: Path
) -> None:
    folder = made_model(tmp_path / "m")
    (folder / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n")
    asked = actions.licence_question(str(folder))
    assert asked is not None
    assert "CC-BY-NC-4.0" in asked.fix


def test_a_model_that_nobody_can_look_up_is_not_waved_through(actions: ModelActions) -> None:
    with pytest.raises(ModelError, match="may not be asked"):
        actions.licence_question("nobody/knows-it")


def test_what_is_asked_of_a_download_reaches_it(actions: ModelActions) -> None:
    assert actions.models()[0].name == "starter"
    assert actions.models_checked().startswith("20")
    assert actions.inspect_model("starter").local
    assert actions.model_downloads() == ()
    for verb in (actions.model_download, actions.cancel_download):
        with pytest.raises(ModelError, match="no such download"):
            verb("dl-0123abcd")
