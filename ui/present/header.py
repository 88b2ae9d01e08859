"""The page's top line: the name, what goes on right now, and the language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.serving.records import Engine
from core.training.records import Run
from eval.records import Evaluation
from ui.present import run as run_shown
from ui.present import verdict
from ui.words import Voice


def header(
    engine: Engine | None, runs: Sequence[Run], evaluations: Sequence[Evaluation], voice: Voice
) -> dict[str, Any]:
    """The value of `components/header.js`."""
    states = [
        {"text": f"{run.plan.name}: {run_shown.progress(run, voice)}", "tone": "live"}
        for run in runs
        if run.is_at_work
    ]
    if waiting := sum(run.status == "queued" for run in runs):
        states.append({"text": voice("header.waiting", n=waiting), "tone": "plain"})
    states += [
        {"text": verdict.progress(one, voice), "tone": "live"}
        for one in evaluations
        if one.status in ("starting", "running")
    ]
    if engine is not None:
        states.append({"text": voice("engine.on", model=engine.base_model), "tone": "good"})
    elif not states:
        states.append({"text": voice("engine.off"), "tone": "plain"})
    return {
        "status": states,
        "language": voice.language,
        "labels": {
            "name": voice("app.name"),
            "theme": voice("header.theme"),
            "language": voice("header.language"),
        },
    }
