"""Evidence on disk: from a report's folder alone every figure of the report can be made again."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from core.data.records import Dataset
from core.disk import write_atomic
from core.errors import RunError
from core.messages import Record
from core.serving.records import Pair
from core.training.records import Curve, Run, RunView
from eval.around.asked_records import AskedAnswer, TextNats
from eval.evidence import Evidence, Facts, Nearest
from eval.folder import ReportFolder, read_rows
from eval.judge.records import Judging
from eval.records import Comparison, EvaluationRequest, Report, Verdict
from eval.report import reports
from eval.rubric import rubrics

NAME = "evidence.json"
ASKED = ("controls.jsonl", "general.jsonl", "baselines.jsonl")
NATS, NEAREST = "likelihood.jsonl", "nearest.jsonl"


class KeptFacts(Record):
    """What a report is made from beside its rows: `evidence.json`."""

    run: Run
    curve: Curve
    dataset: Dataset
    """Without its problems."""
    pair: Pair
    """Without its key."""
    conditions: dict[str, str]
    conditions_zh: dict[str, str]
    judge_model: str | None
    judging: Judging | None
    facts: Facts


def save(evidence: Evidence, folder: Path) -> None:
    """Write what is not on disk yet: answers, verdicts and figures of texts were kept at once."""
    nearest = "".join(f"{line.model_dump_json()}\n" for line in evidence.nearest)
    write_atomic(folder / NEAREST, nearest)
    kept = KeptFacts(
        run=evidence.run.run,
        curve=evidence.run.curve,
        dataset=evidence.dataset.model_copy(update={"problems": ()}),
        pair=evidence.pair,
        conditions=evidence.conditions,
        conditions_zh=evidence.conditions_zh,
        judge_model=evidence.judge_model,
        judging=evidence.judging,
        facts=evidence.facts,
    )
    write_atomic(folder / NAME, kept.model_dump_json(indent=1))


def load(folder: Path) -> Evidence:
    """Read a report's evidence back.

    Raises RunError when it is missing or damaged, as in a folder of an earlier version.
    """
    files = ReportFolder(folder)
    try:
        kept = KeptFacts.model_validate_json((folder / NAME).read_bytes())
        request = EvaluationRequest.model_validate_json(files.request.read_bytes())
    except (OSError, ValidationError) as error:
        raise RunError(
            "The evidence of this report is missing or damaged, so it can't be made again.",
            str(folder / NAME),
            "Start a new evaluation.",
        ) from error
    return Evidence(
        report_id=files.report_id,
        request=request,
        rubric=rubrics.load(request.rubric),
        run=RunView(run=kept.run, curve=kept.curve, events=()),
        dataset=kept.dataset,
        pair=kept.pair,
        comparisons=sorted(
            read_rows(files.comparisons, Comparison), key=lambda c: (c.sample.row, c.sample.id)
        ),
        verdicts=read_rows(files.verdicts, Verdict),
        conditions=kept.conditions,
        conditions_zh=kept.conditions_zh,
        judge_model=kept.judge_model,
        judging=kept.judging,
        facts=kept.facts,
        answers=[row for name in ASKED for row in read_rows(folder / name, AskedAnswer)],
        nats=read_rows(folder / NATS, TextNats),
        nearest=read_rows(folder / NEAREST, Nearest),
    )


def rederive(folder: Path) -> Report:
    """The report, made again from the rows in its folder; raises as `load` does.

    With the same versions of Duotune and its libraries it equals report.json.
    """
    return reports.build(load(folder))
