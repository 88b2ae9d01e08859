"""What two reports have in common: questions and criteria on which they can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from core.errors import RunError
from eval.folder import ReportFolder, read_rows
from eval.judge import trust
from eval.records import Comparison, EvaluationRequest, Report, Verdict
from eval.rubric.rubrics import Criterion, Rubric, load


class Note(NamedTuple):
    """A remark on the comparison in both languages."""

    en: str
    zh: str


class Found(NamedTuple):
    """What lies in the folder of a finished evaluation."""

    report: Report
    rubric: Rubric
    comparisons: Sequence[Comparison]
    verdicts: Sequence[Verdict]

    @classmethod
    def of(cls, folder: ReportFolder, report: Report) -> Found:
        request = EvaluationRequest.model_validate_json(folder.request.read_bytes())
        return cls(
            report=report,
            rubric=load(request.rubric),
            comparisons=read_rows(folder.comparisons, Comparison),
            verdicts=read_rows(folder.verdicts, Verdict),
        )


def questions(
    first: Found, second: Found
) -> tuple[list[tuple[Comparison, Comparison]], tuple[Note, ...]]:
    """Both answers to every common question, in the order of the first report.

    Questions that stand in the training rows of either run are left out, unless all do. Raises
    RunError when it is the same report, or they share no question.
    """
    if first.report.id == second.report.id:
        raise RunError(
            "A report can't be compared with itself.", first.report.id, "Name two reports."
        )
    other = {each.sample.id: each for each in second.comparisons}
    shared = [
        (each, other[each.sample.id])
        for each in first.comparisons
        if each.sample.id in other and other[each.sample.id].sample.prompt == each.sample.prompt
    ]
    if not shared:
        raise RunError(
            "These two reports have no question in common, so nothing can be compared.",
            f"{first.report.id}, {second.report.id}",
            "Compare evaluations of runs that were trained on the same data.",
        )
    leaked = {name for found in (first, second) for name in leaked_ids(found.report)}
    clean = [pair for pair in shared if pair[0].sample.id not in leaked]
    many = len(shared) - len(clean)
    if clean and many:
        return clean, (Note(_SEEN[0].format(n=many), _SEEN[1].format(n=many)),)
    return shared, (_ALL_SEEN,) if many else ()


def leaked_ids(report: Report) -> tuple[str, ...]:
    """Questions that stand in the training rows of the report's run, as far as somebody looked."""
    return () if report.leaks is None else report.leaks.leaked_ids


_SEEN = (
    "Common questions that stand in the training rows of one of the runs, so left out: {n:,}.",
    "有 {n:,} 个共同问题出现在其中一次训练的数据里，因此未计入。",
)
_ALL_SEEN = Note(
    "All common questions stand in the training rows of one of the runs: a right answer may only "
    "be remembered.",
    "全部共同问题都出现在其中一次训练的数据里：答对可能只是背下来的。",
)


def believed(found: Found) -> Found:
    """The same with only the criteria that its report's verdict could rest on."""
    if found.report.judging is None:
        return found
    rubric = trust.carrying(found.rubric, found.report.judging)
    nothing = found.rubric.model_copy(update={"criteria": (), "examples": {}})
    return found._replace(rubric=rubric or nothing)


def doubts(first: Found, second: Found) -> tuple[Note, ...]:
    """What keeps either report from being relied on."""
    notes = []
    for report in (first.report, second.report):
        name = f"“{report.run_name}” ({report.created[:10]})"
        if report.controls is not None and report.controls.valid is False:
            notes.append(
                Note(
                    f"A null control won in the report on {name}: do not rely on this comparison.",
                    f"在 {name} 的报告中有对照胜出：请勿依赖这一比较。",
                )
            )
        if report.judging is not None and not report.judging.reliable:
            notes.append(
                Note(
                    f"The judge of the report on {name} is not reliable, so its criteria are left "
                    "out.",
                    f"{name} 的报告所用的评审不可靠，其评分项未计入。",
                )
            )
    return tuple(notes)


def criteria(first: Found, second: Found) -> tuple[tuple[Criterion, ...], tuple[Note, ...]]:
    """Criteria that mean the same in both, and notes on those that don't.

    Raises RunError when there is none.
    """
    theirs = {c.id: _meaning(c) for c in second.rubric.criteria}
    same = [c for c in first.rubric.criteria if theirs.get(c.id) == _meaning(c)]
    judges = (_judges(first.verdicts), _judges(second.verdicts))
    unlike = [c for c in same if c.kind != "check" and judges[0] != judges[1]]
    kept = tuple(c for c in same if c not in unlike)
    if not kept:
        raise RunError(
            "The rubrics of these two reports share no criterion that was decided alike.",
            f"{first.report.id}, {second.report.id}",
            "Evaluate both runs with the same rubric and the same judge.",
        )
    notes = []
    alone = [
        c for found in (first, second) for c in found.rubric.criteria if c.id not in _ids(same)
    ]
    if alone:
        names = ", ".join(dict.fromkeys(c.label for c in alone))
        notes.append(
            Note(
                f"Not the same in both rubrics, so left out: {names}.",
                f"两份评分标准中不一致，因此未计入：{names}。",
            )
        )
    if unlike:
        names = ", ".join(c.label for c in unlike)
        notes.append(
            Note(
                f"Decided by different judges, so left out: {names}.",
                f"由不同的评审模型判定，因此未计入：{names}。",
            )
        )
    return kept, tuple(notes)


def scored_alike(first: Found, second: Found) -> bool:
    """Whether one rubric score means the same in both: no judge had a part, or the same one."""
    judged = any(c.kind != "check" for c in first.rubric.all_criteria())
    same = first.rubric.hash == second.rubric.hash
    return same and (not judged or _judges(first.verdicts) == _judges(second.verdicts))


def _meaning(criterion: Criterion) -> object:
    """What decides it; its name and points may differ."""
    return criterion.model_dump(exclude={"name", "points", "headline"})


def _judges(found: Sequence[Verdict]) -> set[str]:
    return {verdict.judge.model for verdict in found if verdict.judge is not None}


def _ids(criteria: Sequence[Criterion]) -> set[str]:
    return {criterion.id for criterion in criteria}
