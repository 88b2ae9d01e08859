"""A dataset is deleted when nothing that goes on needs it; what stays is named, and copes."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from core.actions import Actions
from core.comparing.records import Question, Source
from core.data import store
from core.data.examples import SUPPORT_DESK_RUBRIC
from core.disk import take_lease, write_atomic
from core.errors import DataError, DuotuneError
from core.serving.contenders import Contender
from core.settings import Settings
from core.training.events import RunStarted, RunStopped
from core.training.library import keep
from core.workspace import Workspace
from eval.records import EvaluationRequest
from tests.core.data.test_deleting import job_on
from tests.core.training.conftest import Data, WrittenRun, dialogue, make_data
from tests.core.training.test_library import succeeded

RUN, STOPPED = "run-20261121-100000-ab12", "run-20261121-110000-cd34"
RUBRIC = SUPPORT_DESK_RUBRIC.read_text(encoding="utf-8")


@pytest.fixture
def actions(workspace: Workspace) -> Actions:
    return Actions(workspace, Settings(home=workspace.root, offline=True, engine="transformers"))


@pytest.fixture
def data(workspace: Workspace) -> Data:
    parts = ["train"] * 6 + ["validation"] * 2 + ["test"] * 2
    return make_data(workspace, [dialogue(n, part) for n, part in enumerate(parts)])


@pytest.fixture
def trained(data: Data) -> WrittenRun:
    """A run on the data that has succeeded."""
    run = succeeded(data.workspace, RUN)
    run.folder.plan.write_text(data.plan("starter").model_dump_json())
    return run


def stopped(data: Data) -> WrittenRun:
    """A run on the data that can be gone on with."""
    run = WrittenRun(data.workspace, STOPPED)
    run.folder.plan.write_text(data.plan("starter", name="half done").model_dump_json())
    run.checkpoint(4)
    run.happened(RunStarted(attempt=1, pid=1, from_step=0), RunStopped(attempt=1, step=4))
    return run


def going_on(**facts: object) -> tuple[SimpleNamespace, ...]:
    request = SimpleNamespace(run_id=RUN, part="test", source="run", source_id=RUN)
    return (SimpleNamespace(id="it-1", status="running", request=request, **facts),)


def test_what_goes_and_what_stays_is_named_before(
    actions: Actions, data: Data, trained: WrittenRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(actions.workspace, actions.find_run(RUN), "Front-desk", (), "shop")
    contenders = [Contender(kind="base", name="starter"), Contender(kind="run", name=RUN)]
    session = actions.start_comparison(contenders, ["base", "tuned"])
    asked = Source(dataset_id=data.dataset.id, row=1, reference="Yes")
    actions.put_question(session.id, Question(text="Open?", source=asked))
    write_atomic(actions.workspace.chat("chat-main") / "chat.json", f'["{data.dataset.id}"]')
    done = SimpleNamespace(
        id="rep-1", status="succeeded", request=EvaluationRequest(run_id=RUN, rubric="")
    )
    other = SimpleNamespace(
        id="rep-2", status="running", request=EvaluationRequest(run_id="run-2", rubric="")
    )
    monkeypatch.setattr(Actions, "evaluations", lambda _: (done, other))
    going = actions.dataset_deletion(data.dataset.id)
    assert (going.name, len(going.versions), going.source) == ("shop", 1, "rows.jsonl")
    stays = going.stays
    assert (stays.runs, stays.kept, stays.reports) == (("a run",), ("Front-desk",), 1)
    assert (stays.comparisons, stays.chats, stays.exports, stays.batches) == (1, 1, 0, 0)
    assert actions.dataset(data.dataset.id) == data.dataset, "nothing was done"
    assert actions.delete_dataset(data.dataset.id) == going
    assert actions.datasets() == ()
    assert Actions(actions.workspace, actions.settings).run(RUN).run.status == "succeeded"


def test_versions_made_from_it_go_only_when_they_were_named(actions: Actions, data: Data) -> None:
    child = actions.exclude_rows(data.dataset.id, [1])
    with pytest.raises(DataError, match="A version that was made from shop needs it"):
        actions.delete_dataset(data.dataset.id)
    second = actions.exclude_rows(child.id, [2])
    with pytest.raises(DataError, match="2 versions that were made from shop need it") as refused:
        actions.delete_dataset(data.dataset.id, ["ds-other"])
    assert refused.value.where == f"{child.id}, {second.id}"
    assert len(actions.datasets()) == 3
    also = actions.dataset_deletion(data.dataset.id).also
    assert actions.delete_dataset(data.dataset.id, also).also == (child.id, second.id)
    assert actions.datasets() == ()
    with pytest.raises(DataError, match="There is no dataset"):
        actions.delete_dataset(data.dataset.id)


def test_a_live_run_keeps_its_data(actions: Actions, data: Data) -> None:
    run = stopped(data)
    lease = take_lease(run.folder.lease)
    assert lease is not None
    run.happened(RunStarted(attempt=2, pid=1, from_step=4))
    with pytest.raises(DataError, match="'half done' is running, so its data can't be deleted"):
        actions.delete_dataset(data.dataset.id)
    os.close(lease)
    assert store.find(actions.workspace, data.dataset.id) is not None
    assert actions.delete_dataset(data.dataset.id).stays.runs == ("half done",)


@pytest.mark.parametrize(
    ("verb", "what"),
    [
        ("preflights", "A pre-flight on it"),
        ("evaluations", "An evaluation on it"),
        ("batches", "A batch comparison on it"),
        ("certifications", "An export or certification of a model trained on it"),
    ],
)
def test_work_that_goes_on_keeps_its_data(
    actions: Actions, data: Data, trained: WrittenRun, monkeypatch: pytest.MonkeyPatch,
    verb: str, what: str,
) -> None:  # fmt: skip
    found = going_on(plan=data.plan("starter"))
    found[0].request.name = RUN
    monkeypatch.setattr(Actions, verb, lambda _: found)
    with pytest.raises(DataError, match=f"{what} goes on, so this data can't be deleted"):
        actions.dataset_deletion(data.dataset.id)
    found[0].status = "done"
    assert actions.delete_dataset(data.dataset.id).name == "shop"


def test_a_job_on_a_version_made_from_it_keeps_the_data(actions: Actions, data: Data) -> None:
    child = actions.exclude_rows(data.dataset.id, [1])
    result = job_on(actions.workspace, child.id) / "result.json"
    result.unlink()
    with pytest.raises(DataError, match="An augmentation of it goes on"):
        actions.delete_dataset(data.dataset.id, [child.id])
    write_atomic(result, "{}")
    assert actions.delete_dataset(data.dataset.id, [child.id]).jobs == 1
    assert actions.jobs() == ()


def test_a_deletion_that_was_cut_off_is_finished_by_keeping_house(
    actions: Actions, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = actions.workspace.mask_key(data.dataset.id)
    write_atomic(key, "{}")

    def cut_off(_workspace: Workspace) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr("core.data.deleting.finish", cut_off)
        with pytest.raises(KeyboardInterrupt):
            actions.delete_dataset(data.dataset.id)
    assert (key.exists(), actions.datasets()) == (True, ())
    actions.keep_house()
    assert (key.exists(), list(actions.workspace.trash.iterdir())) == (False, [])


AFTERWARDS: dict[str, Callable[[Actions], object]] = {
    "going on": lambda actions: actions.resume_run(STOPPED),
    "starting a copy": lambda actions: actions.start_training(actions.clone_run(RUN)),
    "a pre-flight": lambda actions: actions.start_preflight(actions.clone_run(RUN)),
    "what it needs": lambda actions: actions.fit(actions.clone_run(RUN)),
    "evaluating": lambda actions: actions.start_evaluation(
        EvaluationRequest(run_id=RUN, rubric=RUBRIC)
    ),
    "a rubric": lambda actions: actions.rubric_for(RUN),
    "held-out questions": lambda actions: actions.samples(actions.run(RUN).run.plan.dataset_id),
    "a learning curve": lambda actions: actions.learning_curve(RUN),
    "another plan": lambda actions: actions.replan(RUN, actions.clone_run(RUN).dataset_id, "x"),
}


@pytest.mark.parametrize("verb", AFTERWARDS)
def test_what_needs_the_data_of_a_run_says_that_it_is_gone(
    actions: Actions, data: Data, trained: WrittenRun, verb: str
) -> None:
    stopped(data)
    actions.delete_dataset(data.dataset.id)
    with pytest.raises(DuotuneError) as refused:
        AFTERWARDS[verb](actions)
    assert refused.value.problem == f"There is no dataset {data.dataset.id} in this workspace."
    assert "add the file again" in refused.value.fix


def test_a_run_outlives_its_data(actions: Actions, data: Data, trained: WrittenRun) -> None:
    actions.delete_dataset(data.dataset.id)
    step = actions.lineage(RUN).data
    assert step is not None
    assert (step.is_here, step.id) == (False, data.dataset.id)
    kept = actions.keep_run(RUN, "Front-desk")
    assert (kept.entry.dataset_name, kept.entry.dataset_id) == ("", data.dataset.id)
    assert actions.clone_run(RUN).dataset_id == data.dataset.id
    actions.import_data(actions.workspace.root / "rows.jsonl", "shop")
    again = actions.lineage(RUN).data
    assert again is not None
    assert again.is_here, "the same rows are the same version"
