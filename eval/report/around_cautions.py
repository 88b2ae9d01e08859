"""What of the sections around a verdict must be said at its top, in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from eval.judge.records import Judging
from eval.records import Verdict
from eval.report.sections import Sections
from eval.rubric import health as rubric_health
from eval.rubric.rubrics import Rubric

SHUFFLED_AS_GOOD = 0.02
"""Shuffled answers that score within so much of the right ones: the rubric sees no difference."""


class Caution(NamedTuple):
    """A warning; without `zh` it is one of the sentences that core knows in Chinese."""

    en: str
    zh: str = ""


LOW = 0.05
"""Where the right answers score no more than this, others can't score less."""


def of(parts: Sections, judging: Judging | None) -> tuple[Caution, ...]:
    """All of them, what may overturn the verdict first."""
    return (*_controls(parts), *_leaks(parts), *_judge(judging), *_length(parts), *_unequal(parts))


def of_rubric(
    rubric: Rubric, verdicts: Sequence[Verdict], judging: Judging | None
) -> Iterator[Caution]:
    """Criteria that tell nothing, tell the same, or tell something else each time."""
    flips = judging.flips.by_criterion if judging and judging.flips else {}
    for finding in rubric_health.health(rubric, verdicts, flips).findings:
        yield Caution(finding.sentence, finding.sentence_zh)


def _controls(parts: Sections) -> Iterator[Caution]:
    found = parts.controls
    if found is None:
        return
    if found.valid is False or (found.valid is None and found.note):
        yield Caution(found.note, found.note_zh)
    for result in found.results:
        gap, level = result.estimate.difference, result.estimate.base or 0.0
        as_good = gap is not None and gap >= -SHUFFLED_AS_GOOD and level > LOW
        if result.kind == "shuffled" and as_good:
            yield Caution(
                "Answers to other questions score as well as the right ones: the rubric's checks "
                "do not see whether an answer fits its question.",
                "把回答错配给别的问题也得到同样的分数：评分标准的检查看不出回答是否切题。",
            )


def _leaks(parts: Sections) -> Iterator[Caution]:
    if parts.leaks is None:
        yield Caution(
            "Nobody looked whether questions stand in the training rows.",
            "没有检查过问题是否出现在训练行中。",
        )
    elif parts.leaks.leaked_ids:
        yield Caution(parts.leaks.note, parts.leaks.note_zh)


def _judge(judging: Judging | None) -> Iterator[Caution]:
    if judging is None:
        return
    if not judging.reliable:
        yield Caution(
            f"The judge's verdicts are not reliable and don't carry the conclusion. "
            f"{judging.why_not}",
            f"评审模型的判定不可靠，不作为结论的依据。{judging.why_not_zh}",
        )
    if judging.same_family:
        yield Caution(judging.same_family, judging.same_family_zh)


def _length(parts: Sections) -> Iterator[Caution]:
    if parts.length is not None and parts.length.may_be_length:
        yield Caution(parts.length.note, parts.length.note_zh)


def _unequal(parts: Sections) -> Iterator[Caution]:
    for found in parts.unequal:
        yield Caution(found.sentence, found.sentence_zh)
