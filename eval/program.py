"""The evaluation program: `python -m eval.program FOLDER` answers, scores and writes the report.

It runs apart from the app. Whatever it has is on disk at once, so that it can be started again.
"""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from pathlib import Path

from core.disk import append_line, await_lease, write_atomic
from core.errors import DuotuneError
from core.serving.engines import Engines
from core.serving.pairs import open_pair
from core.serving.records import Pair
from core.settings import read_settings
from core.training.records import Failure
from core.workspace import Workspace
from eval import comparison, conditions, conditions_zh, evidence_files, scorekeeping
from eval.around import surround
from eval.case import Case, open_case
from eval.evidence import Evidence
from eval.folder import ReportFolder
from eval.records import Comparison
from eval.rendering import page as rendering
from eval.report import reports
from eval.scoring import Scores

ALREADY_RUNNING = 3


def main() -> int:
    """Evaluate the request in the folder named on the command line; 0 when there is a report."""
    folder = ReportFolder(Path(sys.argv[1]).resolve())
    lease = await_lease(folder.lease)
    if lease is None:
        print("Another process evaluates this already.", file=sys.stderr)
        return ALREADY_RUNNING
    folder.failure.unlink(missing_ok=True)
    try:
        return _run(folder)
    finally:
        os.close(lease)


def _run(folder: ReportFolder) -> int:
    """The named boundary: whatever goes wrong becomes failure.json, so that a person is told."""
    try:
        settings = read_settings()
        evaluate(open_case(Workspace.open(settings.home), settings, folder))
    except DuotuneError as error:
        return _give_up(folder, Failure(problem=error.problem, where=error.where, fix=error.fix))
    except Exception as error:  # noqa: BLE001  what nobody foresaw is typed here, and only here
        failure = Failure(
            problem=f"The evaluation met an unexpected error: {type(error).__name__}: {error}",
            where=str(folder.log),
            fix="Go on with it: answers that it has are kept. The log has the details.",
        )
        return _give_up(folder, failure)
    return 0


def _give_up(folder: ReportFolder, failure: Failure) -> int:
    traceback.print_exc()  # into the log, where a developer looks
    write_atomic(folder.failure, failure.model_dump_json(indent=1))
    return 1


def evaluate(case: Case) -> None:
    """Open the pair, answer, ask what surrounds the verdict, score, and write the report."""
    case.reporter.begin("engine")
    pair = open_pair(Engines(case.workspace, case.settings), case.run.run, _say)
    evidence = asyncio.run(_evidence(case, pair))
    case.reporter.begin("report", len(evidence.comparisons), len(evidence.comparisons))
    evidence_files.save(evidence, case.folder.root)
    rendering.write(reports.build(evidence), case.folder.root)


async def _evidence(case: Case, pair: Pair) -> Evidence:
    """Everything that the report is made from; all of it is on disk as it comes."""
    comparisons = await answer(case, pair)
    around = await surround.gather(case, pair, comparisons)
    scored = await scorekeeping.score(case, pair, comparisons)
    scores = Scores.of(comparisons, case.rubric, scored.verdicts)
    judge = case.settings.judge if case.rubric.needs_judge else None
    told = {
        **conditions.of_data(case.dataset, case.split, case.samples, case.request),
        **conditions.of_serving(pair, case.request),
        **conditions.of_scoring(case.rubric, judge),
    }
    return Evidence(
        report_id=case.folder.report_id,
        request=case.request,
        rubric=case.rubric,
        run=case.run,
        dataset=case.dataset,
        pair=pair,
        comparisons=comparisons,
        verdicts=scored.verdicts,
        conditions=told,
        conditions_zh={
            **conditions_zh.of_data(case.dataset, case.split, case.samples, case.request),
            **conditions_zh.of_serving(pair, case.request, told),
            **conditions_zh.of_scoring(case.rubric, told, judge.model if judge else None),
        },
        judge_model=judge.model if judge else None,
        judging=scored.judging,
        facts=around.facts,
        answers=around.answers,
        nats=around.nats,
        nearest=surround.near_failures(case, scores),
    )


async def answer(case: Case, pair: Pair) -> list[Comparison]:
    """Both sides' answers to all samples; what an earlier attempt has is not asked again."""
    path = case.folder.comparisons
    kept = comparison.kept(path, case.samples)
    write_atomic(path, "".join(f"{found.model_dump_json()}\n" for found in kept.values()))
    case.reporter.begin("answers", len(case.samples), len(kept))

    def done(finished: Comparison) -> None:
        append_line(path, finished.model_dump_json())
        failed = (finished.base.error is not None) + (finished.tuned.error is not None)
        case.reporter.step(failed)

    missing = [sample for sample in case.samples if sample.id not in kept]
    request = case.request
    asked = await comparison.compare(
        missing, pair.base, pair.tuned, request.sampling, request.concurrency, done
    )
    found = kept | {finished.sample.id: finished for finished in asked}
    return [found[sample.id] for sample in case.samples]


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
