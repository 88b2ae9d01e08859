"""Kill the trainer at random steps, continue, and compare with a run that was left in peace."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

from safetensors import safe_open

from core.actions import Actions
from core.data.examples import SUPPORT_DESK
from core.models.catalog import STARTER_FOLDER
from core.settings import Settings
from core.training.events import StepLogged
from core.training.job import Launch
from core.training.plan import TrainingPlan
from core.training.plan_changes import PlanChanges
from core.training.records import RunView
from core.workspace import Workspace

TRIALS, STEPS = 20, 40
DEADLINE_S = 300.0
SEED = 7
Curve = dict[int, float]
Weights = dict[str, bytes]


def measure(home: Path, trials: int = TRIALS) -> dict[str, object]:
    """How many of the killed runs ended with the curve and the weights of the one left alone."""
    os.environ["OMP_NUM_THREADS"] = "1"  # the order of additions must not depend on the load
    actions = Actions(Workspace.open(home / "workspace"), Settings(offline=True))
    dataset = actions.import_data(SUPPORT_DESK)
    changes = PlanChanges(base_model="starter", max_steps=STEPS, evaluations=4, batch_size=2)
    plan = actions.propose_plan(dataset.id, changes).plan
    calm = _finished(actions, actions.start_training(plan).id)
    again = _finished(actions, actions.start_training(plan).id)
    chance = random.Random(SEED)
    outcomes = [_trial(actions, plan, calm, chance.randint(1, STEPS - 1)) for _ in range(trials)]
    whole = sum(outcome["same"] is True for outcome in outcomes)
    return {
        "two_runs_of_one_plan_are_identical": _same(calm, again),
        "trials": trials,
        "ended_the_same": whole,
        "kills": outcomes,
    }


def _trial(actions: Actions, plan: TrainingPlan, calm: RunView, step: int) -> dict[str, object]:
    """One run that is killed once it has logged a step, and continued."""
    run = actions.start_training(plan)
    view = _wait(actions, run.id, lambda seen: seen.run.step >= step or not seen.run.is_live)
    killed = _kill(actions, run.id)
    view = _wait(actions, run.id, lambda seen: not seen.run.is_live)
    status, checkpoint = view.run.status, view.run.last_checkpoint
    loads = checkpoint is None or _loads(actions, run.id, checkpoint)
    ended = _finished(actions, actions.resume_run(run.id).id)
    same = _same(calm, ended) and _weights(actions, calm) == _weights(actions, ended)
    return {
        "killed_at": view.run.step,
        "pid": killed,
        "status": status,
        "checkpoint": checkpoint,
        "checkpoint_loads": loads,
        "same": bool(same and loads and status == "interrupted"),
    }


def _kill(actions: Actions, run_id: str) -> int:
    """Send SIGKILL to the trainer's whole process group."""
    folder = actions.workspace.run(run_id)
    pid = Launch.model_validate_json(folder.launch.read_bytes()).process.pid
    os.killpg(pid, signal.SIGKILL)
    return pid


def _wait(actions: Actions, run_id: str, until: Callable[[RunView], bool]) -> RunView:
    deadline = time.monotonic() + DEADLINE_S
    while not until(view := actions.run(run_id)):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{run_id} is {view.run.status} at step {view.run.step}")
        time.sleep(0.02)
    return view


def _finished(actions: Actions, run_id: str) -> RunView:
    return _wait(actions, run_id, lambda seen: not seen.run.is_live)


def _loads(actions: Actions, run_id: str, checkpoint: str) -> bool:
    """Whether PEFT puts a checkpoint's adapter on its base, with every tensor of it."""
    from peft import PeftModel, get_peft_model_state_dict
    from transformers import AutoModelForCausalLM

    folder = actions.workspace.run(run_id).checkpoints / checkpoint
    base = AutoModelForCausalLM.from_pretrained(STARTER_FOLDER)
    loaded = get_peft_model_state_dict(PeftModel.from_pretrained(base, folder))
    stored = _tensors(folder / "adapter_model.safetensors")
    return {name: value.numpy().tobytes() for name, value in loaded.items()} == stored


def _same(one: RunView, other: RunView) -> bool:
    """Whether every logged loss is the same to the last bit."""
    return one.run.status == other.run.status == "succeeded" and _curve(one) == _curve(other)


def _curve(view: RunView) -> Curve:
    return {event.step: event.loss for event in view.events if isinstance(event, StepLogged)}


def _weights(actions: Actions, view: RunView) -> Weights:
    return _tensors(actions.workspace.run(view.run.id).adapter / "adapter_model.safetensors")


def _tensors(file: Path) -> Weights:
    with safe_open(file, "numpy") as opened:
        return {name: opened.get_tensor(name).tobytes() for name in opened.keys()}  # noqa: SIM118
