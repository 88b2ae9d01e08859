"""Give every answer a verdict on every criterion, by check or by judge, and keep each at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from core.disk import append_line, write_atomic
from core.serving.records import Pair
from eval import checks
from eval.case import Case
from eval.judge import Judge, prompt_hash, unjudged
from eval.records import Answer, Comparison, Sample, Side, Verdict
from eval.rubrics import Criterion, Rubric

SIDES: tuple[Side, Side] = ("base", "tuned")
MOST_AT_ONCE = 8
GIVE_UP_AFTER = 12
"""Questions in a row without a reply: the judge is gone, and asking on would only wait."""
GONE = "the judge stopped answering"


class Question(NamedTuple):
    """One answer to be judged by one criterion."""

    criterion: Criterion
    sample: Sample
    answer: Answer
    side: Side

    @property
    def key(self) -> tuple[str, str, Side]:
        return self.sample.id, self.criterion.id, self.side


def needs_judge(rubric: Rubric) -> bool:
    """Whether any criterion is decided by a judge."""
    return any(criterion.kind == "judge" for criterion in rubric.criteria)


async def score(case: Case, pair: Pair, comparisons: Sequence[Comparison]) -> list[Verdict]:
    """A verdict for every criterion, sample and side.

    Raises JudgeError when the judge is the tuned model itself.
    """
    questions = list(_questions(case.rubric, comparisons))
    decided = [
        checks.check(q.criterion, q.sample, q.answer, q.side)
        for q in questions
        if q.criterion.kind == "check"
    ]
    to_judge = [question for question in questions if question.criterion.kind == "judge"]
    path = case.folder.verdicts
    if case.settings.judge is None or not to_judge:
        decided += [unjudged(q.criterion, q.sample, q.side) for q in to_judge]
        _write(path, decided)
        return decided
    kept = _kept(path, to_judge, case.settings.judge.model)
    _write(path, [*decided, *kept.values()])
    async with Judge(case.settings.judge) as judge:
        judge.refuse_candidate(pair.tuned)
        case.reporter.begin("judging", len(to_judge), len(kept))
        judged = await _judged(case, judge, [q for q in to_judge if q.key not in kept])
    return [*decided, *kept.values(), *judged]


async def _judged(case: Case, judge: Judge, questions: Sequence[Question]) -> list[Verdict]:
    """Every question put to the judge, several at once; stops asking when it stops answering."""
    pending = iter(questions)
    found: list[Verdict] = []
    silent = 0

    async def work() -> None:
        nonlocal silent
        for question in pending:
            criterion, sample, answer, side = question
            if silent >= GIVE_UP_AFTER:
                verdict = unjudged(criterion, sample, side, GONE)
            else:
                verdict = await judge.judge(criterion, sample, answer, side)
            if verdict.judge:
                silent = 0 if verdict.judge.replied else silent + 1
            found.append(verdict)
            append_line(case.folder.verdicts, verdict.model_dump_json())
            case.reporter.step(failed=verdict.outcome == "unscored")

    async with asyncio.TaskGroup() as workers:
        for _ in range(min(max(case.request.concurrency, 1), MOST_AT_ONCE)):
            workers.create_task(work())
    return found


def _questions(rubric: Rubric, comparisons: Sequence[Comparison]) -> Iterator[Question]:
    """Answer by answer, so that a judge's server reads each conversation's start only once."""
    for comparison in comparisons:
        for side in SIDES:
            for criterion in rubric.criteria:
                yield Question(criterion, comparison.sample, comparison.side(side), side)


def _kept(
    path: Path, questions: Sequence[Question], model: str
) -> dict[tuple[str, str, Side], Verdict]:
    """A judge's verdicts of an earlier attempt, where the same judge was asked the same."""
    wanted = {q.key: prompt_hash(q.criterion, q.sample, q.answer) for q in questions}
    kept = {}
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            verdict = Verdict.model_validate_json(line)
        except ValidationError:  # a killed program leaves a half-written line: asked again
            continue
        key, call = (verdict.sample_id, verdict.criterion_id, verdict.side), verdict.judge
        if call and call.replied and call.model == model and wanted.get(key) == call.prompt_hash:
            kept[key] = verdict
    return kept


def _write(path: Path, verdicts: Sequence[Verdict]) -> None:
    write_atomic(path, "".join(f"{verdict.model_dump_json()}\n" for verdict in verdicts))
