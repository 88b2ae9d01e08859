"""The command that packs a run, as a shell sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.training import plan_files
from core.training.job_files import JobFiles
from core.training.plan import TrainingPlan
from tests.ui.commands import commands, told
from ui.terminal_launch import job_view


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ((), "Say what to pack: a run, or a plan with --plan."),
        (("last", "--plan", "plan.toml"), "Say what to pack: a run, or a plan with --plan."),
        (("--plan", "plan.toml", "--for", "slurm"), "ds-000000000000"),
        (("--plan", "plan.toml", "--for", "hf-jobs", "--nodes", "2"), "Only a Slurm job"),
    ],
)
def test_what_can_not_be_packed_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...], problem: str
) -> None:
    run = commands(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)
    plan = TrainingPlan(
        name="x", dataset_id="ds-000000000000", split_fingerprint="f", base_model="starter"
    )
    Path("plan.toml").write_text(plan_files.dump(plan))
    error = told(run("job-file", *given, "--json"), 1)["error"]
    assert problem in " ".join(error.values())


def test_both_commands_are_told() -> None:
    shown = job_view(
        JobFiles(
            run_id="run-1",
            folder=Path("job"),
            script=Path("job/job.py"),
            start="go",
            bring_back="cp",
        )
    )
    assert {"  go", "  cp"} <= set(shown.splitlines())
