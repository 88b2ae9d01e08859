"""What is most worth doing about a dataset: the few matters that cost most, in plain words.

The rule: a matter's score is the sum over its problems of severity x rows x weight. Severity is 3
for an error, 2 for a warning, 1 for a note. Rows are those that the problem was found in; where it
is about the whole file, all usable rows. The weight of a kind of matter stands in `advice.toml`:
what harms people (secrets, leaks) counts more than what is merely learned wrongly, and that more
than what is untidy. An error that no matter names loses its rows, with the weight LOST.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from core.data.advice_matters import Matter, Said, filled, rows_en, table
from core.data.leaks import LeakReport
from core.data.problems import KINDS
from core.data.records import Dataset, Problem, Severity
from core.data.repairs.catalog import REPAIRS, repairs_for
from core.data.wording import problem_parts
from core.messages import Record

MOST = 3
SEVERITY: dict[Severity, int] = {"error": 3, "warning": 2, "note": 1}
LEAK, LOST, OTHER = 10.0, 5.0, 1.0
"""Weights of held-out rows that leak, of rows lost to errors, and of warnings no matter names."""


class Advice(Record):
    """One matter that is worth fixing."""

    matter: str
    """Its table in `advice.toml`; `lost`, `leaks`, or the code of a problem that has none."""
    codes: tuple[str, ...]
    """The problems of it that were found."""
    severity: Severity
    """The worst of them."""
    rows: int
    """Rows that it is about."""
    found: Said
    cost: Said
    """What it costs if it is left."""
    fix: Said
    mends: tuple[str, ...] = ()
    """Those of the codes that a repair mends."""
    repair: str = ""
    """The repair, where one mends it."""
    removes: bool = False
    """Whether the repair takes rows away."""
    asks: bool = False
    """Whether the repair needs answers from the person."""
    score: float = 0.0
    """By the rule of this module."""


class _Rows(NamedTuple):
    """In how many rows a code was found, and one of them."""

    number: int
    first: Problem | None


def advise(
    dataset: Dataset, leaks: LeakReport | None = None, most: int = MOST
) -> tuple[Advice, ...]:
    """The matters most worth fixing, the costliest first, by the rule of this module."""
    found = _found(dataset)
    all_advice = [
        *_matters(dataset, found),
        *_lost(dataset, found),
        *_others(found),
        *(_leaks(leaks) if leaks else ()),
    ]
    return tuple(sorted(all_advice, key=lambda one: (-one.score, one.matter))[:most])


def summarize(dataset: Dataset) -> Said:
    """What was read of the file, in two sentences."""
    s = dataset.summary
    if s.usable == s.rows:
        en, zh = f"All {rows_en(s.rows)} can be used.", f"{s.rows:,} 行全部可用。"
    else:
        en = f"{s.usable:,} of {rows_en(s.rows)} can be used."
        zh = f"{s.rows:,} 行中有 {s.usable:,} 行可用。"
    if s.rejected or s.duplicates:
        en += f" Left out: {s.rejected:,} for errors, {s.duplicates:,} as repetitions."
        zh += f"已排除：{s.rejected:,} 行有错误，{s.duplicates:,} 行重复。"
    return Said(en=en, zh=zh)


# -- matters ---------------------------------------------------------------------------------------


def _matters(dataset: Dataset, found: Mapping[str, _Rows]) -> Iterator[Advice]:
    for name, matter in table().items():
        codes = tuple(code for code in matter.codes if code in found)
        if codes:
            yield _advice(name, matter, codes, dataset, found)


def _of_rows(rows: int, first: Problem | None, what: Said) -> Said:
    """What is wrong, with the number of rows where single rows are meant."""
    if first is None or first.row is None:
        return what
    return Said(en=f"{rows_en(rows)}: {what.en}", zh=f"{rows:,} 行：{what.zh}")


def _advice(
    name: str,
    matter: Matter,
    codes: tuple[str, ...],
    dataset: Dataset,
    found: Mapping[str, _Rows],
) -> Advice:
    usable = dataset.summary.usable
    counts = {code: usable if matter.whole else found[code].number for code in codes}
    rows = usable if matter.whole else _together(dataset, codes, found)
    values: dict[str, int | str] = {
        "rows": rows,
        "usable": usable,
        "example": _example(found[codes[0]].first),
    }
    weight = matter.weight
    en, zh = filled(matter.en, values, "en"), filled(matter.zh, values, "zh")
    score = sum(SEVERITY[KINDS[code].severity] * count * weight for code, count in counts.items())
    return _with_repair(
        Advice(
            matter=name,
            codes=codes,
            severity=_worst(codes),
            rows=rows,
            found=Said(en=en[0], zh=zh[0]),
            cost=Said(en=en[1], zh=zh[1]),
            fix=Said(en=en[2], zh=zh[2]),
            score=score,
        )
    )


def _lost(dataset: Dataset, found: Mapping[str, _Rows]) -> Iterator[Advice]:
    """Rows lost to errors that no matter names, each kind of error for itself."""
    total = dataset.summary.rows
    for code in _unnamed(found, "error"):
        rows, first = found[code]
        what = _in_words(first, code)
        yield _with_repair(
            Advice(
                matter="lost",
                codes=(code,),
                severity="error",
                rows=rows,
                found=_of_rows(rows, first, what[0]),
                cost=Said(
                    en=f"Left out: nothing is learned from {rows_en(rows)} of {total:,}.",
                    zh=f"已排除：共 {total:,} 行，其中 {rows:,} 行学不到任何内容。",
                ),
                fix=what[1],
                score=SEVERITY["error"] * rows * LOST,
            )
        )


def _others(found: Mapping[str, _Rows]) -> Iterator[Advice]:
    """Warnings that no matter names, in their own words."""
    for code in _unnamed(found, "warning"):
        rows, first = found[code]
        what = _in_words(first, code)
        yield _with_repair(
            Advice(
                matter=code,
                codes=(code,),
                severity="warning",
                rows=rows,
                found=_of_rows(rows, first, what[0]),
                cost=Said(en="Left so, it goes into training.", zh="不处理就会原样用于训练。"),
                fix=what[1],
                score=SEVERITY["warning"] * rows * OTHER,
            )
        )


def _leaks(leaks: LeakReport) -> Iterator[Advice]:
    """Held-out rows that stand in the training rows."""
    count, held_out = len(leaks.leaked_ids), leaks.held_out_rows
    if not count:
        return
    yield Advice(
        matter="leaks",
        codes=tuple(f"leak_{kind}" for kind in leaks.counts),
        severity="warning",
        rows=count,
        found=Said(
            en=f"{count:,} of {held_out:,} held-out rows stand in the training rows too.",
            zh=f"留出的 {held_out:,} 行中有 {count:,} 行也出现在训练数据里。",
        ),
        cost=Said(
            en="A score on them measures memory, so it would look better than it is.",
            zh="在这些行上的得分测的是记忆，会显得比实际更好。",
        ),
        fix=Said(
            en="The report gives the score without them too; better, take them out of one part.",
            zh="报告也会给出去掉它们的得分；更好的办法是从其中一部分删去。",
        ),
        score=SEVERITY["warning"] * count * LEAK,
    )


# -- what was found --------------------------------------------------------------------------------


def _found(dataset: Dataset) -> dict[str, _Rows]:
    """In how many rows each code was found, as far as its problems are listed."""
    rows: dict[str, set[int | None]] = {}
    firsts: dict[str, Problem] = {}
    listed: Counter[str] = Counter()
    for problem in dataset.problems:
        listed[problem.code] += 1
        rows.setdefault(problem.code, set()).add(problem.row)
        firsts.setdefault(problem.code, problem)
    counted = {}
    for code, count in dataset.problem_counts.items():
        if code not in KINDS:
            continue
        whole = KINDS[code].once or listed[code] < count
        exact = count if whole else len(rows.get(code, ()))
        # Several findings may stand in one row: there are never more such rows than rows.
        counted[code] = _Rows(min(exact, dataset.summary.rows), firsts.get(code))
    return counted


def _together(dataset: Dataset, codes: tuple[str, ...], found: Mapping[str, _Rows]) -> int:
    """Rows with any of these codes; what is not listed row by row is added up."""
    total = sum(found[code].number for code in codes)
    if len(codes) == 1 or any(KINDS[code].once for code in codes):
        return min(total, dataset.summary.rows)
    own = [problem for problem in dataset.problems if problem.code in codes]
    if len(own) < sum(dataset.problem_counts[code] for code in codes):
        return min(total, dataset.summary.rows)
    return len({problem.row for problem in own})


def _unnamed(found: Mapping[str, _Rows], severity: Severity) -> list[str]:
    named = {code for matter in table().values() for code in matter.codes}
    return [code for code in found if code not in named and KINDS[code].severity == severity]


def _worst(codes: Iterable[str]) -> Severity:
    return max((KINDS[code].severity for code in codes), key=SEVERITY.__getitem__)


def _with_repair(advice: Advice) -> Advice:
    """The advice with the repair that mends it."""
    mends = tuple(code for code in advice.codes if KINDS[code].repair in REPAIRS)
    repairs = repairs_for(mends)
    if not repairs:
        return advice
    return advice.model_copy(
        update={
            "mends": mends,
            "repair": repairs[0].name,
            "removes": any(one.removes for one in repairs),
            "asks": any(one.asks for one in repairs),
        }
    )


# -- words -----------------------------------------------------------------------------------------


def _in_words(first: Problem | None, code: str) -> tuple[Said, Said]:
    """What is wrong and what to do, as said of the first place; of no place, as the code."""
    if first is None:
        return Said(en=code, zh=code), Said(en="", zh="")
    en, zh = problem_parts(first, "en"), problem_parts(first, "zh")
    return Said(en=en[0], zh=zh[0]), Said(en=en[1], zh=zh[1])


def _example(first: Problem | None) -> str:
    """A value of the first finding, such as the placeholder itself."""
    values = first.values if first else {}
    return next((values[key] for key in ("placeholder", "count") if key in values), "…")
