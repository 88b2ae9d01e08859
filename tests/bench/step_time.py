"""Step time of a Duotune run against a plain TRL script with the same model, rows and settings."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from statistics import median

from core.actions import Actions
from core.data.examples import SUPPORT_DESK
from core.models import catalog
from core.settings import Settings
from core.training.events import StepLogged
from core.training.plan import TrainingPlan
from core.training.plan_changes import PlanChanges
from core.workspace import Workspace

STEPS = 60
SETTLED = 10
"""Steps before this one are warm-up and don't count."""
ROUNDS = 2
LOOK_S = 3.0


def measure(home: Path) -> dict[str, object]:
    """Median seconds a step of both, in the order ours, plain, plain, ours, and their ratio."""
    ours: list[float] = []
    plain: list[float] = []
    for number in range(ROUNDS):
        both = [(ours, _ours), (plain, _plain)]
        for found, run in both if number % 2 == 0 else reversed(both):
            found.extend(run(home / f"{run.__name__}{number}"))
    return {
        "step_s_duotune": round(median(ours), 4),
        "step_s_plain_trl": round(median(plain), 4),
        "throughput_ratio": round(median(plain) / median(ours), 3),
        "steps_each": len(ours),
    }


def _plan(actions: Actions) -> TrainingPlan:
    dataset = actions.import_data(SUPPORT_DESK)
    changes = PlanChanges(base_model="starter", max_steps=STEPS)
    plan = actions.propose_plan(dataset.id, changes).plan
    return plan.model_copy(update={"evaluations": 1})


def _ours(home: Path) -> list[float]:
    settings = Settings(home=home)
    actions = Actions(Workspace.open(home), settings)
    run = actions.start_training(_plan(actions))
    while actions.run(run.id).run.is_live:  # seldom: whoever watches takes time from the steps
        time.sleep(LOOK_S)
    steps = [event for event in actions.run(run.id).events if isinstance(event, StepLogged)]
    ends = [event.at.timestamp() for event in steps]
    # An interval that holds the evaluation and the checkpoint is no step: the longest are left out.
    return _settled(ends)


def _plain(home: Path) -> list[float]:
    from core.training.program.building import (
        lora_arguments,
        pick_device,
        sft_arguments,
    )

    settings = Settings(home=home)
    actions = Actions(Workspace.open(home), settings)
    plan = _plan(actions)
    model = catalog.resolve("starter", None, settings)
    wanted = set(actions.split(plan.dataset_id).train)
    rows = [
        {"messages": example.conversation.as_openai()}
        for example in actions.examples(plan.dataset_id)
        if example.id in wanted
    ]
    sft = sft_arguments(plan, home / "out", STEPS, pick_device(), parameters=0)
    told = {
        "model": str(model.id_or_path),
        "rows": rows,
        "lora": lora_arguments(plan),
        "sft": {**sft, "assistant_only_loss": True},
    }
    job = home / "plain.json"
    job.write_text(json.dumps(told))
    script = Path(__file__).with_name("plain_trl.py")
    subprocess.run([sys.executable, script, job], check=True, capture_output=True)
    return _settled(json.loads(job.with_suffix(".out.json").read_text()))


def _settled(ends: list[float]) -> list[float]:
    return [after - before for before, after in pairwise(ends[SETTLED:])]
