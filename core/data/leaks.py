"""The leak gate: held-out rows that training has seen, each with the training row beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from pydantic import ValidationError

from core.data.problems import Finding, shorten
from core.data.records import Example, Split
from core.data.whole.overlaps import (
    EqualTexts,
    Match,
    NearTexts,
    SharedRuns,
    SimilarTexts,
)
from core.data.whole.texts import Frame, frame_of, prompt_text
from core.data.whole.watching import UNWATCHED, Watch
from core.disk import write_atomic
from core.messages import Record
from core.workspace import Workspace

LeakKind = Literal["exact", "near", "similar", "ngram"]
"""exact: equal folded text; near: MinHash; similar: cosine, short texts; ngram: 13 words shared."""
KINDS: tuple[LeakKind, ...] = get_args(LeakKind)
"""The plainest leak first."""
KEPT_PAIRS = 1_000
SHOWN = 200
"""Characters of a pair's texts that are kept."""
BATCH = 2_000
"""Training rows looked at together."""


class LeakPair(Record):
    """A held-out row and the training row that is likest to it."""

    kind: LeakKind
    similarity: float
    """1 for exact; for ngram, the share of the held-out row's runs of 13 words."""
    held_out_id: str
    held_out_row: int
    held_out_text: str
    """The beginning of what the user says."""
    held_out_label: str = ""
    train_id: str
    train_row: int
    train_text: str
    train_label: str = ""


class LeakReport(Record):
    """What of a held-out set stands in a training set."""

    train_rows: int
    held_out_rows: int
    leaked_ids: tuple[str, ...]
    """Held-out examples that leaked, in order: evaluation tells them from the clean ones."""
    counts: dict[LeakKind, int]
    """Leaked rows by the plainest kind of each."""
    pairs: tuple[LeakPair, ...]
    """The plainest and likest KEPT_PAIRS; one for each leaked row."""
    not_compared: int = 0
    """Short training texts that were too many to compare by cosine; the other ways saw them."""
    split: str = ""
    """Fingerprint of the split that was looked at; "" between two files."""

    @property
    def clean_rows(self) -> int:
        """Held-out rows that training has not seen."""
        return self.held_out_rows - len(self.leaked_ids)


def find_leaks(
    train: Iterable[Example], held_out: Iterable[Example], watch: Watch = UNWATCHED
) -> LeakReport:
    """Which held-out prompts stand in the training rows, wholly, nearly or in part.

    Both are read once, and only the held-out texts are kept.
    Raises watching.Stopped when the watch says so.
    """
    search = _Search.of(held_out)
    others, number = iter(train), 0
    while batch := list(islice(others, BATCH)):
        watch.at(number, 0)
        search.look(batch, number)
        number += len(batch)
    search.finish()
    return search.report(number)


class _Row(NamedTuple):
    """What is kept of an example."""

    id: str
    row: int
    text: str
    label: str


class _Best(NamedTuple):
    """The training row that is likest to a held-out one; the smallest is the plainest."""

    rank: int
    unlikeness: float
    train: _Row


@dataclass
class _Search:
    """A search for held-out texts among batches of training rows."""

    held: list[_Row]
    frame: Frame
    equal: EqualTexts
    near: NearTexts
    similar: SimilarTexts
    runs: SharedRuns
    _best: dict[int, _Best] = field(default_factory=dict)
    _shared: dict[int, _Row] = field(default_factory=dict)
    """Training rows that share a run of words, by number."""

    @classmethod
    def of(cls, held_out: Iterable[Example]) -> _Search:
        """A search for the prompts of these rows."""
        rows, prompts = [], []
        for example in held_out:
            prompts.append(prompt_text(example.conversation))
            rows.append(_row(example))
        frame = frame_of(prompts)
        texts = [frame.strip(prompt) for prompt in prompts]
        searches = EqualTexts(texts), NearTexts(texts), SimilarTexts(texts), SharedRuns(texts)
        return cls(rows, frame, *searches)

    def look(self, batch: Sequence[Example], first: int) -> None:
        """Look at a batch of training rows; `first` is the number of its first row."""
        texts = [self.frame.strip(prompt_text(example.conversation)) for example in batch]
        searches: tuple[tuple[LeakKind, EqualTexts | NearTexts | SimilarTexts], ...] = (
            ("exact", self.equal),
            ("near", self.near),
            ("similar", self.similar),
        )
        for kind, search in searches:
            for match in search.matches(texts):
                self._offer(kind, match, _row(batch[match[0]]))
        for other in self.runs.look(texts, first):
            self._shared[first + other] = _row(batch[other])

    def finish(self) -> None:
        """Take in the shared runs, once it is known which are common phrases."""
        for match in self.runs.matches():
            self._offer("ngram", match, self._shared[match[0]])

    def _offer(self, kind: LeakKind, match: Match, train: _Row) -> None:
        new = _Best(KINDS.index(kind), -match[2], train)
        old = self._best.get(match[1])
        if old is None or (new.rank, new.unlikeness, train.row) < (*old[:2], old.train.row):
            self._best[match[1]] = new

    def report(self, train_rows: int) -> LeakReport:
        """What was found."""
        leaked = sorted(self._best)
        plainest = sorted(leaked, key=lambda n: (*self._best[n][:2], n))
        return LeakReport(
            train_rows=train_rows,
            held_out_rows=len(self.held),
            leaked_ids=tuple(self.held[n].id for n in leaked),
            counts=_counted(best.rank for best in self._best.values()),
            pairs=tuple(_pair(self.held[n], self._best[n]) for n in plainest[:KEPT_PAIRS]),
            not_compared=self.similar.not_compared,
        )


def _row(example: Example) -> _Row:
    text = shorten(example.conversation.first_user, SHOWN)
    return _Row(example.id, example.row, text, example.label)


def _counted(ranks: Iterable[int]) -> dict[LeakKind, int]:
    counts = Counter(ranks)
    return {kind: counts[rank] for rank, kind in enumerate(KINDS) if counts[rank]}


def _pair(held: _Row, best: _Best) -> LeakPair:
    return LeakPair(
        kind=KINDS[best.rank],
        similarity=round(-best.unlikeness, 3),
        held_out_id=held.id,
        held_out_row=held.row,
        held_out_text=held.text,
        held_out_label=held.label,
        train_id=best.train.id,
        train_row=best.train.row,
        train_text=best.train.text,
        train_label=best.train.label,
    )


# -- a split's own leaks ---------------------------------------------------------------------------


def split_leaks(split: Split, examples: Sequence[Example], watch: Watch = UNWATCHED) -> LeakReport:
    """What of a split's validation and test rows stands in its training rows."""
    train, held_out = set(split.train), {*split.validation, *split.test}
    found = find_leaks(
        (example for example in examples if example.id in train),
        (example for example in examples if example.id in held_out),
        watch,
    )
    return found.model_copy(update={"split": split.fingerprint})


def save_leaks(workspace: Workspace, split: Split, report: LeakReport) -> None:
    """Keep a report beside its split."""
    write_atomic(_path(workspace, split), report.model_dump_json(indent=1))


def load_leaks(workspace: Workspace, split: Split) -> LeakReport | None:
    """The saved report on exactly this split; None when it has to be made (again)."""
    try:
        report = LeakReport.model_validate_json(_path(workspace, split).read_bytes())
    except (OSError, ValidationError):
        return None
    return report if report.split == split.fingerprint else None


def _path(workspace: Workspace, split: Split) -> Path:
    return workspace.dataset(split.dataset_id) / "leaks.json"


# -- in words --------------------------------------------------------------------------------------

CODES: dict[LeakKind, str] = {
    "exact": "leak_exact",
    "near": "leak_near",
    "similar": "leak_similar",
    "ngram": "leak_ngram",
}


def leak_findings(report: LeakReport) -> Iterator[tuple[int | None, Finding]]:
    """Each kept pair at its training row; then, for the file, what could not be said in pairs."""
    for pair in report.pairs:
        values = {"other": str(pair.held_out_row), "similarity": f"{pair.similarity:.0%}"}
        values["text"] = shorten(pair.held_out_text)
        yield pair.train_row, Finding(CODES[pair.kind], (), values)
        if pair.kind != "ngram" and pair.train_label != pair.held_out_label:
            labels = {"label": pair.train_label, "held_out": pair.held_out_label}
            yield pair.train_row, Finding("leak_label_differs", (), {**values, **labels})
    if left_out := len(report.leaked_ids) - len(report.pairs):
        yield None, Finding("leaks_not_listed", (), {"count": f"{left_out:,}"})
    if report.not_compared:
        yield None, Finding("leaks_not_compared", (), {"count": f"{report.not_compared:,}"})
