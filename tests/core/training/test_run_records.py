"""Names, notes, copies, comparisons and the end of a run."""

from __future__ import annotations

import os

import pytest

from core.disk import take_lease
from core.errors import PlanError, RunError
from core.training import cloning, comparing, deleting, labels, runs
from core.training.events import Evaluated, RunStarted, RunStopped
from core.training.plan import TrainingPlan
from core.training.records import EvaluationFact, Run
from core.workspace import Workspace
from tests.core.training.conftest import WrittenRun
from tests.core.training.test_run_status import step


def run_of(workspace: Workspace, name: str = "run-20261121-100000-ab12", **plan: object) -> Run:
    """A run that was stopped at step 4."""
    written = WrittenRun(workspace, name)
    before = TrainingPlan.model_validate_json(written.folder.plan.read_bytes())
    agreed = before.model_copy(update=plan)
    written.folder.plan.write_text(agreed.model_dump_json())
    written.happened(RunStarted(attempt=1, pid=1, from_step=0), step(4, loss=0.7))
    written.happened(Evaluated(attempt=1, step=4, loss=0.9), RunStopped(attempt=1, step=4))
    return runs.status(workspace, name)


def test_a_name_and_a_note_leave_the_plan_as_agreed(workspace: Workspace) -> None:
    run = run_of(workspace)
    folder = workspace.run(run.id)
    agreed = folder.plan.read_bytes()
    labels.rename(folder, "  tea   desk ")
    labels.note(folder, "try a lower rate\n")
    found = runs.status(workspace, run.id)
    assert (found.plan.name, found.note) == ("tea desk", "try a lower rate")
    assert folder.plan.read_bytes() == agreed
    labels.note(folder, "")
    assert (labels.read(folder).name, labels.read(folder).note) == ("tea desk", "")
    for name in ("", "x" * 81):
        with pytest.raises(RunError, match="1 to 80 characters"):
            labels.rename(folder, name)
    with pytest.raises(RunError, match="10000 are kept at most"):
        labels.note(folder, "x" * 10_001)
    folder.label.write_text("{")
    assert runs.status(workspace, run.id).plan.name == "by hand"


def test_a_clone_is_another_plan_with_what_was_asked_for(workspace: Workspace) -> None:
    run = run_of(
        workspace,
        revision="abc",
        mask_sha256="m",
        template_sha256="t",
        licence_accepted="Llama",
        reasons={"rank": "Because.", "alpha": "Twice."},
    )
    same = cloning.clone(run, {})
    assert same == run.plan.model_copy(update={"name": "by hand (2)"})
    assert cloning.clone(run.model_copy(update={"plan": same}), {}).name == "by hand (3)"
    other = cloning.clone(run, {"rank": 8, "max_length": 2048, "name": None})
    assert (other.rank, other.max_length, other.mask_sha256) == (8, 2048, None)
    assert other.reasons == {"rank": "Your choice.", "alpha": "Twice."}
    assert (other.template_sha256, other.revision) == ("t", "abc")
    moved = cloning.clone(run, {"base_model": "other/model"})
    assert (moved.revision, moved.licence_accepted, moved.template_sha256) == (None, None, None)
    with pytest.raises(PlanError, match="rank = 0"):
        cloning.clone(run, {"rank": 0})
    long = run.model_copy(update={"plan": run.plan.model_copy(update={"name": "x" * 80})})
    assert len(cloning.clone(long, {}).name) == 80


def test_runs_side_by_side_show_what_differs_and_what_came_of_it(workspace: Workspace) -> None:
    one = run_of(workspace)
    two = run_of(workspace, "run-20261121-110000-cd34", rank=8, epochs=5, split_fingerprint="g")
    fact = EvaluationFact(
        report_id="rep-1", verdict="Better.", base=0.1, tuned=0.5, difference=0.4, pairs=9
    )
    found = comparing.compare(workspace, [one, two], {two.id: (fact,)})
    assert [(row.field, row.values) for row in found.settings] == [
        ("split_fingerprint", ("f", "g")),
        ("rank", (16, 8)),
        ("epochs", (2.0, 5.0)),
    ]
    assert not found.same_data, "their validation losses don't compare"
    assert [run.last_loss for run in found.runs] == [0.7, 0.7]
    assert [run.last_validation_loss for run in found.runs] == [0.9, 0.9]
    assert [run.evaluations for run in found.runs] == [(), (fact,)]
    assert found.runs[0].best_loss is None
    assert found.runs[0].seconds is not None
    for chosen in ([one], [one, one], [one] * 9):
        with pytest.raises(RunError, match="different runs"):
            comparing.compare(workspace, chosen)


def test_a_run_that_something_needs_is_not_deleted(workspace: Workspace) -> None:
    run = run_of(workspace)
    with pytest.raises(RunError, match="is being served"):
        deleting.delete(workspace, run.id, lambda _: True)
    child = WrittenRun(workspace, "run-20261121-110000-cd34")
    plan = TrainingPlan.model_validate_json(child.folder.plan.read_bytes())
    child.folder.plan.write_text(plan.edited({"start_from": run.id}).model_dump_json())
    child.happened(RunStarted(attempt=1, pid=1, from_step=0))
    lease = take_lease(child.folder.lease)
    assert lease is not None
    with pytest.raises(RunError, match="begins with the model of run"):
        deleting.delete(workspace, run.id, lambda _: False)
    with pytest.raises(RunError, match="is running, so it can't be deleted"):
        deleting.delete(workspace, child.folder.run_id, lambda _: False)
    os.close(lease)
    assert deleting.delete(workspace, run.id, lambda _: False) == run
    assert not workspace.run(run.id).root.exists()
    assert list(workspace.trash.iterdir()) == []


def test_a_damaged_run_can_be_deleted_too(workspace: Workspace) -> None:
    run = run_of(workspace)
    workspace.run(run.id).plan.write_text("{")
    deleting.delete(workspace, run.id, lambda _: False)
    assert runs.list_runs(workspace) == ()
