"""Losses and questions that both got wrong, grouped by what was missed and what they are about."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from core.data.records import Example
from core.messages import Message
from eval.around import nearest
from eval.around.records import FailedSample, FailureCluster, Failures, NearRow
from eval.evidence import Nearest
from eval.metrics.tokens import tokens
from eval.records import Comparison, Sample
from eval.scoring import Scores

Kind = Literal["loss", "both_wrong"]
MOST = 200
"""Failures of each kind that are grouped; more are drawn with a seed."""
APART = 0.85
"""Questions whose cosine distance is larger lie in different groups (mean linkage)."""
TERMS = 3
MOST_ROWS = 20_000
"""Training rows that are searched; more are drawn with a seed."""
SHOWN = 300
"""Characters of a training row that are kept."""


class Failed(NamedTuple):
    """One failed question."""

    position: int
    kind: Kind
    criteria: tuple[str, ...]
    """Ids of what tuned did not meet."""


def failed(scores: Scores) -> list[Failed]:
    """Questions where base was better, and those that neither side got wholly right."""
    values = scores.headline
    missed = _missed(scores)
    found = []
    for i, (b, t) in enumerate(zip(values.base, values.tuned, strict=True)):
        if b is None or t is None or t >= 1 or t > b:
            continue
        found.append(Failed(i, "loss" if t < b else "both_wrong", missed[i]))
    return found


def group(scores: Scores, near: Sequence[Nearest], seed: int) -> Failures:
    """All failures in groups: losses first, the largest group first."""
    found = failed(scores)
    rows = {line.sample_id: line.rows for line in near}
    clusters: list[FailureCluster] = []
    kinds: tuple[Kind, Kind] = ("loss", "both_wrong")
    counts = {kind: [f for f in found if f.kind == kind] for kind in kinds}
    for kind in kinds:
        clusters += _clusters(scores, drawn(counts[kind], seed), rows)
    left_out = sum(max(0, len(several) - MOST) for several in counts.values())
    return Failures(
        clusters=tuple(clusters),
        losses=len(counts["loss"]),
        both_wrong=len(counts["both_wrong"]),
        left_out=left_out,
        note=f"{left_out:,} more failures are not grouped." if left_out else "",
        note_zh=f"另有 {left_out:,} 个失败的问题没有分组。" if left_out else "",
    )


def drawn(found: Sequence[Failed], seed: int) -> list[Failed]:
    """At most MOST of them, drawn with the seed."""
    if len(found) <= MOST:
        return list(found)
    return sorted(random.Random(seed).sample(list(found), MOST))


def near_rows(
    samples: Sequence[Sample], train: Sequence[Example], seed: int, most: int = 3
) -> list[Nearest]:
    """The training rows nearest to each question, by what its user says last."""
    rows = list(train)
    if len(rows) > MOST_ROWS:
        rows = random.Random(seed).sample(rows, MOST_ROWS)
    asked = [_last_user(e.conversation.prompt) for e in rows]
    found = nearest.nearest_rows([_last_user(s.prompt) for s in samples], asked, most)
    return [
        Nearest(sample_id=sample.id, rows=tuple(_near(rows[n.position], n) for n in several))
        for sample, several in zip(samples, found, strict=True)
    ]


def _near(example: Example, near: nearest.Near) -> NearRow:
    return NearRow(
        row=example.row,
        example_id=example.id,
        similarity=round(min(near.similarity, 1.0), 3),
        question=_last_user(example.conversation.prompt)[:SHOWN],
        answer=example.conversation.reference[:SHOWN],
    )


def _clusters(
    scores: Scores, found: Sequence[Failed], rows: dict[str, tuple[NearRow, ...]]
) -> list[FailureCluster]:
    """Groups of one kind, alike in what they missed and in what is asked."""
    texts = {f.position: _question(scores.comparisons[f.position]) for f in found}
    by_missed: dict[tuple[str, ...], list[Failed]] = {}
    for one in found:
        by_missed.setdefault(one.criteria, []).append(one)
    groups = [
        alike
        for several in by_missed.values()
        for alike in _alike(several, [texts[f.position] for f in several])
    ]
    groups.sort(key=lambda several: (-len(several), several[0].position))
    everywhere = Counter(word for text in texts.values() for word in set(tokens(text)))
    return [
        FailureCluster(
            kind=several[0].kind,
            criteria=several[0].criteria,
            terms=_terms([texts[f.position] for f in several], everywhere, len(texts)),
            samples=tuple(
                FailedSample(sample_id=s.id, row=s.row, nearest=rows.get(s.id, ()))
                for s in (scores.comparisons[f.position].sample for f in several)
            ),
        )
        for several in groups
    ]


def _alike(several: Sequence[Failed], texts: Sequence[str]) -> list[list[Failed]]:
    """Agglomerative clustering by cosine distance, mean linkage."""
    if len(several) < 2 or not any(text.strip() for text in texts):
        return [list(several)]
    from sklearn.cluster import AgglomerativeClustering

    clustering = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=APART
    )
    of_texts = nearest.vectors(texts)
    cosines = (of_texts @ of_texts.T).toarray()
    labels = clustering.fit_predict((1 - cosines).clip(0))
    groups: dict[int, list[Failed]] = {}
    for one, label in zip(several, labels, strict=True):
        groups.setdefault(int(label), []).append(one)
    return list(groups.values())


def _terms(texts: Sequence[str], everywhere: Counter[str], total: int) -> tuple[str, ...]:
    """Words that stand in most questions of a group and in few others (difference of shares)."""
    inside = Counter(word for text in texts for word in set(tokens(text)))
    outside = max(1, total - len(texts))

    def apart(word: str) -> float:
        return inside[word] / len(texts) - (everywhere[word] - inside[word]) / outside

    best = sorted(inside, key=lambda word: (-apart(word), -len(word), word))
    return tuple(word for word in best[:TERMS] if apart(word) > 0)


def _missed(scores: Scores) -> list[tuple[str, ...]]:
    """Ids of the criteria that tuned did not meet, sample by sample."""
    missed: list[list[str]] = [[] for _ in scores.comparisons]
    for criterion in scores.rubric.criteria:
        for i, value in enumerate(scores.criterion(criterion).tuned):
            if value is not None and (value < 1 if criterion.points > 0 else value > 0):
                missed[i].append(criterion.id)
    return [tuple(several) for several in missed]


def _question(comparison: Comparison) -> str:
    return _last_user(comparison.sample.prompt)


def _last_user(prompt: Sequence[Message]) -> str:
    return next((turn.content for turn in reversed(prompt) if turn.role == "user"), "")
