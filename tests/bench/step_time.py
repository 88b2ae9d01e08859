"""Step time of a Duotune run against a plain TRL script with the same model, rows and settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median
from typing import NamedTuple

from core.actions import Actions
from core.data.examples import SUPPORT_DESK
from core.disk import lease_is_held
from core.models import catalog
from core.settings import Settings
from core.training import machine, refusals
from core.training.events import StepLogged
from core.training.plan import Method, TrainingPlan
from core.training.plan_changes import PlanChanges
from core.training.program import arguments
from core.workspace import Workspace

STEPS = 80
SETTLED = 10
"""Steps before this one are warm-up and don't count."""
ROUNDS = 4
LOOK_S = 3.0


class Timed(NamedTuple):
    """A run's time: until its first step had ended, and of each settled step, in seconds."""

    first_s: float
    steps: list[float]


def measure(home: Path) -> dict[str, object]:
    """Median seconds a step and until the first one, both at once, each on its half of the cores.

    At once, because one and the same program's runs differ by a tenth from minute to minute on a
    shared machine; with the halves swapped from round to round, what is left of that hits both.
    For LoRA; and, with names ending in `_full`, for training every weight.
    """
    return {**_compared(home, "lora"), **_compared(home, "full")}


def _compared(home: Path, method: Method) -> dict[str, object]:
    ours: list[Timed] = []
    plain: list[Timed] = []
    cores = sorted(os.sched_getaffinity(0))
    halves = [cores[: len(cores) // 2] or cores, cores[len(cores) // 2 :]]
    for number in range(ROUNDS):
        folder = home / f"{method}-{number}"
        with ThreadPoolExecutor() as both:
            one = both.submit(_apart, duotune_steps, folder, method, halves[number % 2])
            other = both.submit(_apart, plain_steps, folder, method, halves[1 - number % 2])
            ours.append(one.result())
            plain.append(other.result())
    end = "" if method == "lora" else f"_{method}"
    step_ours, step_plain = (median(s for each in of for s in each.steps) for of in (ours, plain))
    first_ours, first_plain = (median(each.first_s for each in of) for of in (ours, plain))
    rounds = [median(b.steps) / median(a.steps) for a, b in zip(ours, plain, strict=True)]
    return {
        f"step_s_duotune{end}": round(step_ours, 4),
        f"step_s_plain_trl{end}": round(step_plain, 4),
        f"throughput_ratio{end}": round(fmean(rounds), 3),
        f"throughput_ratio_rounds{end}": [round(ratio, 3) for ratio in rounds],
        f"first_step_s_duotune{end}": round(first_ours, 2),
        f"first_step_s_plain_trl{end}": round(first_plain, 2),
        f"first_step_later_s{end}": round(first_ours - first_plain, 2),
        f"steps_each{end}": sum(len(each.steps) for each in ours),
    }


def _apart(
    run: Callable[[Path, Method], Timed], folder: Path, method: Method, cores: list[int]
) -> Timed:
    """A run in an interpreter of its own that may use these cores only."""
    told = [run.__name__, str(folder / run.__name__), method, *map(str, cores)]
    argv = [sys.executable, "-m", "tests.bench.step_time", *told]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    return Timed(*json.loads(done.stdout.splitlines()[-1]))


def plan_in(actions: Actions, method: Method) -> TrainingPlan:
    dataset = actions.import_data(SUPPORT_DESK)
    changes = PlanChanges(base_model="starter", max_steps=STEPS, method=method)
    plan = actions.propose_plan(dataset.id, changes).plan
    return plan.model_copy(update={"evaluations": 1})


def duotune_steps(home: Path, method: Method = "lora") -> Timed:
    """A run's time from the call that starts it, as its events tell."""
    settings = Settings(home=home)
    actions = Actions(Workspace.open(home), settings)
    plan, began = plan_in(actions, method), time.time()
    run = actions.start_training(plan)
    folder = actions.workspace.run(run.id)
    time.sleep(LOOK_S)
    while lease_is_held(folder.lease):  # no more: whoever watches takes time from the steps
        time.sleep(LOOK_S)
    steps = [event for event in actions.run(run.id).events if isinstance(event, StepLogged)]
    ends = [event.at.timestamp() for event in steps]
    return Timed(ends[0] - began, _settled(ends))


def plain_steps(home: Path, method: Method = "lora") -> Timed:
    """The same of the plain script, from starting its interpreter."""
    settings = Settings(home=home)
    actions = Actions(Workspace.open(home), settings)
    plan = plan_in(actions, method)
    model = catalog.resolve("starter", None, settings)
    split, examples = actions.split(plan.dataset_id), actions.examples(plan.dataset_id)
    rows, held_out = (
        [{"messages": each.conversation.as_openai()} for each in examples if each.id in set(part)]
        for part in (split.train, split.validation)
    )
    here = refusals.capabilities(machine.look())
    choices = arguments.decide(plan, here, model.shape.parameters if model.shape else 0)
    sft = arguments.sft_arguments(plan, home / "out", STEPS, choices)
    told = {
        "model": str(model.id_or_path),
        "rows": rows,
        "held_out": held_out,
        "lora": arguments.lora_arguments(plan),
        "sft": {**sft, "assistant_only_loss": True},
    }
    job = home / "plain.json"
    job.write_text(json.dumps(told))
    script = Path(__file__).with_name("plain_trl.py")
    began = time.time()
    subprocess.run([sys.executable, script, job], check=True, capture_output=True)
    ends = json.loads(job.with_suffix(".out.json").read_text())
    return Timed(ends[0] - began, _settled(ends))


def _settled(ends: list[float]) -> list[float]:
    return [after - before for before, after in pairwise(ends[SETTLED:])]


def main(name: str, folder: str, method: Method, *cores: str) -> None:
    """Time one of the two on these cores and print it as JSON."""
    os.sched_setaffinity(0, {int(core) for core in cores})
    run = duotune_steps if name == "duotune_steps" else plain_steps
    print(json.dumps(run(Path(folder), method)))


if __name__ == "__main__":
    main(*sys.argv[1:])  # type: ignore[arg-type]  # the names are those of _apart
