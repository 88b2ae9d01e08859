"""Which criteria of a rubric tell nothing, tell the same, or tell something else each time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from eval.records import Verdict
from eval.rubric.criteria import Criterion
from eval.rubric.records import Health, HealthFinding
from eval.rubric.rubrics import Rubric
from eval.scoring import VALUES
from eval.wording import count, percent

NEEDED = 20
"""Verdicts below which a criterion is not looked at."""
NEEDED_REPEATS = 10
"""Questions asked twice below which flips say nothing."""
ALIKE = 0.95
"""Correlation, either way, from which two criteria are called redundant."""
OFTEN = 0.1
"""Share of flips from which they are told."""
MANY_UNSCORED = 0.2

Table = NDArray[np.float64]
"""(answers, criteria): values, NaN where there is no verdict."""


def health(
    rubric: Rubric,
    verdicts: Iterable[Verdict],
    flips: Mapping[str, tuple[int, int]] | None = None,
) -> Health:
    """What verdicts on both sides' answers tell about the shared criteria.

    `flips` says by criterion id how many questions a judge was asked twice, and how many of them
    it then answered otherwise.
    """
    criteria = rubric.criteria
    table, asked = _table(criteria, verdicts)
    scored = (~np.isnan(table)).sum(axis=0)
    enough = [n for n in range(len(criteria)) if scored[n] >= NEEDED]
    varying = [n for n in enough if np.nanmax(table[:, n]) > np.nanmin(table[:, n])]
    findings = [
        *(_never_varies(criteria[n], table[:, n]) for n in enough if n not in set(varying)),
        *_redundant([criteria[n] for n in varying], table[:, varying]),
        *_flipping(criteria, flips or {}),
        *_unscored(criteria, asked, scored),
    ]
    return Health(
        findings=tuple(findings),
        looked_at=len(enough),
        too_few=tuple(c.id for n, c in enumerate(criteria) if scored[n] < NEEDED),
        needed=NEEDED,
    )


def _table(
    criteria: Sequence[Criterion], verdicts: Iterable[Verdict]
) -> tuple[Table, NDArray[np.int64]]:
    """Values by answer and criterion, and how often each was asked for."""
    columns = {criterion.id: n for n, criterion in enumerate(criteria)}
    rows: dict[tuple[str, str], int] = {}
    found: dict[tuple[int, int], float] = {}
    for verdict in verdicts:
        column = columns.get(verdict.criterion_id)
        if column is None:  # a criterion of one example
            continue
        row = rows.setdefault((verdict.sample_id, verdict.side), len(rows))
        value = _value(criteria[column], verdict)
        found[row, column] = float("nan") if value is None else value
    table = np.full((len(rows), len(criteria)), np.nan)
    asked = np.zeros(len(criteria), dtype=np.int64)
    for (row, column), value in found.items():
        table[row, column] = value
        asked[column] += 1
    return table, asked


def _value(criterion: Criterion, verdict: Verdict) -> float | None:
    if criterion.kind == "scale" and verdict.outcome != "unscored":
        return criterion.level_value(verdict.level)
    return VALUES[verdict.outcome]


def _never_varies(criterion: Criterion, values: Table) -> HealthFinding:
    known = values[~np.isnan(values)]
    share, number = float(known.mean()), len(known)
    every = count(number, "answer")
    said, said_zh = {
        1.0: (f"is met by all {every}", f"{number} 个回答全部满足"),
        0.0: (f"is met by none of {every}", f"{number} 个回答无一满足"),
    }.get(share, (f"has the same level in all {every}", f"{number} 个回答都是同一等级"))
    return HealthFinding(
        kind="never_varies",
        criteria=(criterion.id,),
        share=share,
        count=number,
        sentence=f"“{criterion.label}” {said}: it tells nothing apart. Sharpen it or drop it.",
        sentence_zh=f"“{criterion.label}”：{said_zh}，因此无法区分任何回答。请改得更严格，或删除。",
    )


def _redundant(criteria: Sequence[Criterion], table: Table) -> list[HealthFinding]:
    found = []
    for i, j in np.argwhere(np.triu(np.abs(correlations(table)) >= ALIKE, 1)):
        both = table[:, [i, j]]
        both = both[~np.isnan(both).any(axis=1)]
        same = float((both[:, 0] == both[:, 1]).mean())
        found.append(_pair(criteria[i], criteria[j], same, len(both)))
    return found


def correlations(table: Table) -> Table:
    """Pearson's correlation of every two columns over the rows that have both.

    0 where fewer than 20 rows have both, or one of them does not vary there.
    """
    known = (~np.isnan(table)).astype(np.float64)
    values = np.nan_to_num(table)
    n = known.T @ known
    sums, squares = values.T @ known, (values**2).T @ known
    spread = n * squares - sums**2
    shared = n * (values.T @ values) - sums * sums.T
    scale = np.sqrt(np.maximum(spread, 0) * np.maximum(spread.T, 0))
    fine = (n >= NEEDED) & (scale > 1e-9)
    return np.asarray(np.divide(shared, scale, out=np.zeros_like(shared), where=fine))


def _pair(one: Criterion, other: Criterion, same: float, number: int) -> HealthFinding:
    opposite = same < 0.5
    share = percent(1 - same if opposite else same)
    said = "opposite verdicts" if opposite else "the same verdict"
    said_zh = "相反的结论" if opposite else "相同的结论"
    return HealthFinding(
        kind="redundant",
        criteria=(one.id, other.id),
        share=same,
        count=number,
        sentence=(
            f"“{one.label}” and “{other.label}” give {said} on {share} of "
            f"{count(number, 'answer')}: they count the same thing twice. Merge them or drop one."
        ),
        sentence_zh=(
            f"“{one.label}”和“{other.label}”在 {number} 个回答中的 {share} 上给出{said_zh}："
            "同一件事被计了两次。请合并，或删除其一。"
        ),
    )


def _flipping(
    criteria: Sequence[Criterion], flips: Mapping[str, tuple[int, int]]
) -> list[HealthFinding]:
    found = []
    for criterion in criteria:
        repeated, flipped = flips.get(criterion.id, (0, 0))
        if repeated < NEEDED_REPEATS or flipped / repeated < OFTEN:
            continue
        share = percent(flipped / repeated)
        found.append(
            HealthFinding(
                kind="flips",
                criteria=(criterion.id,),
                share=flipped / repeated,
                count=repeated,
                sentence=(
                    f"On “{criterion.label}” the judge said something else in {flipped} of "
                    f"{repeated} repeats ({share}): say more exactly what meets it."
                ),
                sentence_zh=(
                    f"对“{criterion.label}”，评审在 {repeated} 次重复中有 {flipped} 次"
                    f"（{share}）改变了结论：请把满足的条件写得更明确。"
                ),
            )
        )
    return found


def _unscored(
    criteria: Sequence[Criterion], asked: NDArray[np.int64], scored: NDArray[np.int64]
) -> list[HealthFinding]:
    found = []
    for n, criterion in enumerate(criteria):
        total, missing = int(asked[n]), int(asked[n] - scored[n])
        if total < NEEDED or missing / total < MANY_UNSCORED:
            continue
        found.append(
            HealthFinding(
                kind="unscored",
                criteria=(criterion.id,),
                share=missing / total,
                count=total,
                sentence=(
                    f"“{criterion.label}” is unscored for {missing} of {count(total, 'answer')} "
                    f"({percent(missing / total)}): see the reasons beside the verdicts."
                ),
                sentence_zh=(
                    f"“{criterion.label}”在 {total} 个回答中有 {missing} 个"
                    f"（{percent(missing / total)}）未评分：原因见各条结论旁。"
                ),
            )
        )
    return found
