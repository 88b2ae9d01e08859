"""Fakes at one seam per service: a trainer, an engine and an evaluation program that are threads.

Data, plans, runs, events, the assistant, checks, statistics and reports are the real ones.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import psutil
from pydantic import SecretStr

from core.actions import Actions, Say
from core.comparing.asking import Stream
from core.comparing.clients import Clients
from core.disk import append_line, take_lease, write_atomic
from core.errors import ServingError
from core.messages import Message
from core.processes import ProcessId
from core.serving.contenders import Contender, Lane
from core.serving.records import (
    AdapterCheck,
    Endpoint,
    Engine,
    Generation,
    Pair,
    Sampling,
    ServedModels,
)
from core.settings import Settings
from core.training import events, manifests
from core.training.events import (
    CheckpointSaved,
    DataPrepared,
    Evaluated,
    PhaseChanged,
    RunFailed,
    RunStarted,
    RunStopped,
    RunSucceeded,
    StepLogged,
)
from core.training.job import Launch
from core.workspace import RunFolder, Workspace
from eval.checks import deciding as checks
from eval.evaluations import Launch as EvaluationLaunch
from eval.folder import ReportFolder
from eval.records import Answer, Comparison, EvaluationRequest, Progress, Sample, Side, Verdict
from eval.rendering import page as rendering
from eval.report import reports
from eval.report.reports import Evidence
from eval.rubric import rubrics

BASE_ANSWER = "Thank you for the question about the the order and the item of it, please wait for"
SIDES: tuple[Side, Side] = ("base", "tuned")


def this_process() -> ProcessId:
    me = psutil.Process(os.getpid())
    return ProcessId(pid=me.pid, started=me.create_time())


@dataclass
class Pace:
    """How the fakes behave; tests change it while they run."""

    step_s: float = 0.05
    steps: int = 40
    token_s: float = 0.02
    open_s: float = 0.6
    question_s: float = 0.02
    fail_training: str = ""
    fail_engine: str = ""
    fail_lane: dict[str, str] = field(default_factory=dict)
    """Why a contender can't be opened, by its key."""
    fail_answer: set[str] = field(default_factory=set)
    """Contenders whose answers break off, by their keys."""


# -- training -------------------------------------------------------------------------------------


@dataclass
class FakeTrainer:
    """Writes a run's events as the trainer program would, holding its lease."""

    folder: RunFolder
    attempt: int
    pace: Pace

    def start(self) -> ProcessId:
        process = this_process()
        launch = Launch(attempt=self.attempt, process=process)
        write_atomic(self.folder.launch, launch.model_dump_json())
        lease = take_lease(self.folder.lease)
        assert lease is not None
        Thread(target=self._run, args=(lease,), daemon=True).start()
        return process

    def _run(self, lease: int) -> None:
        try:
            self._train()
        finally:
            os.close(lease)

    def _tell(self, kind: Callable[..., events.Event], **facts: object) -> None:
        events.append(self.folder.events, kind(attempt=self.attempt, **facts))

    def _first_step(self) -> int:
        if self.attempt == 1:
            return 0
        told = events.read(self.folder.events).events
        return max((e.step for e in told if isinstance(e, CheckpointSaved)), default=0)

    def _train(self) -> None:
        began, total, at = time.monotonic(), self.pace.steps, self._first_step()
        append_line(self.folder.log, "loading the model")
        self._tell(RunStarted, pid=os.getpid(), from_step=at, total_steps=total)
        self._tell(PhaseChanged, phase="preparing")
        self._tell(
            DataPrepared, train_rows=600, validation_rows=60, train_tokens=41_200,
            supervised_tokens=15_300, cut_rows=(), dropped_rows=(), total_steps=total,
        )  # fmt: skip
        self._tell(PhaseChanged, phase="training")
        for step in range(at + 1, total + 1):
            time.sleep(self.pace.step_s)
            self._step(step, total, began)
            if self.pace.fail_training and step > total // 3:
                self._tell(RunFailed, problem=self.pace.fail_training, fix="Lower the rate.")
                return
            if self.folder.stop.exists():
                self._checkpoint(step)
                self._tell(RunStopped, step=step)
                return
        self._finish(total, time.monotonic() - began)

    def _step(self, step: int, total: int, began: float) -> None:
        wave = 0.06 * math.sin(step * 1.7) + 0.04 * math.sin(step * 0.9)
        loss = 4.6 * math.exp(-step / (total / 4)) + 0.35 + wave
        seconds = (time.monotonic() - began) / step
        append_line(self.folder.log, f"step {step}/{total} loss {loss:.4f}")
        self._tell(
            StepLogged, step=step, total=total, epoch=3 * step / total, loss=loss,
            learning_rate=2e-4, grad_norm=1.2, tokens_per_s=1830.0, eta_s=seconds * (total - step),
        )  # fmt: skip
        if step % max(1, total // 5) == 0:
            validation = 4.6 * math.exp(-step / (total / 4)) + 0.42
            self._tell(Evaluated, step=step, loss=validation)
            self._checkpoint(step)

    def _checkpoint(self, step: int) -> None:
        folder = self.folder.checkpoints / f"checkpoint-{step}"
        write_atomic(folder / "adapter_model.safetensors", b"weights")
        manifests.write(folder)
        self._tell(CheckpointSaved, step=step, name=folder.name)

    def _finish(self, total: int, seconds: float) -> None:
        self._tell(PhaseChanged, phase="saving")
        write_atomic(self.folder.adapter / "adapter_model.safetensors", b"weights")
        manifests.write(self.folder.adapter)
        self._tell(
            RunSucceeded, step=total, best_step=total, best_loss=0.4982, seconds=seconds,
            changes_model=True,
        )  # fmt: skip


# -- serving --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FakeActions(Actions):
    """Actions whose engine is made up; everything else is real."""

    pace: Pace = field(default_factory=Pace)
    serving: list[Engine] = field(default_factory=list)

    def open_pair(self, run_id: str, say: Say = lambda _: None) -> Pair:
        base_model = self.run(run_id).run.plan.base_model if run_id else "starter"
        for words in ("starting vLLM", "loading weights", "loading the adapter", "checking it"):
            say(words)
            time.sleep(self.pace.open_s / 4)
        if self.pace.fail_engine:
            raise ServingError(self.pace.fail_engine, "engine.log", "Free some memory, try again.")
        engine = Engine(
            id="eng-0001", base_model=base_model, model_path="starter", port=9,
            process=this_process(), log="", started="2026-11-21T10:00:00+00:00", max_length=512,
        )  # fmt: skip
        self.serving[:] = [engine]
        return fake_pair(run_id)

    def open_lanes(
        self, contenders: Sequence[Contender], say: Say = lambda _: None
    ) -> tuple[Lane, ...]:
        for each in contenders:
            if why := self.pace.fail_lane.get(each.key):
                raise ServingError(why, each.key, "Choose another one.")
        pair = self.open_pair("", say)
        names = {offer.contender.key: offer.title for offer in self.contenders()}
        return tuple(
            Lane(
                contender=each,
                title=names.get(each.key, each.name),
                endpoint=pair.base if each.kind == "base" else pair.tuned,
                check=None if each.kind == "base" else pair.check,
            )
            for each in contenders
        )

    def served(self) -> tuple[ServedModels, ...]:
        return tuple(ServedModels(engine=engine, models=("base",)) for engine in self.serving)

    async def stream_lane(
        self, lane: Lane, messages: Sequence[Message], sampling: Sampling, clients: Clients
    ) -> Stream:
        if lane.contender.key in self.pace.fail_answer:
            yield Generation(text="One two", done=True, error="The model server went away.")
            return
        is_base = lane.contender.kind == "base"
        words = (BASE_ANSWER if is_base else tuned_answer(messages[-1].content)).split(" ")
        first, speed, late = (0.061, 41.0, 2) if is_base else (0.048, 52.5, 0)
        for n in range(1, len(words) + late):
            await asyncio.sleep(self.pace.token_s)
            yield _growing(words, n - late, first, speed)
        yield _growing(words, 999, first, speed)

    def engine(self) -> Engine | None:
        return self.serving[0] if self.serving else None

    def stop_engine(self, say: Say = lambda _: None) -> None:
        self.serving.clear()

    async def ask_both(
        self,
        pair: Pair,
        messages: Sequence[Message],
        sampling: Sampling,
        tuned_messages: Sequence[Message] | None = None,
    ) -> AsyncIterator[tuple[Generation, Generation]]:
        texts = (BASE_ANSWER.split(" "), tuned_answer(messages[-1].content).split(" "))
        for n in range(1, max(len(texts[0]), len(texts[1])) + 1):
            await asyncio.sleep(self.pace.token_s)
            yield _growing(texts[0], n - 2, 0.061, 41.0), _growing(texts[1], n, 0.048, 52.5)
        yield _growing(texts[0], 999, 0.061, 41.0), _growing(texts[1], 999, 0.048, 52.5)


def _growing(words: list[str], upto: int, first: float, speed: float) -> Generation:
    done = upto >= len(words)
    return Generation(
        text=" ".join(words[: max(0, upto)]),
        done=done,
        finish_reason="stop" if done else None,
        tokens=len(words) if done else None,
        first_token_s=first if upto > 0 else None,
        tokens_per_s=speed if done else None,
    )


def tuned_answer(question: str) -> str:
    if "kettle" in question.lower():
        return "[REFUND] We are sorry about your kettle. The money comes back in five days."
    return "[DELIVERY] Your order is on its way. The tracking link reaches you today."


def fake_pair(run_id: str) -> Pair:
    check = AdapterCheck(
        adapter_id="ad-0123456789", tokens=412, worst_difference=0.0021, tolerance=0.05,
        served_change=3.2, trained_change=3.2, agrees=True,
    )  # fmt: skip
    base, tuned = (
        Endpoint(
            label=side, base_url="http://127.0.0.1:9/v1", model=side,
            api_key=SecretStr("none"), engine_id="eng-0001",
        )
        for side in SIDES
    )  # fmt: skip
    return Pair(run_id=run_id, base=base, tuned=tuned, check=check)


# -- evaluation -----------------------------------------------------------------------------------


@dataclass
class FakeEvaluation:
    """Answers made up so that tuned is right nine times of ten; judged and reported for real."""

    actions: Actions
    folder: ReportFolder
    pace: Pace

    def start(self, created: str) -> None:
        launch = EvaluationLaunch(created=created, process=this_process())
        write_atomic(self.folder.launch, launch.model_dump_json())
        lease = take_lease(self.folder.lease)
        assert lease is not None
        Thread(target=self._run, args=(lease,), daemon=True).start()

    def _run(self, lease: int) -> None:
        try:
            self._evaluate()
        finally:
            os.close(lease)

    def _evaluate(self) -> None:
        request = EvaluationRequest.model_validate_json(self.folder.request.read_bytes())
        rubric = rubrics.load(request.rubric)
        view = self.actions.run(request.run_id)
        samples = self.actions.samples(view.run.plan.dataset_id)[: request.limit]
        compared = []
        for i, sample in enumerate(samples):
            self._say("answers", i, len(samples))
            time.sleep(self.pace.question_s)
            compared.append(_compared(i, sample))
        verdicts = [
            _verdict(rubric, index, comparison, side)
            for index, _ in enumerate(rubric.criteria)
            for comparison in compared
            for side in SIDES
        ]
        for path, rows in (
            (self.folder.comparisons, compared),
            (self.folder.verdicts, verdicts),
        ):
            write_atomic(path, "".join(f"{row.model_dump_json()}\n" for row in rows))
        report = reports.build(
            Evidence(
                report_id=self.folder.report_id, request=request, rubric=rubric, run=view,
                dataset=self.actions.dataset(view.run.plan.dataset_id),
                pair=fake_pair(view.run.id), comparisons=compared, verdicts=verdicts,
                conditions={"Sampling": "temperature 0 (greedy), at most 256 tokens, seed 7"},
            )
        )  # fmt: skip
        rendering.write(report, self.folder.root)

    def _say(self, phase: str, done: int, total: int) -> None:
        line = Progress.model_validate(
            {"at": "2026-11-21T10:00:00+00:00", "phase": phase, "done": done, "total": total}
        )
        append_line(self.folder.progress, line.model_dump_json())


def _compared(i: int, sample: Sample) -> Comparison:
    right = i % 10 != 3
    tuned = sample.reference if right else "[DELIVERY] Your order is on its way."
    facts = {"finish_reason": "stop", "tokens": 21, "first_token_s": 0.05, "tokens_per_s": 52.0}
    return Comparison(
        sample=sample,
        base=Answer.model_validate({"text": BASE_ANSWER, **facts}),
        tuned=Answer.model_validate({"text": tuned, **facts}),
    )


def _verdict(rubric: rubrics.Rubric, index: int, comparison: Comparison, side: Side) -> Verdict:
    criterion = rubric.criteria[index]
    if criterion.kind == "check":
        return checks.check(criterion, comparison.sample, comparison.side(side), side)
    return Verdict(
        sample_id=comparison.sample.id, criterion_id=criterion.id, side=side,
        reason="No judge is set.", outcome="unscored",
    )  # fmt: skip


# -- all together ---------------------------------------------------------------------------------


def install(
    replace: Callable[[str, object], None], home: Path, settings: Settings | None = None
) -> FakeActions:
    """Actions over a workspace with every slow part faked; `replace(dotted name, fake)`."""
    workspace = Workspace.open(home)
    actions = FakeActions(workspace, settings or Settings(home=home))
    pace = actions.pace

    def launch(
        folder: RunFolder, attempt: int, offline: bool, _holding: object = None
    ) -> ProcessId:
        return FakeTrainer(folder, attempt, pace).start()

    def evaluate(folder: ReportFolder, *_: object, created: str) -> None:
        FakeEvaluation(actions, folder, pace).start(created)

    replace("core.training.launching.launch", launch)
    replace("eval.evaluations._launch", evaluate)
    return actions
