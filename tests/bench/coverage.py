"""Do intervals cover, verdicts err and examples suffice as often as the report says: simulated.

The true difference is known here, so every claim of a report can be counted: how often its 95%
interval holds the truth, how often "Better" or "Worse" is said of no difference, and how often
the number of examples that it asks for then shows the difference.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from math import sqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np

from eval import statistics, verdicts
from eval.records import CriterionResult, Estimate, VerdictSentence
from eval.verdicts import Identical
from tests.bench.simulated_pairs import KINDS, Design, Kind, Names, Values

RUNS = 200
"""Simulated evaluations of each cell: the Monte-Carlo error is 1.5 points at 95%."""
NULL_RUNS = 1_000
NULL_KINDS: tuple[Kind, ...] = ("yes_no", "yes_no_few_differ", "graded_with_ties", "uneven")
POWER_RUNS = 300
RESAMPLES = 999
"""Fewer than a report's 9,999, which only adds noise."""
PAIRS = (30, 60, 100, 300, 1000)
EFFECTS = (0.0, 0.05, 0.1, 0.2, 0.3)
ALIKE = (None, 0.0, 0.3, 0.7)
LOWEST, HIGHEST = 0.93, 0.97
SURE = 0.001
"""A cell lies outside when chance alone would put it there less often than this."""
FEW_MOVED = 6
"""With fewer groups that differ on average, too few intervals are possible for exactly 95%."""
CRITERIA = 4
PILOT = 100


class Cell(NamedTuple):
    """One design at one number of pairs, and what its intervals did."""

    design: Design
    pairs: int
    covered: int
    given: int
    """Runs whose interval is not None; the others are not counted as covering."""
    moved: float
    """Groups that differ, on average."""

    @property
    def coverage(self) -> float:
        return self.covered / self.given if self.given else float("nan")

    def told(self) -> dict[str, object]:
        d = self.design
        return {
            "kind": d.kind, "pairs": self.pairs, "effect": d.effect, "alike": d.alike,
            "coverage": round(self.coverage, 3), "groups_that_differ": round(self.moved, 1),
        }  # fmt: skip


def measure(home: Path) -> dict[str, object]:
    """Coverage over all cells, false verdicts under no effect, and power stated against seen."""
    with ProcessPoolExecutor(os.cpu_count(), initializer=os.nice, initargs=(5,)) as pool:
        designs = [Design(k, e, a) for k, e, a in product(KINDS, EFFECTS, ALIKE)]
        cells = pool.map(_cell, *zip(*product(designs, PAIRS), strict=True))
        nulls = pool.map(false_verdicts, NULL_KINDS)
        powers = pool.map(power_seen, POWERED)
        return {
            "runs_a_cell": RUNS,
            "monte_carlo_error": round(sqrt(0.95 * 0.05 / RUNS), 4),
            **_summary(list(cells)),
            "verdicts_of_no_effect": dict(zip(NULL_KINDS, nulls, strict=True)),
            "power": list(powers),
        }


def cell(design: Design, pairs: int, runs: int, resamples: int = RESAMPLES) -> Cell:
    """How often the interval of a report holds the true difference."""
    rng = np.random.default_rng([pairs, *map(ord, repr(design))])
    covered = given = moved = 0
    for _ in range(runs):
        names = design.names(pairs, rng)
        grouped = statistics.group(design.draw(names, rng), names)
        low, high, _note = statistics.difference_interval(grouped, resamples=resamples)
        moved += grouped.moved
        if low is not None and high is not None:
            given += 1
            covered += low - 1e-9 <= design.effect <= high + 1e-9
    return Cell(design, pairs, covered, given, moved / runs)


def _cell(design: Design, pairs: int) -> Cell:
    return cell(design, pairs, RUNS)


def _summary(cells: Sequence[Cell]) -> dict[str, object]:
    usual = [c for c in cells if c.moved >= FEW_MOVED]
    sparse = [c for c in cells if c.moved < FEW_MOVED]
    return {
        "cells": len(cells),
        "without_interval": round(1 - sum(c.given for c in cells) / (RUNS * len(cells)), 4),
        "usual": _range(usual),
        "few_differ": _range(sparse),
        "too_low": [c.told() for c in cells if surely_below(c)],
        "too_high": [c.told() for c in usual if surely_above(c)],
    }


def _range(cells: Sequence[Cell]) -> dict[str, object]:
    found = np.array([c.coverage for c in cells])
    return {
        "cells": len(cells),
        "lowest": round(float(found.min()), 3),
        "mean": round(float(found.mean()), 3),
        "highest": round(float(found.max()), 3),
        "share_93_to_97": round(float(((found >= LOWEST) & (found <= HIGHEST)).mean()), 3),
        "not_surely_outside": sum(not (surely_below(c) or surely_above(c)) for c in cells),
    }


def surely_below(found: Cell) -> bool:
    """Whether a true coverage of 93% would hardly ever give so few."""
    from scipy.stats import binom

    return bool(binom.cdf(found.covered, found.given, LOWEST) < SURE)


def surely_above(found: Cell) -> bool:
    """Whether a true coverage of 97% would hardly ever give so many."""
    from scipy.stats import binom

    return bool(binom.sf(found.covered - 1, found.given, HIGHEST) < SURE)


def verdict(headline: Values, others: Sequence[Values], names: Names) -> VerdictSentence:
    """The whole rule of a report: intervals, exact tests, Holm over the criteria beside."""
    beside = [_result(f"c{i}", values, names) for i, values in enumerate(others)]
    adjusted = statistics.holm([r.estimate.p_value or 0.0 for r in beside])
    beside = [
        result.model_copy(update={"adjusted_p": p})
        for result, p in zip(beside, adjusted, strict=True)
    ]
    pairs = len(names)
    return verdicts.decide(_result("score", headline, names), beside, pairs, Identical(0, pairs))


def _result(name: str, differences: Values, names: Names) -> CriterionResult:
    return CriterionResult(
        criterion_id=name, name=name, text=name, kind="check", points=1.0,
        estimate=estimate(differences, names),
        wins=int((differences > 0).sum()), losses=int((differences < 0).sum()),
    )  # fmt: skip


def estimate(differences: Values, names: Names) -> Estimate:
    """What a report computes from these differences."""
    base = np.zeros(len(differences))
    return statistics.paired_estimate(list(base), list(differences), names, 1.0, RESAMPLES)


def false_verdicts(kind: Kind, pairs: int = 100, runs: int = NULL_RUNS) -> dict[str, float]:
    """Shares of runs in which something is said of models that do not differ.

    Groups of 1 to 5 alike pairs; the headline is the mean of the criteria, as a rubric score is.
    """
    design = Design(kind, 0.0, 0.3)
    rng = np.random.default_rng([1, pairs, KINDS.index(kind)])
    said: Counter[str] = Counter()
    for _ in range(runs):
        names = design.names(pairs, rng)
        criteria = [design.draw(names, rng) for _ in range(CRITERIA)]
        found = verdict(np.mean(criteria, axis=0), criteria, names)
        said[found.kind] += 1
        said["named"] += " got " in found.sentence
    clear = said["better"] + said["worse"] + said["better_and_worse"]
    return {
        "better_or_worse": clear / runs,
        "a_criterion_named_beside": said["named"] / runs,
        "no_verdict": (said["too_few_examples"] + said["not_measured"]) / runs,
    }


Powered = tuple[Kind, float, float | None]
POWERED: tuple[Powered, ...] = (
    ("yes_no", 0.1, None), ("yes_no", 0.2, 0.3), ("yes_no", 0.3, None),
    ("yes_no_few_differ", 0.1, None), ("yes_no_few_differ", 0.2, 0.3),
    ("graded", 0.05, None), ("graded", 0.1, 0.3), ("graded", 0.15, 0.7),
    ("graded_with_ties", 0.1, None), ("graded_with_ties", 0.1, 0.3),
)  # fmt: skip


def power_seen(powered: Powered) -> dict[str, object]:
    """How often as many groups as a report asks for show the difference; it promises 80%.

    `known` takes the true spread; `from_pilots` the spread that each of many evaluations of 100
    pairs happened to have, as a report does.
    """
    design = Design(*powered)
    rng = np.random.default_rng([2, *map(ord, repr(design))])
    names = design.names_of(20_000, rng)
    many = statistics.group(design.draw(names, rng), names)
    spread = sqrt(len(many.sums)) * many.standard_error
    needed = max(statistics.groups_needed(design.effect, spread), verdicts.FEWEST_GROUPS)
    asked = [_asked(design, rng) for _ in range(POWER_RUNS)]
    return {
        "kind": design.kind, "effect": design.effect, "alike": design.alike,
        "groups_needed": needed, "stated": statistics.POWER,
        "known": sum(_shows(design, needed, rng) for _ in range(POWER_RUNS)) / POWER_RUNS,
        "from_pilots": sum(_shows(design, groups, rng) for groups in asked) / POWER_RUNS,
        "asked_median": float(np.median(asked)),
    }  # fmt: skip


def _asked(design: Design, rng: np.random.Generator) -> int:
    """How many groups in all one evaluation says would show the difference."""
    names = design.names(PILOT, rng)
    pilot = estimate(design.draw(names, rng), names)
    needed = statistics.groups_needed(design.effect, statistics.cautious_deviation(pilot))
    return max(needed, verdicts.FEWEST_GROUPS)


def _shows(design: Design, groups: int, rng: np.random.Generator) -> bool:
    """Whether an evaluation of so many groups comes out as better."""
    names = design.names_of(groups, rng)
    return verdicts.direction(_result("one", design.draw(names, rng), names)) == "better"
