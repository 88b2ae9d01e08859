"""The verbs about exports: what a request takes along of data, evaluations and the machine."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from core.actions import Actions
from core.errors import ModelError, RunError
from core.export_actions import ExportChoices
from core.exporting import exports
from core.serving.records import Endpoint
from core.settings import Settings
from core.training import library
from core.workspace import Workspace
from eval import evaluations
from eval.records import Evaluation, EvaluationRequest
from tests.core.exporting import hand_made
from tests.eval.made_up_parts import judging
from tests.fakes_actions import make_report


@pytest.fixture
def actions(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Actions:
    """Over a workspace with one finished run; export programs are not started."""
    monkeypatch.setattr(exports, "run_program", lambda *_: None)
    settings = Settings(home=workspace.root, offline=True)
    hand_made.finished(workspace, settings)
    return Actions(workspace, settings)


def evaluation(status: Any) -> Evaluation:
    request = EvaluationRequest(run_id=hand_made.RUN, rubric="")
    return Evaluation(
        id="rep-1", request=request, created=hand_made.AT, status=status, phase=None, done=0,
        total=None, failed=0,
    )  # fmt: skip


def test_finished_reports_go_along_with_their_intervals(
    actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = make_report("rep-1", actions.find_run("last"))
    monkeypatch.setattr(evaluations, "list_evaluations", lambda _: (evaluation("succeeded"),))
    monkeypatch.setattr(evaluations, "load_report", lambda *_: report)
    request = actions.start_export(hand_made.RUN, "adapter").request
    (fact,) = request.reports
    assert fact.verdict == "Tuning helped: 5.0% became 90.0%."
    assert [(f.name, f.low, f.high) for f in fact.figures] == [
        ("rubric score", 0.7, 0.95), ("The answer is the reference.", 0.7, 0.95),
    ]  # fmt: skip
    assert request.data is not None
    assert request.data.train is None, "the data is not here, so its rows are not counted"
    assert request.wish.serve


def test_figures_that_carry_no_verdict_are_marked_or_left_out(
    actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = make_report("rep-1", actions.find_run("last"))
    (exact,) = found.criteria
    warm = exact.model_copy(update={"criterion_id": "warm", "kind": "judge", "text": "Warm."})
    verdict = found.verdict.model_copy(update={"kind": "not_measured", "sentence": "Not valid."})
    report = found.model_copy(
        update={
            "criteria": (exact, warm), "judging": judging(reliable=False), "verdict": verdict,
        }
    )  # fmt: skip
    monkeypatch.setattr(evaluations, "list_evaluations", lambda _: (evaluation("succeeded"),))
    monkeypatch.setattr(evaluations, "load_report", lambda *_: report)
    (fact,) = actions.start_export(hand_made.RUN, "adapter").request.reports
    assert [figure.name for figure in fact.figures][1:] == [
        "The answer is the reference.", "Warm. (its judge is not reliable)",
    ]  # fmt: skip
    (seen,) = actions.lineage(hand_made.RUN).evaluations
    assert (seen.verdict, seen.base, seen.tuned, seen.difference) == (
        "Not valid.", None, None, None,
    )  # fmt: skip
    monkeypatch.setattr(evaluations, "load_report", lambda *_: found)
    assert actions.lineage(hand_made.RUN).evaluations[0].tuned == 0.9


def test_engines_are_left_to_an_evaluation_that_runs(
    actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluations, "list_evaluations", lambda _: (evaluation("running"),))
    request = actions.start_export(hand_made.RUN, "adapter").request
    assert not request.wish.serve
    assert request.wish.why_not == "An evaluation is using the model server."
    assert request.reports == ()


def test_a_model_of_the_library_is_exported_by_its_name(
    actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = actions.find_run("last").model_copy(update={"has_model": True})
    library.keep(actions.workspace, run, "tea")
    export = actions.start_export("tea", "merged", ExportChoices(name="tea v1"))
    assert (export.request.source, export.request.source_id) == ("library", "tea")
    assert export.request.name == "tea-v1"
    assert export.request.directory == actions.workspace.export(export.id)
    assert actions.exports("tea") == (actions.export_status(export.id),)
    with pytest.raises(RunError, match="no model called 'coffee'"):
        actions.start_export("coffee", "adapter")


def test_a_base_that_is_gone_is_said(actions: Actions, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = actions.workspace.run(hand_made.RUN).plan
    plan.write_text(plan.read_text().replace('"starter"', '"/nowhere/base"'))
    with pytest.raises(ModelError, match="does not exist"):
        actions.start_export(hand_made.RUN, "merged")
    assert not actions.workspace.exports.exists()


def test_a_snippet_asks_what_is_served(actions: Actions) -> None:
    endpoint = Endpoint(
        label="tuned", base_url="http://127.0.0.1:9/v1", model="ad-1", stop_token_ids=(2,),
        api_key=SecretStr("secret-key"),
    )  # fmt: skip
    found = actions.snippet(endpoint, "Where is it?")
    assert "ad-1" in found.python
    assert "Where is it?" in found.curl
    assert "secret-key" not in found.python + found.curl
