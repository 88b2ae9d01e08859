"""A plan as a file: written, edited, read back."""

from pathlib import Path

import pytest

from core.errors import PlanError
from core.training import plan_files
from core.training.plan import TrainingPlan
from core.training.plan_files import Facts

PLAN = TrainingPlan(
    name='Support "desk" 客服',
    dataset_id="ds-1234",
    split_fingerprint="f" * 8,
    base_model="starter",
    learning_rate=2e-3,
    trackers=("trackio",),
    retention_days=None,
    template_sha256="t" * 8,
    mask_sha256="m" * 8,
    reasons={"rank": "Rank 16 holds what a few thousand rows teach."},
)
FACTS = Facts(
    run_id="run-1",
    created="2026-01-01T00:00:00+00:00",
    machine="2 CPU cores",
    dataset_name="desk",
    dataset_source="desk.jsonl",
    dataset_source_sha256="0" * 64,
    model_fingerprint=None,
    python="3.11.7",
    packages={"trl": "1.16.0"},
    command="duotune train --plan reproduce.toml",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(plan_files.dump(PLAN, FACTS), encoding="utf-8")
    return path


def edit(file: Path, before: str, after: str) -> Path:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")
    return file


def test_a_plan_comes_back_from_its_file_as_it_was(file: Path) -> None:
    assert plan_files.load(file) == PLAN


def test_every_setting_stands_under_its_explanation() -> None:
    lines = plan_files.dump(PLAN).splitlines()

    for name, field in TrainingPlan.model_fields.items():
        if name in plan_files.APART or name == "dataset_id":
            continue
        assert field.description, f"{name} has no explanation"
        line = next(i for i, text in enumerate(lines) if text.startswith(f"{name} = "))
        assert lines[line - 1].startswith("# "), name


def test_what_a_setting_can_be_is_told_beside_it() -> None:
    text = plan_files.dump(PLAN)

    assert "# One of: lora, rslora, dora, qlora, full.\nmethod" in text
    assert "# From 1 to 128.\nrank" in text
    assert "# Above 0, up to 100.\nepochs" in text


def test_a_setting_that_is_taken_out_gets_its_default(file: Path) -> None:
    edit(file, "learning_rate = 0.002\n", "")

    assert plan_files.load(file) == PLAN.model_copy(update={"learning_rate": 2e-4})


def test_an_edited_model_drops_the_hashes_that_were_agreed_to(file: Path) -> None:
    loaded = plan_files.load(edit(file, 'base_model = "starter"', 'base_model = "another/model"'))

    assert (loaded.mask_sha256, loaded.template_sha256) == (None, None)
    assert loaded.split_fingerprint == PLAN.split_fingerprint


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("rank = 16", "rank = 4096", "rank = 4096"),
        ("rank = 16", "rnak = 16", "there is no setting 'rnak'"),
        ('base_model = "starter"\n\n', "\n", "base_model is missing"),
        ("rank = 16", "rank = = 16", "no plan that can be read"),
        ("\n[plan]\n", "\n[plans]\n", "'plans' outside"),
    ],
)
def test_a_mistake_is_told_with_its_name(file: Path, before: str, after: str, told: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan_files.load(edit(file, before, after))

    assert told in caught.value.problem
    assert str(file) in caught.value.where
    assert caught.value.fix


def test_the_line_of_a_mistake_is_told(file: Path) -> None:
    edit(file, "epochs = 2.0", "epochs = -1")
    wanted = file.read_text().splitlines().index("epochs = -1") + 1

    with pytest.raises(PlanError) as caught:
        plan_files.load(file)

    assert caught.value.where.endswith(f"line {wanted}")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(PlanError, match="no plan"):
        plan_files.load(path)
