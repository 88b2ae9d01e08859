"""Long work on data in processes of its own: it ends, is ended, dies, and goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.actions import Actions
from core.data import jobs
from core.data.augment.noise import NoiseRequest
from core.data.augment.records import ParaphraseRequest
from core.data.jobs import Job, JobFolder, JobProgress, JobRequest, JobResult
from core.data.records import Dataset, ReadChoices
from core.disk import write_atomic
from core.errors import DataError, WorkspaceError
from core.settings import Settings
from core.training.token_counts import exact_counts
from core.wording import said
from core.workspace import Workspace
from tests.core.data.augment.augmenting import reply, setting, writing
from tests.core.data.made_rows import row, write_lines
from tests.fakes import FakeServer

pytestmark = pytest.mark.full

PATIENCE_S = 30.0
KEY = "fake-key"


@pytest.fixture
def actions(workspace: Workspace) -> Actions:
    return Actions(workspace, Settings(home=workspace.root, offline=True))


def tea(actions: Actions, tmp_path: Path, rows: int = 24, quick: bool = False) -> Dataset:
    said = [row(f"How long does tea number {n} take?", f"{n} minutes.") for n in range(rows)]
    file = write_lines(tmp_path / "tea.jsonl", said)
    return actions.import_data(file, choices=ReadChoices(structure_only=quick))


def wait(actions: Actions, job_id: str, until: Callable[[Job], bool]) -> Job:
    deadline = time.monotonic() + PATIENCE_S
    while not until(job := actions.job(job_id)):
        log = JobFolder(actions.workspace.job(job_id)).log
        assert time.monotonic() < deadline, (job, log.read_text())
        time.sleep(0.05)
    return job


def end(actions: Actions, job_id: str) -> Job:
    return wait(actions, job_id, lambda job: job.status != "running")


def with_writer(actions: Actions, server: FakeServer) -> Actions:
    return Actions(
        actions.workspace, actions.settings.model_copy(update={"augment": setting(server)})
    )


# -- each kind of work ----------------------------------------------------------------------------


def test_all_kinds_of_work_come_to_their_end_in_processes_of_their_own(
    actions: Actions, tmp_path: Path
) -> None:
    quick = tea(actions, tmp_path, quick=True)
    assert not quick.inspected
    with writing(reply("Please tell me the time a tea takes.")) as server:
        app = with_writer(actions, server)
        request = ParaphraseRequest(rows=3, variants=1)
        started = [
            app.inspect(quick.id),
            app.count_tokens(quick.id, "starter"),
            app.start_augmentation(quick.id, request),
            app.start_augmentation(quick.id, NoiseRequest(kinds=("typos",))),
        ]
        assert {job.status for job in started} == {"running"}
        inspected, counted, reworded, noisy = (end(actions, job.id) for job in started)
    ended = inspected, counted, reworded, noisy
    assert [(job.status, job.result and job.result.problem) for job in ended] == [("done", "")] * 4
    assert inspected.result
    assert actions.dataset(inspected.result.dataset_id or "").inspected
    assert (counted.progress.done, counted.progress.total) == (24, 24)
    assert actions.token_histogram(quick.id, "starter").exact
    assert len(server.requests) == reworded.progress.counts["done"] == 3
    train = len(actions.split(quick.id).train)
    assert noisy.progress.counts["proposed"] == noisy.progress.done == train
    newly_opened = Actions(Workspace.open(actions.workspace.root), actions.settings)
    assert sorted(newly_opened.jobs(), key=lambda job: job.id) == sorted(
        ended, key=lambda job: job.id
    )


def test_a_second_count_finds_what_the_first_has_counted(actions: Actions, tmp_path: Path) -> None:
    dataset = tea(actions, tmp_path)
    cache = jobs.token_counts_file(actions.workspace, dataset.id)
    reader = actions._reader("starter")
    assert len(list(exact_counts(actions.examples(dataset.id), reader, cache))) > 1
    before = cache.read_bytes()
    again = end(actions, actions.count_tokens(dataset.id, "starter").id)
    assert (again.status, again.progress.done) == ("done", 24)
    assert cache.read_bytes() == before


# -- ends before its time -------------------------------------------------------------------------


def test_what_is_cancelled_keeps_its_proposals_and_goes_on_from_there(
    actions: Actions, tmp_path: Path
) -> None:
    dataset = tea(actions, tmp_path)
    with writing(reply("Tell me how long this one takes."), first_s=0.15) as server:
        app = with_writer(actions, server)
        job = app.start_augmentation(
            dataset.id, ParaphraseRequest(rows=None, variants=1, concurrency=1)
        )
        wait(app, job.id, lambda job: job.progress.counts.get("done", 0) >= 1)
        cancelled = app.cancel_job(job.id)
        found = app.augmentation(job.id)
        asked = len(found.proposals.asked)
        assert cancelled.status == "cancelled"
        assert found.outcome is not None
        assert not found.outcome.finished
        assert 1 <= asked < 24
        assert app.cancel_job(job.id).status == "cancelled"
        server.models["writer"].first_s = 0.0
        app.resume_job(job.id)
        assert end(app, job.id).status == "done"
    outcome = app.augmentation(job.id).outcome
    assert outcome is not None
    assert (outcome.skipped, outcome.finished) == (asked, True)
    assert outcome.asked + asked == len(app.split(dataset.id).train)
    assert app.resume_job(job.id).status == "done"


def test_what_is_killed_has_failed_with_a_sentence(actions: Actions, tmp_path: Path) -> None:
    dataset = tea(actions, tmp_path)
    with writing(reply("Tell me how long this one takes."), first_s=30.0) as server:
        app = with_writer(actions, server)
        job = app.start_augmentation(dataset.id, ParaphraseRequest(rows=4))
        process = jobs._process(JobFolder(actions.workspace.job(job.id)))
        assert process is not None
        wait(app, job.id, lambda _: bool(server.requests))
        os.killpg(process.pid, signal.SIGKILL)
        killed = end(app, job.id)
    assert killed.status == "failed"
    assert killed.result is not None
    assert killed.result.problem == "The work on the data ended without a word."
    assert said(killed.result.problem, "zh") != killed.result.problem
    assert app.augmentation(job.id).outcome is None


def test_an_endpoint_that_says_nothing_is_told_and_its_key_is_nowhere(
    actions: Actions, tmp_path: Path
) -> None:
    dataset = tea(actions, tmp_path)
    with writing("", always=401) as server:
        assert server.key == KEY
        server.models["writer"].message = "no such key"
        app = with_writer(actions, server)
        job = end(app, app.start_augmentation(dataset.id, ParaphraseRequest(rows=None)).id)
    assert job.status == "failed"
    assert job.result is not None
    assert job.result.problem.startswith("The model server does not accept the API key.")
    files = [f for f in actions.workspace.jobs.rglob("*") if f.is_file()]
    assert len(files) > 4
    assert [f for f in files if KEY in f.read_text(encoding="utf-8")] == []


def test_a_model_that_is_not_there_is_told(actions: Actions, tmp_path: Path) -> None:
    dataset = tea(actions, tmp_path)
    job = end(actions, actions.count_tokens(dataset.id, str(tmp_path)).id)
    assert job.status == "failed"
    assert job.result is not None
    assert job.result.fix


def test_work_that_was_cancelled_before_its_first_step_does_nothing(
    actions: Actions, tmp_path: Path
) -> None:
    dataset = tea(actions, tmp_path)
    job = actions.count_tokens(dataset.id, "starter")
    (actions.workspace.job(job.id) / "cancelled").write_text("now")
    wait(actions, job.id, lambda job: job.status == "cancelled")
    actions.cancel_job(job.id)
    assert actions.job(job.id).status in ("cancelled", "done")


# -- what is on disk ------------------------------------------------------------------------------


def written(workspace: Workspace, name: str = "job-20261121-1000-abcd") -> JobFolder:
    folder = JobFolder(workspace.job(name))
    request = JobRequest(kind="tokens", dataset_id="ds-1", created="2026-11-21T10:00:00+00:00")
    write_atomic(folder.request, request.model_dump_json())
    return folder


def test_a_line_that_was_cut_short_spoils_only_itself(workspace: Workspace) -> None:
    folder = written(workspace)
    folder.tell(JobProgress(phase="counting", done=3, total=9))
    with folder.progress.open("ab") as file:
        file.write(b'{"phase": "coun')
    assert jobs.status(workspace, folder.root.name).progress.done == 3


def test_a_result_is_the_last_word_even_after_cancelling(workspace: Workspace) -> None:
    folder = written(workspace)
    write_atomic(folder.cancelled, "")
    assert jobs.status(workspace, folder.root.name).status == "cancelled"
    write_atomic(folder.result, JobResult(dataset_id="ds-2").model_dump_json())
    assert jobs.status(workspace, folder.root.name).status == "done"


@pytest.mark.parametrize("name", ["job-20261121-1000-none", "../../etc", "nothing"])
def test_a_job_that_is_not_there_is_told(actions: Actions, name: str) -> None:
    for verb in (actions.job, actions.cancel_job, actions.resume_job, actions.augmentation):
        with pytest.raises((DataError, WorkspaceError)):
            verb(name)


def test_a_folder_that_is_no_job_hides_no_other(workspace: Workspace) -> None:
    folder = written(workspace)
    (workspace.jobs / "job-broken").mkdir()
    write_atomic(workspace.jobs / "job-20261121-1100-half" / "request.json", '{"kind":')
    assert [job.id for job in jobs.list_jobs(workspace)] == [folder.root.name]
