"""A run that ended badly gets its cause, the line that shows it, and one change."""

from __future__ import annotations

import pytest

from core.training.doctor.diagnosing import Diagnosis, diagnose
from core.training.doctor.remedies import halve_batch, remedy
from core.training.events import RunFailed, RunStarted
from core.training.plan import TrainingPlan
from core.training.runs import status
from core.workspace import Workspace
from tests.core.training.conftest import WrittenRun

STARTED = RunStarted(attempt=1, pid=1, from_step=0)
OOM = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB."
LOG = f"""loading
a harmless line: the first try timed out, trying again
Traceback (most recent call last):
  File "trainer.py", line 10, in training_step
{OOM}
"""
PLAN = TrainingPlan(name="a", dataset_id="ds-1", split_fingerprint="f", base_model="starter")


def diagnosed(run: WrittenRun, workspace: Workspace) -> Diagnosis | None:
    return diagnose(run.folder, status(workspace, run.folder.run_id))


def failed(problem: str) -> RunFailed:
    return RunFailed(attempt=1, problem=problem)


def test_what_it_said_last_counts_most(written_run: WrittenRun, workspace: Workspace) -> None:
    written_run.folder.log.write_text(LOG)
    written_run.happened(STARTED, failed("The disk is full while saving."))

    found = diagnosed(written_run, workspace)

    assert found
    assert (found.signature, found.where) == ("disk_full", "events.jsonl")
    assert found.evidence == "The disk is full while saving."


def test_the_last_traceback_counts_more_than_the_lines_before(
    written_run: WrittenRun, workspace: Workspace
) -> None:
    written_run.folder.log.write_text(LOG)
    written_run.happened(STARTED, failed("The trainer stopped on an error it did not expect."))

    found = diagnosed(written_run, workspace)

    assert found
    assert (found.signature, found.evidence) == ("gpu_oom", OOM)
    assert "line 5" in found.where
    assert found.remedy
    assert found.remedy.kind == "again"
    assert found.remedy.changes == {"batch_size": 4, "gradient_accumulation": 2}


def test_memory_that_ends_in_evaluation_is_told_apart(
    written_run: WrittenRun, workspace: Workspace
) -> None:
    written_run.folder.log.write_text(LOG.replace("training_step", "evaluation_loop"))
    written_run.happened(STARTED, failed("It stopped."))

    found = diagnosed(written_run, workspace)

    assert found
    assert found.signature == "gpu_oom_evaluation"
    assert found.evidence == OOM


def test_a_death_without_a_word_is_told_by_the_state(
    written_run: WrittenRun, workspace: Workspace
) -> None:
    written_run.checkpoint(10)
    written_run.folder.log.write_text("step 12 of 40\n")
    written_run.happened(STARTED)

    found = diagnosed(written_run, workspace)

    assert found
    assert (found.signature, found.evidence) == ("killed", "step 12 of 40")
    assert found.remedy
    assert found.remedy.kind == "continue"


def test_an_unknown_cause_shows_the_last_line(
    written_run: WrittenRun, workspace: Workspace
) -> None:
    written_run.folder.log.write_text("something\nnobody ever saw\n\n")
    written_run.happened(STARTED, failed("It stopped."))

    found = diagnosed(written_run, workspace)

    assert found
    assert (found.signature, found.evidence, found.remedy) == ("unknown", "nobody ever saw", None)


def test_a_run_that_is_well_has_no_diagnosis(written_run: WrittenRun, workspace: Workspace) -> None:
    from core.training.events import RunStopped

    written_run.happened(STARTED, RunStopped(attempt=1, step=3))
    written_run.folder.log.write_text(LOG)

    assert diagnosed(written_run, workspace) is None


# -- the change -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("batch", "accumulation", "changed"),
    [(8, 1, (4, 2)), (6, 2, (3, 4)), (5, 1, (1, 5)), (9, 3, (3, 9)), (2, 4, (1, 8))],
)
def test_a_smaller_batch_keeps_the_effective_one(
    batch: int, accumulation: int, changed: tuple[int, int]
) -> None:
    plan = PLAN.edited({"batch_size": batch, "gradient_accumulation": accumulation})
    after = plan.edited(halve_batch(plan))
    assert (after.batch_size, after.gradient_accumulation) == changed
    assert after.effective_batch == plan.effective_batch


def test_when_the_batch_is_one_memory_is_saved_by_computing_twice() -> None:
    one = PLAN.edited({"batch_size": 1})
    assert halve_batch(one) == {"gradient_checkpointing": "on"}
    assert remedy("halve_batch", one.edited({"gradient_checkpointing": "on"}), True) is None


def test_no_remedy_touches_method_or_length() -> None:
    from core.training.doctor.remedies import CHANGES

    plan = PLAN.edited(
        {"liger": "on", "compile": True, "precision": "bfloat16", "trackers": ("wandb",)}
    )
    for name, change in CHANGES.items():
        changes = change(plan)
        assert changes, name
        after = plan.edited(changes)
        for kept in ("method", "objective", "max_length", "effective_batch", "epochs", "rank"):
            assert getattr(after, kept) == getattr(plan, kept), (name, kept)
