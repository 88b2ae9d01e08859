"""The commands about plans, as a shell sees them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.data.examples import SUPPORT_DESK
from tests.ui.commands import Run, commands, told


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with pytest.MonkeyPatch.context() as patch:
        yield commands(tmp_path_factory.mktemp("plans"), patch)


@pytest.fixture(scope="module")
def dataset(run: Run) -> str:
    return str(told(run("import", SUPPORT_DESK, "--name", "desk", "--json"))["id"])


def test_a_plan_is_recommended_written_edited_and_compared(
    run: Run, dataset: str, tmp_path: Path
) -> None:
    file, other = tmp_path / "plan.toml", tmp_path / "other.toml"
    proposal = told(run("plan", "desk", "--set", "epochs=3", "--out", file, "--json"))
    assert proposal["plan"]["dataset_id"] == dataset
    assert proposal["plan"]["reasons"]["epochs"] == "Your choice."
    other.write_text(file.read_text().replace("epochs = 3.0", "epochs = 1.5"))

    found = told(run("diff", file, other, "--json"))["differences"]

    assert found == [{"field": "epochs", "before": 3.0, "after": 1.5}]
    assert "Nothing differs" in run("diff", file, file).stdout


def test_the_plan_is_shown_with_its_reasons(run: Run, dataset: str) -> None:
    shown = run("plan", dataset)

    assert shown.exit_code == 0
    assert "learning_rate" in shown.stdout
    assert "sha256" not in shown.stdout


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("rank", "'rank' gives no value."),
        ("rank=", "'rank=' gives no value."),
        ("rnak=3", "There is no setting 'rnak'."),
        ("rank=3.5", "rank = '3.5'"),
        ("rank=4096", "rank = 4096"),
    ],
)
def test_a_setting_that_can_not_be_is_refused(
    run: Run, dataset: str, given: str, problem: str
) -> None:
    error = told(run("plan", dataset, "--set", given, "--json"), 1)["error"]

    assert problem in error["problem"]
    assert error["fix"]


@pytest.mark.parametrize("arguments", [(), ("rows.jsonl", "--plan", "plan.toml")])
def test_training_wants_either_data_or_a_plan(run: Run, arguments: tuple[str, ...]) -> None:
    error = told(run("train", *arguments, "--json"), 1)["error"]

    assert "a file or dataset, or a plan" in error["problem"]


def test_a_plan_for_data_that_is_not_here_is_refused(
    run: Run, dataset: str, tmp_path: Path
) -> None:
    file = tmp_path / "plan.toml"
    run("plan", dataset, "--out", file)
    file.write_text(file.read_text().replace(dataset, "ds-000000000000"))

    error = told(run("train", "--plan", file, "--json"), 1)["error"]

    assert "ds-000000000000" in error["problem"]
