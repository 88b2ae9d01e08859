"""A judge's marks, from what it said to every item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.identifiers import now
from eval.judge.exam.items import ExamQuestion, version
from eval.judge.records import ExamItem, ExamResult, Share
from eval.judge.shares import share_of
from eval.wording import percent

BAR_ACCURACY = 0.70
BAR_CONSISTENCY = 0.75


def grade(
    items: Sequence[ExamQuestion],
    said: Mapping[str, tuple[str, ...]],
    who: tuple[str, str],
    replies: tuple[int, int, int],
) -> ExamResult:
    """The result of a judge (`who`: its model and host).

    `said` holds by item one word, or two for a pair (`first`, `second`, `tie` or `unscored`, with
    the answers as the item has them and the other way round, both told in the item's own terms).
    `replies` are the calls, those with a readable reply, and the questions that nobody answered.
    """
    marks = [_mark(item, said.get(item.id, ("unscored",))) for item in items]
    different = [m for m in marks if len(m.said) == 2 and m.expected != "tie"]
    identical = [m for m in marks if m.expected == "tie"]
    accuracy = share_of(sum(mark.right for mark in marks), len(marks))
    consistency = share_of(sum(_is_consistent(mark) for mark in different), len(different))
    calls, readable, silent = replies
    why, why_zh = _why_not(accuracy, consistency, silent)
    return ExamResult(
        model=who[0], host=who[1], version=version(), held=now(),
        accuracy=accuracy, consistency=consistency,
        longer_preferred=_longer(items, said),
        identical_tied=share_of(sum(mark.right for mark in identical), len(identical)),
        readable=share_of(readable, calls),
        by_trait=_by_trait(marks), silent=silent,
        passed=not why, why_not=why, why_not_zh=why_zh, items=tuple(marks),
    )  # fmt: skip


def _mark(item: ExamQuestion, said: tuple[str, ...]) -> ExamItem:
    return ExamItem(
        id=item.id,
        traits=item.traits,
        language=item.language,
        expected=item.expected,
        said=said,
        right=all(word == item.expected for word in said),
    )


def _is_consistent(mark: ExamItem) -> bool:
    """Whether both orders named the same answer; a tie names none."""
    return mark.said[0] == mark.said[1] and mark.said[0] in ("first", "second")


def _longer(items: Sequence[ExamQuestion], said: Mapping[str, tuple[str, ...]]) -> Share:
    """Of decisions on pairs whose longer answer is wrong: how often it was chosen."""
    chosen = []
    for item in items:
        if item.is_pair and "longer_but_wrong" in item.traits:
            longer = "first" if len(item.first) > len(item.second) else "second"
            words = [word for word in said.get(item.id, ()) if word in ("first", "second")]
            chosen += [word == longer for word in words]
    return share_of(sum(chosen), len(chosen))


def _by_trait(marks: Sequence[ExamItem]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for mark in marks:
        for trait in mark.traits:
            right, count = found.get(trait, (0, 0))
            found[trait] = right + mark.right, count + 1
    return found


def _why_not(accuracy: Share, consistency: Share, silent: int) -> tuple[str, str]:
    """Why the exam is not passed, in both languages; "" twice when it is."""
    if (accuracy.value or 0) < BAR_ACCURACY:
        figures = percent(accuracy.value), percent(BAR_ACCURACY)
        if silent:
            return (
                f"In the exam the judge left {silent} questions without a reply, and was right "
                f"on {figures[0]} of the items; {figures[1]} are needed.",
                f"考试中评审有 {silent} 个问题没有答复，答对 {figures[0]}；要求 {figures[1]}。",
            )
        return (
            f"In the exam the judge was right on {figures[0]} of the items; "
            f"{figures[1]} are needed.",
            f"考试中评审答对 {figures[0]}；要求 {figures[1]}。",
        )
    if (consistency.value or 0) < BAR_CONSISTENCY:
        figures = percent(consistency.value), percent(BAR_CONSISTENCY)
        return (
            f"In the exam the judge named the same answer in both orders for {figures[0]} of the "
            f"pairs; {figures[1]} are needed.",
            f"考试中交换两个回答的顺序后，评审仅有 {figures[0]} 仍选择同一个回答；"
            f"要求 {figures[1]}。",
        )
    return "", ""
