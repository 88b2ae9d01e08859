"""The pre-flight: when it may start, what it is kept for, how it stands; and what it foretells."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from core import slots
from core.actions import Actions
from core.disk import take_lease, write_atomic
from core.errors import RunError
from core.models import catalog
from core.settings import Settings
from core.training import (
    capacity,
    eta,
    forecast,
    preflight,
    preflight_folder,
    preflight_text,
    runs,
    timing,
)
from core.training.events import RunStarted
from core.training.plan import TrainingPlan
from core.training.preflight_folder import Outcome, Preflight, Request
from core.training.queue import Room
from core.training.records import Failure
from core.wording import said
from core.workspace import RunFolder, Workspace
from tests.core.training.conftest import Data, WrittenRun, make_data
from tests.core.training.test_eta import measured

OFFLINE = Settings(offline=True)
MIB = 1 << 20
HAN = re.compile("[\u4e00-\u9fff]")


def written(data: Data, plan: TrainingPlan, name: str, outcome: Outcome | None) -> RunFolder:
    """The folder of a pre-flight, written by hand."""
    folder = RunFolder(data.workspace.preflight(name))
    folder.root.mkdir(parents=True)
    folder.plan.write_text(plan.model_dump_json())
    key = preflight.key_of(plan, catalog.resolve(plan.base_model, None, OFFLINE))
    request = Request(key=key, created="2026-11-21T10:00:00+00:00", limit=None)
    preflight_folder.own_file(folder, "request").write_text(request.model_dump_json())
    if outcome is not None:
        write_atomic(preflight_folder.outcome_file(folder), outcome.model_dump_json())
    return folder


def test_a_measurement_is_found_again_for_what_changes_nothing_of_it(data: Data) -> None:
    plan = data.plan("starter")
    folder = written(data, plan, "pre-20261121-1", Outcome(measured=measured()))
    model = catalog.resolve("starter", None, OFFLINE)
    alike = plan.edited({"epochs": 9, "learning_rate": 1e-5, "seed": 3, "name": "another"})
    found = preflight.start(data.workspace, OFFLINE, alike)
    assert (found.id, found.status) == (folder.run_id, "done"), "nothing is measured again"
    for change in ({"rank": 4}, {"batch_size": 2}, {"max_length": 64}, {"method": "full"}):
        other = plan.edited(change)
        assert preflight.measured(data.workspace, other, model) is None, change
    told = timing.estimate(data.workspace, plan, data.dataset, 12, model)
    assert told is not None
    assert told.seconds == pytest.approx(eta.eta(measured(), plan).total)
    assert "s a step" in told.basis
    given = forecast.subject(data.workspace, OFFLINE, plan)
    priced = OFFLINE.model_copy(update={"gpu_price": 2.0, "gpu_currency": "EUR"})
    fit = forecast.of(data.workspace, priced, given)
    assert (fit.measured, fit.peak, fit.seconds) == (True, 10, told.seconds)
    assert fit.cost == pytest.approx(told.seconds / 3600 * 2)
    assert fit.currency == "EUR"


def test_how_a_preflight_stands_is_read_from_its_folder(data: Data) -> None:
    plan, workspace = data.plan("starter"), data.workspace

    def status(folder: RunFolder) -> Preflight:
        return preflight_folder.status(workspace, folder.run_id)

    gone = written(data, plan, "pre-20261121-1", None)
    assert status(gone).status == "failed"
    assert status(gone).out_of_memory, "the system ends a program without a word for its memory"
    lease = take_lease(gone.lease)
    assert lease is not None
    assert status(gone).status == "running"
    os.close(lease)
    preflight_folder.own_file(gone, "cancelled").write_text("now")
    assert status(gone).status == "cancelled"
    with pytest.raises(RunError, match="no such pre-flight"):
        preflight_folder.status(workspace, "pre-20261121-9")
    assert [one.id for one in preflight_folder.list_preflights(workspace)] == [gone.run_id]


def test_none_is_started_while_something_uses_the_machine(data: Data, workspace: Workspace) -> None:
    plan = data.plan("starter")
    with pytest.raises(RunError, match="evaluation runs"):
        preflight.start(workspace, OFFLINE, plan, Room(in_use=lambda: "An evaluation runs."))
    with slots.held(workspace, slots.here(), 1, "eng-20261121-1") as holding:
        assert holding is not None
        with pytest.raises(RunError, match="Another program"):
            preflight.start(workspace, OFFLINE, plan)
    live = WrittenRun(workspace)
    lease = take_lease(live.folder.lease)
    assert lease is not None
    live.happened(RunStarted(attempt=1, pid=os.getpid(), from_step=0))
    with pytest.raises(RunError, match="measure both"):
        preflight.start(workspace, OFFLINE, plan)
    os.close(lease)
    assert not list(workspace.preflights.glob("pre-*")), "nothing is left behind"


def test_what_it_found_is_said_in_both_languages(data: Data) -> None:
    plan = data.plan("starter", epochs=2.0)
    outcomes = [
        Outcome(measured=measured()),
        Outcome(failure=Failure(problem="There is not enough memory for this plan.", fix="x")),
        None,
    ]
    folders = [written(data, plan, f"pre-20261121-{n}", one) for n, one in enumerate(outcomes)]
    preflight_folder.own_file(folders[2], "cancelled").write_text("now")
    found = [preflight_folder.status(data.workspace, one.run_id) for one in folders]
    told = [preflight_text.sentences(one) for one in found]
    steps = eta.eta(measured(), plan).steps
    assert told[0] == (
        "3 typical steps took 1.60 s each.",
        "The longest batch took 0.0 GB of memory at most.",
        f"The whole run of {steps} steps takes about 2 min.",
    )
    running = found[2].model_copy(update={"status": "running", "phase": "training", "step": 2})
    several = found[0].model_copy(update={"plan": plan.edited({"workers": 2})})
    told += [preflight_text.sentences(running), preflight_text.sentences(several)]
    texts = [text for one in told for text in one if text != "x"]
    assert [text for text in texts if not HAN.search(said(text, "zh"))] == []
    assert [preflight_text.duration(s) for s in (45, 600, 8000)] == ["45 s", "10 min", "2.2 h"]


# -- the real program -----------------------------------------------------------------------------

CLOSE = 0.15
"""How far what was foretold may be from what was taken."""
TRIALS = 3
"""On a machine that others use, too, the closest of so many counts."""


def shop_rows(number: int) -> list[dict[str, object]]:
    """Conversations of one to three turns, so that batches differ in length."""
    rows: list[dict[str, object]] = []
    for row in range(number):
        messages = [{"role": "system", "content": "You are a shop."}]
        for turn in range(1 + row % 3):
            wish = " It should be light and warm." * (row * 7 % 4)
            messages += [
                {"role": "user", "content": f"Question {row}, {turn}: is it red?{wish}"},
                {"role": "assistant", "content": f"Yes, number {row} is red." + " Wool." * turn},
            ]
        rows.append({"messages": messages, "split": "validation" if row % 12 == 0 else "train"})
    return rows


def wait(workspace: Workspace, preflight_id: str, seconds: float = 240) -> Preflight:
    deadline = time.monotonic() + seconds
    while (found := preflight_folder.status(workspace, preflight_id)).status == "running":
        if time.monotonic() > deadline:
            pytest.fail(f"{found}\n{RunFolder(workspace.preflight(preflight_id)).log.read_text()}")
        time.sleep(0.05)
    return found


class Pace(threading.Thread):
    """How fast a core is meanwhile: processor seconds of a fixed bit of work.

    Programs beside ours take a core's caches and clock, so that the same work takes more of its
    seconds; counted in these, it takes as many however busy the machine is.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._over, self._taken = threading.Event(), [self._work()]
        self.start()

    def run(self) -> None:
        while not self._over.wait(0.3):
            self._taken.append(self._work())

    def _work(self) -> float:
        numbers = np.ones((256, 256), np.float32)
        began = time.thread_time()
        for _ in range(3):
            numbers = np.tanh(numbers @ numbers)
        return time.thread_time() - began

    def stop(self) -> float:
        """The mean since it began."""
        self._over.set()
        self.join()
        return sum(self._taken) / len(self._taken)


def trained(data: Data, plan: TrainingPlan) -> tuple[float, float]:
    """Processor seconds and peak bytes of main memory of a whole run."""
    run = runs.start(data.workspace, OFFLINE, plan)
    folder = data.workspace.run(run.id)
    assert run.status != "queued", run.waits_for
    process = psutil.Process(json.loads(folder.launch.read_text())["process"]["pid"])
    cpu_s, peak = 0.0, 0
    while runs.status(data.workspace, run.id).is_live:
        try:
            cpu_s = sum(process.cpu_times()[:2])
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        except (psutil.NoSuchProcess, OSError):
            continue
        peak = max([peak, *(int(x.split()[1]) << 10 for x in lines if x.startswith("VmHWM"))])
        time.sleep(0.1)
    found = runs.status(data.workspace, run.id)
    assert found.status == "succeeded", found.failure
    return cpu_s, peak


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processor seconds are comparable only where no thread waits for another one."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


MAKE_BIG = """
import sys
import torch
from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM
torch.manual_seed(0)
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
config = Qwen3Config(
    vocab_size=len(tokenizer), hidden_size=640, intermediate_size=2560, num_hidden_layers=8,
    num_attention_heads=10, num_key_value_heads=5, head_dim=64, max_position_embeddings=1024,
    eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, bos_token_id=None,
    tie_word_embeddings=True,
)
model = Qwen3ForCausalLM(config)
model.generation_config.eos_token_id = tokenizer.eos_token_id
model.save_pretrained(sys.argv[2])
tokenizer.save_pretrained(sys.argv[2])
"""


@pytest.fixture(scope="module")
def big_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """50 million random weights in Qwen3's shape."""
    folder = tmp_path_factory.mktemp("big")
    argv = [sys.executable, "-c", MAKE_BIG, str(catalog.STARTER_FOLDER), str(folder)]
    subprocess.run(argv, check=True, capture_output=True)
    return folder


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize(
    ("name", "rows", "changes"),
    [
        ("starter", 160, {"batch_size": 4, "evaluations": 2}),
        ("big", 48, {"batch_size": 2, "evaluations": 1, "gradient_accumulation": 2}),
    ],
)
def test_a_run_takes_what_its_preflight_foretold(
    workspace: Workspace, big_model: Path, name: str, rows: int, changes: dict[str, Any]
) -> None:
    data = make_data(workspace, shop_rows(rows))
    base = "starter" if name == "starter" else str(big_model)
    plan = data.plan(base, epochs=1.0, max_length=256, **changes)
    off: list[tuple[float, float]] = []
    for _ in range(TRIALS):
        off.append(compared(data, plan))
        if all(abs(error) <= CLOSE for error in off[-1]):
            break
    time_off, memory_off = min(off, key=lambda one: abs(one[0]))
    assert abs(memory_off) <= CLOSE, off
    assert abs(time_off) <= CLOSE, off


def compared(data: Data, plan: TrainingPlan) -> tuple[float, float]:
    """How far off time and peak memory were, as shares of what the run took."""
    pace = Pace()
    started = preflight.start(data.workspace, OFFLINE, plan, again=True)
    found, before = wait(data.workspace, started.id), pace.stop()
    assert found.status == "done", found.failure
    assert found.measured is not None
    assert found.measured.peak_bytes is not None
    pace = Pace()
    (cpu_s, peak), during = trained(data, plan), pace.stop()
    foretold = eta.eta(found.measured, plan, cpu=True).total
    return (foretold / before) / (cpu_s / during) - 1, found.measured.peak_bytes / peak - 1


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_it_ends_before_memory_does_and_can_be_cancelled(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from core.training.program import preflight_program

    workspace, plan = data.workspace, data.plan("starter")
    started = preflight.start(workspace, OFFLINE, plan)
    folder = RunFolder(workspace.preflight(started.id))
    assert started.status == "running"
    assert slots.holder(workspace, slots.here()[0]) == started.id
    with pytest.raises(RunError, match="Another program"):
        preflight.start(workspace, OFFLINE, plan)
    assert preflight.cancel(workspace, started.id).status == "cancelled"
    assert slots.holder(workspace, slots.here()[0]) is None
    assert not folder.checkpoints.exists()
    monkeypatch.setattr(preflight, "MEMORY_SHARE", 300 * MIB / capacity.main_memory()[1])
    starved = wait(workspace, preflight.start(workspace, OFFLINE, plan).id)
    assert (starved.status, starved.out_of_memory) == ("failed", True)
    assert starved.failure is not None
    assert "not enough memory" in starved.failure.problem
    found = Actions(workspace, OFFLINE).preflight(starved.id)
    assert found.batching is not None
    assert found.batching.changes == {"batch_size": 2, "gradient_accumulation": 2}
    assert found.batching.sentence in preflight_text.sentences(found)
    full = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
    assert preflight_program._failed(full, folder).out_of_memory
    assert not preflight_program._failed(ValueError("x"), folder).out_of_memory
