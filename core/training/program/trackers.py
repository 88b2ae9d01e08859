"""Curves for trackio, TensorBoard, Weights & Biases and MLflow, through transformers' own hooks.

A tracker works in a thread of its own, so neither its errors nor its pauses reach training.
Everything stays in the run folder unless the person's environment says otherwise.
"""

from __future__ import annotations

import atexit
import copy
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from core.training.events import WarningRaised
from core.training.plan import Tracker, TrainingPlan
from core.training.program.journal import Journal
from core.workspace import RunFolder

PROJECT = "duotune"
PATIENCE_S = 20.0
"""How long a run waits for a tracker at its end."""
MOST_CHARACTERS = 200
"""Of a tracker's error in a warning."""
GOES_ON = "Training goes on without it."


def add(trainer: Any, plan: TrainingPlan, folder: RunFolder, journal: Journal) -> None:
    """Let a trainer feed the plan's trackers; one that is not installed is told as a warning."""
    if (found := callback(plan, folder, journal)) is not None:
        trainer.add_callback(found)


def callback(plan: TrainingPlan, folder: RunFolder, journal: Journal) -> Trackers | None:
    """What feeds the plan's trackers; None when it names none that is installed."""
    there = []
    for name in plan.trackers:
        if find_spec(name) is None:
            message = f"The tracker {name} is not installed, so it gets no curves. {GOES_ON}"
            journal.write(WarningRaised, message=message)
        else:
            there.append(name)
    if not there:
        return None
    _keep_at_home(folder)
    return Trackers({name: _integration(name) for name in there}, _run_name(plan, folder), journal)


def _integration(name: Tracker) -> Callable[[], TrainerCallback]:
    """Transformers' callback of a tracker, not made yet."""
    from transformers.integrations import integration_utils

    kind: Callable[[], TrainerCallback] = integration_utils.INTEGRATION_TO_CALLBACK[name]
    return kind


def _run_name(plan: TrainingPlan, folder: RunFolder) -> str:
    return f"{plan.name} {folder.run_id}"


def _keep_at_home(folder: RunFolder) -> None:
    """Let trackers write into the run folder and to nowhere else, where nothing else is wished."""
    home = folder.root
    wished = {
        "TENSORBOARD_LOGGING_DIR": str(home / "tensorboard"),
        "TRACKIO_DIR": str(home / "trackio"),
        "WANDB_DIR": str(home),  # it makes a folder `wandb` in there
        "WANDB_MODE": "offline",
        "WANDB_PROJECT": PROJECT,
        "WANDB_RUN_ID": folder.run_id,
        "WANDB_RESUME": "allow",
        "WANDB_SILENT": "true",
        "MLFLOW_TRACKING_URI": (home / "mlruns").as_uri(),
        "MLFLOW_ALLOW_FILE_STORE": "true",  # refused otherwise since MLflow 3
        "MLFLOW_EXPERIMENT_NAME": PROJECT,
    }
    for name, value in wished.items():
        os.environ.setdefault(name, value)


class Trackers(TrainerCallback):
    """Hands what happens to every tracker, and tells once of one that fails."""

    def __init__(
        self, made: dict[Tracker, Callable[[], TrainerCallback]], run_name: str, journal: Journal
    ) -> None:
        self._run_name, self._journal = run_name, journal
        self._desks = {name: Desk(name, make) for name, make in made.items()}
        atexit.register(self.close)  # a run that fails does not come to its end

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, _control: TrainerControl, **given: Any
    ) -> None:
        self._hand("on_train_begin", args, state, model=given["model"])

    def on_log(
        self, args: TrainingArguments, state: TrainerState, _control: TrainerControl, **given: Any
    ) -> None:
        self._hand("on_log", args, state, model=given["model"], logs=dict(given["logs"]))

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, _control: TrainerControl, **given: Any
    ) -> None:
        self._hand("on_train_end", args, state, model=given["model"])
        self.close()

    def close(self) -> None:
        """Wait until all is written; tells of a tracker that takes too long."""
        deadline = time.monotonic() + PATIENCE_S
        for name, desk in list(self._desks.items()):
            if not desk.close(deadline - time.monotonic()):
                self._leave(name, "it did not finish in time")
        self._drop_failed()
        self._desks.clear()
        atexit.unregister(self.close)

    def _hand(self, event: str, args: TrainingArguments, state: TrainerState, **given: Any) -> None:
        """Give every tracker a copy of what training changes after this."""
        self._drop_failed()
        named = copy.copy(args)
        named.run_name, named.project = self._run_name, PROJECT
        for desk in self._desks.values():
            desk.put(event, named, copy.copy(state), TrainerControl(), **given)

    def _drop_failed(self) -> None:
        for name, desk in list(self._desks.items()):
            if desk.error is not None:
                said = (str(desk.error).strip().splitlines() or [""])[0][:MOST_CHARACTERS]
                self._leave(name, f"{type(desk.error).__name__}: {said}")

    def _leave(self, name: Tracker, why: str) -> None:
        del self._desks[name]
        message = f"The tracker {name} failed ({why}). {GOES_ON} The log has the details."
        self._journal.write(WarningRaised, message=message)


class Desk:
    """One tracker in its thread; an error of the tracker ends the thread, and nothing else."""

    def __init__(self, name: str, make: Callable[[], TrainerCallback]) -> None:
        self.error: BaseException | None = None
        self._calls: queue.SimpleQueue[tuple[str, tuple[Any, ...], dict[str, Any]] | None] = (
            queue.SimpleQueue()
        )
        self._thread = threading.Thread(
            target=self._work, args=(make,), name=f"tracker {name}", daemon=True
        )
        self._thread.start()

    def put(self, event: str, *args: Any, **given: Any) -> None:
        """Have a hook of the tracker called, some time soon."""
        self._calls.put((event, args, given))

    def close(self, wait_s: float) -> bool:
        """Let it finish what it has; False when that takes longer than `wait_s`."""
        self._calls.put(None)
        self._thread.join(max(wait_s, 0.0))
        return not self._thread.is_alive()

    def _work(self, make: Callable[[], TrainerCallback]) -> None:
        try:
            tracker = make()
            while (call := self._calls.get()) is not None:
                event, args, given = call
                getattr(tracker, event)(*args, **given)
        finally:
            self.error = sys.exc_info()[1]  # on its way to the log, where the thread ends
