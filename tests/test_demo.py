"""The whole main job from the terminal, on real parts: it must help when trained, and only then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from eval.records import Report

ROOT = Path(__file__).parent.parent


def run_demo(home: Path, *options: str) -> Report:
    env = {**os.environ, "DUOTUNE_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "app.py", "demo", "--json", *options],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Report.model_validate(json.loads(done.stdout))


def forgot(report: Report) -> bool:
    assert report.forgetting is not None
    return report.forgetting.verdict == "lost"


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("--steps", "300"), id="two thirds of the demo"),
        pytest.param((), id="the demo", marks=pytest.mark.thorough),
    ],
)
def test_the_tuned_model_beats_the_base_on_rows_it_never_saw(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    report = run_demo(tmp_path, *options)
    exact = report.headline.estimate
    assert exact.difference is not None
    assert exact.low is not None
    assert exact.difference >= 0.4
    assert exact.low > 0
    # five million weights are near the limit of what may be forgotten, so either can be true
    assert report.verdict.kind == ("better_and_worse" if forgot(report) else "better")
    assert report.samples >= 100
    html = (tmp_path / "reports" / report.id / "report.html").read_text()
    assert report.verdict.sentence in html


@pytest.mark.slow
@pytest.mark.thorough
def test_without_training_no_difference_is_shown(tmp_path: Path) -> None:
    report = run_demo(tmp_path, "--steps", "0")
    assert report.verdict.kind == "no_difference"
    assert report.headline.estimate.difference == 0
