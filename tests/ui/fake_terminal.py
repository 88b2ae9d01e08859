"""The verbs behind the terminal's commands on plans, told by the test; the commands are real."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.actions import Say
from core.settings import Settings
from core.training.batching import Batching
from core.training.capacity import Capacity
from core.training.eta import Measured
from core.training.fit import Fit, judged
from core.training.plan import TrainingPlan
from core.training.preflight_folder import Preflight
from core.training.records import Failure, Run
from core.workspace import Workspace
from tests.core.training.test_eta import measured as figures
from tests.fakes_actions import FakeActions

GB = 1_000_000_000
PLAN = TrainingPlan(name="desk", dataset_id="ds-1", split_fingerprint="f", base_model="starter")
HALF = Batching(
    fits=True, changes={"batch_size": 4, "gradient_accumulation": 2}, bytes=GB, limit=2 * GB,
    sentence="4 instead of 8 rows at a time.",
)  # fmt: skip


def preflight(
    status: str, measured: Measured | None = None, failure: Failure | None = None, **facts: Any
) -> Preflight:
    return Preflight.model_validate(
        {
            "id": "pre-20261121-1", "plan": PLAN, "created": "2026-11-21T10:00:00+00:00",
            "status": status, "phase": "training", "step": 3, "total_steps": 14,
            "measured": measured, "failure": failure, "out_of_memory": False, **facts,
        }
    )  # fmt: skip


def done(peak: int = GB) -> Preflight:
    """One that has measured."""
    return preflight("done", figures(peak_rss_bytes=peak))


@dataclass(frozen=True)
class MeasuringActions(FakeActions):
    """A pre-flight goes through `states`; the last one stays."""

    states: list[Preflight] = field(default_factory=list)
    free: int = 2 * GB
    cancelled: list[str] = field(default_factory=list)

    def start_preflight(
        self, plan: TrainingPlan, say: Say = lambda _: None, again: bool = False
    ) -> Preflight:
        self._raise("start_preflight")
        return self.states[0].model_copy(update={"plan": plan})

    def preflight(self, preflight_id: str) -> Preflight:
        self._raise("preflight")
        if len(self.states) > 1:
            self.states.pop(0)
        return self.states[0]

    def preflights(self) -> tuple[Preflight, ...]:
        return tuple(self.states)

    def cancel_preflight(self, preflight_id: str) -> Preflight:
        self.cancelled.append(preflight_id)
        self.states[:] = [preflight("cancelled")]
        return self.states[0]

    def fit(self, plan: TrainingPlan) -> Fit:
        known = next((one.measured for one in self.states if one.measured), None)
        here = Capacity(device="cpu", name="2 CPU cores", total=self.free, available=self.free)
        return judged(
            Fit(capacity=here, parts=(), peak=known.peak_bytes if known else GB,
                measured=known is not None, verdict="unknown", disk=None)
        )  # fmt: skip

    def smaller_batch(self, plan: TrainingPlan, out_of_memory: bool = False) -> Batching:
        return HALF

    def find_run(self, text: str) -> Run:
        return self.world.runs[text]


def measuring(
    setattr_: Callable[[str, Any], None], home: Path, *states: Preflight, **facts: Any
) -> MeasuringActions:
    """Fake verbs that every command on plans, sweeps and runs' ends gets."""
    settings = Settings(home=home, offline=True, **facts.pop("settings", {}))
    made = MeasuringActions(Workspace.open(home), settings, states=list(states), **facts)
    for module in ("plan", "sweep", "doctor"):
        setattr_(f"ui.terminal_{module}.open_actions", lambda: made)
    return made
