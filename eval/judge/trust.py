"""Which criteria may carry the conclusion: a judge's only when the judge passed its exam."""

from __future__ import annotations

from eval.judge.records import ExamResult, Judging
from eval.rubric.rubrics import Rubric

LEAST_READABLE = 0.5
"""Share of verdicts that a judge must give for the others to stand for all."""


def trusted(rubric: Rubric, judging: Judging | None) -> frozenset[str]:
    """Ids of the criteria that may carry the conclusion: checks, and a reliable judge's."""
    believed = judging is not None and judging.reliable
    return frozenset(c.id for c in rubric.all_criteria() if c.kind == "check" or believed)


def carrying(rubric: Rubric, judging: Judging | None) -> Rubric | None:
    """The rubric with only the criteria that may carry the conclusion; None when none are left.

    Its headline and score are what a verdict may speak of.
    """
    ids = trusted(rubric, judging)
    shared = tuple(c for c in rubric.criteria if c.id in ids)
    examples = {
        name: example.model_copy(update={"criteria": kept})
        for name, example in rubric.examples.items()
        if (kept := tuple(c for c in example.criteria if c.id in ids))
    }
    if not shared and not examples:
        return None
    scope = "per_example" if examples else "shared"
    return rubric.model_copy(update={"criteria": shared, "examples": examples, "scope": scope})


def doubted(kind: str, judging: Judging | None) -> bool:
    """Whether a criterion of this kind was decided by a judge that is not reliable."""
    return kind not in ("check", "score") and judging is not None and not judging.reliable


def marked(name: str, kind: str, judging: Judging | None) -> str:
    """A criterion's name, with a mark where it is doubted."""
    return f"{name} (its judge is not reliable)" if doubted(kind, judging) else name


def judged_reliable(exam: ExamResult | None, held: bool, given: int, of: int) -> tuple[str, str]:
    """Why a judge's verdicts may not carry the conclusion, in both languages; "" twice: they may.

    `held` tells whether an exam was to be held, `given` of `of` how many verdicts it gave.
    """
    if not held:
        return (
            "The judge was not examined, as was asked for.",
            "按要求未对评审进行考试。",
        )
    if exam is None:
        return (
            "The exam could not be held: the judge stopped answering.",
            "无法进行考试：评审停止了响应。",
        )
    if not exam.passed:
        return exam.why_not, exam.why_not_zh
    if given < LEAST_READABLE * of:
        return (
            f"The judge gave a verdict on only {given:,} of {of:,} answers.",
            f"评审只对 {of:,} 个回答中的 {given:,} 个给出了判定。",
        )
    return "", ""
