"""Start, watch and resume evaluations; how one stands is derived from its folder."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from core.disk import last_record, lease_is_held, write_atomic
from core.errors import DataError, RunError, WorkspaceError
from core.identifiers import new_id, now
from core.messages import Record
from core.processes import ProcessId, end_group, is_alive, start_detached
from core.settings import Settings, judge_variables
from core.training import runs
from core.training.records import Failure
from core.training.standing import stands
from core.workspace import Workspace
from eval import comparison
from eval.folder import ReportFolder
from eval.records import Evaluation, EvaluationRequest, EvaluationStatus, Progress, Report
from eval.rubric import rubrics

ROOT = Path(__file__).resolve().parents[1]
"""The folder that holds the packages `core` and `eval`, wherever the app was started from."""

ENDED_EARLY = ("failed", "interrupted", "stopped")
"""With these it can go on."""

STOP_GRACE_S = 3.0
"""Each answer is on disk as it comes, so nothing is lost by an end that is not waited for."""

_log = logging.getLogger(__name__)


class Launch(Record):
    """When an evaluation was asked for, and the process that was started for it last."""

    created: str
    """ISO time, UTC."""
    process: ProcessId


def start(workspace: Workspace, settings: Settings, request: EvaluationRequest) -> Evaluation:
    """Start an evaluation of a finished run in its own process.

    Raises RunError when the run has no adapter or another split, RubricError when the rubric is
    none, DataError when no row would be evaluated on: nothing is left behind then.
    """
    rubric = rubrics.load(request.rubric)
    if request.limit is not None and request.limit < 1:
        raise DataError(
            f"A limit of {request.limit} leaves no question to ask.",
            fix="Use 1 or more, or leave the limit out.",
        )
    run = runs.status(workspace, request.run_id)
    if not run.has_model:
        raise RunError(
            f"Run '{run.plan.name}' {stands(run.status)}, so there is no tuned model to evaluate.",
            run.id,
            "Wait for it to succeed, or resume it.",
        )
    split = comparison.split_of(workspace, run.plan)
    if not (split.test if request.part == "test" else split.validation):
        raise DataError(
            f"The {request.part} part of the data has no rows, so nothing can be asked.",
            run.plan.dataset_id,
            "Evaluate on the other part, or add rows to the data.",
        )
    folder = ReportFolder.of(workspace, new_id("rep"))
    write_atomic(folder.rubric, rubric.as_yaml())
    write_atomic(folder.request, request.model_dump_json(indent=1))
    _launch(folder, workspace, settings, created=now())
    return status(workspace, folder.report_id)


def resume(workspace: Workspace, settings: Settings, report_id: str) -> Evaluation:
    """Go on with an evaluation that ended early; answers that it has are kept.

    Raises RunError when it still runs or has finished.
    """
    before = status(workspace, report_id)
    if before.status not in ENDED_EARLY:
        raise RunError(
            f"This evaluation {stands(before.status)}, so there is nothing to go on with.",
            report_id,
            "Start a new evaluation to repeat it.",
        )
    folder = ReportFolder.of(workspace, report_id)
    folder.failure.unlink(missing_ok=True)
    folder.stopped.unlink(missing_ok=True)
    _launch(folder, workspace, settings, created=before.created)
    return status(workspace, report_id)


def stop(workspace: Workspace, report_id: str) -> Evaluation:
    """End an evaluation; the answers and verdicts that it has stay, and `resume` goes on.

    Raises RunError when it has ended already.
    """
    before = status(workspace, report_id)
    if before.status not in ("starting", "running"):
        raise RunError(
            f"This evaluation {stands(before.status)}, so there is nothing to stop.", report_id
        )
    folder = ReportFolder.of(workspace, report_id)
    write_atomic(folder.stopped, now() + "\n")
    end_group(Launch.model_validate_json(folder.launch.read_bytes()).process, STOP_GRACE_S)
    return status(workspace, report_id)


def status(workspace: Workspace, report_id: str) -> Evaluation:
    """How an evaluation stands now.

    Raises RunError when there is none of this name, or its request can't be read.
    """
    folder = ReportFolder.of(workspace, report_id)
    try:
        request = EvaluationRequest.model_validate_json(folder.request.read_bytes())
        launch = Launch.model_validate_json(folder.launch.read_bytes())
    except FileNotFoundError as error:
        raise RunError(
            "There is no such evaluation.", report_id, "`duotune runs` lists what there is."
        ) from error
    except (OSError, ValidationError) as error:
        raise RunError(
            "What was asked for in this evaluation can't be read.",
            str(folder.root),
            "Start a new evaluation.",
        ) from error
    status, failure = _status(folder, launch)
    progress = last_progress(folder)
    return Evaluation(
        id=report_id,
        request=request,
        created=launch.created,
        status=status,
        phase=progress.phase if progress and status == "running" else None,
        done=progress.done if progress else 0,
        total=progress.total if progress else None,
        failed=progress.failed if progress else 0,
        problem=failure.problem if failure else "",
        where=failure.where if failure else "",
        fix=failure.fix if failure else "",
    )


def list_evaluations(workspace: Workspace) -> tuple[Evaluation, ...]:
    """All readable evaluations, newest first."""
    found = []
    names = sorted((p.name for p in workspace.reports.glob("rep-*") if p.is_dir()), reverse=True)
    for name in names:
        try:
            found.append(status(workspace, name))
        except (RunError, WorkspaceError) as error:
            _log.warning("An evaluation is left out of the list: %s", error)
    return tuple(found)


def load_report(workspace: Workspace, report_id: str) -> Report:
    """A finished report.

    Raises RunError while it is not finished, or when it can't be read.
    """
    folder = ReportFolder.of(workspace, report_id)
    try:
        return Report.model_validate_json(folder.report.read_bytes())
    except FileNotFoundError as error:
        standing = status(workspace, report_id)
        raise RunError(
            f"There is no report yet: the evaluation {stands(standing.status)}.",
            report_id,
            standing.fix or "Wait until it has succeeded.",
        ) from error
    except (OSError, ValidationError) as error:
        raise RunError(
            "The report can't be read.", str(folder.report), "Start a new evaluation."
        ) from error


def html_path(workspace: Workspace, report_id: str) -> Path:
    """Where a finished report lies as a page."""
    return ReportFolder.of(workspace, report_id).html


def markdown_path(workspace: Workspace, report_id: str) -> Path:
    """Where a finished report lies as Markdown."""
    return ReportFolder.of(workspace, report_id).markdown


def last_progress(folder: ReportFolder) -> Progress | None:
    """How far it is, as far as it said."""
    return last_record(folder.progress, Progress)


def _status(folder: ReportFolder, launch: Launch) -> tuple[EvaluationStatus, Failure | None]:
    if folder.report.exists():
        return "succeeded", None
    if lease_is_held(folder.lease):
        return "running", None
    if folder.stopped.exists():
        return "stopped", Failure(
            problem="This evaluation was stopped on request.",
            where="",
            fix="Go on with it: answers that it has are kept.",
        )
    if folder.failure.exists():
        return "failed", Failure.model_validate_json(folder.failure.read_bytes())
    if is_alive(launch.process):
        return "starting", None
    if folder.report.exists():  # it finished between these looks
        return "succeeded", None
    return "interrupted", Failure(
        problem="The evaluation program ended without a word.",
        where=str(folder.log),
        fix="Go on with it: answers that it has are kept.",
    )


def _launch(folder: ReportFolder, workspace: Workspace, settings: Settings, created: str) -> None:
    # -P: a folder called `core` where the app was started must not be taken for ours
    argv = [sys.executable, "-P", "-m", "eval.program", str(folder.root)]
    process = start_detached(argv, folder.log, environment(workspace, settings))
    write_atomic(folder.launch, Launch(created=created, process=process).model_dump_json())


def environment(
    workspace: Workspace, settings: Settings, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """What the evaluation program gets: the app's environment with these settings put in.

    The judge's key travels only here, never on disk; the app's login and the assistant's key stay
    behind.
    """
    env = {name: value for name, value in environ.items() if not name.startswith("DUOTUNE_")}
    before = environ.get("PYTHONPATH")
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), *([before] if before else [])])
    env["PYTHONUNBUFFERED"] = "1"
    env["DUOTUNE_HOME"] = str(workspace.root)
    if settings.vllm_python:
        env["DUOTUNE_VLLM_PYTHON"] = str(settings.vllm_python)
    if settings.offline:
        env["HF_HUB_OFFLINE"] = "1"
    return env | judge_variables(settings)
