"""The score three times: on all questions, on those training never saw, on those it saw."""

from __future__ import annotations

from collections.abc import Collection

from eval.around.records import LeakCheck, LeakSlice
from eval.scoring import Scores
from eval.wording import count


def clean(scores: Scores, leaked_ids: Collection[str]) -> Scores:
    """The scores of the questions that did not leak; the same object when none did."""
    kept = [i for i, sample_id in _numbered(scores) if sample_id not in leaked_ids]
    return scores if len(kept) == len(scores.comparisons) else scores.at(kept)


def check(scores: Scores, clean: Scores, leaked_ids: Collection[str] | None) -> LeakCheck | None:
    """The headline and the score on all, clean and leaked questions; None when nobody looked.

    `clean` are the scores of the clean questions, or of all when every one leaked.
    """
    if leaked_ids is None:
        return None
    leaked = [i for i, sample_id in _numbered(scores) if sample_id in leaked_ids]
    if not leaked:
        return LeakCheck(
            slices=(_slice("all", scores),),
            leaked_ids=(),
            verdict_uses="all",
            note="No question stands in the training rows, wholly, nearly or in part.",
            note_zh="没有任何问题（完整、近似或部分）出现在训练行中。",
        )
    seen = scores.at(leaked)
    slices = (
        _slice("all", scores),
        _slice("clean", clean if len(leaked) < len(scores.comparisons) else scores.at([])),
        _slice("leaked", seen),
    )
    of, total = len(leaked), len(scores.comparisons)
    return LeakCheck(
        slices=slices,
        leaked_ids=tuple(scores.comparisons[i].sample.id for i in leaked),
        verdict_uses="clean",
        note=(
            f"{count(of, 'question')} of {total:,} stand in the training rows, wholly, nearly or "
            f"in part. The verdict and all figures use the other {total - of:,} only."
        ),
        note_zh=(
            f"{total:,} 个问题中有 {of:,} 个（完整、近似或部分）出现在训练行中。"
            f"结论和所有数字只使用其余 {total - of:,} 个。"
        ),
    )


def _numbered(scores: Scores) -> list[tuple[int, str]]:
    return [(i, c.sample.id) for i, c in enumerate(scores.comparisons)]


def _slice(which: str, scores: Scores) -> LeakSlice:
    return LeakSlice.model_validate({
        "which": which,
        "samples": len(scores.comparisons),
        "headline": scores.estimate(scores.headline),
        "score": scores.estimate(scores.score()),
    })  # fmt: skip
