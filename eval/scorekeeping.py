"""Give every answer a verdict on every criterion, by check or by judge, and keep each at once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from core.disk import append_line, write_atomic
from core.serving.records import Pair
from core.settings import EndpointSetting
from eval.case import Case
from eval.checks import deciding as checks
from eval.judge import calibrating, exam
from eval.judge import flips as judge_flips
from eval.judge import pairwise as judge_pairwise
from eval.judge import summary as judge_summary
from eval.judge.cache import open_cache
from eval.judge.estimate import repeated_count
from eval.judge.identity import kinship, refuse_candidate
from eval.judge.judging import Counts, Judge, unjudged
from eval.judge.line import GONE, Line, ask_all
from eval.judge.records import ExamResult, Flips, Judging, Preference
from eval.records import Answer, Comparison, Sample, Side, Verdict
from eval.rubric.rubrics import Criterion, Rubric

SIDES: tuple[Side, Side] = ("base", "tuned")
TELL_EVERY_S = 0.25
ROWS_AT_ONCE = 256


class Scored(NamedTuple):
    """Every verdict, and how a judge did; None when no judge was asked."""

    verdicts: list[Verdict]
    judging: Judging | None


class Question(NamedTuple):
    """One answer to be judged by one criterion."""

    criterion: Criterion
    sample: Sample
    answer: Answer
    side: Side


async def score(case: Case, pair: Pair, comparisons: Sequence[Comparison]) -> Scored:
    """A verdict for every criterion, sample and side.

    Raises JudgeError when the judge is the tuned model itself, WorkspaceError when its replies
    can't be kept.
    """
    questions = list(_questions(case.rubric, comparisons))
    decided = [checks.check(*q) for q in questions if q.criterion.kind == "check"]
    to_judge = [question for question in questions if question.criterion.kind != "check"]
    setting = case.settings.judge
    if setting is None or not to_judge:
        decided += [unjudged(q.criterion, q.sample, q.side) for q in to_judge]
        _write(case.folder.verdicts, decided)
        return Scored(decided, None)
    refuse_candidate(setting, pair)
    judged, judging = await _judge(case, pair, setting, to_judge, comparisons)
    verdicts = [*decided, *judged]
    _write(case.folder.verdicts, verdicts)
    return Scored(verdicts, judging)


async def _judge(
    case: Case,
    pair: Pair,
    setting: EndpointSetting,
    questions: Sequence[Question],
    comparisons: Sequence[Comparison],
) -> tuple[list[Verdict], Judging]:
    """The exam, every question, some of them again, and every pair in both orders."""
    began, options = time.monotonic(), case.request.judging
    with open_cache(case.folder.judge_replies) as cache:
        at_once = case.settings.judge_concurrency
        async with Judge(setting, cache=cache, at_once=at_once, soft=options.soft) as judge:
            sitting = _Sitting(case, judge)
            total = len(questions) + repeated_count(len(questions), options.repeated)
            case.reporter.begin("judging", total + options.pairwise * len(comparisons))
            held = await sitting.exam() if options.exam else None
            judge.counts = Counts()  # what the exam counted is told by its result
            verdicts = await sitting.verdicts(questions)
            flips = await sitting.flips(questions, verdicts)
            preferences = await sitting.preferences(comparisons) if options.pairwise else []
            sitting.tell(now=True)
    if preferences:
        _write(case.folder.preferences, preferences)
    groups = [comparison.sample.group for comparison in comparisons]
    base_model = case.run.run.plan.base_model
    parts = {
        "exam": held,
        "flips": flips,
        "pairwise": judge_pairwise.summarised(preferences, groups) if preferences else None,
        "calibration": calibrating.of_folder(case.folder, verdicts, preferences),
        "seconds": round(time.monotonic() - began, 3),
    }
    kin = kinship(setting, base_model, judge_summary.architecture_of(base_model), pair)
    judging = judge_summary.summarised(judge, case.settings, options, verdicts, kin, parts)
    return verdicts, judging


class _Sitting:
    """A judge at work on one evaluation."""

    def __init__(self, case: Case, judge: Judge) -> None:
        self._case, self._judge, self._line = case, judge, Line()
        self._done = self._failed = 0
        self._told = time.monotonic()

    async def exam(self) -> ExamResult | None:
        """The exam; when nobody answers in it, nobody is asked anything else."""
        return await exam.hold(self._judge, self._case.workspace.judge_exams, self._line)

    async def verdicts(self, questions: Sequence[Question]) -> list[Verdict]:
        """A verdict for every question, in their order; unscored once the judge has gone."""
        found: list[Verdict | None] = [None] * len(questions)

        async def ask(at: int) -> None:
            question = questions[at]
            if self._line.gone:
                verdict = unjudged(question.criterion, question.sample, question.side, GONE)
            else:
                verdict = await self._judge.judge(*question)
                self._line.heard(question.sample.id, verdict.judge.trouble if verdict.judge else "")
            found[at] = verdict
            self._step(failed=verdict.outcome == "unscored")

        await ask_all(range(len(questions)), ask, self._judge.at_once)
        return [verdict for verdict in found if verdict is not None]

    async def flips(self, questions: Sequence[Question], verdicts: Sequence[Verdict]) -> Flips:
        """Some of the questions again."""
        options, seed = self._case.request.judging, self._case.request.seed
        chosen = judge_flips.chosen(verdicts, options.repeated, seed)
        asked = {(q.sample.id, q.criterion.id, q.side): q for q in questions}
        pairs: list[tuple[Verdict, Verdict]] = []

        async def ask(first: Verdict) -> None:
            if not self._line.gone:
                question = asked[first.sample_id, first.criterion_id, first.side]
                again = await self._judge.judge(*question, again=True)
                self._line.heard(first.sample_id, again.judge.trouble if again.judge else "")
                pairs.append((first, again))
            self._step()

        await ask_all(chosen, ask, self._judge.at_once)
        return judge_flips.compare(pairs)

    async def preferences(self, comparisons: Sequence[Comparison]) -> list[Preference]:
        """The preference on every pair, in both orders."""
        found: dict[str, Preference] = {}

        async def ask(comparison: Comparison) -> None:
            name = comparison.sample.id
            if self._line.gone:
                found[name] = judge_pairwise.unasked(name, f"Not judged: {GONE}.")
            else:
                found[name] = await judge_pairwise.prefer(self._judge, comparison)
            self._step()

        await ask_all(comparisons, ask, self._judge.at_once)
        return [found[comparison.sample.id] for comparison in comparisons]

    def tell(self, now: bool = False) -> None:
        """Say how far it is, a few times a second at most."""
        if now or time.monotonic() - self._told >= TELL_EVERY_S:
            self._case.reporter.step(self._failed, self._done)
            self._done = self._failed = 0
            self._told = time.monotonic()

    def _step(self, failed: bool = False) -> None:
        self._done += 1
        self._failed += failed
        self.tell()


def _questions(rubric: Rubric, comparisons: Sequence[Comparison]) -> Iterator[Question]:
    """Answer by answer, so that a judge's server reads each conversation's start only once."""
    for comparison in comparisons:
        for side in SIDES:
            for criterion in rubric.criteria_of(comparison.sample):
                yield Question(criterion, comparison.sample, comparison.side(side), side)


def _write(path: Path, records: Sequence[Verdict] | Sequence[Preference]) -> None:
    """Some rows at a time, so that all of them are never in memory as one text."""
    write_atomic(path, b"")
    for start in range(0, len(records), ROWS_AT_ONCE):
        rows = records[start : start + ROWS_AT_ONCE]
        append_line(path, "\n".join(row.model_dump_json() for row in rows))
