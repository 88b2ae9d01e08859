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
from core.training import machine, refusals
from core.training.events import StepLogged
from core.training.plan import Method, TrainingPlan
from core.training.plan_changes import PlanChanges
from core.training.program import arguments
from core.workspace import Workspace

STEPS = 60
SETTLED = 10
"""Steps before this one are warm-up and don't count."""
ROUNDS = 2
LOOK_S = 3.0


def measure(home: Path) -> dict[str, object]:
    """Median seconds a step of both, in the order ours, plain, plain, ours, and their ratio.

    For LoRA; and, with names ending in `_full`, for training every weight.
    """
    return {**_compared(home, "lora"), **_compared(home, "full")}


def _compared(home: Path, method: Method) -> dict[str, object]:
    ours: list[float] = []
    plain: list[float] = []
    for number in range(ROUNDS):
        both = [(ours, duotune_steps), (plain, plain_steps)]
        for found, run in both if number % 2 == 0 else reversed(both):
            found.extend(run(home / f"{method}-{run.__name__}{number}", method))
    end = "" if method == "lora" else f"_{method}"
    return {
        f"step_s_duotune{end}": round(median(ours), 4),
        f"step_s_plain_trl{end}": round(median(plain), 4),
        f"throughput_ratio{end}": round(median(plain) / median(ours), 3),
        f"steps_each{end}": len(ours),
    }


def _plan(actions: Actions, method: Method) -> TrainingPlan:
    dataset = actions.import_data(SUPPORT_DESK)
    changes = PlanChanges(base_model="starter", max_steps=STEPS, method=method)
    plan = actions.propose_plan(dataset.id, changes).plan
    return plan.model_copy(update={"evaluations": 1})


def duotune_steps(home: Path, method: Method = "lora") -> list[float]:
    """Seconds of each settled step of a run, as its events tell."""
    settings = Settings(home=home)
    actions = Actions(Workspace.open(home), settings)
    run = actions.start_training(_plan(actions, method))
    while actions.run(run.id).run.is_live:  # seldom: whoever watches takes time from the steps
        time.sleep(LOOK_S)
    steps = [event for event in actions.run(run.id).events if isinstance(event, StepLogged)]
    ends = [event.at.timestamp() for event in steps]
    # An interval that holds the evaluation and the checkpoint is no step: the longest are left out.
    return _settled(ends)


def plain_steps(home: Path, method: Method = "lora") -> list[float]:
    """The same of the plain script."""
    settings = Settings(home=home)
    actions = Actions(Workspace.open(home), settings)
    plan = _plan(actions, method)
    model = catalog.resolve("starter", None, settings)
    wanted = set(actions.split(plan.dataset_id).train)
    rows = [
        {"messages": example.conversation.as_openai()}
        for example in actions.examples(plan.dataset_id)
        if example.id in wanted
    ]
    here = refusals.capabilities(machine.look())
    choices = arguments.decide(plan, here, model.shape.parameters if model.shape else 0)
    sft = arguments.sft_arguments(plan, home / "out", STEPS, choices)
    told = {
        "model": str(model.id_or_path),
        "rows": rows,
        "lora": arguments.lora_arguments(plan),
        "sft": {**sft, "assistant_only_loss": True},
    }
    job = home / "plain.json"
    job.write_text(json.dumps(told))
    script = Path(__file__).with_name("plain_trl.py")
    subprocess.run([sys.executable, script, job], check=True, capture_output=True)
    return _settled(json.loads(job.with_suffix(".out.json").read_text()))


def _settled(ends: list[float]) -> list[float]:
    return [after - before for before, after in pairwise(ends[SETTLED:])]
