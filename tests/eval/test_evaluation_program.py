"""The evaluation program goes from a request to a report, fails in words, and can go on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.data import ingest, leaks, splitting, store
from core.data.records import Dataset
from core.disk import take_lease, write_atomic
from core.errors import DataError, RunError, ServingError
from core.processes import ProcessId
from core.serving.records import Pair
from core.settings import EndpointSetting, Settings
from core.training import runs
from core.training.records import Run, RunView
from core.workspace import Workspace
from eval import comparison, evaluations, program
from eval.evaluations import Launch
from eval.folder import ReportFolder
from eval.judge.records import JudgeOptions
from eval.records import Comparison, EvaluationParts, EvaluationRequest, Progress
from eval.rubric import choice as rubric_choice
from tests.eval import made_up
from tests.fakes import Behaviour, FakeServer, Messages

pytestmark = pytest.mark.slow

REPORT = "rep-20261121-104500-1a2b"
RUN = "run-20261121-103005-9f2c"
PLAIN = EvaluationParts(controls=False, forgetting=False, likelihood=False)
"""Nothing is asked but the questions; test_surroundings.py has the rest."""
ONLY_VERDICTS = JudgeOptions(pairwise=False, exam=False, repeated=0)
JUDGED = (
    made_up.RUBRIC
    + """
  - id: tone
    text: Warm.
    kind: judge
"""
)


def answer_of(number: int) -> str:
    return f"[REFUND] Number {number} is done."


def right(messages: Messages) -> str:
    """What a tuned model that learned the task says."""
    return answer_of(int(str(messages[-1]["content"]).split()[-1].rstrip("?")))


@pytest.fixture
def dataset(workspace: Workspace, tmp_path: Path) -> Dataset:
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"What of number {i}?"},
                {"role": "assistant", "content": answer_of(i)},
            ],
            "split": ("train", "validation", "test", "test")[i % 4],
            "tags": ["even" if i % 2 == 0 else "odd"],
        }
        for i in range(80)
    ]
    file = tmp_path / "numbers.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return store.save(workspace, ingest.read_file(file), file)


@pytest.fixture
def server() -> FakeServer:
    return FakeServer(
        {"base": Behaviour("I can't say."), "tuned": Behaviour(right), "judge": Behaviour("{}")}
    )


@pytest.fixture
def run(workspace: Workspace, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run that succeeded, as `core.training.runs` would tell."""
    view = made_up.run_view()
    split = splitting.frozen_split(workspace, dataset.id)
    seen = leaks.LeakReport(
        train_rows=20, held_out_rows=60, leaked_ids=(), counts={}, pairs=(), split=split.fingerprint
    )
    leaks.save_leaks(workspace, split, seen)  # numbers are too like each other for the real gate
    plan = view.run.plan.model_copy(
        update={"dataset_id": dataset.id, "split_fingerprint": split.fingerprint}
    )
    found = view.run.model_copy(update={"plan": plan})
    monkeypatch.setattr(runs, "status", lambda *_: found)
    monkeypatch.setattr(runs, "view", lambda *_: RunView(run=found, curve=view.curve, events=()))
    return found


@pytest.fixture
def folder(workspace: Workspace) -> ReportFolder:
    """An evaluation that was asked for, and whose process has gone."""
    found = ReportFolder.of(workspace, REPORT)
    ask(found, EvaluationRequest(run_id=RUN, rubric=made_up.RUBRIC, parts=PLAIN))
    gone = Launch(created="2026-11-21T10:45:00+00:00", process=ProcessId(pid=2**22, started=1.0))
    write_atomic(found.launch, gone.model_dump_json())
    return found


def ask(folder: ReportFolder, request: EvaluationRequest) -> None:
    write_atomic(folder.request, request.model_dump_json())


def judged(limit: int | None = None) -> EvaluationRequest:
    return EvaluationRequest(
        run_id=RUN, rubric=JUDGED, limit=limit, parts=PLAIN, judging=ONLY_VERDICTS
    )


Evaluate = Callable[[], int]


@pytest.fixture
def evaluate(
    workspace: Workspace,
    run: Run,
    folder: ReportFolder,
    server: FakeServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Evaluate:
    """The program itself, with a fake server in the place of a served pair."""

    def opened(*_: object) -> Pair:
        ends = {side: server.endpoint(side) for side in ("base", "tuned")}
        return made_up.pair().model_copy(update=ends)

    monkeypatch.setattr(program, "open_pair", opened)
    monkeypatch.setenv("DUOTUNE_HOME", str(workspace.root))
    monkeypatch.setattr("sys.argv", ["program", str(folder.root)])
    return program.main


def test_a_request_becomes_a_report(
    workspace: Workspace, evaluate: Evaluate, server: FakeServer, folder: ReportFolder
) -> None:
    assert evaluations.status(workspace, REPORT).status == "interrupted"
    with server:
        assert evaluate() == 0
    standing = evaluations.status(workspace, REPORT)
    assert (standing.status, standing.failed) == ("succeeded", 0)
    assert (standing.done, standing.total) == (40, 40)
    report = evaluations.load_report(workspace, REPORT)
    assert report.samples == 40
    assert report.verdict.kind == "better"
    assert (report.headline.estimate.base, report.headline.estimate.tuned) == (0.0, 1.0)
    assert {t.tag: t.estimate.pairs for t in report.by_tag} == {"even": 20, "odd": 20}
    assert report.conditions["Questions"] == "All 40 rows of the test part."
    assert "its version was not recorded" in report.conditions["Engine"]
    assert report.speed["base_tokens_per_s"] is not None
    assert folder.html.exists()
    assert folder.markdown.exists()
    assert [e.id for e in evaluations.list_evaluations(workspace)] == [REPORT]


def test_the_same_model_twice_shows_no_difference(
    workspace: Workspace, evaluate: Evaluate, server: FakeServer
) -> None:
    server.models["tuned"].text = server.models["base"].text
    with server:
        assert evaluate() == 0
    report = evaluations.load_report(workspace, REPORT)
    assert report.verdict.kind == "no_difference"
    assert "40 of 40 questions" in report.verdict.sentence


def test_a_failure_is_told_and_going_on_keeps_what_there_is(
    workspace: Workspace, evaluate: Evaluate, server: FakeServer, folder: ReportFolder
) -> None:
    answers = server.models["tuned"].text
    with server:
        server.models["tuned"].text = lambda m: "x" if len(server.requests) < 20 else str(1 / 0)
        server.models["base"].text = server.models["tuned"].text
        assert evaluate() == 1
        failed = evaluations.status(workspace, REPORT)
        assert failed.status == "failed"
        assert "no answer from either side" in failed.problem
        assert failed.fix
        with pytest.raises(RunError, match="failed"):
            evaluations.load_report(workspace, REPORT)
        kept = comparison.kept(folder.comparisons, [c.sample for c in _comparisons(folder)])
        server.requests.clear()
        server.models["base"].text = server.models["tuned"].text = answers
        assert evaluate() == 0
    assert 0 < len(kept) < 40
    assert len(server.requests) == 2 * (40 - len(kept))
    assert evaluations.load_report(workspace, REPORT).samples == 40


def _comparisons(folder: ReportFolder) -> list[Comparison]:
    lines = folder.comparisons.read_bytes().splitlines()
    return [Comparison.model_validate_json(line) for line in lines]


def test_an_unexpected_error_is_told_without_a_traceback(
    workspace: Workspace, evaluate: Evaluate, folder: ReportFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "open_pair", lambda *_: 1 / 0)
    assert evaluate() == 1
    problem = evaluations.status(workspace, REPORT).problem
    assert "ZeroDivisionError" in problem
    assert "Traceback" not in problem

    def refused(*_: object) -> None:
        raise ServingError("vLLM did not start.", "port 8000", "Read its log.")

    monkeypatch.setattr(program, "open_pair", refused)
    assert evaluate() == 1
    again = evaluations.status(workspace, REPORT)
    assert (again.problem, again.where, again.fix) == (
        "vLLM did not start.",
        "port 8000",
        "Read its log.",
    )


def test_without_a_judge_its_criterion_is_left_out(
    workspace: Workspace, evaluate: Evaluate, server: FakeServer, folder: ReportFolder
) -> None:
    ask(folder, judged())
    with server:
        assert evaluate() == 0
    report = evaluations.load_report(workspace, REPORT)
    assert report.score.tuned == 1.0
    assert report.conditions["Judge"] == "None is set."
    assert any("no judge endpoint is set" in warning for warning in report.warnings)


@pytest.mark.slow
def test_a_judge_is_asked_once_per_answer_and_its_word_is_kept(
    workspace: Workspace,
    evaluate: Evaluate,
    server: FakeServer,
    folder: ReportFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask(folder, judged(limit=25))
    server.models["judge"].text = json.dumps({"evidence": "", "reason": "Nice.", "met": True})
    with server:
        monkeypatch.setenv("DUOTUNE_JUDGE_URL", server.base_url)
        monkeypatch.setenv("DUOTUNE_JUDGE_MODEL", "judge")
        monkeypatch.setenv("DUOTUNE_JUDGE_KEY", server.key)
        assert evaluate() == 0
        assert sum(request["model"] == "judge" for request in server.requests) == 50
        folder.report.unlink()
        server.requests.clear()
        assert evaluate() == 0
        assert server.requests == []
    report = evaluations.load_report(workspace, REPORT)
    tone = next(result for result in report.criteria if result.criterion_id == "tone")
    assert (tone.estimate.pairs, tone.estimate.tuned) == (25, 1.0)
    kept = b"".join(p.read_bytes() for p in folder.root.iterdir() if p.is_file())
    assert server.key.encode() not in kept


@pytest.mark.slow
def test_a_dead_judge_is_given_up_and_nothing_becomes_wrong(
    workspace: Workspace,
    evaluate: Evaluate,
    server: FakeServer,
    folder: ReportFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask(folder, judged())
    server.models["judge"].always = 503
    with server:
        monkeypatch.setenv("DUOTUNE_JUDGE_URL", server.base_url)
        monkeypatch.setenv("DUOTUNE_JUDGE_MODEL", "judge")
        monkeypatch.setenv("DUOTUNE_JUDGE_KEY", server.key)
        assert evaluate() == 0
    asked = sum(request["model"] == "judge" for request in server.requests)
    assert asked <= 3 * (12 + 8)
    report = evaluations.load_report(workspace, REPORT)
    tone = next(result for result in report.criteria if result.criterion_id == "tone")
    assert tone.estimate.difference is None
    assert report.verdict.kind == "better"


def test_only_one_program_works_on_an_evaluation(
    workspace: Workspace, evaluate: Evaluate, folder: ReportFolder
) -> None:
    lease = take_lease(folder.lease)
    assert lease is not None
    assert evaluations.status(workspace, REPORT).status == "running"
    assert evaluate() == program.ALREADY_RUNNING
    assert not folder.failure.exists()
    with pytest.raises(RunError, match="running"):
        evaluations.resume(workspace, Settings(home=workspace.root), REPORT)


def test_rows_that_may_have_been_trained_on_are_not_evaluated(
    workspace: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = run.plan.model_copy(update={"split_fingerprint": "another"})
    monkeypatch.setattr(runs, "status", lambda *_: run.model_copy(update={"plan": other}))
    request = EvaluationRequest(run_id=RUN, rubric=made_up.RUBRIC)
    with pytest.raises(RunError, match="split is not the one"):
        evaluations.start(workspace, Settings(home=workspace.root), request)
    assert evaluations.list_evaluations(workspace) == ()


def test_a_spoiled_progress_line_hides_no_evaluation(
    workspace: Workspace, folder: ReportFolder
) -> None:
    whole = Progress(at="now", phase="answers", done=3, total=40).model_dump_json()
    folder.progress.write_text(f'{whole}\n{{"at": "no{whole}\n')
    (found,) = evaluations.list_evaluations(workspace)
    assert (found.done, found.total) == (3, 40)


def test_a_limit_that_leaves_no_question_is_refused_before_anything_starts(
    workspace: Workspace, run: Run
) -> None:
    request = EvaluationRequest(run_id=run.id, rubric=made_up.RUBRIC, limit=0)
    with pytest.raises(DataError, match="leaves no question"):
        evaluations.start(workspace, Settings(), request)
    assert not workspace.reports.exists()


def test_a_run_without_an_adapter_is_not_evaluated(
    workspace: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = run.model_copy(update={"status": "failed", "has_model": False})
    monkeypatch.setattr(runs, "status", lambda *_: failed)
    with pytest.raises(RunError, match="no tuned model"):
        evaluations.start(
            workspace,
            Settings(home=workspace.root),
            EvaluationRequest(run_id=RUN, rubric=made_up.RUBRIC),
        )


@pytest.mark.slow
def test_the_program_starts_apart_and_tells_what_is_wrong(workspace: Workspace, run: Run) -> None:
    settings = Settings(
        home=workspace.root, judge=EndpointSetting(base_url="http://127.0.0.1:9/v1", model="j")
    )
    started = evaluations.start(
        workspace, settings, EvaluationRequest(run_id=RUN, rubric=made_up.RUBRIC)
    )
    assert started.status in ("starting", "running")
    for _ in range(600):
        standing = evaluations.status(workspace, started.id)
        if standing.status not in ("starting", "running"):
            break
        time.sleep(0.05)
    assert standing.status == "failed"  # the run is known to this test's process only
    assert "no run" in standing.problem


def test_settings_reach_the_program_by_environment_and_other_keys_stay_behind(
    workspace: Workspace,
) -> None:
    judge = EndpointSetting.model_validate(
        {"base_url": "http://j/v1", "model": "judge", "api_key": "secret"}
    )
    given = {"PATH": "/bin", "DUOTUNE_LOGIN": "a:bbbbbbbb", "DUOTUNE_ASSISTANT_KEY": "k"}
    env = evaluations.environment(workspace, Settings(judge=judge, offline=True), given)
    assert env["DUOTUNE_JUDGE_KEY"] == "secret"
    assert env["DUOTUNE_HOME"] == str(workspace.root)
    assert env["HF_HUB_OFFLINE"] == "1"
    assert not {"DUOTUNE_LOGIN", "DUOTUNE_ASSISTANT_KEY"} & set(env)


def test_a_default_rubric_is_made_from_the_data(workspace: Workspace, dataset: Dataset) -> None:
    rubric = rubric_choice.choose(workspace, dataset.id)
    assert rubric.default
    assert rubric.criteria[0].headline
