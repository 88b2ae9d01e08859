"""Everything that only shows when a dataset is looked at whole, in one record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import Field

from core.data.identity import SharedAnswers
from core.data.problems import Finding
from core.data.records import Example
from core.data.whole.balance import Balance, Counted, balance_of
from core.data.whole.clusters import near_clusters
from core.data.whole.conflicts import Conflicts, FoundAt
from core.data.whole.languages import language_mix, language_strays, row_language
from core.data.whole.neighbours import STEP, Pair, near_pairs
from core.data.whole.texts import spoken_text
from core.data.whole.watching import UNWATCHED, Watch
from core.messages import Record

KEPT_PAIRS = 1_000


class Found(Record):
    """A finding as it is kept: with the row it is about, or None for the file."""

    row: int | None
    code: str
    values: dict[str, str] = Field(default_factory=dict)

    @property
    def finding(self) -> Finding:
        """The same, as the code that lists problems takes it."""
        return Finding(self.code, (), self.values)


class WholeReport(Record):
    """What looking at a dataset whole has shown."""

    rows: int
    near_duplicates: int
    """Rows that say nearly the same as an earlier row."""
    pairs: tuple[Pair, ...]
    """The first near duplicates, at most KEPT_PAIRS."""
    clusters: dict[str, str]
    """Example id to cluster, for rows whose prompt has a near duplicate: splits keep them whole."""
    refused: int
    """Links between clusters that were left out because they chained clusters into a giant."""
    languages: dict[str, int]
    balance: Balance | None
    """None when no row has a label."""
    found: tuple[Found, ...]


def look_at(examples: Sequence[Example], watch: Watch = UNWATCHED) -> WholeReport:
    """Look at a dataset whole; raises watching.Stopped when the watch says so."""
    prompts = near_pairs(examples, watch=watch)
    seen = _Seen()
    for done, example in enumerate(examples):
        if done % STEP == 0:
            watch.at(done, len(examples))
        seen.add(example)
    clusters = near_clusters(prompts, len(examples))
    near = _near_duplicates(examples, seen.conflicts, prompts, watch)
    spoken = [pair for pair in near if pair.id_b not in seen.pairs.repeated]
    found = [*seen.of_file(), *near_findings(spoken), *seen.of_rows(prompts)]
    return WholeReport(
        rows=len(examples),
        near_duplicates=len({pair.id_b for pair in spoken}),
        pairs=tuple(spoken[:KEPT_PAIRS]),
        clusters=clusters.of,
        refused=clusters.refused,
        languages=dict(seen.languages.most_common()),
        balance=balance_of(seen.counted.classes),
        found=tuple(Found(row=row, code=f.code, values=f.values) for row, f in found),
    )


def _near_duplicates(
    examples: Sequence[Example], conflicts: Conflicts, prompts: list[Pair], watch: Watch
) -> list[Pair]:
    """Rows that say nearly the same, the answers included; a label counts only as a whole."""
    if conflicts.is_labelled():
        return [pair for pair in prompts if conflicts.same_label(pair)]
    return near_pairs(examples, spoken_text, watch)


def whole_findings(
    examples: Sequence[Example], watch: Watch = UNWATCHED
) -> Iterator[tuple[int | None, Finding]]:
    """Every finding with its row; None for the whole file."""
    for found in look_at(examples, watch).found:
        yield found.row, found.finding


@dataclass
class _Seen:
    """What one pass over the rows collects."""

    counted: Counted = field(default_factory=Counted)
    languages: Counter[str] = field(default_factory=Counter)
    _first_in: dict[str, int] = field(default_factory=dict)
    conflicts: Conflicts = field(default_factory=Conflicts)
    pairs: SharedAnswers = field(default_factory=SharedAnswers)
    _found: list[FoundAt] = field(default_factory=list)

    def add(self, example: Example) -> None:
        self.counted.add(example)
        language = row_language(example)
        self.languages[language] += 1
        self._first_in.setdefault(language, example.row)
        if finding := self.conflicts.with_earlier(example):
            self._found.append((example.row, finding))
        if self.pairs.repeats(example):
            self._found.append((example.row, Finding("pair_same_chosen")))

    def of_file(self) -> Iterator[FoundAt]:
        for finding in (*self.counted.findings(), *language_mix(self.languages)):
            yield None, finding
        yield from language_strays(self.languages, self._first_in)

    def of_rows(self, prompts: Iterable[Pair]) -> Iterator[FoundAt]:
        yield from self._found
        for pair in prompts:
            if finding := self.conflicts.of_pair(pair):
                yield pair.row_b, finding


def near_findings(pairs: Iterable[Pair]) -> Iterator[FoundAt]:
    """One finding for each row that says nearly the same as an earlier one: the likest."""
    said: set[str] = set()
    for pair in pairs:
        if pair.id_b not in said:
            said.add(pair.id_b)
            values = {"first": str(pair.row_a), "similarity": f"{pair.similarity:.0%}"}
            yield pair.row_b, Finding("near_duplicate", (), values)
