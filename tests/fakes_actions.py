"""FakeActions: the real data and plans, with training, serving and evaluation told by the test.

The seam is `core.actions.Actions`. What goes on outside the app lives in a World, which survives
the app: two FakeActions over one World are the same app before and after a restart.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from core.actions import Actions, Say
from core.errors import DuotuneError, RunError
from core.processes import ProcessId
from core.serving.records import AdapterCheck, Endpoint, Engine, Pair
from core.training.doctor.diagnosing import Diagnosis
from core.training.plan import TrainingPlan
from core.training.preflight_folder import Preflight
from core.training.records import Curve, Failure, Run, RunResult, RunView
from eval.records import (
    CriterionResult,
    Estimate,
    Evaluation,
    EvaluationRequest,
    Report,
    VerdictSentence,
)
from eval.rubric import choice as rubric_choice
from eval.rubric.rubrics import Rubric

CREATED = "2026-11-21T10:00:00+00:00"


@dataclass
class World:
    """Runs, evaluations and the engine, as they stand outside the app; tests change them."""

    runs: dict[str, Run] = field(default_factory=dict)
    evaluations: dict[str, Evaluation] = field(default_factory=dict)
    engine: Engine | None = None
    errors: dict[str, DuotuneError] = field(default_factory=dict)
    """What a verb raises, by its name in Actions."""
    slow_s: float = 0.0
    """How long starting a run takes."""
    opened: list[str] = field(default_factory=list)
    diagnosis: Diagnosis | None = None
    """What the doctor says of any run."""
    preflight: Preflight | None = None
    """The measurement, as it stands."""
    renamed: list[tuple[str, str]] = field(default_factory=list)
    kept: list[tuple[str, str | None]] = field(default_factory=list)
    moved: list[tuple[str, int]] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)

    def newest(self) -> Run:
        return list(self.runs.values())[-1]

    def change(self, **facts: Any) -> Run:
        """The newest run as it stands from now on."""
        run = self.newest().model_copy(update=facts)
        self.runs[run.id] = run
        return run

    def succeed(self, best_loss: float = 0.4321, seconds: float = 83.2) -> Run:
        result = RunResult(
            best_step=10, best_loss=best_loss, last_step=12, seconds=seconds, changes_model=True
        )
        return self.change(
            status="succeeded", step=12, total_steps=12, result=result, has_model=True
        )

    def fail(self, problem: str = "The loss is not a number.") -> Run:
        failure = Failure(problem=problem, where="step 4", fix="Lower the learning rate.")
        return self.change(status="failed", step=4, failure=failure, last_checkpoint="step-3")

    def finish_evaluation(self, **facts: Any) -> Evaluation:
        newest = list(self.evaluations.values())[-1]
        ended = newest.model_copy(update={"status": "succeeded", "done": 9, "total": 9} | facts)
        self.evaluations[ended.id] = ended
        return ended


@dataclass(frozen=True)
class FakeActions(Actions):
    """Actions over a World; data and plans are real."""

    world: World = field(default_factory=World)

    def _raise(self, verb: str) -> None:
        if error := self.world.errors.get(verb):
            raise error

    def start_training(self, plan: TrainingPlan, say: Say = lambda _: None) -> Run:
        self._raise("start_training")
        say("starting the trainer")
        time.sleep(self.world.slow_s)
        with self.world.lock:
            run = Run(
                id=f"run-20261121-10{len(self.world.runs):04d}-abcd",
                plan=plan, status="starting", created=CREATED, attempt=1, phase=None, step=0,
                total_steps=None, eta_s=None, tokens_per_s=None, loss=None, validation_loss=None,
                last_checkpoint=None,
            )  # fmt: skip
            self.world.runs[run.id] = run
        return run

    def runs(self) -> tuple[Run, ...]:
        return tuple(reversed(self.world.runs.values()))

    def run(self, run_id: str) -> RunView:
        if run_id not in self.world.runs:
            raise RunError(f"There is no run {run_id}.")
        return RunView(run=self.world.runs[run_id], curve=Curve(train=(), validation=()), events=())

    def stop_run(self, run_id: str) -> Run:
        self._raise("stop_run")
        return self.world.change(status="stopping")

    def resume_run(
        self, run_id: str, say: Say = lambda _: None, extend: float | None = None
    ) -> Run:
        self._raise("resume_run")
        run = self.world.runs[run_id]
        if extend is not None:
            longer = run.plan.edited({"epochs": run.plan.epochs + extend})
            run = run.model_copy(update={"plan": longer})
        return self.world.change(
            status="running", attempt=run.attempt + 1, failure=None, plan=run.plan
        )

    def diagnose(self, run_id: str) -> Diagnosis | None:
        found = self.world.diagnosis
        return found.model_copy(update={"run_id": run_id}) if found else None

    def open_pair(self, run_id: str, say: Say = lambda _: None) -> Pair:
        self._raise("open_pair")
        say("loading weights")
        self.world.opened.append(run_id)
        base, tuned = (
            Endpoint(
                label=side, base_url="http://127.0.0.1:9/v1", model=side, api_key=SecretStr("none")
            )
            for side in ("base", "tuned")
        )
        self.world.engine = Engine(
            id="eng-0001", base_model="starter", model_path="starter", port=9, log="",
            process=ProcessId(pid=1, started=0), started=CREATED, max_length=512,
        )  # fmt: skip
        check = AdapterCheck(
            adapter_id="ad-0001", tokens=412, worst_difference=0.002, tolerance=0.05,
            served_change=3.2, trained_change=3.2, agrees=True,
        )  # fmt: skip
        return Pair(run_id=run_id, base=base, tuned=tuned, check=check)

    def engine(self) -> Engine | None:
        return self.world.engine

    def stop_engine(self, say: Say = lambda _: None) -> None:
        self.world.engine = None

    def rubric_for(self, run_id: str, file: Path | None = None) -> Rubric:
        return rubric_choice.choose(self.workspace, self.world.runs[run_id].plan.dataset_id, file)

    def start_evaluation(self, request: EvaluationRequest) -> Evaluation:
        self._raise("start_evaluation")
        started = Evaluation(
            id=f"rep-20261121-10{len(self.world.evaluations):04d}-abcd", request=request,
            created=CREATED, status="starting", phase=None, done=0, total=None, failed=0,
        )  # fmt: skip
        self.world.evaluations[started.id] = started
        return started

    def resume_evaluation(self, report_id: str) -> Evaluation:
        self._raise("resume_evaluation")
        before = self.world.evaluations[report_id]
        resumed = before.model_copy(update={"status": "starting", "problem": "", "fix": ""})
        self.world.evaluations[report_id] = resumed
        return resumed

    def evaluations(self) -> tuple[Evaluation, ...]:
        return tuple(reversed(self.world.evaluations.values()))

    def evaluation(self, report_id: str) -> Evaluation:
        return self.world.evaluations[report_id]

    def report(self, report_id: str) -> Report:
        run = self.world.runs[self.world.evaluations[report_id].request.run_id]
        return make_report(report_id, run)


def make_report(report_id: str, run: Run) -> Report:
    """A report in which tuning helped."""
    estimate = Estimate(
        base=0.05, tuned=0.9, difference=0.85, low=0.7, high=0.95, p_value=0.001, pairs=9,
        groups=9, unscored_base=0, unscored_tuned=0,
    )  # fmt: skip
    exact = CriterionResult(
        criterion_id="exact", text="The answer is the reference.", kind="check", points=1,
        estimate=estimate, wins=8, losses=0,
    )  # fmt: skip
    return Report(
        id=report_id, run_id=run.id, run_name=run.plan.name, dataset_name="tea", samples=9,
        base_model="starter", rubric_id="r", rubric_hash="h", created=CREATED,
        verdict=VerdictSentence(
            kind="better", sentence="Tuning helped: 5.0% became 90.0%.", rule="low > 0",
            sentence_zh="微调有效：5.0% 变为 90.0%。",
        ),
        score=estimate, headline=exact, criteria=(exact,), by_tag=(), examples=(),
        curve_train=(), curve_validation=(), speed={}, conditions={}, warnings=(),
    )  # fmt: skip
